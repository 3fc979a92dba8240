// Lays one small picture over another.
//
// Gauss-Newton steps (Lucas & Kanade 1981; Baker & Matthews, "Lucas-Kanade 20 years on", 2004) on a
// similarity: scale, turn and two shifts. What shops do to a photograph is a similarity once the
// ratio of the sides is known; more freedom lets look-alikes slide onto each other. Light is taken
// out in every step: both pictures are compared at mean 0 and deviation 1 over what they share.

#include "registration.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "gauss_newton.h"

enum { side = VT_LUMA_SIDE, cells = side * side, lanes = 8, steps = 12 };
static const float contrast = 4;        // levels: flat pictures are not stretched to noise
static const float leastOverlap = 0.5f;
static const float widestScale = 0.5f;  // e^±0.5
static const float widestAngle = 0.12f;

typedef float float8 __attribute__((vector_size(32)));
typedef int int8 __attribute__((vector_size(32)));

static inline float total(const float8 *v) {
  float sum = 0;
  for (int i = 0; i < lanes; i++) sum += (*v)[i];
  return sum;
}

// The plane blurred by 1 2 1 both ways, mirrored where asked, its mean taken off and returned.
BODY float prepare_body(const uint8_t *plane, int mirrored, float *out) {
  float rows[cells];
  float sum = 0;
  for (int y = 0; y < side; y++) {
    float row[side + 2];
    for (int x = 0; x < side; x++) row[x + 1] = plane[y * side + (mirrored ? side - 1 - x : x)];
    row[0] = row[1], row[side + 1] = row[side];
    for (int x = 0; x < side; x++) rows[y * side + x] = row[x] + 2 * row[x + 1] + row[x + 2];
  }
  for (int y = 0; y < side; y++) {
    const float *above = rows + (y ? y - 1 : 0) * side, *here = rows + y * side;
    const float *below = rows + (y < side - 1 ? y + 1 : y) * side;
    for (int x = 0; x < side; x++)
      sum += out[y * side + x] = (above[x] + 2 * here[x] + below[x]) / 16;
  }
  float mean = sum / cells;
  for (int i = 0; i < cells; i++) out[i] -= mean;
  return mean;
}

// The sums of one step, of which everything follows: a row of the fixed picture at a time.
typedef struct {
  float count, v, vv, b, bb, vb;  // samples of the moving (v) and the fixed picture (b)
  float j[4], jv[4], jb[4], jj[10];  // the samples' derivatives by the parameters
} sums;

typedef struct {
  float cosine, sine, movingAspect, fixedAspect, x, y;
} transform;

static inline transform transform_of(vt_placement p, float movingAspect, float fixedAspect) {
  float scale = expf(p.logScale);
  return (transform){scale * cosf(p.angle), scale * sinf(p.angle), movingAspect, fixedAspect, p.x,
                     p.y};
}

// Eight neighbours of a row of the fixed picture: where they fall, and what is there.
typedef struct {
  float8 value, alongX, alongY, inside, u, v;
} samples;

static inline __attribute__((always_inline)) samples sample(const float *moving, transform t,
                                                            int row, int column) {
  const float half = side / 2.0f;
  float8 ramp = {0, 1, 2, 3, 4, 5, 6, 7};
  float8 x = ((ramp + ((float)column + 0.5f)) / half - 1) * t.fixedAspect;
  float y = ((float)row + 0.5f) / half - 1;
  float8 u = t.cosine * x - t.sine * y, v = t.sine * x + t.cosine * y;
  float8 atX = (u / t.movingAspect + t.x + 1) * half - 0.5f, atY = (v + t.y + 1) * half - 0.5f;
  const float edge = 0.5f, last = side - 0.5f;
  int8 isInside = (atX >= -edge) & (atY >= -edge) & (atX <= last) & (atY <= last);
  float8 zero = {0}, top = zero + (side - 1.001f);
  atX = __builtin_elementwise_min(__builtin_elementwise_max(atX, zero), top);
  atY = __builtin_elementwise_min(__builtin_elementwise_max(atY, zero), top);
  int8 cellX = __builtin_convertvector(atX, int8), cellY = __builtin_convertvector(atY, int8);
  float8 fx = atX - __builtin_convertvector(cellX, float8);
  float8 fy = atY - __builtin_convertvector(cellY, float8);
  int8 place = cellY * side + cellX;
  float8 a, b, c, d;
  for (int i = 0; i < lanes; i++) {
    const float *p = moving + place[i];
    a[i] = p[0], b[i] = p[1], c[i] = p[side], d[i] = p[side + 1];
  }
  float8 upper = a + (b - a) * fx, lower = c + (d - c) * fx;
  samples s;
  s.value = upper + (lower - upper) * fy;
  s.alongX = ((b - a) + ((d - c) - (b - a)) * fy) * half;
  s.alongY = (lower - upper) * half;
  s.inside = __builtin_convertvector(-isInside, float8);
  s.u = u, s.v = v;
  return s;
}

BODY void step_body(const float *moving, const float *fixed, transform t, sums *out) {
  float8 acc[28];
  memset(acc, 0, sizeof acc);
  for (int row = 0; row < side; row++) {
    for (int column = 0; column < side; column += lanes) {
      samples s = sample(moving, t, row, column);
      float8 b;
      memcpy(&b, fixed + row * side + column, sizeof b);
      float8 w = s.inside, v = s.value * w, x = s.alongX * w, y = s.alongY * w;
      b *= w;
      float8 j[4] = {x * s.u / t.movingAspect + y * s.v, y * s.u - x * s.v / t.movingAspect, x, y};
      acc[0] += w, acc[1] += v, acc[2] += v * v, acc[3] += b, acc[4] += b * b, acc[5] += v * b;
      for (int m = 0, k = 18; m < 4; m++) {
        acc[6 + m] += j[m], acc[10 + m] += j[m] * v, acc[14 + m] += j[m] * b;
        for (int n = 0; n <= m; n++, k++) acc[k] += j[m] * j[n];
      }
    }
  }
  float *flat = (float *)out;
  for (int i = 0; i < 28; i++) flat[i] = total(&acc[i]);
}

// Both pictures' residual at a placement, cell by cell; −1 where they do not overlap.
BODY void residual_body(const float *moving, const float *fixed, transform t, float meanV,
                        float scaleV, float meanB, float scaleB, float *out) {
  for (int row = 0; row < side; row++) {
    for (int column = 0; column < side; column += lanes) {
      samples s = sample(moving, t, row, column);
      float8 b;
      memcpy(&b, fixed + row * side + column, sizeof b);
      float8 e = (s.value - meanV) * scaleV - (b - meanB) * scaleB;
      e = e * e * s.inside + (s.inside - 1);
      memcpy(out + row * side + column, &e, sizeof e);
    }
  }
}

WIDEST(float, prepare, (const uint8_t *plane, int mirrored, float *out), (plane, mirrored, out))
WIDEST(void, step, (const float *moving, const float *fixed, transform t, sums *out),
       (moving, fixed, t, out))
WIDEST(void, residual,
       (const float *moving, const float *fixed, transform t, float meanV, float scaleV,
        float meanB, float scaleB, float *out),
       (moving, fixed, t, meanV, scaleV, meanB, scaleB, out))

// The sum of all but the largest twelfth of the squares, ÷ 2 · count: a histogram finds the bound.
static float trimmed_mean(const float *squares) {
  enum { bins = 512 };
  int counts[bins] = {0}, count = 0;
  float most = 0;
  for (int i = 0; i < cells; i++)
    if (squares[i] >= 0) count++, most = fmaxf(most, squares[i]);
  if (!count || most == 0) return 0;
  // Squares are spread over decades; their roots are not.
  float scale = (bins - 1) / sqrtf(most);
  for (int i = 0; i < cells; i++)
    if (squares[i] >= 0) counts[(int)(sqrtf(squares[i]) * scale)]++;
  int kept = 0, bin = 0;
  const int wanted = count - count / 12;
  while (bin < bins && kept + counts[bin] <= wanted) kept += counts[bin++];
  float sum = 0;
  for (int i = 0; i < cells; i++)
    if (squares[i] >= 0 && (int)(sqrtf(squares[i]) * scale) < bin) sum += squares[i];
  // The bin in which the bound lies has its share.
  float bound = ((float)bin + 0.5f) / scale;
  sum += (float)(wanted - kept) * bound * bound;
  return sum / (2 * (float)count);
}

enum { coarse = VT_CHROMA_SIDE, coarseCells = coarse * coarse };

// Means of four cells, as fine as the chroma.
static void halve(const float *luma, float *out) {
  for (int y = 0; y < coarse; y++)
    for (int x = 0; x < coarse; x++) {
      const float *p = luma + 2 * y * side + 2 * x;
      out[y * coarse + x] = (p[0] + p[1] + p[side] + p[side + 1]) / 4;
    }
}

typedef struct {
  float luma, cb, cr;
} shade;

// What a colour becomes in brighter light, where a sensor or an editor clips at white.
static shade lit(shade s, float gain, float offset) {
  const float luma = s.luma * gain + offset, cb = s.cb * gain, cr = s.cr * gain;
  const float red = clamped(luma + 1.402f * cr, 0, 255);
  const float green = clamped(luma - 0.344136f * cb - 0.714136f * cr, 0, 255);
  const float blue = clamped(luma + 1.772f * cb, 0, 255);
  return (shade){0, -0.168736f * red - 0.331264f * green + 0.5f * blue,
                 0.5f * red - 0.418688f * green - 0.081312f * blue};
}

// The mean difference of chroma over overlapping blocks: noise and seams cancel in a block, a dye
// does not. The darker picture is lit like the brighter one, for what is clipped is gone.
static float colour_difference(vt_planes moving, vt_planes fixed, const float *movingLuma,
                               const float *fixedLuma, int mirrored, transform t, float gain,
                               float movingMean, float fixedMean) {
  enum { block = 4, stride = 2 };
  const float half = coarse / 2.0f;
  float lumas[2][coarseCells], differences[2][coarseCells];
  uint8_t isInside[coarseCells];
  halve(movingLuma, lumas[0]);
  halve(fixedLuma, lumas[1]);
  for (int row = 0; row < coarse; row++) {
    float y = ((float)row + 0.5f) / half - 1;
    for (int column = 0; column < coarse; column++) {
      int i = row * coarse + column;
      float x = (((float)column + 0.5f) / half - 1) * t.fixedAspect;
      float atX = ((t.cosine * x - t.sine * y) / t.movingAspect + t.x + 1) * half - 0.5f;
      float atY = (t.sine * x + t.cosine * y + t.y + 1) * half - 0.5f;
      isInside[i] = atX >= -0.5f && atY >= -0.5f && atX <= coarse - 0.5f && atY <= coarse - 0.5f;
      if (!isInside[i]) continue;
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
      shade a = {mixed[0], mixed[1], mixed[2]};
      shade b = {lumas[1][i], fixed.chroma[i] - 128.0f, fixed.chroma[coarseCells + i] - 128.0f};
      // Differences are told in the fixed picture's levels, whichever is lit.
      float scale = 1;
      if (gain >= 1) a = lit(a, gain, fixedMean - movingMean * gain), b = lit(b, 1, 0);
      else b = lit(b, 1 / gain, movingMean - fixedMean / gain), a = lit(a, 1, 0), scale = gain;
      differences[0][i] = (a.cb - b.cb) * scale, differences[1][i] = (a.cr - b.cr) * scale;
    }
  }
  float sum = 0;
  int blocks = 0;
  for (int row = 0; row + block <= coarse; row += stride)
    for (int column = 0; column + block <= coarse; column += stride) {
      float cb = 0, cr = 0;
      int count = 0;
      for (int y = 0; y < block; y++)
        for (int x = 0; x < block; x++) {
          int i = (row + y) * coarse + column + x;
          if (!isInside[i]) continue;
          cb += differences[0][i], cr += differences[1][i], count++;
        }
      if (2 * count < block * block) continue;
      sum += sqrtf(cb * cb + cr * cr) / (float)count;
      blocks++;
    }
  return blocks ? sum / (float)blocks : INFINITY;
}

vt_fit vt_register(vt_planes moving, vt_planes fixed, vt_placement start, float hopeless) {
  float movingLuma[cells + side + 1], fixedLuma[cells];
  memset(movingLuma + cells, 0, (side + 1) * sizeof(float));
  const float movingMean = prepare(moving.luma, start.mirrored, movingLuma);
  const float fixedMean = prepare(fixed.luma, 0, fixedLuma);
  vt_fit best = {start, 2, INFINITY, INFINITY, 0, 1};
  float bestMeanV = 0, bestScaleV = 0, bestMeanB = 0, bestScaleB = 0;
  vt_placement p = start;
  for (int round = 0; round <= steps; round++) {
    sums s;
    step(movingLuma, fixedLuma, transform_of(p, moving.aspect, fixed.aspect), &s);
    if (s.count < leastOverlap * cells) break;
    float meanV = s.v / s.count, meanB = s.b / s.count;
    float deviationV = sqrtf(fmaxf(s.vv / s.count - meanV * meanV, 0));
    float deviationB = sqrtf(fmaxf(s.bb / s.count - meanB * meanB, 0));
    float scaleV = 1 / (deviationV + contrast), scaleB = 1 / (deviationB + contrast);
    float covariance = s.vb / s.count - meanV * meanB;
    float squares = deviationV * deviationV * scaleV * scaleV
                    + deviationB * deviationB * scaleB * scaleB - 2 * scaleV * scaleB * covariance;
    float structure = fmaxf(squares, 0) / 2;
    if (structure < best.structure) {
      best.placement = p, best.structure = structure;
      best.overlap = s.count / cells;
      best.gain = (deviationB + 1e-3f) / (deviationV + 1e-3f);
      bestMeanV = meanV, bestScaleV = scaleV, bestMeanB = meanB, bestScaleB = scaleB;
    }
    // What is far after a few steps does not arrive.
    if (best.structure > (round < 3 ? 0.5f : 4 * hopeless)) break;
    float h[4][4], g[4];
    for (int m = 0, k = 0; m < 4; m++) {
      for (int n = 0; n <= m; n++, k++) h[m][n] = s.jj[k] * scaleV * scaleV / s.count;
      h[m][m] += 1e-3f;
      float withV = s.jv[m] - s.j[m] * meanV, withB = s.jb[m] - s.j[m] * meanB;
      g[m] = -scaleV * (withV * scaleV - withB * scaleB) / s.count;
    }
    solve(h, g);
    float moved = 0;
    float *parameters[4] = {&p.logScale, &p.angle, &p.x, &p.y};
    for (int m = 0; m < 4; m++) {
      float change = clamped(g[m], -0.06f, 0.06f);
      *parameters[m] += change;
      moved = fmaxf(moved, fabsf(change));
    }
    if (moved < 0.0005f || fabsf(p.logScale) > widestScale || fabsf(p.angle) > widestAngle) break;
  }
  if (best.structure > hopeless) return best;
  transform t = transform_of(best.placement, moving.aspect, fixed.aspect);
  float left[cells];
  residual(movingLuma, fixedLuma, t, bestMeanV, bestScaleV, bestMeanB, bestScaleB, left);
  best.trimmed = trimmed_mean(left);
  for (int i = 0; i < cells; i++) movingLuma[i] += movingMean, fixedLuma[i] += fixedMean;
  best.colour = colour_difference(moving, fixed, movingLuma, fixedLuma, start.mirrored, t,
                                  best.gain, bestMeanV + movingMean, bestMeanB + fixedMean);
  return best;
}
