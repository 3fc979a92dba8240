// Bounds of scores from codes: the arithmetic of docs/certified-search.md over many rows.
//
// Rows are taken eight at a time, so that what becomes of their sums is done in one vector; rows past
// the last whole eight are taken with those before them or in the portable way, which gives the same
// bits.
#include <math.h>
#include <string.h>

#include "bounds.h"
#include "lanes.h"

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
