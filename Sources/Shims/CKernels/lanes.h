// Picking some of eight values of a vector.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>

/// The lanes whose bits are set in `mask` (8 bits), ascending, in the first lanes.
__attribute__((target("avx2,bmi2"), always_inline)) static inline __m256i vitrine_lanes_of(
    unsigned mask) {
  const unsigned long long bytes = _pdep_u64(mask, 0x0101010101010101u) * 0xFF;
  return _mm256_cvtepu8_epi32(
      _mm_cvtsi64_si128((long long)_pext_u64(0x0706050403020100u, bytes)));
}
#endif
