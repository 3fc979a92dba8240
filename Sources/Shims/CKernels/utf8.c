#include "utf8.h"

#include <string.h>

#include "vectors.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static bool is_clean_portable(const uint8_t *text, size_t count) {
  const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
  for (size_t at = 0; at < count;) {
    uint64_t word;
    if (count - at >= sizeof word) {
      memcpy(&word, text + at, sizeof word);
      // Of ASCII bytes only zeros lend from the bit above when 1 is taken away.
      if (!((word | (word - ones)) & tops)) {
        at += sizeof word;
        continue;
      }
    }
    const uint8_t head = text[at];
    if (head > 0 && head < 0x80) {
      at++;
      continue;
    }
    if (head < 0xC2 || head > 0xF4) return false;
    const size_t length = head < 0xE0 ? 2 : head < 0xF0 ? 3 : 4;
    const uint8_t least = head == 0xE0 ? 0xA0 : head == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = head == 0xED ? 0x9F : head == 0xF4 ? 0x8F : 0xBF;
    if (count - at < length || text[at + 1] < least || text[at + 1] > most) return false;
    for (size_t i = 2; i < length; i++)
      if ((text[at + i] & 0xC0) != 0x80) return false;
    at += length;
  }
  return true;
}

#if defined(__x86_64__)
// What may be wrong with a byte and the one before it, a bit each. An error is one that the first byte's
// high half, its low half and the second byte's high half all allow.
enum {
  too_short = 1,       // a head, and no continuation behind it
  too_long = 2,        // ASCII, and a continuation behind it
  overlong_3 = 4,      // E0 80 … E0 9F
  too_large = 8,       // F4 90 … F7 BF
  surrogate = 16,      // ED A0 … ED BF
  overlong_2 = 32,     // C0, C1
  too_large_1000 = 64, // F5 80 …
  overlong_4 = 64,     // F0 80 … F0 8F
  two_continuations = 128,
  any_low = too_short | too_long | two_continuations,
};

static const uint8_t first_high[16] = {
    too_long, too_long, too_long, too_long, too_long, too_long, too_long, too_long,
    two_continuations, two_continuations, two_continuations, two_continuations,
    too_short | overlong_2, too_short, too_short | overlong_3 | surrogate,
    too_short | too_large | too_large_1000 | overlong_4};
static const uint8_t first_low[16] = {
    any_low | overlong_3 | overlong_2 | overlong_4, any_low | overlong_2, any_low, any_low,
    any_low | too_large, any_low | too_large | too_large_1000,
    any_low | too_large | too_large_1000, any_low | too_large | too_large_1000,
    any_low | too_large | too_large_1000, any_low | too_large | too_large_1000,
    any_low | too_large | too_large_1000, any_low | too_large | too_large_1000,
    any_low | too_large | too_large_1000, any_low | too_large | too_large_1000 | surrogate,
    any_low | too_large | too_large_1000, any_low | too_large | too_large_1000};
static const uint8_t second_high[16] = {
    too_short, too_short, too_short, too_short, too_short, too_short, too_short, too_short,
    too_long | overlong_2 | two_continuations | overlong_3 | too_large_1000 | overlong_4,
    too_long | overlong_2 | two_continuations | overlong_3 | too_large,
    too_long | overlong_2 | two_continuations | surrogate | too_large,
    too_long | overlong_2 | two_continuations | surrogate | too_large,
    too_short, too_short, too_short, too_short};

enum { lanes = 32 };

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i table(const uint8_t *bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}

AVX2 static inline __m256i high_half(__m256i bytes) {
  return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}

/// Not zero where something is wrong in 32 bytes that follow 32 others.
AVX2 static inline __m256i errors(__m256i bytes, __m256i before) {
  const __m256i carried = _mm256_permute2x128_si256(before, bytes, 0x21);
  const __m256i first = _mm256_alignr_epi8(bytes, carried, 15);
  const __m256i second = _mm256_alignr_epi8(bytes, carried, 14);
  const __m256i third = _mm256_alignr_epi8(bytes, carried, 13);
  const __m256i low = _mm256_and_si256(first, _mm256_set1_epi8(15));
  const __m256i pairs = _mm256_and_si256(
      _mm256_and_si256(_mm256_shuffle_epi8(table(first_high), high_half(first)),
                       _mm256_shuffle_epi8(table(first_low), low)),
      _mm256_shuffle_epi8(table(second_high), high_half(bytes)));
  // Two continuations in a row are right behind a head of three or four bytes, and only there.
  const __m256i heads =
      _mm256_or_si256(_mm256_subs_epu8(second, _mm256_set1_epi8(0xE0 - 0x80)),
                      _mm256_subs_epu8(third, _mm256_set1_epi8(0xF0 - 0x80)));
  return _mm256_xor_si256(_mm256_and_si256(heads, _mm256_set1_epi8((char)0x80)), pairs);
}

AVX2 static bool is_clean_avx2(const uint8_t *text, size_t count) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i before = zero;
  size_t at = 0;
  while (at + lanes <= count) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + at));
    at += lanes;
    __m256i wrong = _mm256_cmpeq_epi8(bytes, zero);
    // ASCII behind ASCII has no other errors.
    if (_mm256_movemask_epi8(_mm256_or_si256(bytes, before)))
      wrong = _mm256_or_si256(wrong, errors(bytes, before));
    if (!_mm256_testz_si256(wrong, wrong)) return false;
    before = bytes;
  }
  // Behind the last bytes, be there none, spaces end what has not ended.
  uint8_t rest[lanes];
  memset(rest, ' ', lanes);
  memcpy(rest, text + at, count - at);
  const __m256i bytes = _mm256_loadu_si256((const __m256i *)rest);
  const __m256i wrong = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, zero), errors(bytes, before));
  return _mm256_testz_si256(wrong, wrong);
}
#endif

bool vt_is_clean_utf8(const uint8_t *text, size_t count) {
#if defined(__x86_64__)
  if (vitrine_widest() >= VITRINE_AVX2) return is_clean_avx2(text, count);
#endif
  return is_clean_portable(text, count);
}
