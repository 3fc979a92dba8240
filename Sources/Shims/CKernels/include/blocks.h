#pragma once
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Tests of sixteen bytes, which must all be there: bit i of the result is what byte i says. In the header, so
// that loops have them inlined; SSE2 is there on every x86-64.

#if defined(__SSE2__)
#define VT_TEST(vector) (uint32_t) _mm_movemask_epi8(vector)
static inline __m128i vt_block(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}
#else
#define VT_TEST(condition)                                                \
  ({                                                                      \
    uint32_t found = 0;                                                   \
    for (int i = 0; i < 16; i++) found |= (uint32_t)(condition) << i;     \
    found;                                                                \
  })
#endif

/// Bytes equal to `byte`.
static inline uint32_t vt_equal_16(const uint8_t *bytes, uint8_t byte) {
#if defined(__SSE2__)
  return VT_TEST(_mm_cmpeq_epi8(vt_block(bytes), _mm_set1_epi8((char)byte)));
#else
  return VT_TEST(bytes[i] == byte);
#endif
}

/// Bytes up to `most`.
static inline uint32_t vt_up_to_16(const uint8_t *bytes, uint8_t most) {
#if defined(__SSE2__)
  const __m128i block = vt_block(bytes);
  return VT_TEST(_mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8((char)most)), block));
#else
  return VT_TEST(bytes[i] <= most);
#endif
}

/// ASCII white space: the space, and 9 to 13.
static inline uint32_t vt_space_16(const uint8_t *bytes) {
#if defined(__SSE2__)
  const __m128i block = vt_block(bytes);
  const __m128i from_tab = _mm_sub_epi8(block, _mm_set1_epi8(9));
  return VT_TEST(_mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(0x20)),
                              _mm_cmpeq_epi8(_mm_min_epu8(from_tab, _mm_set1_epi8(4)), from_tab)));
#else
  return VT_TEST(bytes[i] == 0x20 || (bytes[i] >= 9 && bytes[i] <= 13));
#endif
}
#undef VT_TEST
