// The closer bound of docs/certified-search.md: two numbers that enclose a score, from code and rest.
//
// Rows are taken four at a time, so that what becomes of their sums is done in one vector.
#include <math.h>
#include <string.h>

#include "bounds.h"

// What scores are enclosed by: some coordinates of a query, and middles that these are to be added to.
typedef struct {
  const vitrine_rest_query *query;
  const int8_t *coordinates;
  vitrine_codes codes;
  size_t stride;
  const uint32_t *places;
  size_t count;
  // Of each place its product, to which `centre` is added; or, where that is NULL, the ends of the interval
  // whose middle it is.
  const float *products;
  float centre;
  const float *low, *high;
} vitrine_rests;

BODY int32_t rest_product_portable(const int8_t *rest, const int8_t *query, size_t stride) {
  int32_t sum = 0;
  for (size_t k = 0; k < stride; k++) sum += rest[k] * query[k];
  return sum;
}

BODY void enclose_portable(const vitrine_rests *rests, float *lower, float *upper) {
  const vitrine_rest_query *query = rests->query;
  const vitrine_codes codes = rests->codes;
  for (size_t i = 0; i < rests->count; i++) {
    const size_t place = rests->places[i];
    const int32_t rest = rest_product_portable(codes.rests + place * rests->stride,
                                               rests->coordinates, rests->stride);
    const float middle = rests->products ? rests->centre + rests->products[i]
                                         : (rests->low[i] + rests->high[i]) * 0.5f;
    const float closer = middle + (float)rest * query->step * codes.rest_scales[place];
    const float slack = query->slack + query->error_weight * codes.rest_errors[place] +
                        query->tail_weight * codes.tails[place];
    lower[i] = closer - slack;
    upper[i] = closer + slack;
  }
}

#if defined(WIDE)
enum { AHEAD = 2 * FOUR };  // rests whose lines are on their way

BODY void expect_rest(const int8_t *rest, size_t stride) {
  for (size_t line = 0; line < stride; line += 64) __builtin_prefetch(rest + line);
}

WIDE_BODY four_floats four_at(const float *values) {
  four_floats four;
  memcpy(&four, values, sizeof four);
  return four;
}

WIDE_BODY void enclose_fours_of_stride(const vitrine_rests *rests, size_t stride, int has_products,
                                       vitrine_simd simd, float *lower, float *upper) {
  const vitrine_rest_query *query = rests->query;
  const vitrine_codes codes = rests->codes;
  const uint32_t *places = rests->places;
  const size_t count = rests->count;
  for (size_t i = 0; i < AHEAD && i < count; i++)
    expect_rest(codes.rests + places[i] * stride, stride);
  for (size_t i = 0; i < count; i += FOUR) {
    // Fewer than four are taken with one of them again.
    uint32_t last[FOUR];
    const uint32_t *now = places + i;
    if (count - i < FOUR) {
      for (size_t n = 0; n < FOUR; n++) last[n] = places[i + n < count ? i + n : i];
      now = last;
    }
    const size_t next = i + AHEAD + FOUR <= count ? i + AHEAD : i;
    const int8_t *four[FOUR];
#pragma clang loop unroll(full)
    for (size_t n = 0; n < FOUR; n++) four[n] = codes.rests + now[n] * stride;
    if (next > i)
#pragma clang loop unroll(full)
      for (size_t n = 0; n < FOUR; n++) expect_rest(codes.rests + places[next + n] * stride, stride);
    const four_floats middle = has_products
                                   ? rests->centre + four_at(rests->products + i)
                                   : (four_at(rests->low + i) + four_at(rests->high + i)) * 0.5f;
    const four_floats sums = __builtin_convertvector(
        sums_of_four(four, rests->coordinates, query->sum, stride, simd), four_floats);
    const four_floats closer = middle + sums * query->step * four_of(codes.rest_scales, now);
    const four_floats slack = query->slack + query->error_weight * four_of(codes.rest_errors, now) +
                              query->tail_weight * four_of(codes.tails, now);
    const four_floats low = closer - slack, high = closer + slack;
    memcpy(lower + i, &low, sizeof low);
    memcpy(upper + i, &high, sizeof high);
  }
}

WIDE static void enclose_fours(const vitrine_rests *rests, vitrine_simd simd, float *lower,
                               float *upper) {
  if (!rests->products)
    enclose_fours_of_stride(rests, rests->stride, 0, simd, lower, upper);
  else if (rests->stride == 256)
    enclose_fours_of_stride(rests, 256, 1, simd, lower, upper);
  else if (rests->stride == 512)
    enclose_fours_of_stride(rests, 512, 1, simd, lower, upper);
  else
    enclose_fours_of_stride(rests, rests->stride, 1, simd, lower, upper);
}
#endif

// All that is read and written by place has `VITRINE_ROOM`.
static void enclose(const vitrine_rests *rests, float *lower, float *upper) {
#if defined(WIDE)
  const vitrine_simd simd = vitrine_widest();
  if (simd != VITRINE_PORTABLE) {
    enclose_fours(rests, simd, lower, upper);
    return;
  }
#endif
  enclose_portable(rests, lower, upper);
}

static void enclose_found(const vitrine_code_query *query, vitrine_codes codes,
                          const vitrine_found *found, size_t dimension, float *lower,
                          float *upper) {
  const vitrine_rests rests = {
      .query = &query->rest,
      .coordinates = query->rest_coordinates,
      .codes = codes,
      .stride = VITRINE_REST_STRIDE(dimension),
      .places = found->places,
      .count = found->count,
      .products = found->products,
      .centre = query->centre,
  };
  enclose(&rests, lower, upper);
}

void vitrine_narrow(const vitrine_code_query *query, vitrine_codes codes, size_t first,
                    size_t dimension, vitrine_enclosed *closer) {
  const size_t stride = VITRINE_REST_STRIDE(dimension);
  float *lower = closer->lower + first, *upper = closer->upper + first;
  const vitrine_rests rests = {
      .query = &query->remainder,
      .coordinates = query->rest_coordinates + stride,
      .codes = codes,
      .stride = stride,
      .places = closer->places + first,
      .count = closer->count - first,
      .low = lower,
      .high = upper,
  };
  enclose(&rests, lower, upper);
}

void vitrine_forget(vitrine_enclosed *closer, size_t first, float floor) {
  const vitrine_found added = {closer->places + first, closer->lower + first,
                               closer->upper + first, closer->count - first};
  vitrine_found kept = added;
  kept.count = 0;
  vitrine_select(&added, floor, INFINITY, &kept);
  closer->count = first + kept.count;
}

void vitrine_enclose(const vitrine_code_query *query, vitrine_codes codes,
                     const vitrine_found *found, size_t dimension, float floor,
                     vitrine_enclosed *closer) {
  const size_t first = closer->count;
  memcpy(closer->places + first, found->places, found->count * sizeof *found->places);
  enclose_found(query, codes, found, dimension, closer->lower + first, closer->upper + first);
  closer->count += found->count;
  vitrine_forget(closer, first, floor);
}

size_t vitrine_refine(const vitrine_code_query *query, vitrine_codes codes,
                      const vitrine_found *found, float low, float high, size_t dimension,
                      float floor, vitrine_enclosed *closer) {
  enum { BLOCK = 512 };
  float products[BLOCK + VITRINE_ROOM], bounds[BLOCK + VITRINE_ROOM];
  size_t refined = 0;
  for (size_t first = 0; first < found->count; first += BLOCK) {
    const size_t count = found->count - first < BLOCK ? found->count - first : BLOCK;
    const vitrine_found part = {found->places + first, found->products + first,
                                found->bounds + first, count};
    vitrine_found chosen = {closer->places + closer->count, products, bounds, 0};
    vitrine_select(&part, low, high, &chosen);
    const size_t before = closer->count;
    enclose_found(query, codes, &chosen, dimension, closer->lower + before,
                  closer->upper + before);
    closer->count += chosen.count;
    refined += chosen.count;
    vitrine_forget(closer, before, floor);
  }
  return refined;
}

float vitrine_raised(const vitrine_enclosed *closer, size_t depth, float floor) {
  size_t count = 0;
  for (size_t i = 0; i < closer->count; i++) {
    closer->spare[count] = closer->lower[i];
    count += closer->lower[i] >= floor;
  }
  return count < depth ? floor : fmaxf(floor, vitrine_kth_largest(closer->spare, count, depth));
}

size_t vitrine_rows_reaching(const vitrine_enclosed *closer, float floor,
                             const uint32_t *row_numbers, uint32_t *rows) {
  const size_t found = vitrine_at_least(closer->upper, closer->count, floor, rows);
  for (size_t i = 0; i < found; i++) {
    const uint32_t place = closer->places[rows[i]];
    rows[i] = row_numbers ? row_numbers[place] : place;
  }
  return found;
}
