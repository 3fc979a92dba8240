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

#if defined(__x86_64__)
enum { TOGETHER = 4, AHEAD = 2 * TOGETHER };  // rests at a time, and those whose lines are on their way

// The sums of four rests with the query. Both are of -127...127, so that two products fit 16 bits; the
// instruction wants one of the factors without a sign, which the other takes over.
AVX2 __m128i sums_of_four(const int8_t *const *rests, const int8_t *query, size_t stride) {
  __m256i s[TOGETHER];
  for (int n = 0; n < TOGETHER; n++) s[n] = _mm256_setzero_si256();
  for (size_t k = 0; k < stride; k += 32) {
    const __m256i q = _mm256_loadu_si256((const __m256i *)(query + k));
    const __m256i size = _mm256_abs_epi8(q);
#pragma clang loop unroll(full)
    for (int n = 0; n < TOGETHER; n++) {
      const __m256i rest = _mm256_loadu_si256((const __m256i *)(rests[n] + k));
      const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(rest, q));
      s[n] = _mm256_add_epi32(s[n], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
  }
  const __m256i sums =
      _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

AVX2 void expect_rest(const int8_t *rest, size_t stride) {
  for (size_t line = 0; line < stride; line += 64)
    _mm_prefetch((const char *)rest + line, _MM_HINT_T0);
}

AVX2 __m128 four_of(const float *values, const uint32_t *places) {
  return _mm_setr_ps(values[places[0]], values[places[1]], values[places[2]], values[places[3]]);
}

AVX2 void enclose_fours_of_stride(const vitrine_code_query *query, vitrine_codes codes,
                                  const vitrine_found *found, size_t stride, float *lower,
                                  float *upper) {
  const uint32_t *places = found->places;
  for (size_t i = 0; i < AHEAD && i < found->count; i++)
    expect_rest(codes.rests + places[i] * stride, stride);
  for (size_t i = 0; i < found->count; i += TOGETHER) {
    // Fewer than four are taken with one of them again.
    uint32_t last[TOGETHER];
    const uint32_t *now = places + i;
    if (found->count - i < TOGETHER) {
      for (size_t n = 0; n < TOGETHER; n++) last[n] = places[i + n < found->count ? i + n : i];
      now = last;
    }
    const size_t next = i + AHEAD + TOGETHER <= found->count ? i + AHEAD : i;
    const int8_t *rests[TOGETHER];
#pragma clang loop unroll(full)
    for (size_t n = 0; n < TOGETHER; n++) rests[n] = codes.rests + now[n] * stride;
    if (next > i)
#pragma clang loop unroll(full)
      for (size_t n = 0; n < TOGETHER; n++) expect_rest(codes.rests + places[next + n] * stride, stride);
    const __m128 sums = _mm_cvtepi32_ps(sums_of_four(rests, query->rest_coordinates, stride));
    const __m128 middle =
        _mm_add_ps(_mm_set1_ps(query->centre), _mm_loadu_ps(found->products + i));
    const __m128 rest = _mm_mul_ps(_mm_mul_ps(sums, _mm_set1_ps(query->rest_step)),
                                   four_of(codes.rest_scales, now));
    const __m128 closer = _mm_add_ps(middle, rest);
    const __m128 errors =
        _mm_mul_ps(_mm_set1_ps(query->rest_error_weight), four_of(codes.rest_errors, now));
    const __m128 tails =
        _mm_mul_ps(_mm_set1_ps(query->rest_tail_weight), four_of(codes.tails, now));
    const __m128 slack =
        _mm_add_ps(_mm_add_ps(_mm_set1_ps(query->rest_slack), errors), tails);
    _mm_storeu_ps(lower + i, _mm_sub_ps(closer, slack));
    _mm_storeu_ps(upper + i, _mm_add_ps(closer, slack));
  }
}

__attribute__((target("avx2,bmi2"))) static void enclose_fours(const vitrine_code_query *query,
                                                               vitrine_codes codes,
                                                               const vitrine_found *found,
                                                               size_t stride, float *lower,
                                                               float *upper) {
  switch (stride) {
    case 256: enclose_fours_of_stride(query, codes, found, 256, lower, upper); break;
    case 512: enclose_fours_of_stride(query, codes, found, 512, lower, upper); break;
    default: enclose_fours_of_stride(query, codes, found, stride, lower, upper);
  }
}
#endif

// `lower`, `upper` and the products have room for eight more.
static void enclose_all(const vitrine_code_query *query, vitrine_codes codes,
                        const vitrine_found *found, size_t dimension, float *lower, float *upper) {
  const size_t stride = VITRINE_REST_STRIDE(dimension);
#if defined(__x86_64__)
  if (vitrine_simd_supported() != VITRINE_PORTABLE) {
    enclose_fours(query, codes, found, stride, lower, upper);
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
  float products[BLOCK + 8], bounds[BLOCK + 8];
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
  for (size_t i = 0; i < found; i++) rows[i] = row_numbers[closer->places[rows[i]]];
  return found;
}
