// A picture that was lit until its brightest colours clipped, laid over what it was before.
//
// Light changes all colours alike until a channel is full: what then is left of a colour is not what
// it was, and the shape of bright parts goes with it. The light is estimated from the channels that
// are not full, the darker picture is lit and clipped as the brighter one was, and full channels tell
// nothing of colour.

#include <string.h>

#include "gauss_newton.h"
#include "overlay.h"

enum { side = VT_LUMA_SIDE };
static const float full = 235;            // levels: of a cell whose brightest pixels are clipped
static const float empty = 4;
static const float leastGain = 1.03f;     // of a light that is worth a second look
static const float mostGain = 1.6f;
static const float leastSample = 0.15f;   // share of the channels that tell of the light
static const float leastClipped = 0.01f;
static const float mostWhite = 0.1f;      // share of the darker picture that no light makes brighter
static const float leastTelling = 0.3f;   // share of the blocks whose colour is left

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
  float share, mean = vitrine_mean_of_blocks(differences, both->isInside, isTelling, &share);
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
