// The first places of an order by score, then key, without sorting what comes after them.
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "lanes.h"
#include "vectors.h"

// MARK: Selection

#if defined(WIDE)
// The places from `*first` on, in whole eights, whose value is at least `limit`.
WIDE static size_t at_least_by_eights(const float *values, size_t count, float limit,
                                      uint32_t *places, size_t *first) {
  size_t found = 0, i = 0;
  for (; i + 8 <= count; i += 8) {
    const unsigned mask = bits_of(floats_at(values + i) >= limit);
    if (mask == 0) continue;
    put_places(places + found, (int32_t)i + lanes_of(mask));
    found += (size_t)__builtin_popcount(mask);
  }
  *first = i;
  return found;
}
#endif

size_t vitrine_at_least(const float *values, size_t count, float limit, uint32_t *places) {
  size_t found = 0, i = 0;
#if defined(WIDE)
  if (vitrine_widest() != VITRINE_PORTABLE)
    found = at_least_by_eights(values, count, limit, places, &i);
#endif
  for (; i < count; i++)
    if (values[i] >= limit) places[found++] = (uint32_t)i;
  return found;
}

// Hoare's selection with the middle of three as pivot.
static float select_by_swaps(float *values, size_t count, size_t k) {
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

#if defined(WIDE)
enum { FEW = 48, VECTORS = FEW / 8 };

// The least of the values (48 at most) that fewer than k others exceed: counted for all of them beside
// each other, which no branch goes wrong in.
WIDE static float select_few(const float *values, size_t count, size_t k) {
  float padded[FEW];
  for (size_t i = 0; i < FEW; i++) padded[i] = i < count ? values[i] : -INFINITY;
  eight_floats x[VECTORS];
  eight_ints larger[VECTORS];
  memcpy(x, padded, sizeof x);
  memset(larger, 0, sizeof larger);
  for (size_t i = 0; i < count; i++)
#pragma clang loop unroll(full)
    for (int n = 0; n < VECTORS; n++) larger[n] -= padded[i] > x[n];
  const eight_floats none = (eight_floats){0} + INFINITY;
  eight_floats least = none;
  for (int n = 0; n < VECTORS; n++)
    least = lesser(least, either(larger[n] < (int32_t)k, x[n], none));
  for (int j = 1; j < 8; j++) least[0] = fminf(least[0], least[j]);
  return least[0];
}

// A value that somewhat more than k of the values reach, mostly: from a sample (Floyd & Rivest 1975).
static float pivot_for(const float *values, size_t count, size_t k) {
  float sample[FEW];
  for (size_t i = 0; i < FEW; i++) sample[i] = values[i * count / FEW];
  const size_t rank = k * FEW / count + 2;
  return select_few(sample, FEW, rank < FEW ? rank : FEW);
}

// Moves the values above the pivot, or those below it, to the front; how many there are.
WIDE static size_t compact(float *values, size_t count, float pivot, int above) {
  size_t kept = 0, i = 0;
  for (; i + 8 <= count; i += 8) {
    const eight_floats x = floats_at(values + i);
    const unsigned mask = bits_of(above ? x > pivot : x < pivot);
    put_floats(values + kept, chosen_floats(x, lanes_of(mask)));
    kept += (size_t)__builtin_popcount(mask);
  }
  for (; i < count; i++)
    if (above ? values[i] > pivot : values[i] < pivot) values[kept++] = values[i];
  return kept;
}

WIDE static void count_around(const float *values, size_t count, float pivot, size_t *above,
                              size_t *equal) {
  size_t more = 0, same = 0;
  for (size_t i = 0; i < count; i++) {
    more += values[i] > pivot;
    same += values[i] == pivot;
  }
  *above = more;
  *equal = same;
}

static float select_by_parts(float *values, size_t count, size_t k) {
  while (count > FEW) {
    const float pivot = pivot_for(values, count, k);
    size_t above, equal;
    count_around(values, count, pivot, &above, &equal);
    if (k > above && k <= above + equal) return pivot;
    count = compact(values, count, pivot, k <= above);
    if (k > above) k -= above + equal;
  }
  return select_few(values, count, k);
}
#endif

float vitrine_kth_largest(float *values, size_t count, size_t k) {
#if defined(WIDE)
  if (vitrine_widest() != VITRINE_PORTABLE) return select_by_parts(values, count, k);
#endif
  return select_by_swaps(values, count, k);
}

// MARK: Order

enum { SAMPLE_STEP = 61, SHORT = 32, COUNTED = 256, LONG = 4096, MOST_DIGITS = 1 << 11 };

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

// Sorts by the upper halves: counts for each how many are less, for some of them beside each other, which
// no branch goes wrong in.
BODY void counting_sort_body(uint64_t *items, size_t count) {
  typedef uint32_t keys_abreast __attribute__((vector_size(32)));
  enum { VECTORS_ABREAST = 4, ABREAST = 8 * VECTORS_ABREAST };
  uint32_t keys[COUNTED], before[COUNTED];
  uint64_t sorted[COUNTED];
  uint8_t seen[COUNTED] = {0};
  for (size_t i = 0; i < count; i++) keys[i] = (uint32_t)(items[i] >> 32);
  for (size_t i = count; i % ABREAST != 0; i++) keys[i] = 0;
  for (size_t i = 0; i < count; i += ABREAST) {
    keys_abreast x[VECTORS_ABREAST], less[VECTORS_ABREAST];
    memcpy(x, keys + i, sizeof x);
    memset(less, 0, sizeof less);
    for (size_t j = 0; j < count; j++)
#pragma clang loop unroll(full)
      for (int n = 0; n < VECTORS_ABREAST; n++) less[n] -= (keys_abreast)(x[n] > keys[j]);
    memcpy(before + i, less, sizeof less);
  }
  for (size_t i = 0; i < count; i++) sorted[before[i] + seen[before[i]]++] = items[i];
  memcpy(items, sorted, count * sizeof *items);
}
WIDEST(void, counting_sort, (uint64_t *items, size_t count), (items, count))

static void insertion_sort(uint64_t *items, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const uint64_t item = items[i];
    size_t j = i;
    for (; j > 0 && items[j - 1] > item; j--) items[j] = items[j - 1];
    items[j] = item;
  }
}

// Sorts by the upper half of each, least significant digit first: in four passes, or in three where
// larger tables are worth it. Returns the buffer that is in order.
static uint64_t *radix_sort(uint64_t *items, uint64_t *spare, size_t count) {
  const int bits = count < LONG ? 8 : 11;
  const size_t digits = (size_t)1 << bits;
  for (int shift = 32; shift < 64; shift += bits) {
    uint32_t starts[MOST_DIGITS + 1];
    memset(starts, 0, (digits + 1) * sizeof *starts);
    for (size_t i = 0; i < count; i++) starts[(items[i] >> shift & (digits - 1)) + 1]++;
    for (size_t d = 0; d < digits; d++) starts[d + 1] += starts[d];
    for (size_t i = 0; i < count; i++) spare[starts[items[i] >> shift & (digits - 1)]++] = items[i];
    uint64_t *swap = items;
    items = spare;
    spare = swap;
  }
  return items;
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
  if (limit < found && found > COUNTED) {
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
  uint64_t *room = malloc(2 * found * sizeof(uint64_t)), *items = room;
  if (!room) abort();
  for (size_t i = 0; i < found; i++)
    items[i] = (uint64_t)sort_key(scores[places[i]]) << 32 | places[i];
  free(places);
  if (found <= SHORT)
    insertion_sort(items, found);
  else if (found <= COUNTED)
    counting_sort(items, found);
  else
    items = radix_sort(items, items + found, found);
  for (size_t i = 0; i < found;) {
    size_t end = i + 1;
    while (end < found && items[end] >> 32 == items[i] >> 32) end++;
    if (end - i > 1) qsort_r(items + i, end - i, sizeof *items, by_key, (void *)keys);
    i = end;
  }
  for (size_t i = 0; i < limit; i++) order[i] = (uint32_t)items[i];
  free(room);
  return limit;
}

// MARK: Neighbours

enum { LEAST_HEAPS = 64, MOST_HEAPS = 4096 };

void vitrine_order_of_rows(const uint32_t *rows, size_t count, size_t limit, uint32_t *order) {
  uint32_t starts[MOST_HEAPS + 1];
  // Of a few rows a few heaps tell enough.
  size_t heaps = LEAST_HEAPS;
  while (heaps < MOST_HEAPS && heaps < 4 * count) heaps *= 2;
  int shift = 0;
  while (limit > heaps << shift) shift++;
  memset(starts, 0, (heaps + 1) * sizeof *starts);
  for (size_t i = 0; i < count; i++) starts[(rows[i] >> shift) + 1]++;
  for (size_t heap = 0; heap < heaps; heap++) starts[heap + 1] += starts[heap];
  for (size_t i = 0; i < count; i++) order[starts[rows[i] >> shift]++] = (uint32_t)i;
}
