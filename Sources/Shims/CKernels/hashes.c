#include "hashes.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"

enum { side = 32, low = 8, bandValues = 65536 };

// MARK: Cosines

BODY void window_cosines_body(const uint8_t *plane, const float *bases, int windows, float *out) {
  float values[side][side];
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) values[y][x] = plane[y * side + x];
  for (int across = 0; across < windows; across++) {
    // Along the rows first: `[y][u]`, `low` sums at a time.
    float rows[side][low];
    const float *base = bases + across * low * side;
    for (int y = 0; y < side; y++)
      for (int u = 0; u < low; u++) {
        float part[8] = {0};
        for (int x = 0; x < side; x += 8)
          for (int i = 0; i < 8; i++) part[i] += base[u * side + x + i] * values[y][x + i];
        float sum = 0;
        for (int i = 0; i < 8; i++) sum += part[i];
        rows[y][u] = sum;
      }
    for (int down = 0; down < windows; down++) {
      const float *other = bases + down * low * side;
      float *target = out + (down * windows + across) * low * low;
      for (int v = 0; v < low; v++) {
        float sum[low] = {0};
        for (int y = 0; y < side; y++)
          for (int u = 0; u < low; u++) sum[u] += other[v * side + y] * rows[y][u];
        memcpy(target + v * low, sum, sizeof sum);
      }
    }
  }
}
WIDEST(void, window_cosines,
       (const uint8_t *plane, const float *bases, int windows, float *out),
       (plane, bases, windows, out))

void vt_window_cosines(const uint8_t *plane, const float *bases, int windows, float *out) {
  window_cosines(plane, bases, windows, out);
}

// To unit length, higher cosines raised as much as natural pictures lower them; 0 where there is
// nothing but rounding.
static void normalise(float *cosines) {
  float sum = 0;
  for (int i = 0; i < low * low; i++) {
    cosines[i] *= sqrtf((float)((i % low) * (i % low) + (i / low) * (i / low)));
    sum += cosines[i] * cosines[i];
  }
  const float scale = sum > 0.01f ? 1 / sqrtf(sum) : 0;
  for (int i = 0; i < low * low; i++) cosines[i] *= scale;
}

static uint64_t code_of(const float *cosines) {
  uint64_t code = 0;
  for (int i = 0; i < low * low; i++)
    code |= (uint64_t)(cosines[i] > 0) << (i % 4 * 16 + i / 4);
  return code;
}

void vt_sketches(const uint8_t *plane, const float *bases, int windows, int mirrored,
                 float *cosines, uint64_t *codes) {
  const size_t size = low * low, count = (size_t)(windows * windows);
  window_cosines(plane, bases, windows, cosines);
  for (size_t i = 0; i < count; i++) {
    normalise(cosines + i * size);
    codes[i] = code_of(cosines + i * size);
    if (!mirrored) continue;
    float *other = cosines + (count + i) * size;
    for (size_t k = 0; k < size; k++) other[k] = k % 2 ? -cosines[i * size + k]
                                                       : cosines[i * size + k];
    codes[count + i] = code_of(other);
  }
}

BODY float products_body(const float *a, const float *b) {
  float part[16] = {0};
  for (int i = 0; i < low * low; i += 16)
    for (int k = 0; k < 16; k++) part[k] += a[i + k] * b[i + k];
  float sum = 0;
  for (int k = 0; k < 16; k++) sum += part[k];
  return sum;
}

BODY size_t likest_body(const float *cosines, size_t count, const float *wanted, float *value) {
  size_t best = 0;
  *value = -2;
  for (size_t i = 0; i < count; i++) {
    const float now = products_body(cosines + i * low * low, wanted);
    if (now > *value) *value = now, best = i;
  }
  return best;
}
WIDEST(size_t, likest,
       (const float *cosines, size_t count, const float *wanted, float *value),
       (cosines, count, wanted, value))

size_t vt_likest(const float *cosines, size_t count, const float *wanted, float *value) {
  return likest(cosines, count, wanted, value);
}

// MARK: Codes

static inline unsigned band_of(const uint64_t *code, int band) {
  return (unsigned)(code[band / 4] >> (16 * (band % 4))) & 0xFFFF;
}

static inline uint32_t place_at(const uint8_t *places, size_t i) {
  uint32_t place;
  memcpy(&place, places + 3 * i, sizeof place);
  return place & 0xFFFFFF;
}

void vt_codes_build(const uint64_t *codes, int words, size_t count, uint32_t *starts,
                    uint8_t *places) {
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
    memmove(start + 1, start, bandValues * sizeof *start);
    start[0] = 0;
  }
}

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
  for (size_t i = index->built; i < index->count; i++)
    if (distance(index->codes + i * (size_t)words, query, words) <= radius) add(&a, i);
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
