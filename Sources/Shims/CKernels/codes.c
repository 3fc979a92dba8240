// Codes of vectors and bounds of scores from them. What is computed here in double carries an error
// that the constants below outweigh by far (dimension <= 4096, lengths <= 1 + 2^-20):
//   sums of products over a row: below 4096 * 2^-53 * 2 < 1e-12 each;
//   lengths of errors: below 1e-9; squared lengths of tails: below 1e-9.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
// Compiles NAME_body for several instruction sets and picks one at run time. Not `target_clones`,
// whose resolvers run before a sanitizer's runtime is there.
#define WIDEST(type, name, parameters, arguments)                                              \
  __attribute__((target("avx512f,fma"))) static type name##_avx512 parameters {                \
    return name##_body arguments;                                                              \
  }                                                                                            \
  __attribute__((target("avx2,fma"))) static type name##_avx2 parameters {                     \
    return name##_body arguments;                                                              \
  }                                                                                            \
  static type name parameters {                                                                \
    switch (vitrine_simd_supported()) {                                                        \
      case VITRINE_AVX512: return name##_avx512 arguments;                                     \
      case VITRINE_AVX2: return name##_avx2 arguments;                                         \
      default: return name##_body arguments;                                                   \
    }                                                                                          \
  }
#else
#define WIDEST(type, name, parameters, arguments) \
  static type name parameters { return name##_body arguments; }
#endif
#define BODY static inline __attribute__((always_inline))

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

static double product(const double *a, const double *b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

int vitrine_encode_rows(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                        size_t width, const float *mean, const float *basis, const double *gram,
                        int8_t *codes, float *scales, float *errors, float *tails) {
  double *wide = malloc(width * dimension * sizeof(double));
  double *z = malloc(dimension * sizeof(double));
  double *space = malloc(5 * width * sizeof(double));
  const int enough = wide && z && space;
  if (enough) {
    double *y = space, *c = y + width, *g = c + width, *w = g + width, *gw = w + width;
    for (size_t i = 0; i < width * dimension; i++) wide[i] = basis[i];
    for (size_t r = 0; r < count; r++) {
      const float *x = base + offsets[r];
      for (size_t i = 0; i < dimension; i++) z[i] = (double)x[i] - (double)mean[i];
      multiply(wide, z, width, dimension, y);
      double largest = 0;
      for (size_t k = 0; k < width; k++) largest = fmax(largest, fabs(y[k]));
      float scale = (float)(largest / 127);
      if (!(scale > 1e-30f)) scale = 0;
      for (size_t k = 0; k < width; k++) {
        const double code = scale > 0 ? fmin(127, fmax(-127, rint(y[k] / scale))) : 0;
        codes[r * width + k] = (int8_t)code;
        c[k] = code * scale;
      }
      // With r = z - B'c: B r = y - G c, and w = c + B r is what the basis can say of z, so that
      // |z - B'w|^2 = |z|^2 - 2 w.y + w.G w is the squared length of the tail.
      multiply(gram, c, width, width, g);
      for (size_t k = 0; k < width; k++) g[k] = y[k] - g[k];
      for (size_t k = 0; k < width; k++) w[k] = c[k] + g[k];
      multiply(gram, w, width, width, gw);
      const double tail = product(z, z, dimension) - 2 * product(w, y, width) + product(w, gw, width);
      scales[r] = scale;
      errors[r] = rounded_up(sqrt(product(g, g, width)) + LENGTH_SLACK);
      tails[r] = rounded_up(sqrt(fmax(tail, 0) + SQUARE_SLACK));
    }
  }
  free(wide);
  free(z);
  free(space);
  return enough;
}

vitrine_code_limits vitrine_find_code_limits(const int8_t *codes, const float *scales,
                                             const float *errors, const float *tails, size_t count,
                                             size_t width) {
  vitrine_code_limits limits = {0, 0, 0};
  for (size_t r = 0; r < count; r++) {
    int32_t squares = 0;
    for (size_t k = 0; k < width; k++) squares += codes[r * width + k] * codes[r * width + k];
    limits.code = fmaxf(limits.code, rounded_up(sqrt(squares) * scales[r]));
    limits.error = fmaxf(limits.error, errors[r]);
    limits.tail = fmaxf(limits.tail, tails[r]);
  }
  return limits;
}

// MARK: Bounds

enum { QUERY_RANGE = 16383 };  // 1024 products with 127 still fit 32 bits

void vitrine_prepare_code_query(const float *query, const double *wide_query, size_t dimension,
                                size_t width, const float *mean, const float *basis,
                                const double *gram, vitrine_code_limits limits,
                                vitrine_code_query *prepared) {
  float a[VITRINE_CODE_WIDTH_LIMIT];
  double wide[VITRINE_CODE_WIDTH_LIMIT], ga[VITRINE_CODE_WIDTH_LIMIT];
  uint32_t offsets[VITRINE_CODE_WIDTH_LIMIT];
  for (size_t k = 0; k < width; k++) offsets[k] = (uint32_t)(k * dimension);
  vitrine_score_rows(basis, offsets, width, wide_query, dimension, a);
  float largest = 0;
  for (size_t k = 0; k < width; k++) {
    wide[k] = a[k];
    largest = fmaxf(largest, fabsf(a[k]));
  }
  multiply(gram, wide, width, width, ga);
  const double squared = product(wide, wide, width), length = sqrt(squared);
  double inside = 0;
  for (size_t k = 0; k < width; k++) inside += (wide[k] - ga[k]) * (wide[k] - ga[k]);
  const double error_weight = length * (1 + 4 * ULP) + sqrt(inside) + LENGTH_SLACK;
  const double outside =
      vitrine_dot(query, query, dimension) - 2 * squared + product(wide, ga, width);
  const double tail_weight = sqrt(fmax(outside, 0) + 4 * ULP * squared + SQUARE_SLACK);
  float step = largest / QUERY_RANGE;
  if (!(step > 1e-30f)) step = 0;
  double missed = 0;
  for (size_t k = 0; k < width; k++) {
    const double rounded =
        step > 0 ? fmin(QUERY_RANGE, fmax(-QUERY_RANGE, rint(wide[k] / step))) : 0;
    prepared->coordinates[k] = (int16_t)rounded;
    missed += (wide[k] - rounded * step) * (wide[k] - rounded * step);
  }
  missed = sqrt(missed) + 2 * ULP * length + LENGTH_SLACK;
  const double centre = vitrine_dot(query, mean, dimension);
  // Every term of the bound is below this; sixteen roundings of fp32 among them.
  const double magnitude = fabs(centre) + (length + missed) * limits.code +
                           error_weight * limits.error + tail_weight * limits.tail + 1;
  prepared->base = rounded_up(centre + missed * limits.code + 16 * ULP * magnitude);
  prepared->step = step;
  prepared->error_weight = rounded_up(error_weight);
  prepared->tail_weight = rounded_up(tail_weight);
}

static void bounds_portable(const vitrine_code_query *query, const int8_t *codes,
                            const float *scales, const float *errors, const float *tails,
                            size_t count, size_t width, float *bounds) {
  for (size_t r = 0; r < count; r++) {
    int32_t sum = 0;
    for (size_t k = 0; k < width; k++) sum += codes[r * width + k] * query->coordinates[k];
    bounds[r] = query->base + (float)sum * query->step * scales[r] +
                query->error_weight * errors[r] + query->tail_weight * tails[r];
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline __m256i sum_of_products(const int8_t *code,
                                                                     const int16_t *query,
                                                                     size_t width) {
  __m256i sum = _mm256_setzero_si256();
  for (size_t k = 0; k < width; k += 16) {
    const __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(code + k)));
    sum = _mm256_add_epi32(
        sum, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(query + k))));
  }
  return sum;
}

__attribute__((target("avx2"))) static void bounds_avx2(
    const vitrine_code_query *query, const int8_t *codes, const float *scales, const float *errors,
    const float *tails, size_t count, size_t width, float *bounds) {
  const size_t whole = count / 8 * 8;
  const __m256 base = _mm256_set1_ps(query->base), step = _mm256_set1_ps(query->step);
  const __m256 error_weight = _mm256_set1_ps(query->error_weight);
  const __m256 tail_weight = _mm256_set1_ps(query->tail_weight);
  for (size_t r = 0; r < whole; r += 8) {
    __m256i s[8];
#pragma clang loop unroll(full)
    for (int n = 0; n < 8; n++)
      s[n] = sum_of_products(codes + (r + n) * width, query->coordinates, width);
    const __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
    const __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(s[4], s[5]), _mm256_hadd_epi32(s[6], s[7]));
    const __m256i sums =
        _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
    __m256 bound = _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), step),
                                 _mm256_loadu_ps(scales + r));
    bound = _mm256_add_ps(bound, base);
    bound = _mm256_add_ps(bound, _mm256_mul_ps(error_weight, _mm256_loadu_ps(errors + r)));
    bound = _mm256_add_ps(bound, _mm256_mul_ps(tail_weight, _mm256_loadu_ps(tails + r)));
    _mm256_storeu_ps(bounds + r, bound);
  }
  bounds_portable(query, codes + whole * width, scales + whole, errors + whole, tails + whole,
                  count - whole, width, bounds + whole);
}
#endif

void vitrine_bounds(const vitrine_code_query *query, const int8_t *codes, const float *scales,
                    const float *errors, const float *tails, size_t count, size_t width,
                    float *bounds) {
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE) {
    bounds_avx2(query, codes, scales, errors, tails, count, width, bounds);
    return;
  }
#endif
  bounds_portable(query, codes, scales, errors, tails, count, width, bounds);
}

BODY size_t at_least_body(const float *values, size_t count, float limit, uint32_t *places) {
  size_t found = 0, i = 0;
  for (; i + 32 <= count; i += 32) {
    int any = 0;
    for (int j = 0; j < 32; j++) any |= values[i + j] >= limit;
    if (!any) continue;
    for (int j = 0; j < 32; j++)
      if (values[i + j] >= limit) places[found++] = (uint32_t)(i + j);
  }
  for (; i < count; i++)
    if (values[i] >= limit) places[found++] = (uint32_t)i;
  return found;
}
WIDEST(size_t, at_least, (const float *values, size_t count, float limit, uint32_t *places),
       (values, count, limit, places))

size_t vitrine_at_least(const float *values, size_t count, float limit, uint32_t *places) {
  return at_least(values, count, limit, places);
}

BODY void group_maxima_body(const float *values, size_t count, size_t groups,
                            float *restrict maxima) {
  memcpy(maxima, values, groups * sizeof(float));
  size_t start = groups;
  for (; start + groups <= count; start += groups)
    for (size_t j = 0; j < groups; j++)
      maxima[j] = values[start + j] > maxima[j] ? values[start + j] : maxima[j];
  for (size_t j = 0; start + j < count; j++)
    maxima[j] = values[start + j] > maxima[j] ? values[start + j] : maxima[j];
}
WIDEST(void, group_maxima,
       (const float *values, size_t count, size_t groups, float *maxima),
       (values, count, groups, maxima))

void vitrine_group_maxima(const float *values, size_t count, size_t groups, float *maxima) {
  group_maxima(values, count, groups, maxima);
}

// Hoare's selection with the middle of three as pivot.
float vitrine_kth_largest(float *values, size_t count, size_t k) {
  ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
  const ptrdiff_t target = (ptrdiff_t)k - 1;
  while (low < high) {
    const float first = values[low], middle = values[low + (high - low) / 2], last = values[high];
    const float pivot =
        fmaxf(fminf(first, middle), fminf(fmaxf(first, middle), last));
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const float swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (target <= j)
      high = j;
    else if (target >= i)
      low = i;
    else
      break;
  }
  return values[target];
}
