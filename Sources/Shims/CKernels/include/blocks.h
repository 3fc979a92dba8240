#pragma once
#include <stdbool.h>
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

#if defined(__SSE2__)
// Bytes from `first` to 25 above it: among signed bytes the lowest 26, moved there.
static inline __m128i vt_alphabet(__m128i block, uint8_t first) {
  const __m128i moved = _mm_add_epi8(block, _mm_set1_epi8((char)(0x80 - first)));
  return _mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 26));
}
#endif

/// ASCII letters and all bytes past ASCII.
static inline uint32_t vt_letter_16(const uint8_t *bytes) {
#if defined(__SSE2__)
  const __m128i block = vt_block(bytes);
  const __m128i small = _mm_or_si128(block, _mm_set1_epi8(0x20));
  return VT_TEST(_mm_or_si128(block, vt_alphabet(small, 'a')));
#else
  return VT_TEST(bytes[i] >= 0x80 || (uint8_t)((bytes[i] | 0x20) - 'a') < 26);
#endif
}

/// ASCII capitals.
static inline uint32_t vt_capital_16(const uint8_t *bytes) {
#if defined(__SSE2__)
  return VT_TEST(vt_alphabet(vt_block(bytes), 'A'));
#else
  return VT_TEST((uint8_t)(bytes[i] - 'A') < 26);
#endif
}
#undef VT_TEST

/// Copies sixteen bytes with ASCII letters in lower case.
static inline void vt_lower_16(const uint8_t *bytes, uint8_t *out) {
#if defined(__SSE2__)
  const __m128i block = vt_block(bytes);
  const __m128i capitals = vt_alphabet(block, 'A');
  _mm_storeu_si128((__m128i *)out,
                   _mm_or_si128(block, _mm_and_si128(capitals, _mm_set1_epi8(0x20))));
#else
  for (int i = 0; i < 16; i++) out[i] = (uint8_t)(bytes[i] - 'A') < 26 ? bytes[i] | 0x20 : bytes[i];
#endif
}

/// A name of markup as it is compared: its bytes as two words, the first in the lowest bits, and zeros
/// behind its end.
typedef struct {
  uint64_t first, second;
  /// How many bytes it has; 16 where it does not end among them.
  uint32_t count;
} vt_name;

/// The name that begins there and ends before white space, a control, `>`, `/` or `stop`, ASCII letters in
/// lower case where `is_folded`.
static inline vt_name vt_name_16(const uint8_t *bytes, uint8_t stop, bool is_folded) {
#if defined(__SSE2__)
  static const uint8_t kept[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 255, 255, 255};
  const __m128i block = vt_block(bytes);
  const __m128i ends = _mm_or_si128(
      _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x20)), block),
                   _mm_cmpeq_epi8(block, _mm_set1_epi8('>'))),
      _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('/')),
                   _mm_cmpeq_epi8(block, _mm_set1_epi8((char)stop))));
  const uint32_t count = (uint32_t)__builtin_ctz((uint32_t)_mm_movemask_epi8(ends) | 1u << 16);
  __m128i name = block;
  if (is_folded)
    name = _mm_or_si128(block, _mm_and_si128(vt_alphabet(block, 'A'), _mm_set1_epi8(0x20)));
  name = _mm_and_si128(name, vt_block(kept + 16 - count));
  const __m128i high = _mm_unpackhi_epi64(name, name);
  return (vt_name){(uint64_t)_mm_cvtsi128_si64(name), (uint64_t)_mm_cvtsi128_si64(high), count};
#else
  vt_name name = {0, 0, 0};
  for (; name.count < 16; name.count++) {
    uint8_t byte = bytes[name.count];
    if (byte <= 0x20 || byte == '>' || byte == '/' || byte == stop) break;
    if (is_folded && byte >= 'A' && byte <= 'Z') byte |= 0x20;
    const uint64_t bits = (uint64_t)byte << name.count % 8 * 8;
    if (name.count < 8) name.first |= bits;
    else name.second |= bits;
  }
  return name;
#endif
}
