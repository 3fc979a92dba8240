#include "vectors.h"

#include <math.h>
#include <stdatomic.h>

#include "dispatch.h"
#include "sums.h"
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static _Thread_local vitrine_simd limit = VITRINE_VNNI;

void vitrine_limit(vitrine_simd simd) { limit = simd; }

// The widest variant that this CPU runs.
static vitrine_simd widest_here(void) {
#if defined(__x86_64__)
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c")))
    return VITRINE_PORTABLE;
  if (!__builtin_cpu_supports("avx512f")) return VITRINE_AVX2;
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512vnni")
             ? VITRINE_VNNI
             : VITRINE_AVX512;
#elif defined(__aarch64__)
#if defined(__linux__)
  const unsigned long wanted = HWCAP_ASIMDDP | HWCAP_CRC32;
  if ((getauxval(AT_HWCAP) & wanted) == wanted) return VITRINE_DOTPROD;
#endif
  return VITRINE_NEON;
#else
  return VITRINE_PORTABLE;
#endif
}

vitrine_simd vitrine_widest(void) {
  // Asked for with every call of a kernel, and the answer is always the same.
  static _Atomic int known = -1;
  int here = atomic_load_explicit(&known, memory_order_relaxed);
  if (here < 0) {
    here = (int)widest_here();
    atomic_store_explicit(&known, here, memory_order_relaxed);
  }
  if (here > (int)limit) here = (int)limit;
#if defined(__x86_64__)
  if (here < VITRINE_AVX2) return VITRINE_PORTABLE;
#endif
  return (vitrine_simd)here;
}

// MARK: Scores

enum { LANES = 16 };

BODY double dot_body(const float *a, const float *b, size_t dimension) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= dimension; i += LANES)
    for (int j = 0; j < LANES; j++) lanes[j] += (double)a[i + j] * (double)b[i + j];
  for (int j = 0; i < dimension; i++, j++) lanes[j] += (double)a[i] * (double)b[i];
  return vitrine_sum_of_lanes(lanes);
}
WIDEST(double, dot, (const float *a, const float *b, size_t dimension), (a, b, dimension))

double vitrine_dot(const float *a, const float *b, size_t dimension) {
  return dot(a, b, dimension);
}

int vitrine_normalise(float *vector, size_t dimension) {
  const double squared = vitrine_dot(vector, vector, dimension);
  if (!(squared > 0) || !isfinite(squared)) return 0;
  if (fabs(squared - 1) <= 0x1p-22) return 1;
  const double length = sqrt(squared);
  for (size_t i = 0; i < dimension; i++) vector[i] = (float)((double)vector[i] / length);
  return 1;
}
