// The closer bound of docs/certified-search.md: two numbers that enclose a score, from code and rest.
//
// Rows are taken four at a time, so that what becomes of their sums is done in one vector.
#include <math.h>
#include <string.h>

#include "bounds.h"

BODY int32_t rest_product_portable(const int8_t *rest, const int8_t *query, size_t stride) {
  int32_t sum = 0;
  for (size_t k = 0; k < stride; k++) sum += rest[k] * query[k];
  return sum;
}

BODY void enclose(const vitrine_code_query *query, vitrine_codes codes, size_t place, float product,
                  int32_t rest, float *lower, float *upper) {
  const float middle = query->centre + product;
  const float closer = middle + (float)rest * query->rest_step * codes.rest_scales[place];
  const float slack = query->rest_slack + query->rest_error_weight * codes.rest_errors[place] +
                      query->rest_tail_weight * codes.tails[place];
  *lower = closer - slack;
  *upper = closer + slack;
}

#if defined(WIDE)
enum { AHEAD = 2 * FOUR };  // rests whose lines are on their way

BODY void expect_rest(const int8_t *rest, size_t stride) {
  for (size_t line = 0; line < stride; line += 64) __builtin_prefetch(rest + line);
}

WIDE_BODY void enclose_fours_of_stride(const vitrine_code_query *query, vitrine_codes codes,
                                       const vitrine_found *found, size_t stride,
                                       vitrine_simd simd, float *lower, float *upper) {
  const uint32_t *places = found->places;
  for (size_t i = 0; i < AHEAD && i < found->count; i++)
    expect_rest(codes.rests + places[i] * stride, stride);
  for (size_t i = 0; i < found->count; i += FOUR) {
    // Fewer than four are taken with one of them again.
    uint32_t last[FOUR];
    const uint32_t *now = places + i;
    if (found->count - i < FOUR) {
      for (size_t n = 0; n < FOUR; n++) last[n] = places[i + n < found->count ? i + n : i];
      now = last;
    }
    const size_t next = i + AHEAD + FOUR <= found->count ? i + AHEAD : i;
    const int8_t *rests[FOUR];
#pragma clang loop unroll(full)
    for (size_t n = 0; n < FOUR; n++) rests[n] = codes.rests + now[n] * stride;
    if (next > i)
#pragma clang loop unroll(full)
      for (size_t n = 0; n < FOUR; n++) expect_rest(codes.rests + places[next + n] * stride, stride);
    four_floats products;
    memcpy(&products, found->products + i, sizeof products);
    const four_floats middle = query->centre + products;
    const four_floats sums =
        __builtin_convertvector(sums_of_four(rests, query, stride, simd), four_floats);
    const four_floats closer = middle + sums * query->rest_step * four_of(codes.rest_scales, now);
    const four_floats slack = query->rest_slack +
                              query->rest_error_weight * four_of(codes.rest_errors, now) +
                              query->rest_tail_weight * four_of(codes.tails, now);
    const four_floats low = closer - slack, high = closer + slack;
    memcpy(lower + i, &low, sizeof low);
    memcpy(upper + i, &high, sizeof high);
  }
}

WIDE static void enclose_fours(const vitrine_code_query *query, vitrine_codes codes,
                               const vitrine_found *found, size_t stride, vitrine_simd simd,
                               float *lower, float *upper) {
  switch (stride) {
    case 256: enclose_fours_of_stride(query, codes, found, 256, simd, lower, upper); break;
    case 512: enclose_fours_of_stride(query, codes, found, 512, simd, lower, upper); break;
    default: enclose_fours_of_stride(query, codes, found, stride, simd, lower, upper);
  }
}
#endif

// `lower`, `upper` and the products have `VITRINE_ROOM`.
static void enclose_all(const vitrine_code_query *query, vitrine_codes codes,
                        const vitrine_found *found, size_t dimension, float *lower, float *upper) {
  const size_t stride = VITRINE_REST_STRIDE(dimension);
#if defined(WIDE)
  const vitrine_simd simd = vitrine_widest();
  if (simd != VITRINE_PORTABLE) {
    enclose_fours(query, codes, found, stride, simd, lower, upper);
    return;
  }
#endif
  for (size_t i = 0; i < found->count; i++) {
    const size_t place = found->places[i];
    const int32_t rest =
        rest_product_portable(codes.rests + place * stride, query->rest_coordinates, stride);
    enclose(query, codes, place, found->products[i], rest, lower + i, upper + i);
  }
}

// Forgets those from number `first` on that cannot reach the floor.
static void forget_below(float floor, size_t first, vitrine_enclosed *closer) {
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
  enclose_all(query, codes, found, dimension, closer->lower + first, closer->upper + first);
  closer->count += found->count;
  forget_below(floor, first, closer);
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
    enclose_all(query, codes, &chosen, dimension, closer->lower + before, closer->upper + before);
    closer->count += chosen.count;
    refined += chosen.count;
    forget_below(floor, before, closer);
  }
  return refined;
}

void vitrine_forget(vitrine_enclosed *closer, float floor) { forget_below(floor, 0, closer); }

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
