#pragma once
#include <stddef.h>
#include <stdint.h>

/// How the words of a set begin, in eight groups: the words of group g are bit g of each byte.
typedef struct {
  /// By a word's first, second and third byte, the groups that have such words.
  uint8_t bytes[3][256];
  /// The same by the low and by the high half of these bytes.
  uint8_t low[3][16], high[3][16];
} vt_word_heads;

/// Adds the words of which the byte at `place` (0…2) is this one to groups (a bit each).
void vt_words_mark(vt_word_heads *heads, int place, uint8_t byte, uint8_t groups);

/// A place from `from` on, at most `count`, with no word between: one where a word may begin, or one with
/// fewer than 34 bytes behind it, of which nothing is said.
///
/// Thirty-two places at a time, as the "Teddy" of Hyperscan does (Wang et al., NSDI 2019).
size_t vt_words_skip(const vt_word_heads *heads, const uint8_t *text, size_t from, size_t count);
