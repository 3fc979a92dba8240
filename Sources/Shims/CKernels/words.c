#include "words.h"

#include "vectors.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// `lanes`: the places that are looked at together; with the two bytes after them, `reach`.
enum { heads_length = 3, lanes = 32, reach = lanes + heads_length - 1 };

void vt_words_mark(vt_word_heads *heads, int place, uint8_t byte, uint8_t groups) {
  heads->bytes[place][byte] |= groups;
  heads->low[place][byte & 15] |= groups;
  heads->high[place][byte >> 4] |= groups;
}

static size_t skip_portable(const vt_word_heads *heads, const uint8_t *text, size_t from,
                            size_t count) {
  while (from + reach <= count && !(heads->bytes[0][text[from]] & heads->bytes[1][text[from + 1]] &
                                    heads->bytes[2][text[from + 2]]))
    from++;
  return from;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t skip_avx2(const vt_word_heads *heads,
                                                        const uint8_t *text, size_t from,
                                                        size_t count) {
  const __m256i half = _mm256_set1_epi8(15);
  __m256i low[heads_length], high[heads_length];
  for (int p = 0; p < heads_length; p++) {
    low[p] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)heads->low[p]));
    high[p] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)heads->high[p]));
  }
  for (; from + reach <= count; from += lanes) {
    __m256i groups = _mm256_set1_epi8(-1);
    for (int p = 0; p < heads_length; p++) {
      const __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + from + p));
      const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
      groups = _mm256_and_si256(
          groups, _mm256_and_si256(_mm256_shuffle_epi8(low[p], _mm256_and_si256(bytes, half)),
                                   _mm256_shuffle_epi8(high[p], upper)));
    }
    const unsigned none =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(groups, _mm256_setzero_si256()));
    if (~none) return from + (size_t)__builtin_ctz(~none);
  }
  return from;
}
#endif

size_t vt_words_skip(const vt_word_heads *heads, const uint8_t *text, size_t from, size_t count) {
#if defined(__x86_64__)
  if (vitrine_widest() >= VITRINE_AVX2) return skip_avx2(heads, text, from, count);
#endif
  return skip_portable(heads, text, from, count);
}
