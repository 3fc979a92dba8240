#pragma once
#include <stddef.h>
#include <stdint.h>

#include "vectors.h"

// Rows: vectors as a segment stores them. What is stored is the truth: a row stands for its decoded
// fp32 vector, and scores are scores of that.

/// What the components of a stored vector are. In the order of precision, and as files number them.
typedef enum {
  /// The vector itself: `dimension` fp32.
  VITRINE_F32 = 0,
  /// A scale in fp32, then `dimension` halves (IEEE 754 binary16). Component i stands for
  /// scale * half, rounded to fp32.
  VITRINE_F16 = 1,
  /// A scale in fp32, then `dimension` integers of -127...127. Component i stands for
  /// scale * integer, rounded to fp32.
  VITRINE_I8 = 2,
} vitrine_element;

/// Bytes from one row to the next: a multiple of four, the last of them zero where need be.
size_t vitrine_row_length(vitrine_element element, size_t dimension);

/// Rounds a unit vector (`[dimension]`) to a row of `vitrine_row_length` bytes, aligned on four.
///
/// Halves are the nearest, ties to even. Integers are the nearest to 127 * x / (the largest |x|),
/// ties to even, computed in double. The scale is the inverse of the length of what was rounded,
/// computed in double and rounded to fp32, so that the decoded vector is of unit length within
/// 2^-22. The same vector gives the same bytes on every machine.
void vitrine_store_row(vitrine_element element, const float *vector, size_t dimension, void *row);

/// The fp32 vector (`[dimension]`) that a row stands for.
void vitrine_load_row(vitrine_element element, const void *row, size_t dimension, float *vector);

/// Scores `count` rows against `query` (`[dimension]`, fp32 values widened to double): `scores[i]`
/// is `vitrine_dot` of the query and the decoded row that begins `offsets[i]` words of four bytes
/// after `base`, rounded to fp32.
void vitrine_score_rows(vitrine_element element, const void *base, const uint32_t *offsets,
                        size_t count, const double *query, size_t dimension, float *scores);

/// Scores `count` rows, row i against `queries[of[i]]`; against `queries[0]` where `of` is NULL. Rows that
/// stand near each other in memory are best scored one after the other.
void vitrine_score_pairs(vitrine_element element, const void *base, const uint32_t *offsets,
                         const uint32_t *of, size_t count, const double *const *queries,
                         size_t dimension, float *scores);
