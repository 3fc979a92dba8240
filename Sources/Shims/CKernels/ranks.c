// The first places of an order by score, then key, without sorting what comes after them.
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

enum { SAMPLE_STEP = 61, DIGIT = 11, DIGITS = 1 << DIGIT };

// Ascends as the score descends; equal for both zeros.
static uint32_t sort_key(float score) {
  uint32_t bits;
  score += 0.0f;
  memcpy(&bits, &score, sizeof bits);
  return bits >> 31 ? bits : ~bits & 0x7FFFFFFFu;
}

// A bound that `limit` of the values reach, and few more, mostly: guessed from a sample.
static float guess(const float *values, size_t count, size_t limit, double margin, float *sample) {
  size_t taken = 0;
  for (size_t i = 0; i < count; i += SAMPLE_STEP) sample[taken++] = values[i];
  const double share = (double)limit / SAMPLE_STEP;
  const size_t rank = (size_t)(share + margin * (sqrt(share) + 1)) + 1;
  return rank < taken ? vitrine_kth_largest(sample, taken, rank) : -INFINITY;
}

static int by_key(const void *a, const void *b, void *keys) {
  const uint64_t *all = keys;
  const uint64_t x = all[(uint32_t) * (const uint64_t *)a], y = all[(uint32_t) * (const uint64_t *)b];
  return x < y ? -1 : x > y;
}

// Sorts by the upper half of each, least significant digit first.
static void radix_sort(uint64_t *items, uint64_t *spare, size_t count) {
  for (int shift = 32; shift < 64; shift += DIGIT) {
    size_t starts[DIGITS + 1] = {0};
    for (size_t i = 0; i < count; i++) starts[(items[i] >> shift & (DIGITS - 1)) + 1]++;
    for (int d = 0; d < DIGITS; d++) starts[d + 1] += starts[d];
    for (size_t i = 0; i < count; i++) spare[starts[items[i] >> shift & (DIGITS - 1)]++] = items[i];
    uint64_t *swap = items;
    items = spare;
    spare = swap;
  }
  memcpy(spare, items, count * sizeof *items);  // three passes end in the other buffer
}

size_t vitrine_rank(const float *scores, const uint64_t *keys, size_t count, size_t limit,
                    uint32_t *order) {
  if (limit > count) limit = count;
  if (limit == 0) return 0;
  float *sample = malloc((count / SAMPLE_STEP + 1) * sizeof(float));
  uint32_t *places = malloc(count * sizeof(uint32_t));
  if (!sample || !places) abort();
  size_t found = count;
  if (limit < count / 4) {
    for (double margin = 3; (found = vitrine_at_least(
                                 scores, count, guess(scores, count, limit, margin, sample), places)) <
                            limit;)
      margin *= 4;
  } else {
    for (size_t i = 0; i < count; i++) places[i] = (uint32_t)i;
  }
  free(sample);
  if (limit < found) {
    float *values = malloc(found * sizeof(float));
    if (!values) abort();
    for (size_t i = 0; i < found; i++) values[i] = scores[places[i]];
    const float last = vitrine_kth_largest(values, found, limit);
    free(values);
    size_t kept = 0;
    for (size_t i = 0; i < found; i++)
      if (scores[places[i]] >= last) places[kept++] = places[i];
    found = kept;
  }
  uint64_t *items = malloc(2 * found * sizeof(uint64_t));
  if (!items) abort();
  for (size_t i = 0; i < found; i++)
    items[i] = (uint64_t)sort_key(scores[places[i]]) << 32 | places[i];
  free(places);
  radix_sort(items, items + found, found);
  for (size_t i = 0; i < found;) {
    size_t end = i + 1;
    while (end < found && items[end] >> 32 == items[i] >> 32) end++;
    if (end - i > 1) qsort_r(items + i, end - i, sizeof *items, by_key, (void *)keys);
    i = end;
  }
  for (size_t i = 0; i < limit; i++) order[i] = (uint32_t)items[i];
  free(items);
  return limit;
}
