// Eight numbers beside each other, and picking some of them: what each instruction set calls it.
//
// A function that is `WIDE` is compiled for the instructions that these take. It runs where
// `vitrine_widest` is not `VITRINE_PORTABLE`.
#pragma once
#include <string.h>

#include "dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx2,bmi2")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VNNI_BODY VNNI BODY
#elif defined(__aarch64__)
#include <arm_neon.h>
#define WIDE
#endif

#if defined(WIDE)
#define WIDE_BODY WIDE BODY

typedef float four_floats __attribute__((vector_size(16)));
typedef int32_t four_ints __attribute__((vector_size(16)));
typedef float eight_floats __attribute__((vector_size(32)));
typedef int32_t eight_ints __attribute__((vector_size(32)));

WIDE_BODY eight_floats floats_at(const float *values) {
  eight_floats x;
  memcpy(&x, values, sizeof x);
  return x;
}

WIDE_BODY eight_ints places_at(const uint32_t *values) {
  eight_ints x;
  memcpy(&x, values, sizeof x);
  return x;
}

WIDE_BODY void put_floats(float *values, eight_floats x) { memcpy(values, &x, sizeof x); }
WIDE_BODY void put_places(uint32_t *values, eight_ints x) { memcpy(values, &x, sizeof x); }

#if defined(__x86_64__)
/// A bit for each lane that a comparison found true, the first one lowest.
WIDE_BODY unsigned bits_of(eight_ints truths) {
  return (unsigned)_mm256_movemask_ps((__m256)truths);
}

/// The lanes whose bits are set in `mask` (8 bits), ascending, in the first lanes.
WIDE_BODY eight_ints lanes_of(unsigned mask) {
  const unsigned long long bytes = _pdep_u64(mask, 0x0101010101010101u) * 0xFF;
  return (eight_ints)_mm256_cvtepu8_epi32(
      _mm_cvtsi64_si128((long long)_pext_u64(0x0706050403020100u, bytes)));
}

/// The lanes of `x` that `lanes` names.
WIDE_BODY eight_floats chosen_floats(eight_floats x, eight_ints lanes) {
  return _mm256_permutevar8x32_ps(x, (__m256i)lanes);
}

WIDE_BODY eight_ints chosen_ints(eight_ints x, eight_ints lanes) {
  return (eight_ints)_mm256_permutevar8x32_epi32((__m256i)x, (__m256i)lanes);
}

WIDE_BODY eight_floats lesser(eight_floats a, eight_floats b) { return _mm256_min_ps(a, b); }

/// `a` where true, else `b`.
WIDE_BODY eight_floats either(eight_ints truths, eight_floats a, eight_floats b) {
  return _mm256_blendv_ps(b, a, (__m256)truths);
}
#else
WIDE_BODY unsigned bits_of(eight_ints truths) {
  typedef int16_t eight_shorts __attribute__((vector_size(16)));
  const eight_shorts bits = {1, 2, 4, 8, 16, 32, 64, 128};
  return vaddvq_u16((uint16x8_t)(__builtin_convertvector(truths, eight_shorts) & bits));
}

WIDE_BODY eight_ints lanes_of(unsigned mask) {
  // Of four lanes each: a byte for each that is set.
  static const uint32_t fours[16] = {0,        0,          1,        0x0100,     2,        0x0200,
                                     0x0201,   0x020100,   3,        0x0300,     0x0301,   0x030100,
                                     0x0302,   0x030200,   0x030201, 0x03020100};
  const unsigned low = mask & 15;
  const uint64_t high = (uint64_t)fours[mask >> 4] + 0x04040404u;
  const uint64_t lanes = fours[low] | high << 8 * __builtin_popcount(low);
  typedef uint8_t eight_bytes __attribute__((vector_size(8)));
  return __builtin_convertvector((eight_bytes)lanes, eight_ints);
}

WIDE_BODY eight_ints chosen_ints(eight_ints x, eight_ints lanes) {
  const eight_ints bytes = lanes * 0x04040404 + 0x03020100;
  uint8x16x2_t from, of;
  memcpy(&from, &x, sizeof from);
  memcpy(&of, &bytes, sizeof of);
  of.val[0] = vqtbl2q_u8(from, of.val[0]);
  of.val[1] = vqtbl2q_u8(from, of.val[1]);
  memcpy(&x, &of, sizeof x);
  return x;
}

WIDE_BODY eight_floats chosen_floats(eight_floats x, eight_ints lanes) {
  return (eight_floats)chosen_ints((eight_ints)x, lanes);
}

WIDE_BODY eight_floats either(eight_ints truths, eight_floats a, eight_floats b) {
  return (eight_floats)(((eight_ints)a & truths) | ((eight_ints)b & ~truths));
}

WIDE_BODY eight_floats lesser(eight_floats a, eight_floats b) { return either(a < b, a, b); }
#endif
#endif
