// Whether two pictures are one: the search for candidates by hash, and the check of a candidate.
//
// The check aligns one grid to a part of the other by Gauss-Newton steps on scale and shift in x
// and y (Lucas & Kanade 1981; Baker & Matthews, "Lucas-Kanade 20 years on", 2004), because a crop
// of two per cent moves edges by more than two look-alike photographs differ. Only crops are
// allowed, no free shift: the same shop's next garment on the same floor is a shifted look-alike.
// Chroma is then compared under the same crop.

#include "likeness.h"

#include <math.h>

#include "dispatch.h"
#include "gauss_newton.h"

enum { side = 16, cells = side * side, coarse = 4, chromaBytes = 2 * coarse * coarse, steps = 10 };
static const float deepest = 0.15f;   // of a side that a crop takes away
static const float slack = 0.15f;     // cells by which an alignment may leave the grid
static const float contrast = 8.0f;   // levels: flat pictures are not stretched to noise
static const float hopeless = 0.4f;   // residual from which no crop leads to a likeness

static int is_within(vt_likeness likeness, vt_likeness bounds) {
  return likeness.structure <= bounds.structure && likeness.colour <= bounds.colour;
}

typedef struct {
  float mean, scale;
} spread;

// Sums are kept in `side` lanes, so that the compiler may vectorise them.
static inline float total(const float lanes[side]) {
  float sum = 0;
  for (int c = 0; c < side; c++) sum += lanes[c];
  return sum;
}

static inline spread spread_of(const float *v) {
  float sums[side] = {0}, squares[side] = {0};
  for (int r = 0; r < side; r++)
    for (int c = 0; c < side; c++) sums[c] += v[r * side + c];
  float mean = total(sums) / cells;
  for (int r = 0; r < side; r++)
    for (int c = 0; c < side; c++) {
      float d = v[r * side + c] - mean;
      squares[c] += d * d;
    }
  return (spread){mean, 1 / (sqrtf(total(squares) / cells) + contrast)};
}

// Where the cells of one axis fall in the source: a whole cell and a fraction of the next.
typedef struct {
  int cell[side];
  float part[side];
} axis;

static axis axis_of(float scale, float shift) {
  axis a;
  const float middle = (side - 1) / 2.0f;
  for (int i = 0; i < side; i++) {
    float at = clamped(middle + ((float)i - middle) * (1 + scale) + shift, 0, side - 1.001f);
    a.cell[i] = (int)at;
    a.part[i] = at - (float)a.cell[i];
  }
  return a;
}

// Mean difference of two chroma planes under the crop `p`.
static float chroma_difference(const uint8_t *source, const uint8_t *target, const float p[4]) {
  const float middle = (coarse - 1) / 2.0f, ratio = (float)side / coarse;
  float sum = 0;
  for (int r = 0; r < coarse; r++) {
    float y = clamped(middle + ((float)r - middle) * (1 + p[1]) + p[3] / ratio, 0, coarse - 1.001f);
    float fy = y - (float)(int)y;
    for (int c = 0; c < coarse; c++) {
      float x = clamped(middle + ((float)c - middle) * (1 + p[0]) + p[2] / ratio, 0,
                        coarse - 1.001f);
      float fx = x - (float)(int)x;
      for (int plane = 0; plane < 2; plane++) {
        const uint8_t *s = source + plane * coarse * coarse + (int)y * coarse + (int)x;
        float upper = s[0] + ((float)s[1] - s[0]) * fx;
        float lower = s[coarse] + ((float)s[coarse + 1] - s[coarse]) * fx;
        float other = target[plane * coarse * coarse + r * coarse + c];
        sum += fabsf(upper + (lower - upper) * fy - other);
      }
    }
  }
  return sum / (2 * coarse * coarse);
}

// `target` against crops of `source`: the first that is within `bounds`, else the one with the
// least difference of structure.
BODY vt_likeness best_crop_body(const float *source, const uint8_t *sourceChroma,
                                  const float *target, const uint8_t *targetChroma,
                                  vt_likeness bounds) {
  spread fixed = spread_of(target);
  float p[4] = {0};  // relative scale in x and y, shift in x and y, in cells
  vt_likeness best = {INFINITY, INFINITY};
  const float middle = (side - 1) / 2.0f;
  for (int step = 0; step <= steps; step++) {
    float value[cells], alongX[cells], alongY[cells];
    axis across = axis_of(p[0], p[2]), down = axis_of(p[1], p[3]);
    for (int r = 0; r < side; r++) {
      const float *upper = source + down.cell[r] * side, *lower = upper + side;
      float mixed[side], steep[side];
      for (int c = 0; c < side; c++) {
        steep[c] = lower[c] - upper[c];
        mixed[c] = upper[c] + steep[c] * down.part[r];
      }
      for (int c = 0; c < side; c++) {
        int at = across.cell[c];
        float part = across.part[c], rise = mixed[at + 1] - mixed[at];
        value[r * side + c] = mixed[at] + rise * part;
        alongX[r * side + c] = rise;
        alongY[r * side + c] = steep[at] + (steep[at + 1] - steep[at]) * part;
      }
    }
    spread moving = spread_of(value);
    float lanes[15][side] = {{0}};
    for (int r = 0; r < side; r++) {
      for (int c = 0; c < side; c++) {
        int i = r * side + c;
        float e = (value[i] - moving.mean) * moving.scale - (target[i] - fixed.mean) * fixed.scale;
        float x = alongX[i] * moving.scale, y = alongY[i] * moving.scale;
        float u = x * ((float)c - middle), v = y * ((float)r - middle);
        lanes[0][c] += u * u, lanes[1][c] += v * u, lanes[2][c] += v * v;
        lanes[3][c] += x * u, lanes[4][c] += x * v, lanes[5][c] += x * x;
        lanes[6][c] += y * u, lanes[7][c] += y * v, lanes[8][c] += y * x, lanes[9][c] += y * y;
        lanes[10][c] -= u * e, lanes[11][c] -= v * e, lanes[12][c] -= x * e, lanes[13][c] -= y * e;
        lanes[14][c] += e * e;
      }
    }
    vt_likeness now = {total(lanes[14]) / (2 * cells), INFINITY};
    if (now.structure < best.structure || now.structure <= bounds.structure) {
      now.colour = chroma_difference(sourceChroma, targetChroma, p);
      if (is_within(now, bounds)) return now;
      if (now.structure < best.structure) best = now;
    }
    if (step == 0 && best.structure > hopeless) break;
    float h[4][4], g[4];
    for (int m = 0, k = 0; m < 4; m++) {
      for (int n = 0; n <= m; n++, k++) h[m][n] = total(lanes[k]) / cells;
      h[m][m] += 1e-4f;
      g[m] = total(lanes[10 + m]) / cells;
    }
    solve(h, g);
    float moved = 0;
    for (int a = 0; a < 4; a++) {
      float most = a < 2 ? 0.06f : 0.7f;
      float bound = a < 2 ? 0 : -p[a - 2] * side / 2 + slack;
      float next = clamped(p[a] + clamped(g[a], -most, most), a < 2 ? -deepest : -bound, bound);
      moved = fmaxf(moved, fabsf(next - p[a]) * (a < 2 ? side : 1));
      p[a] = next;
    }
    if (moved < 0.005f) break;
  }
  return best;
}

WIDEST(vt_likeness, best_crop,
       (const float *source, const uint8_t *sourceChroma, const float *target,
        const uint8_t *targetChroma, vt_likeness bounds),
       (source, sourceChroma, target, targetChroma, bounds))

vt_likeness vt_compare(const uint8_t *a, const uint8_t *b, vt_likeness bounds) {
  const uint8_t *lumaA = a + chromaBytes, *lumaB = b + chromaBytes;
  float plainA[cells + 1] = {0}, plainB[cells + 1] = {0};
  for (int i = 0; i < cells; i++) plainA[i] = lumaA[i], plainB[i] = lumaB[i];
  vt_likeness one = best_crop(plainA, a, plainB, b, bounds);
  if (is_within(one, bounds)) return one;
  vt_likeness other = best_crop(plainB, b, plainA, a, bounds);
  return is_within(other, bounds) || other.structure < one.structure ? other : one;
}
