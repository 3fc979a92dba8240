// Whether two pictures that lie on each other have the same colours.

#include "gauss_newton.h"
#include "overlay.h"

enum { side = VT_LUMA_SIDE, block = 4, stride = 2 };

static void halve(const float *luma, float *out) {
  for (int y = 0; y < coarse; y++)
    for (int x = 0; x < coarse; x++) {
      const float *p = luma + 2 * y * side + 2 * x;
      out[y * coarse + x] = (p[0] + p[1] + p[side] + p[side + 1]) / 4;
    }
}

void vitrine_lay(vt_planes moving, vt_planes fixed, const float *movingLuma, const float *fixedLuma,
                 int mirrored, transform t, vt_rows rows, laid *out) {
  const float half = coarse / 2.0f;
  float lumas[2][coarseCells];
  halve(movingLuma, lumas[0]);
  halve(fixedLuma, lumas[1]);
  for (int row = 0; row < coarse; row++) {
    float y = ((float)row + 0.5f) / half - 1;
    int isLookedAt = 2 * row >= rows.first && 2 * row + 2 <= rows.end;
    for (int column = 0; column < coarse; column++) {
      int i = row * coarse + column;
      float x = (((float)column + 0.5f) / half - 1) * t.fixedAspect;
      float atX = ((t.cosine * x - t.sine * y) / t.movingAspect + t.x + 1) * half - 0.5f;
      float atY = (t.sine * x + t.cosine * y + t.y + 1) * half - 0.5f;
      out->isInside[i] = isLookedAt && atX >= -0.5f && atY >= -0.5f && atX <= coarse - 0.5f
                         && atY <= coarse - 0.5f;
      if (!out->isInside[i]) continue;
      atX = clamped(atX, 0, coarse - 1.001f), atY = clamped(atY, 0, coarse - 1.001f);
      int left = (int)atX, top = (int)atY;
      float fx = atX - (float)left, fy = atY - (float)top;
      float mixed[3];
      for (int plane = 0; plane < 3; plane++) {
        // Luma was mirrored when it was prepared; chroma is read from the right.
        int flip = mirrored && plane > 0;
        int near = flip ? coarse - 1 - left : left, far = flip ? near - 1 : near + 1;
        float v[4];
        for (int k = 0; k < 4; k++) {
          int place = (top + k / 2) * coarse + (k % 2 ? far : near);
          v[k] = plane ? moving.chroma[(plane - 1) * coarseCells + place] - 128.0f
                       : lumas[0][place];
        }
        float upper = v[0] + (v[1] - v[0]) * fx, lower = v[2] + (v[3] - v[2]) * fx;
        mixed[plane] = upper + (lower - upper) * fy;
      }
      out->moving[i] = (shade){mixed[0], mixed[1], mixed[2]};
      out->fixed[i] = (shade){lumas[1][i], fixed.chroma[i] - 128.0f,
                              fixed.chroma[coarseCells + i] - 128.0f};
    }
  }
}

// The mean length of the blocks' mean differences: noise and seams cancel in a block, a dye does not.
// `share` is how many of the blocks that lie inside have telling cells for at least a half.
float vitrine_mean_of_blocks(const float differences[2][coarseCells], const uint8_t *isInside,
                             const uint8_t *isTelling, float *share) {
  float sum = 0;
  int blocks = 0, telling = 0;
  for (int row = 0; row + block <= coarse; row += stride)
    for (int column = 0; column + block <= coarse; column += stride) {
      float cb = 0, cr = 0;
      int inside = 0, count = 0;
      for (int y = 0; y < block; y++)
        for (int x = 0; x < block; x++) {
          int i = (row + y) * coarse + column + x;
          inside += isInside[i];
          if (!isTelling[i]) continue;
          cb += differences[0][i], cr += differences[1][i], count++;
        }
      if (2 * inside < block * block) continue;
      blocks++;
      if (2 * count < inside) continue;
      sum += sqrtf(cb * cb + cr * cr) / (float)count;
      telling++;
    }
  *share = blocks ? (float)telling / (float)blocks : 0;
  return telling ? sum / (float)telling : INFINITY;
}

// What a colour's chroma becomes in brighter light, where a sensor or an editor clips at white.
static void lit(shade s, float gain, float offset, float *cb, float *cr) {
  float rgb[channels];
  rgb_of((shade){s.luma * gain + offset, s.cb * gain, s.cr * gain}, rgb);
  for (int c = 0; c < channels; c++) rgb[c] = clamped(rgb[c], 0, 255);
  chroma_of(rgb, cb, cr);
}

// The darker picture is lit like the brighter one, for what is clipped is gone.
float vitrine_colour_difference(const laid *both, float gain, float movingMean, float fixedMean) {
  float differences[2][coarseCells];
  for (int i = 0; i < coarseCells; i++) {
    if (!both->isInside[i]) continue;
    float cb[2], cr[2];
    // Differences are told in the fixed picture's levels, whichever is lit.
    const int isDarker = gain >= 1;
    const float scale = isDarker ? 1 : gain;
    lit(both->moving[i], isDarker ? gain : 1, isDarker ? fixedMean - movingMean * gain : 0, &cb[0],
        &cr[0]);
    lit(both->fixed[i], isDarker ? 1 : 1 / gain, isDarker ? 0 : movingMean - fixedMean / gain,
        &cb[1], &cr[1]);
    differences[0][i] = (cb[0] - cb[1]) * scale, differences[1][i] = (cr[0] - cr[1]) * scale;
  }
  float share;
  return vitrine_mean_of_blocks(differences, both->isInside, both->isInside, &share);
}
