// Bounds of scores from codes: the arithmetic of docs/certified-search.md over many rows.
//
// Rows are taken eight at a time, so that what becomes of their sums is done in one vector; rows past
// the last whole eight are taken with those before them or in the portable way, which gives the same
// bits.
#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "lanes.h"

enum { QUERY_BLOCK = 4 };  // queries that a row is read once for

BODY int32_t sum_of_products_portable(const int8_t *code, const int16_t *query, size_t width) {
  int32_t sum = 0;
  for (size_t k = 0; k < width; k++) sum += code[k] * query[k];
  return sum;
}

BODY float product_of(const vitrine_code_query *query, vitrine_codes codes, size_t row,
                      size_t width) {
  const int32_t sum =
      sum_of_products_portable(codes.codes + row * width, query->coordinates, width);
  return (float)sum * query->step * codes.scales[row];
}

BODY float bound_of(const vitrine_code_query *query, vitrine_codes codes, size_t row,
                    float product) {
  float bound = product + query->base;
  bound += query->error_weight * codes.errors[row];
  bound += query->tail_weight * codes.tails[row];
  return bound;
}

static void scan_portable(const vitrine_code_query *query, vitrine_codes codes, size_t first,
                          size_t end, size_t width, float floor, vitrine_found *found) {
  for (size_t row = first; row < end; row++) {
    const float product = product_of(query, codes, row, width);
    const float bound = bound_of(query, codes, row, product);
    if (!(bound >= floor)) continue;
    found->places[found->count] = (uint32_t)row;
    found->products[found->count] = product;
    found->bounds[found->count++] = bound;
  }
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,bmi2"), always_inline)) static inline

AVX2 __m256i sum_of_products(const int8_t *code, const int16_t *query, size_t width) {
  __m256i sum = _mm256_setzero_si256();
#pragma clang loop unroll(enable)
  for (size_t k = 0; k < width; k += 16) {
    const __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(code + k)));
    sum = _mm256_add_epi32(
        sum, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(query + k))));
  }
  return sum;
}

AVX2 __m256i sums_of_eight(const int8_t *codes, const int16_t *query, size_t width) {
  __m256i s[8];
#pragma clang loop unroll(full)
  for (int n = 0; n < 8; n++) s[n] = sum_of_products(codes + (size_t)n * width, query, width);
  const __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
  const __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(s[4], s[5]), _mm256_hadd_epi32(s[6], s[7]));
  return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20),
                          _mm256_permute2x128_si256(a, b, 0x31));
}

AVX2 __m256 products_of_eight(const vitrine_code_query *query, __m256i sums, __m256 scales) {
  return _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_set1_ps(query->step)), scales);
}

AVX2 __m256 bounds_of_eight(const vitrine_code_query *query, __m256 products, __m256 errors,
                            __m256 tails) {
  __m256 bound = _mm256_add_ps(products, _mm256_set1_ps(query->base));
  bound = _mm256_add_ps(bound, _mm256_mul_ps(_mm256_set1_ps(query->error_weight), errors));
  return _mm256_add_ps(bound, _mm256_mul_ps(_mm256_set1_ps(query->tail_weight), tails));
}

// Puts those of eight rows that reach the floor behind what was found, but for the first `known`.
AVX2 void keep(vitrine_found *restrict found, size_t row, size_t known, __m256 products,
               __m256 bounds, float floor) {
  const unsigned reaching =
      (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(bounds, _mm256_set1_ps(floor), _CMP_GE_OQ));
  const unsigned mask = reaching >> known << known;
  if (mask == 0) return;
  const __m256i order = vitrine_lanes_of(mask);
  const __m256i rows = _mm256_add_epi32(_mm256_set1_epi32((int)row), order);
  _mm256_storeu_si256((__m256i *)(found->places + found->count), rows);
  _mm256_storeu_ps(found->products + found->count, _mm256_permutevar8x32_ps(products, order));
  _mm256_storeu_ps(found->bounds + found->count, _mm256_permutevar8x32_ps(bounds, order));
  found->count += (size_t)__builtin_popcount(mask);
}

// Some rows as a query sees them, and a bit for each that reaches its floor: what is kept is put together
// from the bits afterwards, for whether one of eight rows reaches it is hard to foresee.
enum { BLOCK_ROWS = 128 };
typedef struct {
  float products[BLOCK_ROWS], bounds[BLOCK_ROWS];
  uint64_t reaching[BLOCK_ROWS / 64];
} block_bounds;

// Fills in the eight rows from number `at` on; the bits were zero.
AVX2 void see(block_bounds *block, size_t at, __m256 products, __m256 bounds, float floor) {
  const __m256 reaches = _mm256_cmp_ps(bounds, _mm256_set1_ps(floor), _CMP_GE_OQ);
  _mm256_storeu_ps(block->products + at, products);
  _mm256_storeu_ps(block->bounds + at, bounds);
  block->reaching[at / 64] |= (uint64_t)(unsigned)_mm256_movemask_ps(reaches) << (at % 64);
}

// Puts the rows of a block, which begins with `row`, that reach the floor behind what was found.
BODY void keep_reaching(const block_bounds *block, size_t row, vitrine_found *into) {
  vitrine_found found = *into;
  for (size_t word = 0; word < BLOCK_ROWS / 64; word++)
    for (uint64_t mask = block->reaching[word]; mask != 0; mask &= mask - 1) {
      const size_t i = 64 * word + (size_t)__builtin_ctzll(mask);
      found.places[found.count] = (uint32_t)(row + i);
      found.products[found.count] = block->products[i];
      found.bounds[found.count++] = block->bounds[i];
    }
  *into = found;
}

typedef struct {
  __m256 products, bounds;
} eight_bounds;

AVX2 eight_bounds eight_from(const vitrine_code_query *query, vitrine_codes codes, size_t row,
                             size_t width) {
  const __m256i sums = sums_of_eight(codes.codes + row * width, query->coordinates, width);
  eight_bounds eight;
  eight.products = products_of_eight(query, sums, _mm256_loadu_ps(codes.scales + row));
  eight.bounds = bounds_of_eight(query, eight.products, _mm256_loadu_ps(codes.errors + row),
                                 _mm256_loadu_ps(codes.tails + row));
  return eight;
}

AVX2 size_t scan_eights_of_width(const vitrine_code_query *query, vitrine_codes codes, size_t first,
                                 size_t end, size_t width, float floor, vitrine_found *into) {
  if (end - first < 8) return first;
  vitrine_found found = *into;
  size_t row = first;
  for (; row + BLOCK_ROWS <= end; row += BLOCK_ROWS) {
    block_bounds block = {.reaching = {0}};
    for (size_t at = 0; at < BLOCK_ROWS; at += 8) {
      const eight_bounds eight = eight_from(query, codes, row + at, width);
      see(&block, at, eight.products, eight.bounds, floor);
    }
    keep_reaching(&block, row, &found);
  }
  for (; row < end; row += 8) {
    // The last eight may begin with rows that are known.
    const size_t from = row + 8 <= end ? row : end - 8;
    const eight_bounds eight = eight_from(query, codes, from, width);
    keep(&found, from, row - from, eight.products, eight.bounds, floor);
  }
  *into = found;
  return end;
}

__attribute__((target("avx2,bmi2"))) static size_t scan_eights(
    const vitrine_code_query *query, vitrine_codes codes, size_t first, size_t end, size_t width,
    float floor, vitrine_found *found) {
  // With a width that the compiler knows the query stays in registers.
  switch (width) {
    case 32: return scan_eights_of_width(query, codes, first, end, 32, floor, found);
    case 64: return scan_eights_of_width(query, codes, first, end, 64, floor, found);
    default: return scan_eights_of_width(query, codes, first, end, width, floor, found);
  }
}

AVX2 size_t bounds_of_eights_of_width(const vitrine_code_query *query, const int8_t *codes,
                                      const float *scales, const float *errors, const float *tails,
                                      size_t count, size_t width, float *bounds) {
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    const __m256i sums = sums_of_eight(codes + row * width, query->coordinates, width);
    const __m256 products = products_of_eight(query, sums, _mm256_loadu_ps(scales + row));
    _mm256_storeu_ps(bounds + row, bounds_of_eight(query, products, _mm256_loadu_ps(errors + row),
                                                   _mm256_loadu_ps(tails + row)));
  }
  return row;
}

__attribute__((target("avx2,bmi2"))) static size_t bounds_of_eights(
    const vitrine_code_query *query, const int8_t *codes, const float *scales, const float *errors,
    const float *tails, size_t count, size_t width, float *bounds) {
  switch (width) {
    case 64:
      return bounds_of_eights_of_width(query, codes, scales, errors, tails, count, 64, bounds);
    default:
      return bounds_of_eights_of_width(query, codes, scales, errors, tails, count, width, bounds);
  }
}

// Sixteen rows beside each other: of each two coordinates those of rows 0 to 7, then of 8 to 15, so that
// a product with two coordinates of a query leaves eight rows' sums in eight lanes.
enum { PANEL = 16 };

AVX2 void pack(const int8_t *codes, size_t width, __m256i *panel) {
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const int8_t *rows = codes + 8 * half * width;
    for (size_t k = 0; k < width; k += 8) {
      // a[i]: eight coordinates of rows i and i + 4, then turned about like a matrix of pairs.
      __m256i a[4];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++)
        a[i] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi64(
            _mm_loadu_si64(rows + i * width + k), _mm_loadu_si64(rows + (i + 4) * width + k)));
      const __m256i b0 = _mm256_unpacklo_epi32(a[0], a[1]), b1 = _mm256_unpackhi_epi32(a[0], a[1]);
      const __m256i c0 = _mm256_unpacklo_epi32(a[2], a[3]), c1 = _mm256_unpackhi_epi32(a[2], a[3]);
      __m256i *out = panel + k + half;
      out[0] = _mm256_unpacklo_epi64(b0, c0);
      out[2] = _mm256_unpackhi_epi64(b0, c0);
      out[4] = _mm256_unpacklo_epi64(b1, c1);
      out[6] = _mm256_unpackhi_epi64(b1, c1);
    }
  }
}

// Fills in the rows of a panel from number `at` of the blocks on.
AVX2 void scan_panel(const vitrine_code_query *const *queries, vitrine_codes codes, size_t row,
                     const __m256i *panel, size_t width, const float *floors, size_t at,
                     block_bounds *blocks) {
  __m256i sums[2][QUERY_BLOCK];
  for (int n = 0; n < QUERY_BLOCK; n++) sums[0][n] = sums[1][n] = _mm256_setzero_si256();
  const int16_t *q[QUERY_BLOCK];
  for (int n = 0; n < QUERY_BLOCK; n++) q[n] = queries[n]->coordinates;
  for (size_t k = 0; k < width; k += 2) {
    const __m256i a = panel[k], b = panel[k + 1];
#pragma clang loop unroll(full)
    for (int n = 0; n < QUERY_BLOCK; n++) {
      int32_t pair;
      memcpy(&pair, q[n] + k, sizeof pair);
      const __m256i both = _mm256_set1_epi32(pair);
      sums[0][n] = _mm256_add_epi32(sums[0][n], _mm256_madd_epi16(a, both));
      sums[1][n] = _mm256_add_epi32(sums[1][n], _mm256_madd_epi16(b, both));
    }
  }
#pragma clang loop unroll(full)
  for (int half = 0; half < 2; half++) {
    const size_t first = row + 8 * (size_t)half;
    const __m256 scales = _mm256_loadu_ps(codes.scales + first);
    const __m256 errors = _mm256_loadu_ps(codes.errors + first);
    const __m256 tails = _mm256_loadu_ps(codes.tails + first);
#pragma clang loop unroll(full)
    for (int n = 0; n < QUERY_BLOCK; n++) {
      const __m256 products = products_of_eight(queries[n], sums[half][n], scales);
      const __m256 bounds = bounds_of_eight(queries[n], products, errors, tails);
      see(blocks + n, at + 8 * (size_t)half, products, bounds, floors[n]);
    }
  }
}

AVX2 size_t scan_panels_of_width(const vitrine_code_query *const *queries, size_t count,
                                 vitrine_codes codes, size_t first, size_t end, size_t width,
                                 const float *floors, vitrine_found *found) {
  enum { MOST = BLOCK_ROWS / PANEL };
  __m256i panels[VITRINE_CODE_WIDTH_LIMIT];
  const size_t fitting = VITRINE_CODE_WIDTH_LIMIT / 2 / width;
  const size_t most = fitting > MOST ? MOST : fitting > 0 ? fitting : 1;
  size_t row = first;
  while (row + PANEL <= end) {
    const size_t whole = (end - row) / PANEL, now = whole < most ? whole : most;
    for (size_t p = 0; p < now; p++)
      pack(codes.codes + (row + p * PANEL) * width, width, panels + p * width);
    for (size_t n = 0; n + QUERY_BLOCK <= count; n += QUERY_BLOCK) {
      block_bounds blocks[QUERY_BLOCK];
      for (int j = 0; j < QUERY_BLOCK; j++)
        memset(blocks[j].reaching, 0, sizeof blocks[j].reaching);
      for (size_t p = 0; p < now; p++)
        scan_panel(queries + n, codes, row + p * PANEL, panels + p * width, width, floors + n,
                   p * PANEL, blocks);
      for (int j = 0; j < QUERY_BLOCK; j++) keep_reaching(blocks + j, row, found + n + j);
    }
    row += now * PANEL;
  }
  return row;
}

__attribute__((target("avx2,bmi2"))) static size_t scan_panels(
    const vitrine_code_query *const *queries, size_t count, vitrine_codes codes, size_t first,
    size_t end, size_t width, const float *floors, vitrine_found *found) {
  switch (width) {
    case 64: return scan_panels_of_width(queries, count, codes, first, end, 64, floors, found);
    default: return scan_panels_of_width(queries, count, codes, first, end, width, floors, found);
  }
}
#endif

void vitrine_bounds(const vitrine_code_query *query, const int8_t *codes, const float *scales,
                    const float *errors, const float *tails, size_t count, size_t width,
                    float *bounds) {
  size_t row = 0;
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE)
    row = bounds_of_eights(query, codes, scales, errors, tails, count, width, bounds);
#endif
  const vitrine_codes table = {(int8_t *)codes, (float *)scales, (float *)errors, (float *)tails,
                               0, 0, 0};
  for (; row < count; row++)
    bounds[row] = bound_of(query, table, row, product_of(query, table, row, width));
}

void vitrine_scan(const vitrine_code_query *query, vitrine_codes codes, size_t first, size_t end,
                  size_t width, float floor, vitrine_found *found) {
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE)
    first = scan_eights(query, codes, first, end, width, floor, found);
#endif
  scan_portable(query, codes, first, end, width, floor, found);
}

void vitrine_scan_many(const vitrine_code_query *const *queries, size_t count, vitrine_codes codes,
                       size_t first, size_t end, size_t width, const float *floors,
                       vitrine_found *found) {
  size_t done = first, many = 0;
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE) {
    many = count / QUERY_BLOCK * QUERY_BLOCK;
    if (many > 0) done = scan_panels(queries, many, codes, first, end, width, floors, found);
  }
#endif
  for (size_t n = 0; n < many; n++)
    vitrine_scan(queries[n], codes, done, end, width, floors[n], found + n);
  // Few rows at a time, so that they are in the cache for all queries.
  enum { ROWS = 64 };
  for (; first < end; first += ROWS)
    for (size_t n = many; n < count; n++)
      vitrine_scan(queries[n], codes, first, end - first < ROWS ? end : first + ROWS, width,
                   floors[n], found + n);
}

// MARK: Selection

#if defined(__x86_64__)
__attribute__((target("avx2,bmi2"))) static size_t select_avx2(const vitrine_found *from, float low,
                                                               float high, size_t *first,
                                                               vitrine_found *into) {
  size_t i = 0, count = into->count;
  for (; i + 8 <= from->count; i += 8) {
    const __m256 bounds = _mm256_loadu_ps(from->bounds + i);
    const __m256 take = _mm256_and_ps(_mm256_cmp_ps(bounds, _mm256_set1_ps(low), _CMP_GE_OQ),
                                      _mm256_cmp_ps(bounds, _mm256_set1_ps(high), _CMP_LT_OQ));
    const unsigned mask = (unsigned)_mm256_movemask_ps(take);
    if (mask == 0) continue;
    const __m256i order = vitrine_lanes_of(mask);
    const __m256i places = _mm256_loadu_si256((const __m256i *)(from->places + i));
    _mm256_storeu_si256((__m256i *)(into->places + count),
                        _mm256_permutevar8x32_epi32(places, order));
    _mm256_storeu_ps(into->products + count,
                     _mm256_permutevar8x32_ps(_mm256_loadu_ps(from->products + i), order));
    _mm256_storeu_ps(into->bounds + count, _mm256_permutevar8x32_ps(bounds, order));
    count += (size_t)__builtin_popcount(mask);
  }
  *first = i;
  return count;
}
#endif

void vitrine_select(const vitrine_found *from, float low, float high, vitrine_found *into) {
  size_t i = 0;
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE)
    into->count = select_avx2(from, low, high, &i, into);
#endif
  for (; i < from->count; i++) {
    if (!(from->bounds[i] >= low && from->bounds[i] < high)) continue;
    into->places[into->count] = from->places[i];
    into->products[into->count] = from->products[i];
    into->bounds[into->count++] = from->bounds[i];
  }
}
