// Stored vectors: rounding, decoding, scoring. A variant of a kernel is one body whose element the
// compiler knows, so that the innermost loop has no branch.
#include "rows.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "sums.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { LANES = 16, WORD = 4 };

static size_t component_size(vitrine_element element) {
  return element == VITRINE_F32 ? sizeof(float) : element == VITRINE_F16 ? sizeof(uint16_t) : 1;
}

// Where a row's components begin.
static inline const void *components_of(vitrine_element element, const void *row) {
  return element == VITRINE_F32 ? row : (const char *)row + sizeof(float);
}

static inline float scale_of(vitrine_element element, const void *row) {
  float scale = 1;
  if (element != VITRINE_F32) memcpy(&scale, row, sizeof scale);
  return scale;
}

size_t vitrine_row_length(vitrine_element element, size_t dimension) {
  const size_t scale = element == VITRINE_F32 ? 0 : sizeof(float);
  return (scale + dimension * component_size(element) + WORD - 1) / WORD * WORD;
}

// MARK: Halves

// The nearest half, ties to even. |x| is below 65520, the first that rounds to infinity.
static uint16_t half_of(float x) {
#if defined(__aarch64__)
  const __fp16 half = (__fp16)x;
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
#else
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  const float size = fabsf(x);
  if (size < 0x1p-14f) {
    // Below the normal halves they stand 2^-24 apart: as far as fp32 does from 1/2 to 1.
    const float shifted = size + 0.5f;
    uint32_t steps;
    memcpy(&steps, &shifted, sizeof steps);
    return (uint16_t)(sign | (steps - 0x3F000000u));
  }
  bits = (bits & 0x7FFFFFFFu) - (112u << 23);
  return (uint16_t)(sign | (bits + 0xFFFu + (bits >> 13 & 1)) >> 13);
#endif
}

// Of a finite half.
static float float_of(uint16_t half) {
#if defined(__aarch64__)
  __fp16 value;
  memcpy(&value, &half, sizeof value);
  return (float)value;
#else
  // Its exponent counts from 15, that of fp32 from 127; the product is exact, also of subnormals.
  const uint32_t bits = (uint32_t)(half & 0x7FFF) << 13;
  float value;
  memcpy(&value, &bits, sizeof value);
  value *= 0x1p112f;
  return half >> 15 ? -value : value;
#endif
}

#if defined(__x86_64__)
__attribute__((target("avx2,f16c"))) static size_t halves_of_avx2(const float *vector, size_t count,
                                                                  uint16_t *halves) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128((__m128i *)(halves + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(vector + i),
                                     _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  return i;
}

__attribute__((target("avx2,f16c"))) static size_t load_halves_avx2(const uint16_t *halves,
                                                                    float scale, size_t count,
                                                                    float *vector) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(vector + i,
                     _mm256_mul_ps(_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + i))),
                                   _mm256_set1_ps(scale)));
  return i;
}
#endif

static void store_halves(const float *vector, size_t count, uint16_t *halves) {
  size_t i = 0;
#if defined(__x86_64__)
  if (vitrine_widest() != VITRINE_PORTABLE) i = halves_of_avx2(vector, count, halves);
#endif
  for (; i < count; i++) halves[i] = half_of(vector[i]);
}

static void load_halves(const uint16_t *halves, float scale, size_t count, float *vector) {
  size_t i = 0;
#if defined(__x86_64__)
  if (vitrine_widest() != VITRINE_PORTABLE)
    i = load_halves_avx2(halves, scale, count, vector);
#endif
  for (; i < count; i++) vector[i] = scale * float_of(halves[i]);
}

// MARK: Integers

BODY void store_integers_body(const float *vector, size_t count, int8_t *restrict integers) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fabsf(vector[i]) > largest ? fabsf(vector[i]) : largest;
  for (size_t i = 0; i < count; i++)
    integers[i] = (int8_t)rint(127 * (double)vector[i] / (double)largest);
}
WIDEST(void, store_integers, (const float *vector, size_t count, int8_t *integers),
       (vector, count, integers))

BODY void load_integers_body(const int8_t *integers, float scale, size_t count,
                             float *restrict vector) {
  for (size_t i = 0; i < count; i++) vector[i] = scale * (float)integers[i];
}
WIDEST(void, load_integers, (const int8_t *integers, float scale, size_t count, float *vector),
       (integers, scale, count, vector))

// MARK: Rows

// The squared length of what was rounded: exact for integers, in the order of `vitrine_dot` for
// halves.
static double squared_length(vitrine_element element, const void *components, size_t dimension) {
  if (element == VITRINE_I8) {
    const int8_t *integers = components;
    int64_t sum = 0;
    for (size_t i = 0; i < dimension; i++) sum += integers[i] * integers[i];
    return (double)sum;
  }
  double lanes[LANES] = {0};
  const uint16_t *halves = components;
  float block[LANES];
  for (size_t i = 0; i < dimension; i += LANES) {
    const size_t count = dimension - i < LANES ? dimension - i : LANES;
    load_halves(halves + i, 1, count, block);
    for (size_t j = 0; j < count; j++) lanes[j] += (double)block[j] * (double)block[j];
  }
  return vitrine_sum_of_lanes(lanes);
}

void vitrine_store_row(vitrine_element element, const float *vector, size_t dimension, void *row) {
  if (element == VITRINE_F32) {
    memcpy(row, vector, dimension * sizeof(float));
    return;
  }
  void *components = (char *)row + sizeof(float);
  if (element == VITRINE_F16)
    store_halves(vector, dimension, components);
  else
    store_integers(vector, dimension, components);
  const float scale = (float)(1 / sqrt(squared_length(element, components, dimension)));
  memcpy(row, &scale, sizeof scale);
  const size_t end = sizeof scale + dimension * component_size(element);
  memset((char *)row + end, 0, vitrine_row_length(element, dimension) - end);
}

void vitrine_load_row(vitrine_element element, const void *row, size_t dimension, float *vector) {
  const void *components = components_of(element, row);
  switch (element) {
    case VITRINE_F16: load_halves(components, scale_of(element, row), dimension, vector); break;
    case VITRINE_I8: load_integers(components, scale_of(element, row), dimension, vector); break;
    default: memcpy(vector, row, dimension * sizeof(float));
  }
}

// MARK: Scores

BODY float component(vitrine_element element, const void *components, float scale, size_t i) {
  switch (element) {
    case VITRINE_F16: return scale * float_of(((const uint16_t *)components)[i]);
    case VITRINE_I8: return scale * (float)((const int8_t *)components)[i];
    default: return ((const float *)components)[i];
  }
}

// The lanes of the row's whole sixteens are in `lanes`; adds the rest and rounds.
BODY float finish(double lanes[LANES], vitrine_element element, const void *components, float scale,
                  const double *query, size_t from, size_t dimension) {
  for (size_t i = from; i < dimension; i++)
    lanes[i - from] += (double)component(element, components, scale, i) * query[i];
  return (float)vitrine_sum_of_lanes(lanes);
}

// Row r is scored against query of[r], or all of them against the first where `of` is NULL, which the
// compiler knows.
BODY const double *query_of(const double *const *queries, const uint32_t *of, size_t r) {
  return of ? queries[of[r]] : queries[0];
}

typedef struct {
  const void *components;
  float scale;
} row_view;

static inline row_view view(vitrine_element element, const void *base, uint32_t offset) {
  const void *row = (const char *)base + (size_t)offset * WORD;
  return (row_view){components_of(element, row), scale_of(element, row)};
}

#if defined(__aarch64__)
BODY float32x4_t four_neon(vitrine_element element, const void *components, float scale, size_t i) {
  switch (element) {
    case VITRINE_F16: {
      float16x4_t halves;
      memcpy(&halves, (const uint16_t *)components + i, sizeof halves);
      return vmulq_n_f32(vcvt_f32_f16(halves), scale);
    }
    case VITRINE_I8: {
      int8x8_t integers = vdup_n_s8(0);
      memcpy(&integers, (const int8_t *)components + i, WORD);
      return vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(integers)))), scale);
    }
    default: return vld1q_f32((const float *)components + i);
  }
}
#endif

BODY void score_portable(vitrine_element element, const void *base, const uint32_t *offsets,
                         const uint32_t *of, size_t count, const double *const *queries,
                         size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES;
  for (size_t r = 0; r < count; r++) {
    const row_view row = view(element, base, offsets[r]);
    const double *query = query_of(queries, of, r);
    double lanes[LANES] = {0};
#if defined(__aarch64__)
    float64x2_t sums[LANES / 2];
    for (int j = 0; j < LANES / 2; j++) sums[j] = vdupq_n_f64(0);
    for (size_t i = 0; i < whole; i += LANES)
      for (int j = 0; j < LANES / 4; j++) {
        const float32x4_t x = four_neon(element, row.components, row.scale, i + 4 * j);
        sums[2 * j] = vfmaq_f64(sums[2 * j], vcvt_f64_f32(vget_low_f32(x)),
                                vld1q_f64(query + i + 4 * j));
        sums[2 * j + 1] = vfmaq_f64(sums[2 * j + 1], vcvt_high_f64_f32(x),
                                    vld1q_f64(query + i + 4 * j + 2));
      }
    for (int j = 0; j < LANES / 2; j++) vst1q_f64(lanes + 2 * j, sums[j]);
#else
    for (size_t i = 0; i < whole; i += LANES)
      for (int j = 0; j < LANES; j++)
        lanes[j] += (double)component(element, row.components, row.scale, i + j) * query[i + j];
#endif
    scores[r] = finish(lanes, element, row.components, row.scale, query, whole, dimension);
  }
}

#if defined(__x86_64__)
// Rows stand apart in a large file: their first lines are asked for some rows before they are needed.
enum { AHEAD = 6, AHEAD_BYTES = 2048, LINE = 64 };

static inline void expect_row(const void *base, const uint32_t *offsets, size_t r, size_t count,
                              size_t length) {
  if (r >= count) return;
  const char *row = (const char *)base + (size_t)offsets[r] * WORD;
  for (size_t i = 0; i < length && i < AHEAD_BYTES; i += LINE) __builtin_prefetch(row + i);
}

#define AVX2 __attribute__((target("avx2,fma,f16c"), always_inline)) static inline

AVX2 __m256d four_avx2(vitrine_element element, row_view row, size_t i) {
  switch (element) {
    case VITRINE_F16: {
      const uint16_t *halves = (const uint16_t *)row.components + i;
      const __m128 x = _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)halves));
      return _mm256_cvtps_pd(_mm_mul_ps(x, _mm_set1_ps(row.scale)));
    }
    case VITRINE_I8: {
      const int8_t *integers = (const int8_t *)row.components + i;
      const __m128 x = _mm_cvtepi32_ps(_mm_cvtepi8_epi32(_mm_loadu_si32(integers)));
      return _mm256_cvtps_pd(_mm_mul_ps(x, _mm_set1_ps(row.scale)));
    }
    default: return _mm256_cvtps_pd(_mm_loadu_ps((const float *)row.components + i));
  }
}

// Two rows at a time: eight chains of additions hide the latency, and one query is loaded once. The
// last row of an odd number is its own partner.
AVX2 void score_avx2(vitrine_element element, const void *base, const uint32_t *offsets,
                     const uint32_t *of, size_t count, const double *const *queries,
                     size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES, length = vitrine_row_length(element, dimension);
  for (size_t r = 0; r < AHEAD; r++) expect_row(base, offsets, r, count, length);
  for (size_t r = 0; r < count; r += 2) {
    const size_t other = r + 1 < count ? r + 1 : r;
    const row_view a = view(element, base, offsets[r]), b = view(element, base, offsets[other]);
    const double *qa = query_of(queries, of, r), *qb = query_of(queries, of, other);
    expect_row(base, offsets, r + AHEAD, count, length);
    expect_row(base, offsets, r + AHEAD + 1, count, length);
    __m256d sa[4], sb[4];
    for (int j = 0; j < 4; j++) sa[j] = sb[j] = _mm256_setzero_pd();
    for (size_t i = 0; i < whole; i += LANES) {
#pragma clang loop unroll(full)
      for (int j = 0; j < 4; j++) {
        sa[j] = _mm256_fmadd_pd(four_avx2(element, a, i + 4 * j), _mm256_loadu_pd(qa + i + 4 * j),
                                sa[j]);
        sb[j] = _mm256_fmadd_pd(four_avx2(element, b, i + 4 * j), _mm256_loadu_pd(qb + i + 4 * j),
                                sb[j]);
      }
    }
    double la[LANES], lb[LANES];
    for (int j = 0; j < 4; j++) {
      _mm256_storeu_pd(la + 4 * j, sa[j]);
      _mm256_storeu_pd(lb + 4 * j, sb[j]);
    }
    scores[r] = finish(la, element, a.components, a.scale, qa, whole, dimension);
    if (other > r)
      scores[other] = finish(lb, element, b.components, b.scale, qb, whole, dimension);
  }
}

#define AVX512 __attribute__((target("avx512f,f16c"), always_inline)) static inline

AVX512 __m512d eight_avx512(vitrine_element element, row_view row, size_t i) {
  switch (element) {
    case VITRINE_F16: {
      const uint16_t *halves = (const uint16_t *)row.components + i;
      const __m256 x = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
      return _mm512_cvtps_pd(_mm256_mul_ps(x, _mm256_set1_ps(row.scale)));
    }
    case VITRINE_I8: {
      const int8_t *integers = (const int8_t *)row.components + i;
      const __m256 x = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadu_si64(integers)));
      return _mm512_cvtps_pd(_mm256_mul_ps(x, _mm256_set1_ps(row.scale)));
    }
    default: return _mm512_cvtps_pd(_mm256_loadu_ps((const float *)row.components + i));
  }
}

AVX512 void score_avx512(vitrine_element element, const void *base, const uint32_t *offsets,
                         const uint32_t *of, size_t count, const double *const *queries,
                         size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES, length = vitrine_row_length(element, dimension);
  for (size_t r = 0; r < 2 * AHEAD; r++) expect_row(base, offsets, r, count, length);
  for (size_t r = 0; r < count; r += 4) {
    for (size_t n = 0; n < 4; n++) expect_row(base, offsets, r + 2 * AHEAD + n, count, length);
    const size_t rows = count - r < 4 ? count - r : 4;
    row_view row[4];
    const double *query[4];
    __m512d low[4], high[4];
    for (size_t n = 0; n < 4; n++) {
      row[n] = view(element, base, offsets[r + (n < rows ? n : 0)]);
      query[n] = query_of(queries, of, r + (n < rows ? n : 0));
      low[n] = high[n] = _mm512_setzero_pd();
    }
    for (size_t i = 0; i < whole; i += LANES)
#pragma clang loop unroll(full)
      for (size_t n = 0; n < 4; n++) {
        low[n] = _mm512_fmadd_pd(eight_avx512(element, row[n], i), _mm512_loadu_pd(query[n] + i),
                                 low[n]);
        high[n] = _mm512_fmadd_pd(eight_avx512(element, row[n], i + 8),
                                  _mm512_loadu_pd(query[n] + i + 8), high[n]);
      }
    for (size_t n = 0; n < rows; n++) {
      double lanes[LANES];
      _mm512_storeu_pd(lanes, low[n]);
      _mm512_storeu_pd(lanes + 8, high[n]);
      scores[r + n] =
          finish(lanes, element, row[n].components, row[n].scale, query[n], whole, dimension);
    }
  }
}
#endif

#define OF_ELEMENT(variant, of)                                                                    \
  switch (element) {                                                                               \
    case VITRINE_F16:                                                                              \
      variant(VITRINE_F16, base, offsets, of, count, queries, dimension, scores);                  \
      break;                                                                                       \
    case VITRINE_I8:                                                                               \
      variant(VITRINE_I8, base, offsets, of, count, queries, dimension, scores);                   \
      break;                                                                                       \
    default: variant(VITRINE_F32, base, offsets, of, count, queries, dimension, scores);           \
  }

// A variant with the instructions it takes, for each element and for one query or many.
#define BY_ELEMENT(variant, attributes)                                                            \
  attributes static void variant##_pairs(vitrine_element element, const void *base,                \
                                         const uint32_t *offsets, const uint32_t *of,              \
                                         size_t count, const double *const *queries,               \
                                         size_t dimension, float *scores) {                        \
    if (of)                                                                                        \
      OF_ELEMENT(variant, of)                                                                      \
    else                                                                                           \
      OF_ELEMENT(variant, NULL)                                                                    \
  }

BY_ELEMENT(score_portable, )
#if defined(__x86_64__)
BY_ELEMENT(score_avx2, __attribute__((target("avx2,fma,f16c"))))
BY_ELEMENT(score_avx512, __attribute__((target("avx512f,f16c"))))
#endif

void vitrine_score_pairs(vitrine_element element, const void *base, const uint32_t *offsets,
                         const uint32_t *of, size_t count, const double *const *queries,
                         size_t dimension, float *scores) {
  switch (vitrine_widest()) {
#if defined(__x86_64__)
    case VITRINE_VNNI:
    case VITRINE_AVX512:
      score_avx512_pairs(element, base, offsets, of, count, queries, dimension, scores);
      break;
    case VITRINE_AVX2:
      score_avx2_pairs(element, base, offsets, of, count, queries, dimension, scores);
      break;
#endif
    default: score_portable_pairs(element, base, offsets, of, count, queries, dimension, scores);
  }
}

void vitrine_score_rows(vitrine_element element, const void *base, const uint32_t *offsets,
                        size_t count, const double *query, size_t dimension, float *scores) {
  vitrine_score_pairs(element, base, offsets, NULL, count, &query, dimension, scores);
}
