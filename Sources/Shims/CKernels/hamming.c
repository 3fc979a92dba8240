#include "hamming.h"

#include <string.h>

#include "vectors.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif

// `width`: the codes that are compared together.
enum { bandValues = 65536, width = 8 };

// MARK: Tables

static inline unsigned band_of(const uint64_t *code, int band) {
  return (unsigned)(code[band / 4] >> (16 * (band % 4))) & 0xFFFF;
}

static inline uint32_t place_at(const uint8_t *places, size_t i) {
  uint32_t place;
  memcpy(&place, places + 3 * i, sizeof place);
  return place & 0xFFFFFF;
}

void vt_prefer_large_pages(void *memory, size_t used, size_t size) {
#if defined(__linux__)
  enum { collapse = 25 };  // MADV_COLLAPSE, which headers may lack.
  const uintptr_t page = (uintptr_t)2 << 20;
  const uintptr_t first = ((uintptr_t)memory + page - 1) & ~(page - 1);
  const uintptr_t end = ((uintptr_t)memory + size) & ~(page - 1);
  const uintptr_t full = ((uintptr_t)memory + used) & ~(page - 1);
  if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
  if (first < full) madvise((void *)first, full - first, collapse);
#else
  (void)memory, (void)used, (void)size;
#endif
}

void vt_codes_build(const uint64_t *codes, int words, size_t count, uint32_t *starts,
                    uint8_t *places, uint64_t *runs) {
  if (runs) {
    const size_t size = (4 * count + width) * sizeof *runs;
    vt_prefer_large_pages(runs, 0, size);
    memset(runs + 4 * count, 0, width * sizeof *runs);
  }
  for (int band = 0; band < 4 * words; band++) {
    uint32_t *start = starts + (size_t)band * (bandValues + 1);
    uint8_t *run = places + 3 * (size_t)band * count;
    memset(start, 0, (bandValues + 1) * sizeof *start);
    for (size_t i = 0; i < count; i++) start[band_of(codes + i * (size_t)words, band) + 1]++;
    for (int v = 0; v < bandValues; v++) start[v + 1] += start[v];
    // Afterwards each start is the next value's.
    for (size_t i = 0; i < count; i++) {
      uint8_t *place = run + 3 * (size_t)start[band_of(codes + i * (size_t)words, band)]++;
      place[0] = (uint8_t)i, place[1] = (uint8_t)(i >> 8), place[2] = (uint8_t)(i >> 16);
    }
    if (runs)
      for (size_t i = 0; i < count; i++) runs[(size_t)band * count + i] = codes[place_at(run, i)];
    memmove(start + 1, start, bandValues * sizeof *start);
    start[0] = 0;
  }
}

size_t vt_distinct(uint32_t *places, size_t count, uint32_t *spare) {
  enum { bits = 12, values = 1 << bits };
  for (int pass = 0; pass < 2; pass++) {
    size_t starts[values + 1] = {0};
    for (size_t i = 0; i < count; i++) starts[(places[i] >> bits * pass & (values - 1)) + 1]++;
    for (int v = 0; v < values; v++) starts[v + 1] += starts[v];
    for (size_t i = 0; i < count; i++)
      spare[starts[places[i] >> bits * pass & (values - 1)]++] = places[i];
    uint32_t *sorted = spare;
    spare = places, places = sorted;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || places[kept - 1] != places[i]) places[kept++] = places[i];
  return kept;
}

// MARK: One query

static inline __attribute__((always_inline)) int distance(const uint64_t *a, const uint64_t *b,
                                                          int words) {
  int sum = 0;
  for (int w = 0; w < words; w++) sum += __builtin_popcountll(a[w] ^ b[w]);
  return sum;
}

typedef struct {
  uint32_t *places;
  size_t found, capacity;
} answer;

static inline __attribute__((always_inline)) void add(answer *a, size_t place) {
  if (a->found < a->capacity) a->places[a->found] = (uint32_t)place;
  a->found++;
}

// The places of one bucket go to the list of those to be compared, their codes on the way to the
// cache.
static inline size_t list(const vt_codes *index, int words, int band, unsigned value,
                          uint32_t *listed, size_t count) {
  const uint32_t *start = index->starts + (size_t)band * (bandValues + 1) + value;
  const uint8_t *places = index->places + 3 * (size_t)band * index->built;
  for (uint32_t i = start[0]; i < start[1]; i++) {
    const uint32_t place = place_at(places, i);
    __builtin_prefetch(index->codes + (size_t)place * (size_t)words);
    listed[count++] = place;
  }
  return count;
}

static inline __attribute__((always_inline)) void compare(const vt_codes *index,
                                                          const uint64_t *query, int words,
                                                          int radius, int bandRadius, int band,
                                                          const uint32_t *listed, size_t count,
                                                          answer *a) {
  for (size_t i = 0; i < count; i++) {
    const uint64_t *code = index->codes + (size_t)listed[i] * (size_t)words;
    if (distance(code, query, words) > radius) continue;
    // The first band that is near enough tells of it, the others keep silent.
    int first = 0;
    while (__builtin_popcount(band_of(code, first) ^ band_of(query, first)) > bandRadius) first++;
    if (first == band) add(a, listed[i]);
  }
}

// Every value of 16 bits with up to two of them set, by their count: 1, 16, 120.
static void list_flips(uint16_t *flips) {
  size_t count = 0;
  flips[count++] = 0;
  for (int i = 0; i < 16; i++) flips[count++] = (uint16_t)(1u << i);
  for (int i = 0; i < 16; i++)
    for (int j = 0; j < i; j++) flips[count++] = (uint16_t)(1u << i | 1u << j);
}

static inline __attribute__((always_inline)) size_t within(const vt_codes *index,
                                                           const uint64_t *query, int words,
                                                           int radius, int bandRadius,
                                                           uint32_t *places, size_t capacity) {
  enum { room = 2048, flipCounts = 137 };
  answer a = {places, 0, capacity};
  uint16_t flips[flipCounts];
  list_flips(flips);
  const int probes = bandRadius == 0 ? 1 : bandRadius == 1 ? 17 : flipCounts;
  uint32_t listed[room];
  for (int band = 0; index->built && band < 4 * words; band++) {
    const unsigned value = band_of(query, band);
    const uint32_t *starts = index->starts + (size_t)band * (bandValues + 1);
    for (int k = 0; k < probes; k++) __builtin_prefetch(starts + (value ^ flips[k]));
    const uint8_t *run = index->places + 3 * (size_t)band * index->built;
    for (int k = 0; k < probes; k++)
      __builtin_prefetch(run + 3 * (size_t)starts[value ^ flips[k]]);
    size_t count = 0;
    for (int k = 0; k < probes; k++) {
      const unsigned bucket = value ^ flips[k];
      const size_t size = starts[bucket + 1] - starts[bucket];
      if (size > room - count) {
        compare(index, query, words, radius, bandRadius, band, listed, count, &a);
        count = 0;
      }
      if (size <= room) {
        count = list(index, words, band, bucket, listed, count);
        continue;
      }
      // A bucket that overflows the list is compared piece by piece.
      for (uint32_t i = starts[bucket]; i < starts[bucket + 1]; i++) {
        const uint32_t place = place_at(run, i);
        compare(index, query, words, radius, bandRadius, band, &place, 1, &a);
      }
    }
    compare(index, query, words, radius, bandRadius, band, listed, count, &a);
  }
  for (size_t i = index->built; i < index->count; i++) {
    const uint64_t *code = index->codes + i * (size_t)words;
    if (distance(code, query, words) > radius) continue;
    int band = 0;
    while (band < 4 * words
           && __builtin_popcount(band_of(code, band) ^ band_of(query, band)) > bandRadius)
      band++;
    if (band < 4 * words) add(&a, i);
  }
  return a.found;
}

#define WITHIN(name, attribute)                                                                \
  attribute static size_t name(const vt_codes *index, const uint64_t *query, int radius,       \
                               int bandRadius, uint32_t *places, size_t capacity) {            \
    switch (index->words) {                                                                    \
      case 1: return within(index, query, 1, radius, bandRadius, places, capacity);            \
      case 2: return within(index, query, 2, radius, bandRadius, places, capacity);            \
      case 3: return within(index, query, 3, radius, bandRadius, places, capacity);            \
      default: return within(index, query, 4, radius, bandRadius, places, capacity);           \
    }                                                                                          \
  }
WITHIN(within_plain, )
#if defined(__x86_64__)
WITHIN(within_popcnt, __attribute__((target("popcnt"))))
#endif

size_t vt_codes_within(const vt_codes *index, const uint64_t *query, int radius, int bandRadius,
                       uint32_t *places, size_t capacity) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt"))
    return within_popcnt(index, query, radius, bandRadius, places, capacity);
#endif
  return within_plain(index, query, radius, bandRadius, places, capacity);
}

// MARK: Many queries

// A look-up asks for more than a hundred codes that are near each other: their bands have values in
// common. Each bucket is read once a band for all queries that share its value and its loose bits, and
// is on its way to the cache a dozen buckets before.

enum { mostQueries = 256, mostFlips = 1 << VT_LOOSE_BITS, ahead = 12 };

typedef struct {
  uint32_t first, end;  // its codes
  int group;            // the queries that ask for it
} bucket;

// Queries in the order of one band's values.
typedef struct {
  uint64_t codes[mostQueries];
  uint16_t loose[mostQueries];  // of that band
  int starts[mostQueries + 1], groups;
} grouped;

static void group(const uint64_t *queries, const uint64_t *loose, int count, int band,
                  grouped *out) {
  uint8_t order[2][mostQueries];
  for (int i = 0; i < count; i++) order[0][i] = (uint8_t)i;
  for (int half = 0; half < 2; half++) {
    int starts[257] = {0};
    for (int i = 0; i < count; i++) starts[(band_of(queries + i, band) >> 8 * half & 0xFF) + 1]++;
    for (int v = 0; v < 256; v++) starts[v + 1] += starts[v];
    for (int i = 0; i < count; i++) {
      const uint8_t query = order[half][i];
      const int place = starts[band_of(queries + query, band) >> 8 * half & 0xFF]++;
      if (half == 0) {
        order[1][place] = query;
      } else {
        out->codes[place] = queries[query];
        out->loose[place] = (uint16_t)band_of(loose + query, band);
      }
    }
  }
  out->groups = 0;
  for (int i = 0; i < count; i++)
    if (i == 0 || out->loose[i] != out->loose[i - 1]
        || band_of(out->codes + i, band) != band_of(out->codes + i - 1, band))
      out->starts[out->groups++] = i;
  out->starts[out->groups] = count;
}

// The buckets whose value differs from a group's in loose bits alone, empty ones left out.
static int list_buckets(const grouped *queries, int band, const uint32_t *starts, bucket *out) {
  int count = 0;
  for (int fetch = 1; fetch >= 0; fetch--)
    for (int g = 0; g < queries->groups; g++) {
      const int query = queries->starts[g];
      const unsigned value = band_of(queries->codes + query, band), loose = queries->loose[query];
      unsigned flips = 0;
      do {
        const uint32_t *start = starts + (value ^ flips);
        if (fetch) {
          __builtin_prefetch(start);
        } else {
          out[count] = (bucket){start[0], start[1], g};
          count += start[1] > start[0];
        }
        flips = (flips - loose) & loose;
      } while (flips);
    }
  return count;
}

static inline void fetch(const uint64_t *codes, bucket b) {
  for (uint32_t i = b.first; i < b.end; i += width) __builtin_prefetch(codes + i);
}

static inline int any_plain(const uint64_t *codes, uint64_t query, int radius) {
  int any = 0;
  for (int i = 0; i < width; i++) any |= __builtin_popcountll(codes[i] ^ query) <= radius;
  return any;
}

#if defined(__x86_64__)
// Bits of each code by the table of Muła, Kurz & Lemire, "Faster population counts using AVX2
// instructions" (2018).
__attribute__((target("avx2"))) static inline __m256i bits_avx2(const uint64_t *codes,
                                                                __m256i query) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                          2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i x = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)codes), query);
  const __m256i sum = _mm256_add_epi8(
      _mm256_shuffle_epi8(counts, _mm256_and_si256(x, low)),
      _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
  return _mm256_sad_epu8(sum, _mm256_setzero_si256());
}

__attribute__((target("avx2"))) static inline int any_avx2(const uint64_t *codes, uint64_t query,
                                                           int radius) {
  const __m256i wanted = _mm256_set1_epi64x((long long)query);
  const __m256i bound = _mm256_set1_epi64x(radius + 1);
  const __m256i near =
      _mm256_or_si256(_mm256_subs_epu16(bound, bits_avx2(codes, wanted)),
                      _mm256_subs_epu16(bound, bits_avx2(codes + width / 2, wanted)));
  return !_mm256_testz_si256(near, near);
}
#endif

// Whether some band of a code differs from the query's in loose bits alone.
static inline int has_band(uint64_t code, uint64_t query, uint64_t loose) {
  const uint64_t wrong = (code ^ query) & ~loose;
  int has = 0;
  for (int band = 0; band < 4; band++) has |= band_of(&wrong, band) == 0;
  return has;
}

#define NEAR(name, any, attribute)                                                              \
  attribute static size_t name(const vt_codes *index, const uint64_t *queries,                  \
                               const uint64_t *loose, int count, int radius, uint32_t *places,  \
                               size_t capacity) {                                               \
    answer a = {places, 0, capacity};                                                           \
    size_t told = 0;                                                                            \
    for (int band = 0; index->built && band < 4; band++) {                                      \
      grouped asked;                                                                            \
      bucket buckets[mostQueries * mostFlips];                                                  \
      group(queries, loose, count, band, &asked);                                               \
      const int listed =                                                                        \
          list_buckets(&asked, band, index->starts + band * (bandValues + 1), buckets);         \
      const uint64_t *run = index->runs + (size_t)band * index->built;                          \
      const uint8_t *ids = index->places + 3 * (size_t)band * index->built;                     \
      for (int b = 0; b < ahead && b < listed; b++) fetch(run, buckets[b]);                     \
      for (int b = 0; b < listed; b++) {                                                        \
        const bucket now = buckets[b];                                                          \
        if (b + ahead < listed) fetch(run, buckets[b + ahead]);                                 \
        for (int q = asked.starts[now.group]; q < asked.starts[now.group + 1]; q++) {           \
          const uint64_t query = asked.codes[q];                                                \
          for (uint32_t i = now.first; i < now.end; i += width) {                               \
            if (!any(run + i, query, radius)) continue;                                         \
            for (uint32_t k = i; k < i + width && k < now.end; k++)                             \
              if (distance(run + k, &query, 1) <= radius) {                                     \
                __builtin_prefetch(ids + 3 * (size_t)k);                                        \
                add(&a, k);                                                                     \
              }                                                                                 \
          }                                                                                     \
        }                                                                                       \
      }                                                                                         \
      for (; told < a.found && told < capacity; told++)                                         \
        places[told] = place_at(ids, places[told]);                                             \
    }                                                                                           \
    for (size_t i = index->built; i < index->count; i++)                                        \
      for (int q = 0; q < count; q++)                                                           \
        if (distance(index->codes + i, queries + q, 1) <= radius                                \
            && has_band(index->codes[i], queries[q], loose[q])) {                               \
          add(&a, i);                                                                           \
          break;                                                                                \
        }                                                                                       \
    return a.found;                                                                             \
  }
NEAR(near_plain, any_plain, )
#if defined(__x86_64__)
NEAR(near_avx2, any_avx2, __attribute__((target("avx2,popcnt"))))
#endif

size_t vt_codes_near(const vt_codes *index, const uint64_t *queries, const uint64_t *loose,
                     int count, int radius, uint32_t *places, size_t capacity) {
#if defined(__x86_64__)
  if (vitrine_widest() >= VITRINE_AVX2)
    return near_avx2(index, queries, loose, count, radius, places, capacity);
#endif
  return near_plain(index, queries, loose, count, radius, places, capacity);
}
