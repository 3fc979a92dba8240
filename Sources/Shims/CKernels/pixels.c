// Pixel kernels of the picture path; the loops are written so that the compiler vectorises every
// body that `dispatch.h` makes of them.

#include "pixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

// Which source samples one target sample mixes, and how: `weights` sum to 1.
typedef struct {
  int start, count;
  float *weights;
} taps;

// The taps of all target samples along one axis, in one block that `free` releases.
static taps *plan(int source, double offset, double length, int target) {
  double scale = length / target, reach = scale > 1 ? scale : 1;
  int most = (int)ceil(2 * reach) + 2;
  taps *all = malloc((size_t)target * (sizeof(taps) + (size_t)most * sizeof(float)));
  if (!all) return NULL;
  float *weights = (float *)(all + target);
  int widest = 1;
  for (int i = 0; i < target; i++, weights += most) {
    double centre = offset + (i + 0.5) * scale;
    int first = (int)floor(centre - reach), last = (int)ceil(centre + reach);
    if (first < 0) first = 0;
    if (last > source) last = source;
    if (last - first > most) last = first + most;
    double sum = 0;
    int start = first, count = 0;
    for (int s = first; s < last; s++) {
      double w = 1 - fabs(s + 0.5 - centre) / reach;
      if (w <= 0) {
        if (count == 0) start = s + 1;
        continue;
      }
      weights[count++] = (float)w;
      sum += w;
    }
    if (count == 0) {  // rounding left nothing: the nearest sample alone
      int nearest = (int)centre;
      start = nearest < 0 ? 0 : nearest >= source ? source - 1 : nearest;
      weights[0] = 1, count = 1, sum = 1;
    }
    for (int t = 0; t < count; t++) weights[t] = (float)(weights[t] / sum);
    all[i] = (taps){start, count, weights};
    if (count > widest) widest = count;
  }
  // All get the same count, so that the inner loops' branches are foretold: weights of 0 behind, or
  // in front where the source ends.
  for (int i = 0; i < target; i++) {
    float *w = all[i].weights;
    int missing = widest - all[i].count, before = all[i].start + widest - source;
    if (before < 0) before = 0;
    memmove(w + before, w, (size_t)all[i].count * sizeof *w);
    for (int t = 0; t < before; t++) w[t] = 0;
    for (int t = widest - missing + before; t < widest; t++) w[t] = 0;
    all[i].start -= before;
    all[i].count = widest;
  }
  return all;
}

enum { block = 64 };

// One target row of the vertical pass: a weighted sum of whole source rows.
BODY void mix_rows_body(const uint8_t *first, size_t stride, taps t, size_t length,
                          float *out) {
  size_t i = 0;
  for (; i + block <= length; i += block) {
    float sum[block] = {0};
    const uint8_t *row = first + i;
    for (int k = 0; k < t.count; k++, row += stride) {
      float w = t.weights[k];
      for (int j = 0; j < block; j++) sum[j] += w * (float)row[j];
    }
    for (int j = 0; j < block; j++) out[i + (size_t)j] = sum[j];
  }
  for (; i < length; i++) {
    float sum = 0;
    for (int k = 0; k < t.count; k++) sum += t.weights[k] * (float)first[(size_t)k * stride + i];
    out[i] = sum;
  }
}

typedef float float4 __attribute__((vector_size(16)));
typedef int int4 __attribute__((vector_size(16)));
typedef uint8_t byte4 __attribute__((vector_size(4)));

// The horizontal pass over one row of floats; `row` has one readable float past its end. Weights
// are positive and sum to 1, so nothing leaves 0…255.
BODY void mix_columns_body(const float *row, const taps *all, int width, uint8_t *out) {
  for (int i = 0; i < width; i++) {
    const float *p = row + 3 * (size_t)all[i].start;
    float4 sum = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int k = 0; k < all[i].count; k++, p += 3) {
      float4 pixel;
      memcpy(&pixel, p, sizeof pixel);
      sum += all[i].weights[k] * pixel;
    }
    byte4 bytes = __builtin_convertvector(__builtin_convertvector(sum, int4), byte4);
    memcpy(out + 3 * (size_t)i, &bytes, i + 1 < width ? 4 : 3);
  }
}

WIDEST(void, mix_rows,
       (const uint8_t *first, size_t stride, taps t, size_t length, float *out),
       (first, stride, t, length, out))
WIDEST(void, mix_columns, (const float *row, const taps *all, int width, uint8_t *out),
       (row, all, width, out))

int vt_resize_rgb(const uint8_t *source, int sourceWidth, int sourceHeight, double x, double y,
                  double boxWidth, double boxHeight, uint8_t *target, int width, int height) {
  taps *columns = plan(sourceWidth, x, boxWidth, width);
  taps *rows = plan(sourceHeight, y, boxHeight, height);
  int left = sourceWidth, right = 0;
  for (int i = 0; columns && i < width; i++) {
    int end = columns[i].start + columns[i].count;
    if (columns[i].start < left) left = columns[i].start;
    if (end > right) right = end;
  }
  size_t stride = 3 * (size_t)sourceWidth, length = 3 * (size_t)(right > left ? right - left : 0);
  float *row = columns && rows ? malloc((length + 1) * sizeof(float)) : NULL;
  if (row) {
    row[length] = 0;
    for (int i = 0; i < width; i++) columns[i].start -= left;
    for (int i = 0; i < height; i++) {
      mix_rows(source + (size_t)rows[i].start * stride + 3 * (size_t)left, stride, rows[i],
               length, row);
      mix_columns(row, columns, width, target + 3 * (size_t)width * (size_t)i);
    }
  }
  int failed = row == NULL;
  free(row);
  free(rows);
  free(columns);
  return failed ? -1 : 0;
}

void vt_orient_rgb(const uint8_t *source, int width, int height, int orientation,
                   uint8_t *target) {
  // The target pixel of source (x, y) is origin + x · across + y · down.
  ptrdiff_t w = width, h = height, origin = 0, across = 1, down = w;
  switch (orientation) {
    case 2: origin = w - 1, across = -1, down = w; break;
    case 3: origin = w * h - 1, across = -1, down = -w; break;
    case 4: origin = w * (h - 1), across = 1, down = -w; break;
    case 5: origin = 0, across = h, down = 1; break;
    case 6: origin = h - 1, across = h, down = -1; break;
    case 7: origin = w * h - 1, across = -h, down = -1; break;
    case 8: origin = h * (w - 1), across = -h, down = 1; break;
    default: break;
  }
  for (ptrdiff_t y = 0; y < h; y++) {
    ptrdiff_t at = origin + y * down;
    for (ptrdiff_t x = 0; x < w; x++, at += across, source += 3)
      memcpy(target + 3 * at, source, 3);
  }
}

BODY void rgba_over_white_body(const uint8_t *source, size_t count, uint8_t *target) {
  for (size_t i = 0; i < count; i++) {
    unsigned alpha = source[4 * i + 3];
    for (int c = 0; c < 3; c++) {
      unsigned v = source[4 * i + c] * alpha + 255 * (255 - alpha) + 127;
      target[3 * i + c] = (uint8_t)(v / 255);
    }
  }
}

WIDEST(void, rgba_over_white, (const uint8_t *source, size_t count, uint8_t *target),
       (source, count, target))

void vt_rgba_over_white(const uint8_t *source, size_t count, uint8_t *target) {
  rgba_over_white(source, count, target);
}

BODY void cmyk_to_rgb_body(const uint8_t *source, size_t count, int inverted, uint8_t *target) {
  uint8_t flip = inverted ? 0 : 255;
  for (size_t i = 0; i < count; i++) {
    unsigned paper = source[4 * i + 3] ^ flip;
    for (int c = 0; c < 3; c++)
      target[3 * i + c] = (uint8_t)(((source[4 * i + c] ^ flip) * paper + 127) / 255);
  }
}

WIDEST(void, cmyk_to_rgb, (const uint8_t *source, size_t count, int inverted, uint8_t *target),
       (source, count, inverted, target))

void vt_cmyk_to_rgb(const uint8_t *source, size_t count, int inverted, uint8_t *target) {
  cmyk_to_rgb(source, count, inverted, target);
}

void vt_convert_rgb(uint8_t *pixels, size_t count, const float *curves, const float *matrix,
                    const uint8_t *encoded) {
  for (size_t i = 0; i < count; i++, pixels += 3) {
    const float red = curves[pixels[0]], green = curves[256 + pixels[1]],
                blue = curves[512 + pixels[2]];
    for (int c = 0; c < 3; c++) {
      float v = matrix[3 * c] * red + matrix[3 * c + 1] * green + matrix[3 * c + 2] * blue;
      v = v > 0 ? v < 1 ? v : 1 : 0;
      pixels[c] = encoded[(int)(v * 4096 + 0.5f)];
    }
  }
}

static int median(const int *counts, int total) {
  int value = 0;
  for (int seen = counts[0]; seen * 2 < total && value < 255; seen += counts[++value]) {}
  return value;
}

static inline int differs(const uint8_t *p, const int colour[3], int tolerance) {
  return abs(p[0] - colour[0]) > tolerance || abs(p[1] - colour[1]) > tolerance
         || abs(p[2] - colour[2]) > tolerance;
}

// Whether more than a hundredth of `count` pixels, `step` bytes apart, differ from the border.
static int is_content(const uint8_t *p, int count, size_t step, const int colour[3],
                      int tolerance) {
  int allowed = count / 100;
  for (int i = 0; i < count; i++, p += step)
    if (differs(p, colour, tolerance) && --allowed < 0) return 1;
  return 0;
}

// The part of `box` that lies within its uniform border; `box` itself where there is none.
static vt_box without_border(const uint8_t *source, size_t stride, vt_box box, int tolerance) {
  const uint8_t *origin = source + (size_t)box.y * stride + 3 * (size_t)box.x;
  int width = box.width, height = box.height;
  int counts[3][256] = {{0}}, total = 0;
  for (int y = 0; y < height; y++) {
    int edge = y == 0 || y == height - 1;
    for (int x = 0; x < width; x += edge || width == 1 ? 1 : width - 1, total++)
      for (int c = 0; c < 3; c++) counts[c][origin[(size_t)y * stride + 3 * (size_t)x + c]]++;
  }
  int colour[3];
  for (int c = 0; c < 3; c++) colour[c] = median(counts[c], total);
  int top = 0, bottom = height, left = 0, right = width;
  while (top < bottom
         && !is_content(origin + (size_t)top * stride, width, 3, colour, tolerance))
    top++;
  if (top == bottom) return box;
  while (!is_content(origin + (size_t)(bottom - 1) * stride, width, 3, colour, tolerance))
    bottom--;
  const uint8_t *first = origin + (size_t)top * stride;
  int rows = bottom - top;
  while (left < right && !is_content(first + 3 * (size_t)left, rows, stride, colour, tolerance))
    left++;
  if (left == right) return box;
  while (!is_content(first + 3 * (size_t)(right - 1), rows, stride, colour, tolerance)) right--;
  return (vt_box){box.x + left, box.y + top, right - left, rows};
}

// A border's last pixels are blurred into the content by every compression.
static int seam(int border, int length) {
  int hundredth = (length + 50) / 100;
  return border == 0 ? 0 : hundredth > 1 ? hundredth : 1;
}

vt_box vt_content_box(const uint8_t *source, int width, int height, int tolerance) {
  enum { borders = 3, smallest = 8 };
  size_t stride = 3 * (size_t)width;
  vt_box box = {0, 0, width, height};
  for (int i = 0; i < borders; i++) {
    vt_box inner = without_border(source, stride, box, tolerance);
    int left = seam(inner.x - box.x, inner.width), top = seam(inner.y - box.y, inner.height);
    int right = seam(box.x + box.width - inner.x - inner.width, inner.width);
    int bottom = seam(box.y + box.height - inner.y - inner.height, inner.height);
    int isSame = left + top + right + bottom == 0;
    inner.x += left, inner.y += top, inner.width -= left + right, inner.height -= top + bottom;
    if (isSame || inner.width < smallest || inner.height < smallest) break;
    box = inner;
  }
  return box;
}
