#include "hashes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "hamming.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { side = 32, low = 8 };

// MARK: Cosines

typedef float row __attribute__((vector_size(4 * low)));

BODY void window_cosines_body(const uint8_t *plane, const float *bases, int windows, float *out) {
  enum { abreast = 4 };
  for (int across = 0; across < windows; across++) {
    // Along the rows first, some at a time: `[y][u]`.
    row base[side], rows[side];
    for (int x = 0; x < side; x++)
      for (int u = 0; u < low; u++) base[x][u] = bases[(across * low + u) * side + x];
    for (int y = 0; y < side; y += abreast) {
      row sums[abreast] = {{0}};
      for (int x = 0; x < side; x++)
        for (int i = 0; i < abreast; i++) sums[i] += base[x] * (float)plane[(y + i) * side + x];
      memcpy(rows + y, sums, sizeof sums);
    }
    for (int down = 0; down < windows; down++) {
      const float *other = bases + down * low * side;
      row sums[low] = {{0}};
      for (int y = 0; y < side; y++)
        for (int v = 0; v < low; v++) sums[v] += rows[y] * other[v * side + y];
      memcpy(out + (down * windows + across) * low * low, sums, sizeof sums);
    }
  }
}
WIDEST(void, window_cosines,
       (const uint8_t *plane, const float *bases, int windows, float *out),
       (plane, bases, windows, out))

void vt_window_cosines(const uint8_t *plane, const float *bases, int windows, float *out) {
  window_cosines(plane, bases, windows, out);
}

// What higher cosines are raised by: as much as natural pictures lower them.
static void set_weights(float *weights) {
  for (int i = 0; i < low * low; i++)
    weights[i] = sqrtf((float)((i % low) * (i % low) + (i / low) * (i / low)));
}

// Weighed and brought to unit length; 0 where there is nothing but rounding.
static void normalise(float *cosines, const float *weights) {
  float part[16] = {0};
  for (int i = 0; i < low * low; i += 16)
    for (int k = 0; k < 16; k++) {
      cosines[i + k] *= weights[i + k];
      part[k] += cosines[i + k] * cosines[i + k];
    }
  float sum = 0;
  for (int k = 0; k < 16; k++) sum += part[k];
  const float scale = sum > 0.01f ? 1 / sqrtf(sum) : 0;
  for (int i = 0; i < low * low; i++) cosines[i] *= scale;
}

// The code of the signs, that of the mirrored picture, and of each band the bits whose cosines are
// nearest to zero, four bands abreast: each keeps its least sizes, which have their place in the band
// for their last four bits. Mirrored, cosines of odd columns, which are the odd bands', are negated.
static void set_codes(const float *cosines, uint64_t *code, uint64_t *mirrored, uint64_t *loose) {
  typedef float values __attribute__((vector_size(16)));
  typedef int32_t keys __attribute__((vector_size(16)));
  keys above = {0}, below = {0}, least[VT_LOOSE_BITS];
  memset(least, 0x7F, sizeof least);
  for (int32_t place = 0; place < 16; place++) {
    values value;
    memcpy(&value, cosines + 4 * place, sizeof value);
    above |= (value > 0) & 1 << place;
    below |= (value < 0) & 1 << place;
    keys key = ((keys)value & 0x7FFFFFF0) | place;
    for (int n = 0; n < VT_LOOSE_BITS; n++) {
      const keys larger = __builtin_elementwise_max(key, least[n]);
      least[n] = __builtin_elementwise_min(key, least[n]);
      key = larger;
    }
  }
  *code = *mirrored = *loose = 0;
  for (int band = 0; band < 4; band++) {
    *code |= (uint64_t)(uint32_t)above[band] << 16 * band;
    *mirrored |= (uint64_t)(uint32_t)(band % 2 ? below : above)[band] << 16 * band;
    for (int n = 0; n < VT_LOOSE_BITS; n++)
      *loose |= (uint64_t)1 << (16 * band + (int)(least[n][band] & 15));
  }
}

void vt_sketches(const uint8_t *plane, const float *bases, const int32_t *sets, int setCount,
                 int mirrored, float *cosines, uint64_t *codes, uint64_t *loose) {
  const size_t size = low * low;
  float weights[low * low];
  set_weights(weights);
  size_t count = 0;
  for (int set = 0; set < setCount; set++) {
    window_cosines(plane, bases, sets[set], cosines + count * size);
    bases += sets[set] * low * side;
    count += (size_t)(sets[set] * sets[set]);
  }
  for (size_t i = 0; i < count; i++) {
    float *upright = cosines + i * size, *other = cosines + (count + i) * size;
    normalise(upright, weights);
    uint64_t code;
    set_codes(upright, codes + i, &code, loose + i);
    if (!mirrored) continue;
    for (size_t k = 0; k < size; k++) other[k] = k % 2 ? -upright[k] : upright[k];
    codes[count + i] = code;
    loose[count + i] = loose[i];
  }
}

void vt_rounded(const float *cosines, size_t count, int8_t *out) {
  for (size_t i = 0; i < count * low * low; i++)
    out[i] = (int8_t)(int)(cosines[i] * 127 + copysignf(0.5f, cosines[i]));
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
enum { lanes = 16, groups = 7, mostWindows = lanes * groups, steps = low * low / 4 };

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
  const int isWide = vitrine_widest() >= VITRINE_AVX2 && count > 0 && count <= mostWindows;
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
