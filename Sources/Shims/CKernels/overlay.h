// Where one small picture lies on another, and the colours of both there.
#pragma once
#include <math.h>
#include <stdint.h>

#include "registration.h"

enum { coarse = VT_CHROMA_SIDE, coarseCells = coarse * coarse };

typedef struct {
  float cosine, sine, movingAspect, fixedAspect, x, y;
} transform;

static inline transform transform_of(vt_placement p, float movingAspect, float fixedAspect) {
  float scale = expf(p.logScale);
  return (transform){scale * cosf(p.angle), scale * sinf(p.angle), movingAspect, fixedAspect, p.x,
                     p.y};
}

#define VT_NO_FIT(start) \
  (vt_fit) { .placement = (start), .structure = 2, .trimmed = INFINITY, .colour = INFINITY, .gain = 1 }

typedef struct {
  float luma, cb, cr;
} shade;

/// The colours of two pictures in the cells of the fixed one's chroma.
typedef struct {
  shade moving[coarseCells], fixed[coarseCells];
  /// Whether the moving picture is there and the row is looked at.
  uint8_t isInside[coarseCells];
} laid;

/// Lumas are `[32 × 32]`; the moving one's is mirrored already where `mirrored` tells so.
void vitrine_lay(vt_planes moving, vt_planes fixed, const float *movingLuma, const float *fixedLuma,
                 int mirrored, transform t, vt_rows rows, laid *out);

/// The mean difference of chroma over overlapping blocks, in the fixed picture's levels, once the
/// light is evened out.
float vitrine_colour_difference(const laid *both, float gain, float movingMean, float fixedMean);
