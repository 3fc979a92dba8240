#include "vectors.h"

#include <math.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

vitrine_simd vitrine_simd_supported(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return VITRINE_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    return VITRINE_AVX2;
#endif
  return VITRINE_PORTABLE;
}

// MARK: Scores

enum { LANES = 16 };

static double sum_of_lanes(double lanes[LANES]) {
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  return lanes[0];
}

double vitrine_dot(const float *a, const float *b, size_t dimension) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= dimension; i += LANES)
    for (int j = 0; j < LANES; j++) lanes[j] += (double)a[i + j] * (double)b[i + j];
  for (int j = 0; i < dimension; i++, j++) lanes[j] += (double)a[i] * (double)b[i];
  return sum_of_lanes(lanes);
}

int vitrine_normalise(float *vector, size_t dimension) {
  const double squared = vitrine_dot(vector, vector, dimension);
  if (!(squared > 0) || !isfinite(squared)) return 0;
  if (fabs(squared - 1) <= 0x1p-22) return 1;
  const double length = sqrt(squared);
  for (size_t i = 0; i < dimension; i++) vector[i] = (float)((double)vector[i] / length);
  return 1;
}

// The lanes of the rows' whole sixteens are in `lanes`; adds the rest and rounds.
static float finish(double lanes[LANES], const float *row, const double *query, size_t from,
                    size_t dimension) {
  for (size_t i = from; i < dimension; i++) lanes[i - from] += (double)row[i] * query[i];
  return (float)sum_of_lanes(lanes);
}

static void score_rows_portable(const float *base, const uint32_t *offsets, size_t count,
                                const double *query, size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES;
  for (size_t r = 0; r < count; r++) {
    const float *row = base + offsets[r];
    double lanes[LANES] = {0};
#if defined(__aarch64__)
    float64x2_t sums[LANES / 2];
    for (int j = 0; j < LANES / 2; j++) sums[j] = vdupq_n_f64(0);
    for (size_t i = 0; i < whole; i += LANES)
      for (int j = 0; j < LANES / 4; j++) {
        const float32x4_t x = vld1q_f32(row + i + 4 * j);
        sums[2 * j] = vfmaq_f64(sums[2 * j], vcvt_f64_f32(vget_low_f32(x)),
                                vld1q_f64(query + i + 4 * j));
        sums[2 * j + 1] = vfmaq_f64(sums[2 * j + 1], vcvt_high_f64_f32(x),
                                    vld1q_f64(query + i + 4 * j + 2));
      }
    for (int j = 0; j < LANES / 2; j++) vst1q_f64(lanes + 2 * j, sums[j]);
#else
    for (size_t i = 0; i < whole; i += LANES)
      for (int j = 0; j < LANES; j++) lanes[j] += (double)row[i + j] * query[i + j];
#endif
    scores[r] = finish(lanes, row, query, whole, dimension);
  }
}

#if defined(__x86_64__)
// Rows stand apart in a large file: their first lines are asked for some rows before they are needed.
enum { AHEAD = 6, AHEAD_FLOATS = 512 };

static inline void expect_row(const float *base, const uint32_t *offsets, size_t r, size_t count,
                              size_t dimension) {
  if (r >= count) return;
  const size_t floats = dimension < AHEAD_FLOATS ? dimension : AHEAD_FLOATS;
  for (size_t i = 0; i < floats; i += LANES) __builtin_prefetch(base + offsets[r] + i);
}

// Two rows at a time: eight chains of additions hide the latency, and the query is loaded once.
__attribute__((target("avx2,fma"))) static void score_rows_avx2(
    const float *base, const uint32_t *offsets, size_t count, const double *query,
    size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES;
  size_t r = 0;
  for (; r < AHEAD; r++) expect_row(base, offsets, r, count, dimension);
  for (r = 0; r + 2 <= count; r += 2) {
    const float *a = base + offsets[r], *b = base + offsets[r + 1];
    expect_row(base, offsets, r + AHEAD, count, dimension);
    expect_row(base, offsets, r + AHEAD + 1, count, dimension);
    __m256d sa[4], sb[4];
    for (int j = 0; j < 4; j++) sa[j] = sb[j] = _mm256_setzero_pd();
    for (size_t i = 0; i < whole; i += LANES) {
#pragma clang loop unroll(full)
      for (int j = 0; j < 4; j++) {
        const __m256d q = _mm256_loadu_pd(query + i + 4 * j);
        sa[j] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(a + i + 4 * j)), q, sa[j]);
        sb[j] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(b + i + 4 * j)), q, sb[j]);
      }
    }
    double la[LANES], lb[LANES];
    for (int j = 0; j < 4; j++) {
      _mm256_storeu_pd(la + 4 * j, sa[j]);
      _mm256_storeu_pd(lb + 4 * j, sb[j]);
    }
    scores[r] = finish(la, a, query, whole, dimension);
    scores[r + 1] = finish(lb, b, query, whole, dimension);
  }
  if (r < count) {
    const float *a = base + offsets[r];
    __m256d sa[4];
    for (int j = 0; j < 4; j++) sa[j] = _mm256_setzero_pd();
    for (size_t i = 0; i < whole; i += LANES)
#pragma clang loop unroll(full)
      for (int j = 0; j < 4; j++)
        sa[j] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(a + i + 4 * j)),
                                _mm256_loadu_pd(query + i + 4 * j), sa[j]);
    double la[LANES];
    for (int j = 0; j < 4; j++) _mm256_storeu_pd(la + 4 * j, sa[j]);
    scores[r] = finish(la, a, query, whole, dimension);
  }
}

__attribute__((target("avx512f"))) static void score_rows_avx512(
    const float *base, const uint32_t *offsets, size_t count, const double *query,
    size_t dimension, float *scores) {
  const size_t whole = dimension / LANES * LANES;
  for (size_t r = 0; r < count; r += 4) {
    const size_t rows = count - r < 4 ? count - r : 4;
    const float *row[4];
    __m512d low[4], high[4];
    for (size_t n = 0; n < 4; n++) {
      row[n] = base + offsets[r + (n < rows ? n : 0)];
      low[n] = high[n] = _mm512_setzero_pd();
    }
    for (size_t i = 0; i < whole; i += LANES) {
      const __m512d q0 = _mm512_loadu_pd(query + i), q1 = _mm512_loadu_pd(query + i + 8);
#pragma clang loop unroll(full)
      for (size_t n = 0; n < 4; n++) {
        low[n] = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(row[n] + i)), q0, low[n]);
        high[n] = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(row[n] + i + 8)), q1, high[n]);
      }
    }
    for (size_t n = 0; n < rows; n++) {
      double lanes[LANES];
      _mm512_storeu_pd(lanes, low[n]);
      _mm512_storeu_pd(lanes + 8, high[n]);
      scores[r + n] = finish(lanes, row[n], query, whole, dimension);
    }
  }
}
#endif

void vitrine_score_rows_with(vitrine_simd simd, const float *base, const uint32_t *offsets,
                             size_t count, const double *query, size_t dimension, float *scores) {
#if defined(__x86_64__)
  const vitrine_simd supported = vitrine_simd_supported();
  if (simd > supported) simd = supported;
  if (simd == VITRINE_AVX512) {
    score_rows_avx512(base, offsets, count, query, dimension, scores);
    return;
  }
  if (simd == VITRINE_AVX2) {
    score_rows_avx2(base, offsets, count, query, dimension, scores);
    return;
  }
#else
  (void)simd;
#endif
  score_rows_portable(base, offsets, count, query, dimension, scores);
}

void vitrine_score_rows(const float *base, const uint32_t *offsets, size_t count,
                        const double *query, size_t dimension, float *scores) {
  vitrine_score_rows_with(vitrine_simd_supported(), base, offsets, count, query, dimension,
                          scores);
}
