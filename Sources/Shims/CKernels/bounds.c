// Bounds of scores from codes: the arithmetic of docs/certified-search.md over many rows.
//
// Rows are taken eight at a time, so that what becomes of their sums is done in one vector; rows past
// the last whole eight are taken with those before them or in the portable way, which gives the same
// bits.
#include <math.h>
#include <string.h>

#include "bounds.h"

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

#if defined(WIDE)
// Puts those of eight rows that reach the floor behind what was found, but for the first `known`.
WIDE_BODY void keep(vitrine_found *restrict found, size_t row, size_t known, eight_floats products,
                    eight_floats bounds, float floor) {
  const unsigned mask = bits_of(bounds >= floor) >> known << known;
  if (mask == 0) return;
  const eight_ints order = lanes_of(mask);
  put_places(found->places + found->count, (int32_t)row + order);
  put_floats(found->products + found->count, chosen_floats(products, order));
  put_floats(found->bounds + found->count, chosen_floats(bounds, order));
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
WIDE_BODY void see(block_bounds *block, size_t at, eight_floats products, eight_floats bounds,
                   float floor) {
  put_floats(block->products + at, products);
  put_floats(block->bounds + at, bounds);
  block->reaching[at / 64] |= (uint64_t)bits_of(bounds >= floor) << (at % 64);
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
  eight_floats products, bounds;
} eight_bounds;

WIDE_BODY eight_bounds eight_from(const vitrine_code_query *query, vitrine_codes codes, size_t row,
                                  size_t width, const split_query *split, vitrine_simd simd) {
  const eight_ints sums = sums_of_eight(query, split, codes.codes + row * width, width, simd);
  eight_bounds eight;
  eight.products = products_of_eight(query, sums, floats_at(codes.scales + row));
  eight.bounds = bounds_of_eight(query, eight.products, floats_at(codes.errors + row),
                                 floats_at(codes.tails + row));
  return eight;
}

WIDE_BODY size_t scan_eights_of_width(const vitrine_code_query *query, vitrine_codes codes,
                                      size_t first, size_t end, size_t width,
                                      const split_query *split, vitrine_simd simd, float floor,
                                      vitrine_found *into) {
  if (end - first < 8) return first;
  vitrine_found found = *into;
  size_t row = first;
  for (; row + BLOCK_ROWS <= end; row += BLOCK_ROWS) {
    block_bounds block = {.reaching = {0}};
    for (size_t at = 0; at < BLOCK_ROWS; at += 8) {
      const eight_bounds eight = eight_from(query, codes, row + at, width, split, simd);
      see(&block, at, eight.products, eight.bounds, floor);
    }
    keep_reaching(&block, row, &found);
  }
  for (; row < end; row += 8) {
    // The last eight may begin with rows that are known.
    const size_t from = row + 8 <= end ? row : end - 8;
    const eight_bounds eight = eight_from(query, codes, from, width, split, simd);
    keep(&found, from, row - from, eight.products, eight.bounds, floor);
  }
  *into = found;
  return end;
}

WIDE static size_t scan_eights(vitrine_simd simd, const vitrine_code_query *query,
                               vitrine_codes codes, size_t first, size_t end, size_t width,
                               float floor, vitrine_found *found) {
  split_query room;
  const split_query *split = split_for(simd, query, width, &room);
  // With a width that the compiler knows the query stays in registers.
  switch (width) {
    case 32: return scan_eights_of_width(query, codes, first, end, 32, split, simd, floor, found);
    case 64: return scan_eights_of_width(query, codes, first, end, 64, split, simd, floor, found);
    default: return scan_eights_of_width(query, codes, first, end, width, split, simd, floor, found);
  }
}

WIDE_BODY size_t bounds_of_eights_of_width(const vitrine_code_query *query, vitrine_codes codes,
                                           size_t row, size_t count, size_t width,
                                           const split_query *split, vitrine_simd simd,
                                           float *bounds) {
  for (; row + 8 <= count; row += 8)
    put_floats(bounds + row, eight_from(query, codes, row, width, split, simd).bounds);
  return row;
}

WIDE static size_t bounds_of_eights(vitrine_simd simd, const vitrine_code_query *query,
                                    vitrine_codes codes, size_t row, size_t count, size_t width,
                                    float *bounds) {
  split_query room;
  const split_query *split = split_for(simd, query, width, &room);
  switch (width) {
    case 64: return bounds_of_eights_of_width(query, codes, row, count, 64, split, simd, bounds);
    default: return bounds_of_eights_of_width(query, codes, row, count, width, split, simd, bounds);
  }
}
#endif

#if defined(__x86_64__)
enum { SIXTEEN = 16 };

typedef struct {
  __m512 products, bounds;
} sixteen_bounds;

// Sums and products are rounded one by one, as in `bounds.h`.
VNNI_BODY sixteen_bounds sixteen_from(const vitrine_code_query *query, vitrine_codes codes,
                                      size_t row, size_t width) {
  const __m512i sums = sums_of_sixteen(query->coordinates, codes.codes + row * width, width);
  const __m512 products = _mm512_mul_ps(
      _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_set1_ps(query->step)),
      _mm512_loadu_ps(codes.scales + row));
  const __m512 errors = _mm512_mul_ps(_mm512_set1_ps(query->error_weight),
                                      _mm512_loadu_ps(codes.errors + row));
  const __m512 tails = _mm512_mul_ps(_mm512_set1_ps(query->tail_weight),
                                     _mm512_loadu_ps(codes.tails + row));
  const __m512 base = _mm512_add_ps(products, _mm512_set1_ps(query->base));
  return (sixteen_bounds){products, _mm512_add_ps(_mm512_add_ps(base, errors), tails)};
}

// Puts some of sixteen rows behind what was found.
VNNI_BODY void keep_sixteen(vitrine_found *found, __mmask16 mask, __m512i places, __m512 products,
                            __m512 bounds) {
  _mm512_storeu_si512(found->places + found->count, _mm512_maskz_compress_epi32(mask, places));
  _mm512_storeu_ps(found->products + found->count, _mm512_maskz_compress_ps(mask, products));
  _mm512_storeu_ps(found->bounds + found->count, _mm512_maskz_compress_ps(mask, bounds));
  found->count += (size_t)__builtin_popcount(mask);
}

VNNI_BODY size_t scan_sixteens_of_width(const vitrine_code_query *query, vitrine_codes codes,
                                        size_t first, size_t end, size_t width, float floor,
                                        vitrine_found *into) {
  const __m512i order = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  vitrine_found found = *into;
  for (size_t row = first; row < end; row += SIXTEEN) {
    // The last sixteen may begin with rows that are known.
    const size_t from = row + SIXTEEN <= end ? row : end - SIXTEEN;
    const sixteen_bounds some = sixteen_from(query, codes, from, width);
    const __mmask16 reaching =
        _mm512_cmp_ps_mask(some.bounds, _mm512_set1_ps(floor), _CMP_GE_OQ) & (0xFFFFu << (row - from));
    if (reaching != 0)
      keep_sixteen(&found, reaching, _mm512_add_epi32(_mm512_set1_epi32((int)from), order),
                   some.products, some.bounds);
  }
  *into = found;
  return end;
}

// Returns the first row that is left: all of them where there are fewer than sixteen.
VNNI static size_t scan_sixteens(const vitrine_code_query *query, vitrine_codes codes, size_t first,
                                 size_t end, size_t width, float floor, vitrine_found *found) {
  if (end - first < SIXTEEN) return first;
  if (width == 64) return scan_sixteens_of_width(query, codes, first, end, 64, floor, found);
  return scan_sixteens_of_width(query, codes, first, end, width, floor, found);
}

VNNI static size_t bounds_of_sixteens(const vitrine_code_query *query, vitrine_codes codes,
                                      size_t count, size_t width, float *bounds) {
  size_t row = 0;
  for (; row + SIXTEEN <= count; row += SIXTEEN)
    _mm512_storeu_ps(bounds + row, sixteen_from(query, codes, row, width).bounds);
  return row;
}

// Those from the first on, in whole sixteens; returns how many there are now, and in `*first` where the rest
// begins. They may stay in place: what is written was read.
VNNI static size_t select_sixteens(const vitrine_found *from, float low, float high, size_t *first,
                                   const vitrine_found *into) {
  vitrine_found found = *into;
  size_t i = 0;
  for (; i + SIXTEEN <= from->count; i += SIXTEEN) {
    const __m512 bounds = _mm512_loadu_ps(from->bounds + i);
    const __mmask16 mask = _mm512_cmp_ps_mask(bounds, _mm512_set1_ps(low), _CMP_GE_OQ) &
                           _mm512_cmp_ps_mask(bounds, _mm512_set1_ps(high), _CMP_LT_OQ);
    if (mask != 0)
      keep_sixteen(&found, mask, _mm512_loadu_si512(from->places + i),
                   _mm512_loadu_ps(from->products + i), bounds);
  }
  *first = i;
  return found.count;
}
#endif

void vitrine_bounds(const vitrine_code_query *query, const int8_t *codes, const float *scales,
                    const float *errors, const float *tails, size_t count, size_t width,
                    float *bounds) {
  const vitrine_codes table = {(int8_t *)codes, (float *)scales, (float *)errors, (float *)tails,
                               0, 0, 0};
  size_t row = 0;
#if defined(WIDE)
  const vitrine_simd simd = vitrine_widest();
#if defined(__x86_64__)
  if (simd == VITRINE_VNNI) row = bounds_of_sixteens(query, table, count, width, bounds);
#endif
  if (simd != VITRINE_PORTABLE)
    row = bounds_of_eights(simd, query, table, row, count, width, bounds);
#endif
  for (; row < count; row++)
    bounds[row] = bound_of(query, table, row, product_of(query, table, row, width));
}

void vitrine_scan(const vitrine_code_query *query, vitrine_codes codes, size_t first, size_t end,
                  size_t width, float floor, vitrine_found *found) {
#if defined(WIDE)
  const vitrine_simd simd = vitrine_widest();
#if defined(__x86_64__)
  if (simd == VITRINE_VNNI) first = scan_sixteens(query, codes, first, end, width, floor, found);
#endif
  if (simd != VITRINE_PORTABLE)
    first = scan_eights(simd, query, codes, first, end, width, floor, found);
#endif
  scan_portable(query, codes, first, end, width, floor, found);
}

// MARK: Selection

#if defined(WIDE)
// Those from `*first` on, in whole eights; returns how many there are now.
WIDE static size_t select_eights(const vitrine_found *from, float low, float high, size_t *first,
                                 vitrine_found *into) {
  size_t i = *first, count = into->count;
  for (; i + 8 <= from->count; i += 8) {
    const eight_floats bounds = floats_at(from->bounds + i);
    const unsigned mask = bits_of((bounds >= low) & (bounds < high));
    if (mask == 0) continue;
    const eight_ints order = lanes_of(mask);
    put_places(into->places + count, chosen_ints(places_at(from->places + i), order));
    put_floats(into->products + count, chosen_floats(floats_at(from->products + i), order));
    put_floats(into->bounds + count, chosen_floats(bounds, order));
    count += (size_t)__builtin_popcount(mask);
  }
  *first = i;
  return count;
}
#endif

void vitrine_select(const vitrine_found *from, float low, float high, vitrine_found *into) {
  size_t i = 0;
#if defined(WIDE)
  const vitrine_simd simd = vitrine_widest();
#if defined(__x86_64__)
  if (simd == VITRINE_VNNI) into->count = select_sixteens(from, low, high, &i, into);
#endif
  if (simd != VITRINE_PORTABLE) into->count = select_eights(from, low, high, &i, into);
#endif
  for (; i < from->count; i++) {
    if (!(from->bounds[i] >= low && from->bounds[i] < high)) continue;
    into->places[into->count] = from->places[i];
    into->products[into->count] = from->products[i];
    into->bounds[into->count++] = from->bounds[i];
  }
}
