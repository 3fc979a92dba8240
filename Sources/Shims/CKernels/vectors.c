#include "vectors.h"

#include <math.h>

#include "sums.h"

vitrine_simd vitrine_simd_supported(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return VITRINE_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c"))
    return VITRINE_AVX2;
#endif
  return VITRINE_PORTABLE;
}

// MARK: Scores

enum { LANES = 16 };

double vitrine_dot(const float *a, const float *b, size_t dimension) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= dimension; i += LANES)
    for (int j = 0; j < LANES; j++) lanes[j] += (double)a[i + j] * (double)b[i + j];
  for (int j = 0; i < dimension; i++, j++) lanes[j] += (double)a[i] * (double)b[i];
  return vitrine_sum_of_lanes(lanes);
}

int vitrine_normalise(float *vector, size_t dimension) {
  const double squared = vitrine_dot(vector, vector, dimension);
  if (!(squared > 0) || !isfinite(squared)) return 0;
  if (fabs(squared - 1) <= 0x1p-22) return 1;
  const double length = sqrt(squared);
  for (size_t i = 0; i < dimension; i++) vector[i] = (float)((double)vector[i] / length);
  return 1;
}
