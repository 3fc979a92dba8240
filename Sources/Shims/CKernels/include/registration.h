#pragma once
#include <stdint.h>

enum {
  VT_LUMA_SIDE = 32,
  VT_CHROMA_SIDE = 16,
};

/// A picture as small planes, squeezed into squares.
typedef struct {
  /// `[32 × 32]`.
  const uint8_t *luma;
  /// `[2 × 16 × 16]`: Cb, then Cr.
  const uint8_t *chroma;
  /// Width ÷ height before the squeeze.
  float aspect;
} vt_planes;

/// Where a point of the fixed picture lies in the moving one: turned by `angle` radians, scaled by
/// e^`logScale` in its heights, shifted by `x` half widths and `y` half heights.
typedef struct {
  float logScale, angle, x, y;
  /// The moving picture is mirrored first.
  int mirrored;
} vt_placement;

/// How the moving picture fits the fixed one.
typedef struct {
  vt_placement placement;
  /// 1 − correlation of the luma where both are, once both have mean 0 and deviation 1 (flat
  /// pictures are not stretched to noise); 2 where they do not overlap by half.
  float structure;
  /// The same sum without its largest twelfth: what is left once writing is taken out.
  float trimmed;
  /// Mean over the blocks of a 7 × 7 grid of the chroma difference, in levels, after the light's
  /// gain is taken out.
  float colour;
  /// Share of the fixed picture that lies in the moving one.
  float overlap;
  /// Contrast of the fixed picture ÷ that of the moving one.
  float gain;
} vt_fit;

/// Refines `start` so that `moving` fits `fixed`.
///
/// `colour` and `trimmed` are infinite where structure stays above `hopeless`.
vt_fit vt_register(vt_planes moving, vt_planes fixed, vt_placement start, float hopeless);
