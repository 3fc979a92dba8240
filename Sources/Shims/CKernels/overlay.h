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
  (vt_fit) {                                                                                       \
    .placement = (start), .structure = 2, .trimmed = INFINITY, .texture = INFINITY,                \
    .colour = INFINITY, .gain = 1                                                                  \
  }

typedef struct {
  float luma, cb, cr;
} shade;

enum { channels = 3 };

static inline void rgb_of(shade s, float rgb[channels]) {
  rgb[0] = s.luma + 1.402f * s.cr;
  rgb[1] = s.luma - 0.344136f * s.cb - 0.714136f * s.cr;
  rgb[2] = s.luma + 1.772f * s.cb;
}

static inline void chroma_of(const float rgb[channels], float *cb, float *cr) {
  *cb = -0.168736f * rgb[0] - 0.331264f * rgb[1] + 0.5f * rgb[2];
  *cr = 0.5f * rgb[0] - 0.418688f * rgb[1] - 0.081312f * rgb[2];
}

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

/// The mean length of the blocks' mean differences; `share` is how many of the blocks that lie inside have
/// telling cells for at least a half.
float vitrine_mean_of_blocks(const float differences[2][coarseCells], const uint8_t *isInside,
                             const uint8_t *isTelling, float *share);
