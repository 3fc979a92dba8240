// Codes of vectors and bounds of scores from them. What is computed here in double carries an error
// that the constants below outweigh by far (dimension <= 4096, lengths <= 1 + 2^-20):
//   sums of products over a row: below 4096 * 2^-53 * 2 < 1e-12 each;
//   lengths of errors: below 1e-9; squared lengths of tails: below 1e-9.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "vectors.h"

static const double LENGTH_SLACK = 1e-9;
static const double SQUARE_SLACK = 1e-9;
static const double ULP = 0x1p-24;  // half of fp32's distance between neighbours, relative

static float rounded_up(double value) { return nextafterf((float)value, INFINITY); }

// MARK: Basis

// c[i][j] += sum of x[r][i] * x[r][j] over eight rows
BODY void add_outer_products_body(const float *x, size_t dimension, float *c) {
  for (size_t i = 0; i < dimension; i++) {
    float *restrict row = c + i * dimension;
    float w[8];
    for (int r = 0; r < 8; r++) w[r] = x[r * dimension + i];
    for (size_t j = 0; j < dimension; j++) {
      float sum = row[j];
      for (int r = 0; r < 8; r++) sum += w[r] * x[r * dimension + j];
      row[j] = sum;
    }
  }
}
WIDEST(void, add_outer_products, (const float *x, size_t dimension, float *c),
       (x, dimension, c))

BODY void add_scaled_body(float *restrict out, const float *restrict in, float factor,
                              size_t count) {
  for (size_t i = 0; i < count; i++) out[i] += factor * in[i];
}
WIDEST(void, add_scaled, (float *out, const float *in, float factor, size_t count),
       (out, in, factor, count))

// Makes the rows orthonormal one after another, twice for accuracy; one that depends on those before
// it becomes zero.
static void orthonormalise(float *rows, size_t count, size_t dimension) {
  for (size_t k = 0; k < count; k++) {
    float *row = rows + k * dimension;
    const double before = sqrt(vitrine_dot(row, row, dimension));
    for (int pass = 0; pass < 2; pass++)
      for (size_t j = 0; j < k; j++) {
        const float *other = rows + j * dimension;
        add_scaled(row, other, (float)-vitrine_dot(row, other, dimension), dimension);
      }
    const double length = sqrt(vitrine_dot(row, row, dimension));
    const int depends = !(length > 1e-5 * before);
    for (size_t i = 0; i < dimension; i++)
      row[i] = depends ? 0 : (float)((double)row[i] / length);
  }
}

int vitrine_fit_basis(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                      size_t width, float *mean, float *basis) {
  const size_t padded = (count + 7) / 8 * 8;
  float *x = calloc(padded * dimension, sizeof(float));
  float *c = calloc(dimension * dimension, sizeof(float));
  float *next = malloc(width * dimension * sizeof(float));
  double *sum = calloc(dimension, sizeof(double));
  const int enough = x && c && next && sum;
  if (enough) {
    for (size_t r = 0; r < count; r++)
      for (size_t i = 0; i < dimension; i++) sum[i] += base[offsets[r] + i];
    for (size_t i = 0; i < dimension; i++) mean[i] = count ? (float)(sum[i] / (double)count) : 0;
    for (size_t r = 0; r < count; r++)
      for (size_t i = 0; i < dimension; i++) x[r * dimension + i] = base[offsets[r] + i] - mean[i];
    for (size_t r = 0; r < padded; r += 8) add_outer_products(x + r * dimension, dimension, c);
    uint64_t seed = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < width * dimension; i++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      basis[i] = (float)(int32_t)(seed >> 32) * 0x1p-31f;
    }
    for (int iteration = 0; iteration < 6; iteration++) {
      orthonormalise(basis, width, dimension);
      memset(next, 0, width * dimension * sizeof(float));
      for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < dimension; i++)
          add_scaled(next + k * dimension, c + i * dimension, basis[k * dimension + i], dimension);
      memcpy(basis, next, width * dimension * sizeof(float));
    }
    orthonormalise(basis, width, dimension);
  }
  free(x);
  free(c);
  free(next);
  free(sum);
  return enough;
}

void vitrine_gram(const float *basis, size_t width, size_t dimension, double *gram) {
  for (size_t i = 0; i < width; i++)
    for (size_t j = 0; j <= i; j++)
      gram[i * width + j] = gram[j * width + i] =
          vitrine_dot(basis + i * dimension, basis + j * dimension, dimension);
}

// MARK: Encoding

// Four rows of the matrix at a time share the loads of the vector.
BODY void multiply_body(const double *matrix, const double *vector, size_t rows, size_t columns,
                            double *out) {
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    double lanes[4][8] = {{0}};
    const double *m = matrix + r * columns;
    size_t i = 0;
    for (; i + 8 <= columns; i += 8)
      for (int n = 0; n < 4; n++)
        for (int j = 0; j < 8; j++) lanes[n][j] += m[n * columns + i + j] * vector[i + j];
    for (int n = 0; n < 4; n++) {
      double sum = 0;
      for (int j = 0; j < 8; j++) sum += lanes[n][j];
      for (size_t j = i; j < columns; j++) sum += m[n * columns + j] * vector[j];
      out[r + n] = sum;
    }
  }
  for (; r < rows; r++) {
    double sum = 0;
    for (size_t i = 0; i < columns; i++) sum += matrix[r * columns + i] * vector[i];
    out[r] = sum;
  }
}
WIDEST(void, multiply, (const double *matrix, const double *vector, size_t rows, size_t columns, double *out),
       (matrix, vector, rows, columns, out))

enum { LANES = 8 };  // sums beside each other; in which order they are taken the slacks cover

BODY double product_body(const double *a, const double *b, size_t count) {
  double lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t j = 0; j < LANES; j++) lanes[j] += a[i + j] * b[i + j];
  for (; i < count; i++) lanes[0] += a[i] * b[i];
  for (size_t j = 1; j < LANES; j++) lanes[0] += lanes[j];
  return lanes[0];
}
WIDEST(double, product, (const double *a, const double *b, size_t count), (a, b, count))

// r -= sum of c[k] times row k of the matrix
BODY void subtract_combination_body(const double *matrix, const double *c, size_t rows,
                                    size_t columns, double *restrict r) {
  size_t k = 0;
  for (; k + 4 <= rows; k += 4) {
    const double *m = matrix + k * columns;
    for (size_t i = 0; i < columns; i++)
      r[i] -= c[k] * m[i] + c[k + 1] * m[columns + i] + c[k + 2] * m[2 * columns + i] +
              c[k + 3] * m[3 * columns + i];
  }
  for (; k < rows; k++)
    for (size_t i = 0; i < columns; i++) r[i] -= c[k] * matrix[k * columns + i];
}
WIDEST(void, subtract_combination,
       (const double *matrix, const double *c, size_t rows, size_t columns, double *r),
       (matrix, c, rows, columns, r))

// Rounds to integers times a scale, which it returns; `rounded` is what they stand for.
BODY float quantise_body(const double *values, size_t count, int8_t *restrict codes,
                         double *restrict rounded) {
  double lanes[LANES] = {0};
  const size_t whole = count / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t j = 0; j < LANES; j++) lanes[j] = fmax(lanes[j], fabs(values[i + j]));
  for (size_t i = whole; i < count; i++) lanes[0] = fmax(lanes[0], fabs(values[i]));
  for (size_t j = 1; j < LANES; j++) lanes[0] = fmax(lanes[0], lanes[j]);
  float scale = (float)(lanes[0] / 127);
  if (!(scale > 1e-30f)) scale = 0;
  const double inverse = scale > 0 ? 1 / (double)scale : 0;
  for (size_t i = 0; i < count; i++) {
    const double code = fmin(127, fmax(-127, rint(values[i] * inverse)));
    codes[i] = (int8_t)code;
    rounded[i] = code * scale;
  }
  return scale;
}
WIDEST(float, quantise, (const double *values, size_t count, int8_t *codes, double *rounded),
       (values, count, codes, rounded))

int vitrine_encode_rows(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                        size_t width, const float *mean, const float *basis, const double *gram,
                        vitrine_codes codes) {
  const size_t stride = VITRINE_REST_STRIDE(dimension);
  // One more of each: without a basis there would be none.
  double *wide = malloc((width * dimension + 1) * sizeof(double));
  double *z = malloc(3 * dimension * sizeof(double));
  double *space = malloc((5 * width + 1) * sizeof(double));
  const int enough = wide && z && space;
  if (enough) {
    double *y = space, *c = y + width, *g = c + width, *w = g + width, *gw = w + width;
    double *rest = z + dimension, *rounded = rest + dimension;
    for (size_t i = 0; i < width * dimension; i++) wide[i] = basis[i];
    for (size_t r = 0; r < count; r++) {
      const float *x = base + offsets[r];
      for (size_t i = 0; i < dimension; i++) z[i] = (double)x[i] - (double)mean[i];
      multiply(wide, z, width, dimension, y);
      codes.scales[r] = quantise(y, width, codes.codes + r * width, c);
      // With rest = z - B'c: B rest = y - G c, and w = c + B rest is what the basis can say of z, so
      // that |z - B'w|^2 = |z|^2 - 2 w.y + w.G w is the squared length of the tail.
      multiply(gram, c, width, width, g);
      for (size_t k = 0; k < width; k++) g[k] = y[k] - g[k];
      for (size_t k = 0; k < width; k++) w[k] = c[k] + g[k];
      multiply(gram, w, width, width, gw);
      const double tail = product(z, z, dimension) - 2 * product(w, y, width) + product(w, gw, width);
      codes.errors[r] = rounded_up(sqrt(product(g, g, width)) + LENGTH_SLACK);
      codes.tails[r] = rounded_up(sqrt(fmax(tail, 0) + SQUARE_SLACK));
      memcpy(rest, z, dimension * sizeof(double));
      subtract_combination(wide, c, width, dimension, rest);
      int8_t *rests = codes.rests + r * stride;
      codes.rest_scales[r] = quantise(rest, dimension, rests, rounded);
      memset(rests + dimension, 0, stride - dimension);
      for (size_t i = 0; i < dimension; i++) rounded[i] = rest[i] - rounded[i];
      codes.rest_errors[r] = rounded_up(sqrt(product(rounded, rounded, dimension)) + LENGTH_SLACK);
    }
  }
  free(wide);
  free(z);
  free(space);
  return enough;
}

static double code_length(const int8_t *code, size_t count, float scale) {
  int64_t squares = 0;
  for (size_t i = 0; i < count; i++) squares += code[i] * code[i];
  return sqrt((double)squares) * scale;
}

vitrine_code_limits vitrine_find_code_limits(vitrine_codes codes, size_t count, size_t dimension,
                                             size_t width) {
  const size_t stride = VITRINE_REST_STRIDE(dimension);
  vitrine_code_limits limits = {0, 0, 0, 0, 0};
  for (size_t r = 0; r < count; r++) {
    limits.code = fmaxf(
        limits.code, rounded_up(code_length(codes.codes + r * width, width, codes.scales[r])));
    limits.rest = fmaxf(limits.rest, rounded_up(code_length(codes.rests + r * stride, dimension,
                                                            codes.rest_scales[r])));
    limits.error = fmaxf(limits.error, codes.errors[r]);
    limits.tail = fmaxf(limits.tail, codes.tails[r]);
    limits.rest_error = fmaxf(limits.rest_error, codes.rest_errors[r]);
  }
  return limits;
}

// MARK: Bounds

enum { QUERY_RANGE = 16383 };  // 1024 products with 127 still fit 32 bits
enum { REST_RANGE = 127, DIMENSION_LIMIT = 4096 };

// The nearest integer times the step, within `range`; adds the square of what that loses.
BODY int16_t rounded_to(double value, double step, double inverse, double range, double *squares) {
  double rounded = rint(value * inverse);
  rounded = rounded > range ? range : rounded < -range ? -range : rounded;
  *squares += (value - rounded * step) * (value - rounded * step);
  return (int16_t)rounded;
}

// Rounds to integers times a step, which it returns; `*missed` is the length of what that loses. No size
// is above `range`, nor, if `in_pairs`, the sum of two neighbours' (2i and 2i + 1) above `range` + 1.
BODY float quantise_query_body(const double *values, size_t count, double range, int in_pairs,
                               int16_t *restrict coordinates, double *missed) {
  double largest[LANES] = {0}, squares[LANES] = {0};
  const size_t whole = count / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t j = 0; j < LANES; j++) {
      const double size = fabs(values[i + j]), other = fabs(values[i + (j ^ 1)]);
      const double pair = in_pairs ? (size + other) * range / (range + 1) : 0;
      largest[j] = fmax(largest[j], fmax(size, pair));
    }
  for (size_t i = whole; i < count; i++) {
    const double size = fabs(values[i]), other = (i ^ 1) < count ? fabs(values[i ^ 1]) : 0;
    const double pair = in_pairs ? (size + other) * range / (range + 1) : 0;
    largest[i - whole] = fmax(largest[i - whole], fmax(size, pair));
  }
  for (int j = 1; j < LANES; j++) largest[0] = fmax(largest[0], largest[j]);
  // Rounded up: two neighbours that were at most `range` + 1 together then are so when rounded.
  float step = rounded_up(largest[0] / range);
  if (!(step > 1e-30f)) step = 0;
  const double inverse = step > 0 ? 1 / (double)step : 0;
  for (size_t i = 0; i < whole; i += LANES)
    for (size_t j = 0; j < LANES; j++)
      coordinates[i + j] = rounded_to(values[i + j], step, inverse, range, &squares[j]);
  for (size_t i = whole; i < count; i++)
    coordinates[i] = rounded_to(values[i], step, inverse, range, &squares[i - whole]);
  for (int j = 1; j < LANES; j++) squares[0] += squares[j];
  *missed = sqrt(squares[0]) + LENGTH_SLACK;
  return step;
}
WIDEST(float, quantise_query,
       (const double *values, size_t count, double range, int in_pairs, int16_t *coordinates,
        double *missed),
       (values, count, range, in_pairs, coordinates, missed))

vitrine_gram_shape vitrine_shape_of_gram(const double *gram, size_t width) {
  vitrine_gram_shape shape = {0, 0};
  for (size_t i = 0; i < width; i++) {
    shape.trace += gram[i * width + i];
    for (size_t j = 0; j < width; j++) {
      const double wanted = i == j && gram[i * width + i] > 0;
      shape.skew += (gram[i * width + j] - wanted) * (gram[i * width + j] - wanted);
    }
  }
  shape.skew = sqrt(shape.skew) + LENGTH_SLACK;
  return shape;
}

enum { SUMS = 16, TOGETHER = 4 };

// out[k] = the product of row k and the query, in fp32: SUMS sums beside each other, then halved. Some
// rows share the loads of the query; `width` is a multiple of 32.
BODY void project_query_body(const float *basis, const float *query, size_t width,
                             size_t dimension, float *restrict out) {
  for (size_t k = 0; k < width; k += TOGETHER) {
    const float *rows = basis + k * dimension;
    float sums[TOGETHER][SUMS] = {{0}};
    size_t i = 0;
    for (; i + SUMS <= dimension; i += SUMS)
#pragma clang loop unroll(full)
      for (int n = 0; n < TOGETHER; n++)
#pragma clang loop unroll(full)
        for (int j = 0; j < SUMS; j++) sums[n][j] += rows[n * dimension + i + j] * query[i + j];
    for (int j = 0; i < dimension; i++, j++)
      for (int n = 0; n < TOGETHER; n++) sums[n][j] += rows[n * dimension + i] * query[i];
    for (int n = 0; n < TOGETHER; n++) {
      for (int half = SUMS / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++) sums[n][j] += sums[n][j + half];
      out[k + n] = sums[n][0];
    }
  }
}
WIDEST(void, project_query,
       (const float *basis, const float *query, size_t width, size_t dimension, float *out),
       (basis, query, width, dimension, out))

// Rounds what is left of a query to eight bits, and leaves what that loses.
static void round_for_rests(double *left, size_t dimension, vitrine_rest_query *rest,
                            int8_t *coordinates) {
  int16_t rounded[VITRINE_REST_STRIDE(DIMENSION_LIMIT)];
  rest->step = quantise_query(left, dimension, REST_RANGE, 1, rounded, &rest->missed);
  rest->sum = 0;
  for (size_t i = 0; i < dimension; i++) {
    coordinates[i] = (int8_t)rounded[i];
    rest->sum += rounded[i];
    left[i] -= (double)rounded[i] * rest->step;
  }
  memset(coordinates + dimension, 0, VITRINE_REST_STRIDE(dimension) - dimension);
}

// What does not depend on the codes.
static void round_query(const float *query, const double *wide_query, size_t dimension,
                        vitrine_code_query *prepared) {
  double left[DIMENSION_LIMIT];
  memcpy(left, wide_query, dimension * sizeof *left);
  prepared->squared = vitrine_dot(query, query, dimension);
  round_for_rests(left, dimension, &prepared->rest, prepared->rest_coordinates);
  round_for_rests(left, dimension, &prepared->remainder,
                  prepared->rest_coordinates + VITRINE_REST_STRIDE(dimension));
}

// How far a score may be from what codes and rests say of it: `fixed` of every row, `inside` the largest
// length that the basis has of a rest.
static void bound_rests(double query_length, double fixed, double inside, vitrine_rest_query *rest) {
  rest->slack = rounded_up(fixed + rest->missed * inside);
  rest->error_weight = rounded_up(query_length + rest->missed);
  rest->tail_weight = rounded_up(rest->missed);
}

void vitrine_prepare_code_query(const float *query, const double *wide_query, size_t dimension,
                                size_t width, const float *mean, const float *basis,
                                vitrine_gram_shape gram, vitrine_code_limits limits,
                                const vitrine_code_query *like, vitrine_code_query *prepared) {
  float a[VITRINE_CODE_WIDTH_LIMIT];
  double wide[VITRINE_CODE_WIDTH_LIMIT];
  project_query(basis, query, width, dimension, a);
  for (size_t k = 0; k < width; k++) wide[k] = a[k];
  if (like) {
    prepared->squared = like->squared;
    prepared->rest = like->rest;
    prepared->remainder = like->remainder;
    memcpy(prepared->rest_coordinates, like->rest_coordinates, 2 * VITRINE_REST_STRIDE(dimension));
  } else {
    round_query(query, wide_query, dimension, prepared);
  }
  const double query_squared = prepared->squared;
  const double query_length = sqrt(query_squared) + LENGTH_SLACK;
  const double squared = product(wide, wide, width), length = sqrt(squared) + LENGTH_SLACK;
  // How far a may be from Bq: each coordinate is a sum of fp32 with so many roundings at most.
  const double roundings = (double)(dimension / SUMS) + 8;
  const double strayed = roundings * ULP * (1 + 1e-3) * query_length * sqrt(gram.trace) + LENGTH_SLACK;
  const double error_weight = length * (1 + gram.skew) + strayed;
  const double outside = query_squared - squared * (1 - gram.skew) + 2 * length * strayed;
  const double tail_weight = sqrt(fmax(outside, 0) + SQUARE_SLACK);
  double missed;
  prepared->step = quantise_query(wide, width, QUERY_RANGE, 0, prepared->coordinates, &missed);
  missed += strayed;
  const double centre = vitrine_dot(query, mean, dimension);
  // Every term of the bound is below this; sixteen roundings of fp32 among them.
  const double magnitude = fabs(centre) + (length + missed) * limits.code +
                           error_weight * limits.error + tail_weight * limits.tail + 1;
  prepared->base = rounded_up(centre + missed * limits.code + 16 * ULP * magnitude);
  prepared->error_weight = rounded_up(error_weight);
  prepared->tail_weight = rounded_up(tail_weight);
  // A decoded rest is no longer than its tail, what the basis has of it and its error.
  const double inside = sqrt(1 + gram.skew) * limits.error;
  const double rest_magnitude =
      fabs(centre) + (length + missed) * limits.code +
      (query_length + prepared->rest.missed) *
          (limits.rest + limits.rest_error + limits.tail + inside) + 1;
  prepared->centre = (float)centre;
  // Twenty-four roundings of fp32 make an interval, as many again the narrower one.
  const double fixed = missed * limits.code, rounding = 24 * ULP * rest_magnitude;
  bound_rests(query_length, fixed + rounding, inside, &prepared->rest);
  bound_rests(query_length, fixed + 2 * rounding, inside, &prepared->remainder);
}
