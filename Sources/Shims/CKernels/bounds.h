// The arithmetic of a bound for eight rows beside each other.
#pragma once
#include "dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,bmi2"), always_inline)) static inline

AVX2 __m256 products_of_eight(const vitrine_code_query *query, __m256i sums, __m256 scales) {
  return _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_set1_ps(query->step)), scales);
}

AVX2 __m256 bounds_of_eight(const vitrine_code_query *query, __m256 products, __m256 errors,
                            __m256 tails) {
  __m256 bound = _mm256_add_ps(products, _mm256_set1_ps(query->base));
  bound = _mm256_add_ps(bound, _mm256_mul_ps(_mm256_set1_ps(query->error_weight), errors));
  return _mm256_add_ps(bound, _mm256_mul_ps(_mm256_set1_ps(query->tail_weight), tails));
}
#endif
