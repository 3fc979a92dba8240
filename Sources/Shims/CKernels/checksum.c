// CRC-32C. Eight tables at a time where the CPU has no instruction for it ("slicing by 8",
// Kounavis & Berry 2005); with SSE 4.2 three interleaved streams hide the instruction's latency of
// three cycles, joined by shifting a checksum over a fixed number of zero bytes (Gopal et al.,
// Intel 2011), here through tables.
#include <pthread.h>
#include <string.h>

#include "vectors.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#endif

enum { STREAM = 1024 };  // bytes of one of the three streams

static uint32_t slices[8][256];
static uint32_t shifts[4][256];  // checksum, by byte, moved over STREAM zero bytes
static pthread_once_t tables_built = PTHREAD_ONCE_INIT;

static void build_tables(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82F63B78u & (0u - (crc & 1)));
    slices[0][i] = crc;
  }
  for (int s = 1; s < 8; s++)
    for (uint32_t i = 0; i < 256; i++)
      slices[s][i] = slices[s - 1][i] >> 8 ^ slices[0][slices[s - 1][i] & 255];
  for (int byte = 0; byte < 4; byte++)
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t crc = i << (8 * byte);
      for (int zero = 0; zero < STREAM; zero++) crc = crc >> 8 ^ slices[0][crc & 255];
      shifts[byte][i] = crc;
    }
}

static uint32_t portable(uint32_t crc, const unsigned char *p, size_t length) {
  for (; length >= 8; p += 8, length -= 8) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + 4, 4);
    low ^= crc;
    crc = slices[7][low & 255] ^ slices[6][low >> 8 & 255] ^ slices[5][low >> 16 & 255] ^
          slices[4][low >> 24] ^ slices[3][high & 255] ^ slices[2][high >> 8 & 255] ^
          slices[1][high >> 16 & 255] ^ slices[0][high >> 24];
  }
  for (; length > 0; p++, length--) crc = crc >> 8 ^ slices[0][(crc ^ *p) & 255];
  return crc;
}

#if defined(__x86_64__)
static uint32_t shifted(uint32_t crc) {
  return shifts[0][crc & 255] ^ shifts[1][crc >> 8 & 255] ^ shifts[2][crc >> 16 & 255] ^
         shifts[3][crc >> 24];
}

static uint64_t word(const unsigned char *p) {
  uint64_t value;
  memcpy(&value, p, 8);
  return value;
}

__attribute__((target("sse4.2"))) static uint32_t with_sse42(uint32_t crc, const unsigned char *p,
                                                             size_t length) {
  for (; length >= 3 * STREAM; p += 3 * STREAM, length -= 3 * STREAM) {
    uint64_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < STREAM; i += 8) {
      a = _mm_crc32_u64(a, word(p + i));
      b = _mm_crc32_u64(b, word(p + STREAM + i));
      c = _mm_crc32_u64(c, word(p + 2 * STREAM + i));
    }
    crc = shifted(shifted((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
  }
  for (; length >= 8; p += 8, length -= 8) crc = (uint32_t)_mm_crc32_u64(crc, word(p));
  for (; length > 0; p++, length--) crc = _mm_crc32_u8(crc, *p);
  return crc;
}
#elif defined(__aarch64__)
__attribute__((target("crc"))) static uint32_t with_arm(uint32_t crc, const unsigned char *p,
                                                        size_t length) {
  for (; length >= 8; p += 8, length -= 8) {
    uint64_t value;
    memcpy(&value, p, 8);
    crc = __crc32cd(crc, value);
  }
  for (; length > 0; p++, length--) crc = __crc32cb(crc, *p);
  return crc;
}
#endif

uint32_t vitrine_crc32c(uint32_t crc, const void *bytes, size_t length) {
  pthread_once(&tables_built, build_tables);
#if defined(__x86_64__)
  if (vitrine_widest() != VITRINE_PORTABLE) return ~with_sse42(~crc, bytes, length);
#elif defined(__aarch64__)
  if (vitrine_widest() == VITRINE_DOTPROD) return ~with_arm(~crc, bytes, length);
#endif
  return ~portable(~crc, bytes, length);
}
