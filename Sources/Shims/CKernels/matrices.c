// The blocked matrix product of Goto & van de Geijn (2008): panels of both operands are copied so
// that the innermost loop reads them in order, six rows by sixteen columns at a time.

#include "matrices.h"

#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

enum { tile_rows = 6, tile_columns = 16, depth = 256, band = 96, span = 1024 };

typedef float lane __attribute__((vector_size(32), aligned(4)));
enum { lanes = tile_columns / 8 };

// c[6 × 16] += the product of two packed panels of `count` steps.
BODY void tile_body(const float *a, const float *b, size_t count, float *c) {
  lane sum[tile_rows][lanes];
  memset(sum, 0, sizeof sum);
  for (size_t k = 0; k < count; k++, a += tile_rows, b += tile_columns) {
    lane right[lanes];
    memcpy(right, b, sizeof right);
#pragma clang loop unroll(full)
    for (int i = 0; i < tile_rows; i++)
#pragma clang loop unroll(full)
      for (int j = 0; j < lanes; j++) sum[i][j] += a[i] * right[j];
  }
  for (int i = 0; i < tile_rows; i++)
    for (int j = 0; j < lanes; j++) {
      lane old;
      memcpy(&old, c + i * tile_columns + 8 * j, sizeof old);
      old += sum[i][j];
      memcpy(c + i * tile_columns + 8 * j, &old, sizeof old);
    }
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"
WIDEST(void, tile, (const float *a, const float *b, size_t count, float *c), (a, b, count, c))
#pragma clang diagnostic pop

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Strips of `width` rows (or columns) of an operand, step by step; what is missing is zero. `line`
// is from one row to the next, `step` from one inner index to the next.
static void pack(const float *from, size_t line, size_t step, size_t count, size_t steps,
                 size_t width, float *to) {
  for (size_t first = 0; first < count; first += width) {
    size_t here = least(width, count - first);
    for (size_t k = 0; k < steps; k++, to += width) {
      const float *source = from + first * line + k * step;
      for (size_t i = 0; i < width; i++) to[i] = i < here ? source[i * line] : 0;
    }
  }
}

int vt_multiply(const float *a, int a_transposed, const float *b, int b_transposed, size_t rows,
                size_t columns, size_t inner, float *c) {
  size_t a_line = a_transposed ? 1 : inner, a_step = a_transposed ? rows : 1;
  size_t b_line = b_transposed ? inner : 1, b_step = b_transposed ? 1 : columns;
  float *left = malloc(sizeof(float) * (band + tile_rows) * depth);
  float *right = malloc(sizeof(float) * (span + tile_columns) * depth);
  if (!left || !right) {
    free(left);
    free(right);
    return -1;
  }
  memset(c, 0, sizeof(float) * rows * columns);
  for (size_t j0 = 0; j0 < columns; j0 += span)
    for (size_t k0 = 0; k0 < inner; k0 += depth) {
      size_t width = least(span, columns - j0), steps = least(depth, inner - k0);
      pack(b + j0 * b_line + k0 * b_step, b_line, b_step, width, steps, tile_columns, right);
      for (size_t i0 = 0; i0 < rows; i0 += band) {
        size_t height = least(band, rows - i0);
        pack(a + i0 * a_line + k0 * a_step, a_line, a_step, height, steps, tile_rows, left);
        for (size_t j = 0; j < width; j += tile_columns)
          for (size_t i = 0; i < height; i += tile_rows) {
            float block[tile_rows * tile_columns] = {0};
            tile(left + i * steps, right + j * steps, steps, block);
            size_t tall = least(tile_rows, height - i), wide = least(tile_columns, width - j);
            for (size_t y = 0; y < tall; y++) {
              float *row = c + (i0 + i + y) * columns + j0 + j;
              for (size_t x = 0; x < wide; x++) row[x] += block[y * tile_columns + x];
            }
          }
      }
    }
  free(left);
  free(right);
  return 0;
}
