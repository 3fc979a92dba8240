// Products of codes and rests with a query: sums of integers, exact in 32 bits whatever
// instructions take them.
#pragma once
#include "lanes.h"

#if defined(WIDE)
enum { FOUR = 4 };  // rests that are multiplied beside each other

// The coordinates of a query in two bytes each, 2^7 * high + low, for ARM that multiplies bytes best.
enum { LOW_BITS = 7 };
typedef struct {
  int8_t high[VITRINE_CODE_WIDTH_LIMIT], low[VITRINE_CODE_WIDTH_LIMIT];
} split_query;

// NULL where they are not wanted.
WIDE_BODY const split_query *split_for(vitrine_simd simd, const vitrine_code_query *query,
                                       size_t width, split_query *split) {
  if (simd != VITRINE_DOTPROD) return NULL;
  for (size_t k = 0; k < width; k++) {
    split->high[k] = (int8_t)(query->coordinates[k] >> LOW_BITS);
    split->low[k] = (int8_t)(query->coordinates[k] & ((1 << LOW_BITS) - 1));
  }
  return split;
}

#if defined(__x86_64__)
// The sums of four vectors of sixteen, in the four lanes of each quarter: all quarters are to be added up.
VNNI_BODY __m512i quarters_of_four(const __m512i s[4]) {
  const __m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
  const __m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
  return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

// The sums of each two quarters, those of `a` first.
VNNI_BODY __m512i pairs_of_quarters(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
}

VNNI_BODY __m256i halves_of(__m512i x) {
  return _mm256_add_epi32(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
}

// The sums of sixteen codes with a query, thirty-two coordinates at a time: one instruction multiplies them
// and adds them up in pairs.
VNNI_BODY __m512i sums_of_sixteen(const int16_t *query, const int8_t *codes, size_t width) {
  __m512i s[16];
#pragma clang loop unroll(full)
  for (size_t n = 0; n < 16; n++) s[n] = _mm512_setzero_si512();
  for (size_t k = 0; k < width; k += 32) {
    const __m512i q = _mm512_loadu_si512(query + k);
#pragma clang loop unroll(full)
    for (size_t n = 0; n < 16; n++) {
      const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + n * width + k));
      s[n] = _mm512_dpwssd_epi32(s[n], _mm512_cvtepi8_epi16(code), q);
    }
  }
  __m512i a[4];
#pragma clang loop unroll(full)
  for (size_t n = 0; n < 4; n++) a[n] = quarters_of_four(s + 4 * n);
  const __m512i b = pairs_of_quarters(a[0], a[1]), c = pairs_of_quarters(a[2], a[3]);
  return pairs_of_quarters(b, c);
}

// The same of eight.
VNNI static inline eight_ints sums_of_eight_vnni(const int16_t *query, const int8_t *codes,
                                                 size_t width) {
  __m512i s[8];
#pragma clang loop unroll(full)
  for (size_t n = 0; n < 8; n++) s[n] = _mm512_setzero_si512();
  for (size_t k = 0; k < width; k += 32) {
    const __m512i q = _mm512_loadu_si512(query + k);
#pragma clang loop unroll(full)
    for (size_t n = 0; n < 8; n++) {
      const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + n * width + k));
      s[n] = _mm512_dpwssd_epi32(s[n], _mm512_cvtepi8_epi16(code), q);
    }
  }
  const __m256i a = halves_of(quarters_of_four(s)), b = halves_of(quarters_of_four(s + 4));
  return (eight_ints)_mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20),
                                      _mm256_permute2x128_si256(a, b, 0x31));
}

// Sixty-four bytes at a time, of which one factor must be without a sign, as with AVX2 below. Past the
// end, where `stride` is an odd number of thirty-twos, the query counts as zeros.
VNNI static inline four_ints sums_of_four_vnni(const int8_t *const *rests, const int8_t *query,
                                               size_t stride) {
  __m512i s[FOUR];
#pragma clang loop unroll(full)
  for (int n = 0; n < FOUR; n++) s[n] = _mm512_setzero_si512();
  const __m512i sign = _mm512_set1_epi8(-128);
  size_t k = 0;
  for (; k + 64 <= stride; k += 64) {
    const __m512i q = _mm512_loadu_si512(query + k);
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++)
      s[n] = _mm512_dpbusd_epi32(s[n], _mm512_xor_si512(_mm512_loadu_si512(rests[n] + k), sign), q);
  }
  if (k < stride) {
    const __m512i q = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(query + k)));
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++) {
      const __m256i rest = _mm256_loadu_si256((const __m256i *)(rests[n] + k));
      s[n] = _mm512_dpbusd_epi32(s[n], _mm512_xor_si512(_mm512_castsi256_si512(rest), sign), q);
    }
  }
  const __m256i sums = halves_of(quarters_of_four(s));
  return (four_ints)_mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

WIDE_BODY __m256i sum_of_products(const int8_t *code, const int16_t *query, size_t width) {
  __m256i sum = _mm256_setzero_si256();
#pragma clang loop unroll(enable)
  for (size_t k = 0; k < width; k += 16) {
    const __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(code + k)));
    sum = _mm256_add_epi32(
        sum, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(query + k))));
  }
  return sum;
}

// The sums of eight codes with a query.
WIDE_BODY eight_ints sums_of_eight(const vitrine_code_query *query, const split_query *split,
                                   const int8_t *codes, size_t width, vitrine_simd simd) {
  (void)split;
  if (simd == VITRINE_VNNI) return sums_of_eight_vnni(query->coordinates, codes, width);
  __m256i s[8];
#pragma clang loop unroll(full)
  for (size_t n = 0; n < 8; n++)
    s[n] = sum_of_products(codes + n * width, query->coordinates, width);
  const __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
  const __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(s[4], s[5]), _mm256_hadd_epi32(s[6], s[7]));
  return (eight_ints)_mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20),
                                      _mm256_permute2x128_si256(a, b, 0x31));
}

// The sums of four rests with a query. One factor must be without a sign: rests are raised by 128, which
// the sum of the query's coordinates makes good. No two products exceed 16 bits, 255 * 128 < 2^15.
WIDE_BODY four_ints sums_of_four(const int8_t *const *rests, const int8_t *query, int32_t sum,
                                 size_t stride, vitrine_simd simd) {
  if (simd == VITRINE_VNNI) return sums_of_four_vnni(rests, query, stride) - 128 * sum;
  __m256i s[FOUR];
  for (int n = 0; n < FOUR; n++) s[n] = _mm256_setzero_si256();
  for (size_t k = 0; k < stride; k += 32) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)(query + k));
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++) {
      const __m256i rest = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(rests[n] + k)),
                                            _mm256_set1_epi8(-128));
      s[n] = _mm256_add_epi32(
          s[n], _mm256_madd_epi16(_mm256_maddubs_epi16(rest, x), _mm256_set1_epi16(1)));
    }
  }
  const __m256i sums =
      _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
  return (four_ints)_mm_sub_epi32(
      _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1)),
      _mm_set1_epi32(128 * sum));
}
#else
WIDE_BODY int32x4_t sum_of_products(const int8_t *code, const int16_t *query, size_t width) {
  int32x4_t sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
#pragma clang loop unroll(enable)
  for (size_t k = 0; k < width; k += 16) {
    const int8x16_t bytes = vld1q_s8(code + k);
    const int16x8_t a = vmovl_s8(vget_low_s8(bytes)), b = vmovl_high_s8(bytes);
    const int16x8_t qa = vld1q_s16(query + k), qb = vld1q_s16(query + k + 8);
    sums[0] = vmlal_s16(sums[0], vget_low_s16(a), vget_low_s16(qa));
    sums[1] = vmlal_high_s16(sums[1], a, qa);
    sums[0] = vmlal_s16(sums[0], vget_low_s16(b), vget_low_s16(qb));
    sums[1] = vmlal_high_s16(sums[1], b, qb);
  }
  return vaddq_s32(sums[0], sums[1]);
}

WIDE_BODY eight_ints summed(const int32x4_t s[8]) {
  const int32x4_t sums[2] = {vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3])),
                             vpaddq_s32(vpaddq_s32(s[4], s[5]), vpaddq_s32(s[6], s[7]))};
  eight_ints both;
  memcpy(&both, sums, sizeof both);
  return both;
}

__attribute__((target("dotprod"))) static inline eight_ints sums_of_eight_dotprod(
    const split_query *query, const int8_t *codes, size_t width) {
  int32x4_t high[8], low[8];
  for (int n = 0; n < 8; n++) high[n] = low[n] = vdupq_n_s32(0);
  for (size_t k = 0; k < width; k += 16) {
    const int8x16_t h = vld1q_s8(query->high + k), l = vld1q_s8(query->low + k);
#pragma clang loop unroll(full)
    for (size_t n = 0; n < 8; n++) {
      const int8x16_t code = vld1q_s8(codes + n * width + k);
      high[n] = vdotq_s32(high[n], code, h);
      low[n] = vdotq_s32(low[n], code, l);
    }
  }
  for (int n = 0; n < 8; n++) low[n] = vaddq_s32(vshlq_n_s32(high[n], LOW_BITS), low[n]);
  return summed(low);
}

// The sums of eight codes with a query.
WIDE_BODY eight_ints sums_of_eight(const vitrine_code_query *query, const split_query *split,
                                   const int8_t *codes, size_t width, vitrine_simd simd) {
  (void)simd;
  if (split) return sums_of_eight_dotprod(split, codes, width);
  int32x4_t s[8];
#pragma clang loop unroll(full)
  for (size_t n = 0; n < 8; n++)
    s[n] = sum_of_products(codes + n * width, query->coordinates, width);
  return summed(s);
}

// The sums of four rests with a query, in fours of bytes.
__attribute__((target("dotprod"))) static inline four_ints sums_of_four_dotprod(
    const int8_t *const *rests, const int8_t *query, size_t stride) {
  int32x4_t s[FOUR];
  for (int n = 0; n < FOUR; n++) s[n] = vdupq_n_s32(0);
  for (size_t k = 0; k < stride; k += 16) {
    const int8x16_t x = vld1q_s8(query + k);
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++) s[n] = vdotq_s32(s[n], vld1q_s8(rests[n] + k), x);
  }
  return (four_ints)vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
}

// The same without. Both are of -127...127, so that two products fit 16 bits.
WIDE_BODY four_ints sums_of_four(const int8_t *const *rests, const int8_t *query, int32_t sum,
                                 size_t stride, vitrine_simd simd) {
  (void)sum;
  if (simd == VITRINE_DOTPROD) return sums_of_four_dotprod(rests, query, stride);
  int32x4_t s[FOUR];
  for (int n = 0; n < FOUR; n++) s[n] = vdupq_n_s32(0);
  for (size_t k = 0; k < stride; k += 16) {
    const int8x16_t x = vld1q_s8(query + k);
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++) {
      const int8x16_t rest = vld1q_s8(rests[n] + k);
      const int16x8_t low = vmull_s8(vget_low_s8(rest), vget_low_s8(x));
      s[n] = vpadalq_s16(s[n], vmlal_high_s8(low, rest, x));
    }
  }
  return (four_ints)vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
}
#endif
#endif
