#pragma once
#include <stdint.h>

enum {
  VT_LUMA_SIDE = 32,
  VT_CHROMA_SIDE = 16,
  /// Rows of luma in which a caption stands: a fifth of the height.
  VT_BAND = 7,
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
  /// 1 − the mean local correlation of the luma, in the fixed picture's light, in windows of 5 × 5
  /// cells, without the sixth of them that differs most. 0 is the same; outlines that dominate
  /// `structure` count no more here than folds and seams.
  float texture;
  /// Mean over the blocks of a 7 × 7 grid of the chroma difference, in levels, after the light's
  /// gain is taken out.
  float colour;
  /// Share of the fixed picture that lies in the moving one.
  float overlap;
  /// Contrast of the fixed picture ÷ that of the moving one.
  float gain;
  /// Shares of the squared differences of luma that the highest and the lowest `VT_BAND` rows of the
  /// fixed picture hold; 0 where structure stays above three times what is hopeless.
  float top, bottom;
} vt_fit;

/// The rows of the fixed picture's luma that are looked at.
typedef struct {
  int first, end;
} vt_rows;

static const vt_rows VT_ALL_ROWS = {0, VT_LUMA_SIDE};

/// Refines `start` so that `moving` fits the `rows` of `fixed`.
///
/// `colour`, `trimmed` and `texture` are infinite where structure stays above `hopeless`.
vt_fit vt_register(vt_planes moving, vt_planes fixed, vt_placement start, vt_rows rows,
                   float hopeless);

/// The same in one light: one gain and offset for red, green and blue are estimated where no channel
/// is full, the darker picture is lit and clipped by them, and full channels tell nothing of colour.
///
/// `start` must be near. `structure` is 2 where nothing clips or no light explains the difference.
vt_fit vt_register_lit(vt_planes moving, vt_planes fixed, vt_placement start, float hopeless);
