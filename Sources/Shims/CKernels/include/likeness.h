#pragma once
#include <stddef.h>
#include <stdint.h>

/// How far apart two pictures are; 0 is the same picture.
typedef struct {
  /// Half the mean squared difference of the luma grids after both were brought to mean 0 and
  /// deviation 1: 1 − correlation, for pictures of some contrast.
  float structure;
  /// Mean difference of the chroma means, in levels.
  float colour;
} vt_likeness;

/// Compares two pictures by their planes: 4 × 4 means of Cb, of Cr, 16 × 16 of luma, 288 bytes.
///
/// Both measures are taken under one crop of up to a seventh a side of either picture: the first
/// found within `bounds`, or else the one of least structure. Whether the answer is within `bounds`
/// does not hang on the order of `a` and `b`.
vt_likeness vt_compare(const uint8_t *a, const uint8_t *b, vt_likeness bounds);
