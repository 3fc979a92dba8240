#include "vectors.h"

#include <math.h>

#include "sums.h"
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static _Thread_local vitrine_simd limit = VITRINE_AVX512;

void vitrine_limit(vitrine_simd simd) { limit = simd; }

vitrine_simd vitrine_widest(void) {
#if defined(__x86_64__)
  if (limit >= VITRINE_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c"))
    return limit >= VITRINE_AVX512 && __builtin_cpu_supports("avx512f") ? VITRINE_AVX512
                                                                        : VITRINE_AVX2;
#elif defined(__aarch64__)
#if defined(__linux__)
  const unsigned long wanted = HWCAP_ASIMDDP | HWCAP_CRC32;
  if (limit >= VITRINE_DOTPROD && (getauxval(AT_HWCAP) & wanted) == wanted) return VITRINE_DOTPROD;
#endif
  if (limit >= VITRINE_NEON) return VITRINE_NEON;
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
