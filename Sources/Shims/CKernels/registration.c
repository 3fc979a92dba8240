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
#include "overlay.h"

enum { side = VT_LUMA_SIDE, cells = side * side, lanes = 8, steps = 12 };
static const float contrast = 4;        // levels: flat pictures are not stretched to noise
static const float leastOverlap = 0.5f;
static const float widestScale = 0.5f;  // e^±0.5
static const float widestAngle = 0.12f;
static const float noise = 4;  // squared levels: what is as flat has no texture

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

BODY void step_body(const float *moving, const float *fixed, transform t, vt_rows rows,
                    sums *out) {
  float8 acc[28];
  memset(acc, 0, sizeof acc);
  for (int row = rows.first; row < rows.end; row++) {
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

// The moving picture at a placement, cell by cell, and where it is: 0 or 1.
BODY void lay_body(const float *moving, transform t, vt_rows rows, float *out, float *inside) {
  memset(out, 0, cells * sizeof(float)), memset(inside, 0, cells * sizeof(float));
  for (int row = rows.first; row < rows.end; row++) {
    for (int column = 0; column < side; column += lanes) {
      samples s = sample(moving, t, row, column);
      memcpy(out + row * side + column, &s.value, sizeof s.value);
      memcpy(inside + row * side + column, &s.inside, sizeof s.inside);
    }
  }
}

// The sum of all but the largest `part`-th of what is not below 0; a histogram finds the bound.
static float trimmed_sum(const float *values, int part, int *kept) {
  enum { bins = 512 };
  int counts[bins] = {0}, count = 0;
  float most = 0;
  for (int i = 0; i < cells; i++)
    if (values[i] >= 0) count++, most = fmaxf(most, values[i]);
  const int wanted = count - count / part;
  *kept = wanted;
  if (!count || most == 0) return 0;
  // Squares are spread over decades; their roots are not.
  float scale = (bins - 1) / sqrtf(most);
  for (int i = 0; i < cells; i++)
    if (values[i] >= 0) counts[(int)(sqrtf(values[i]) * scale)]++;
  int under = 0, bin = 0;
  while (bin < bins && under + counts[bin] <= wanted) under += counts[bin++];
  float sum = 0;
  for (int i = 0; i < cells; i++)
    if (values[i] >= 0 && (int)(sqrtf(values[i]) * scale) < bin) sum += values[i];
  // The bin in which the bound lies has its share.
  float bound = ((float)bin + 0.5f) / scale;
  return sum + (float)(wanted - under) * bound * bound;
}

// How little alike two pictures of mean 0 are in the windows that lie inside: 1 minus what contrast and
// structure contribute to Wang et al., "Image quality assessment: from error visibility to
// structural similarity" (2004), the mean of all but the sixth of the windows that differ most.
BODY float texture_body(const float *a, const float *b, const float *inside) {
  enum { window = 5, places = side - window + 1, fields = 6 };
  float sums[fields][side], left[cells];
  for (int i = 0; i < cells; i++) left[i] = -1;
  for (int y = 0; y < places; y++) {
    memset(sums, 0, sizeof sums);
    for (int row = y; row < y + window; row++) {
      for (int x = 0; x < side; x++) {
        float w = inside[row * side + x], v = a[row * side + x] * w, u = b[row * side + x] * w;
        sums[0][x] += w, sums[1][x] += v, sums[2][x] += u;
        sums[3][x] += v * v, sums[4][x] += u * u, sums[5][x] += v * u;
      }
    }
    for (int x = 0; x < places; x++) {
      float s[fields] = {0};
      for (int f = 0; f < fields; f++)
        for (int i = 0; i < window; i++) s[f] += sums[f][x + i];
      const float n = window * window;
      if (s[0] < n) continue;
      float both = s[5] / n - s[1] * s[2] / (n * n);
      float each = (s[3] + s[4]) / n - (s[1] * s[1] + s[2] * s[2]) / (n * n);
      left[y * side + x] = fmaxf(0, 1 - (2 * both + noise) / (each + noise));
    }
  }
  int count;
  float sum = trimmed_sum(left, 6, &count);
  return count ? sum / (float)count : INFINITY;
}

WIDEST(float, prepare, (const uint8_t *plane, int mirrored, float *out), (plane, mirrored, out))
WIDEST(void, step,
       (const float *moving, const float *fixed, transform t, vt_rows rows, sums *out),
       (moving, fixed, t, rows, out))
WIDEST(void, lay,
       (const float *moving, transform t, vt_rows rows, float *out, float *inside),
       (moving, t, rows, out, inside))
WIDEST(float, texture, (const float *a, const float *b, const float *inside), (a, b, inside))

// The share of all squares that the rows hold.
static float share_of_rows(const float *squares, int first, int end) {
  float all = 0, some = 0;
  for (int i = 0; i < cells; i++) {
    float square = fmaxf(squares[i], 0);
    all += square;
    if (i >= first * side && i < end * side) some += square;
  }
  return all > 0 ? some / all : 0;
}

vt_fit vt_register(vt_planes moving, vt_planes fixed, vt_placement start, vt_rows rows,
                   float hopeless) {
  float movingLuma[cells + side + 1], fixedLuma[cells];
  memset(movingLuma + cells, 0, (side + 1) * sizeof(float));
  const float movingMean = prepare(moving.luma, start.mirrored, movingLuma);
  const float fixedMean = prepare(fixed.luma, 0, fixedLuma);
  vt_fit best = VT_NO_FIT(start);
  float bestMeanV = 0, bestScaleV = 0, bestMeanB = 0, bestScaleB = 0;
  vt_placement p = start;
  for (int round = 0; round <= steps; round++) {
    sums s;
    step(movingLuma, fixedLuma, transform_of(p, moving.aspect, fixed.aspect), rows, &s);
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
  if (best.structure > 3 * hopeless) return best;
  transform t = transform_of(best.placement, moving.aspect, fixed.aspect);
  float there[cells], inside[cells], left[cells];
  lay(movingLuma, t, rows, there, inside);
  for (int i = 0; i < cells; i++) {
    float e = (there[i] - bestMeanV) * bestScaleV - (fixedLuma[i] - bestMeanB) * bestScaleB;
    left[i] = inside[i] > 0 ? e * e : -1;
  }
  best.top = share_of_rows(left, 0, VT_BAND);
  best.bottom = share_of_rows(left, side - VT_BAND, side);
  if (best.structure > hopeless) return best;
  int kept;
  best.trimmed = trimmed_sum(left, 12, &kept) / (2 * best.overlap * cells);
  for (int i = 0; i < cells; i++) {
    there[i] = (there[i] - bestMeanV) * best.gain;
    left[i] = fixedLuma[i] - bestMeanB;
  }
  best.texture = texture(there, left, inside);
  for (int i = 0; i < cells; i++) movingLuma[i] += movingMean, fixedLuma[i] += fixedMean;
  laid both;
  vitrine_lay(moving, fixed, movingLuma, fixedLuma, start.mirrored, t, rows, &both);
  best.colour = vitrine_colour_difference(&both, best.gain, bestMeanV + movingMean,
                                          bestMeanB + fixedMean);
  return best;
}
