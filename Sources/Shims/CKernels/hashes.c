#include "hashes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { side = 32, low = 8 };

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

// MARK: Rounded cosines

// A mirrored window's cosines are those of the upright one, every other one along x negated: the sums
// over the even and the odd ones give the products with both.
//
// Vectors are of unit length but for their rounding, so that by Cauchy and Schwarz no sum of some of
// their products passes 127² · 1.0315², which 16 bits hold.

static int is_likely_plain(const int8_t *windows, size_t count, const int8_t *middle, int least) {
  for (size_t w = 0; w < count; w++) {
    const int8_t *window = windows + w * low * low;
    int even = 0, odd = 0;
    for (int k = 0; k < low * low; k += 2) {
      even += window[k] * middle[k];
      odd += window[k + 1] * middle[k + 1];
    }
    if (even + abs(odd) >= least) return 1;
  }
  return 0;
}

#if defined(__x86_64__)
enum { lanes = 16, groups = 6, mostWindows = lanes * groups, steps = low * low / 4 };

// Two even cosines of each window, two odd ones of each, and so on.
typedef struct {
  int8_t pairs[steps][2][mostWindows][2];
} abreast;

static void set_abreast(const int8_t *windows, size_t count, abreast *out) {
  for (size_t w = 0; w < mostWindows; w++)
    for (int k = 0; k < low * low; k++)
      out->pairs[k / 4][k % 2][w][k / 2 % 2] = windows[(w < count ? w : 0) * low * low + (size_t)k];
}

__attribute__((target("avx2"))) static int is_likely_avx2(const abreast *windows,
                                                          const int8_t *middle, int least) {
  // 0 2 1 3 of each four.
  const __m256i order =
      _mm256_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15, 0, 2, 1, 3, 4, 6, 5, 7,
                       8, 10, 9, 11, 12, 14, 13, 15);
  int16_t pairs[steps][2];
  for (int half = 0; half < 2; half++) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(middle + 32 * half));
    _mm256_storeu_si256((__m256i *)pairs[steps / 2 * half], _mm256_shuffle_epi8(bytes, order));
  }
  __m256i sums[2][groups];
  for (int parity = 0; parity < 2; parity++) {
    for (int g = 0; g < groups; g++) sums[parity][g] = _mm256_setzero_si256();
    for (int step = 0; step < steps; step++) {
      const __m256i pair = _mm256_set1_epi16(pairs[step][parity]), size = _mm256_abs_epi8(pair);
      const int8_t(*row)[2] = windows->pairs[step][parity];
      for (int g = 0; g < groups; g++) {
        const __m256i cosines = _mm256_loadu_si256((const __m256i *)row[lanes * g]);
        sums[parity][g] = _mm256_add_epi16(
            sums[parity][g], _mm256_maddubs_epi16(size, _mm256_sign_epi8(cosines, pair)));
      }
    }
  }
  __m256i most = _mm256_set1_epi16(INT16_MIN);
  for (int g = 0; g < groups; g++)
    most = _mm256_max_epi16(most, _mm256_add_epi16(sums[0][g], _mm256_abs_epi16(sums[1][g])));
  const __m256i enough = _mm256_cmpgt_epi16(most, _mm256_set1_epi16((int16_t)(least - 1)));
  return !_mm256_testz_si256(enough, enough);
}
#endif

size_t vt_likely(const int8_t *windows, size_t count, const int8_t *middles, int least,
                 uint32_t *places, size_t placeCount) {
#if defined(__x86_64__)
  const int isWide = vitrine_simd_supported() >= VITRINE_AVX2 && count > 0 && count <= mostWindows;
  abreast all;
  if (isWide) set_abreast(windows, count, &all);
#endif
  size_t kept = 0;
  for (size_t p = 0; p < placeCount; p++) {
    const int8_t *middle = middles + (size_t)places[p] * low * low;
    if (p + 4 < placeCount) __builtin_prefetch(middles + (size_t)places[p + 4] * low * low);
#if defined(__x86_64__)
    const int isLikely = isWide ? is_likely_avx2(&all, middle, least)
                                : is_likely_plain(windows, count, middle, least);
#else
    const int isLikely = is_likely_plain(windows, count, middle, least);
#endif
    if (isLikely) places[kept++] = places[p];
  }
  return kept;
}
