// Whether two pictures that lie on each other have the same colours.
//
// Light changes all colours alike until a channel is full: what then is left of a colour is not what
// it was, and the shape of bright parts goes with it. Where that happened the light is estimated from
// the channels that are not full, the darker picture is lit and clipped as the brighter one was, and
// full channels tell nothing of colour.

#include <stdlib.h>
#include <string.h>

#include "gauss_newton.h"
#include "overlay.h"

enum { side = VT_LUMA_SIDE, channels = 3, block = 4, stride = 2 };
static const float full = 235;            // levels: of a cell whose brightest pixels are clipped
static const float empty = 4;
static const float leastGain = 1.03f;     // of a light that is worth a second look
static const float mostGain = 1.6f;
static const float leastSample = 0.15f;   // share of the channels that tell of the light
static const float leastClipped = 0.01f;
static const float mostWhite = 0.1f;      // share of the darker picture that no light makes brighter
static const float leastTelling = 0.3f;   // share of the blocks whose colour is left

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

static void rgb_of(shade s, float rgb[channels]) {
  rgb[0] = s.luma + 1.402f * s.cr;
  rgb[1] = s.luma - 0.344136f * s.cb - 0.714136f * s.cr;
  rgb[2] = s.luma + 1.772f * s.cb;
}

static void chroma_of(const float rgb[channels], float *cb, float *cr) {
  *cb = -0.168736f * rgb[0] - 0.331264f * rgb[1] + 0.5f * rgb[2];
  *cr = 0.5f * rgb[0] - 0.418688f * rgb[1] - 0.081312f * rgb[2];
}

// The mean length of the blocks' mean differences: noise and seams cancel in a block, a dye does not.
// `share` is how many of the blocks that lie inside have telling cells for at least a half.
static float mean_of_blocks(const float differences[2][coarseCells], const uint8_t *isInside,
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
  return mean_of_blocks(differences, both->isInside, both->isInside, &share);
}

// MARK: Light

typedef struct {
  float gain, offset;
} light;

// The channels of the cells in which both pictures are.
typedef struct {
  float dark[coarseCells][channels], bright[coarseCells][channels];
  int cell[coarseCells], count;
  int isMovingDark;
} samples;

static void sample(const laid *both, samples *out) {
  float moving[coarseCells][channels], fixed[coarseCells][channels], more = 0;
  out->count = 0;
  for (int i = 0; i < coarseCells; i++) {
    if (!both->isInside[i]) continue;
    rgb_of(both->moving[i], moving[out->count]);
    rgb_of(both->fixed[i], fixed[out->count]);
    for (int c = 0; c < channels; c++) more += fixed[out->count][c] - moving[out->count][c];
    out->cell[out->count++] = i;
  }
  out->isMovingDark = more >= 0;
  memcpy(out->dark, out->isMovingDark ? moving : fixed, sizeof moving);
  memcpy(out->bright, out->isMovingDark ? fixed : moving, sizeof fixed);
}

// The median of errors, to a quarter of a level.
static float median_of(const float *errors, int count) {
  enum { bins = 256 };
  int counts[bins] = {0}, bin = 0, seen = 0;
  for (int i = 0; i < count; i++) counts[(int)fminf(4 * errors[i], bins - 1)]++;
  while (2 * (seen + counts[bin]) < count) seen += counts[bin++];
  return ((float)bin + 0.5f) / 4;
}

// Least squares over the channels that are neither full nor empty, what misses by more than others
// left out: writing, seams, cells of which some pixels clip. Returns 0 where too few are left.
static int estimate(const samples *s, light *out) {
  enum { rounds = 6 };
  const float *dark = s->dark[0], *bright = s->bright[0];
  const int count = channels * s->count;
  const float least = leastSample * (float)count;
  uint8_t isUsed[channels * coarseCells];
  float errors[channels * coarseCells];
  for (int i = 0; i < count; i++) isUsed[i] = bright[i] < full && bright[i] > empty;
  for (int round = 0; round < rounds; round++) {
    float n = 0, d = 0, b = 0, dd = 0, db = 0;
    for (int i = 0; i < count; i++) {
      if (!isUsed[i]) continue;
      n++, d += dark[i], b += bright[i], dd += dark[i] * dark[i], db += dark[i] * bright[i];
    }
    if (n < least) return 0;
    float variance = dd / n - d / n * (d / n);
    if (variance < 25) return 0;
    out->gain = (db / n - d / n * (b / n)) / variance;
    out->offset = b / n - out->gain * (d / n);
    int sound = 0;
    for (int i = 0; i < count; i++) {
      float told = out->gain * dark[i] + out->offset;
      isUsed[i] = bright[i] < full && bright[i] > empty && told < full;
      if (isUsed[i]) errors[sound++] = fabsf(told - bright[i]);
    }
    if ((float)sound < least) return 0;
    float bound = fmaxf(3, 2.5f * median_of(errors, sound));
    for (int i = 0; i < count; i++)
      isUsed[i] = isUsed[i] && fabsf(out->gain * dark[i] + out->offset - bright[i]) <= bound;
  }
  return 1;
}

// Whether the light clips something, and does not brighten what was white before: a paler garment
// on white paper is another garment.
static int is_clipping(const samples *s, light l) {
  int clipped = 0, white = 0;
  for (int i = 0; i < s->count; i++) {
    const float *rgb = s->dark[i], most = fmaxf(rgb[0], fmaxf(rgb[1], rgb[2]));
    clipped += l.gain * most + l.offset > full;
    white += most >= 250;
  }
  return (float)clipped >= leastClipped * (float)s->count
         && (float)white <= mostWhite * (float)s->count;
}

// The luma of a picture in another light.
static void light_up(vt_planes picture, light l, uint8_t *luma) {
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) {
      int chroma = y / 2 * coarse + x / 2;
      float rgb[channels], sum = 0.5f;
      rgb_of((shade){picture.luma[y * side + x], picture.chroma[chroma] - 128.0f,
                     picture.chroma[coarseCells + chroma] - 128.0f},
             rgb);
      const float weights[channels] = {0.299f, 0.587f, 0.114f};
      for (int c = 0; c < channels; c++)
        sum += weights[c] * clamped(l.gain * rgb[c] + l.offset, 0, 255);
      luma[y * side + x] = (uint8_t)sum;
    }
}

// The difference of chroma in one light; a channel that is full, or empty, in both follows the others.
static float colour_in_light(const laid *both, light l) {
  samples s;
  sample(both, &s);
  float differences[2][coarseCells];
  uint8_t isTelling[coarseCells] = {0};
  for (int i = 0; i < s.count; i++) {
    float left[channels], sum = 0;
    int isSilent[channels], telling = 0;
    for (int c = 0; c < channels; c++) {
      float told = l.gain * s.dark[i][c] + l.offset, bright = s.bright[i][c];
      isSilent[c] = (told >= full && bright >= full) || (told <= empty && bright <= empty);
      left[c] = bright - clamped(told, 0, 255);
      if (!isSilent[c]) sum += left[c], telling++;
    }
    for (int c = 0; c < channels; c++)
      if (isSilent[c]) left[c] = telling ? sum / (float)telling : 0;
    chroma_of(left, &differences[0][s.cell[i]], &differences[1][s.cell[i]]);
    isTelling[s.cell[i]] = telling >= 2;
  }
  float share, mean = mean_of_blocks(differences, both->isInside, isTelling, &share);
  return share < leastTelling ? INFINITY : mean;
}

// Both pictures' colours as their planes have them, at `placement`.
static void lay_plain(vt_planes moving, vt_planes fixed, vt_placement placement, laid *out) {
  float lumas[2][side * side];
  for (int i = 0; i < side * side; i++) {
    lumas[0][i] = moving.luma[placement.mirrored ? i - i % side + side - 1 - i % side : i];
    lumas[1][i] = fixed.luma[i];
  }
  vitrine_lay(moving, fixed, lumas[0], lumas[1], placement.mirrored,
              transform_of(placement, moving.aspect, fixed.aspect), VT_ALL_ROWS, out);
}

vt_fit vt_register_lit(vt_planes moving, vt_planes fixed, vt_placement start, float hopeless) {
  laid both;
  samples s;
  light l;
  lay_plain(moving, fixed, start, &both);
  sample(&both, &s);
  if (!estimate(&s, &l) || l.gain < leastGain || l.gain > mostGain || !is_clipping(&s, l))
    return VT_NO_FIT(start);
  uint8_t luma[side * side];
  light_up(s.isMovingDark ? moving : fixed, l, luma);
  vt_planes litMoving = moving, litFixed = fixed;
  *(s.isMovingDark ? &litMoving.luma : &litFixed.luma) = luma;
  vt_fit fit = vt_register(litMoving, litFixed, start, VT_ALL_ROWS, hopeless);
  if (fit.structure > hopeless) return fit;
  lay_plain(moving, fixed, fit.placement, &both);
  fit.colour = colour_in_light(&both, l);
  fit.gain = s.isMovingDark ? l.gain : 1 / l.gain;
  return fit;
}
