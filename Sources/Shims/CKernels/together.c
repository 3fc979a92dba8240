// Many queries at once look through codes and rests, a block of rows at a time: it is in the cache for all
// queries, and memory is read from end to end.
//
// A block of rows is bounded for four queries at once, which leaves a bit for each that reaches a query's
// floor. Of these rows, four at a time, code and rest together say which may reach it still.
#include <string.h>

#include "bounds.h"

#if defined(__x86_64__)
// Sixteen rows beside each other: of each two coordinates those of rows 0 to 7, then of 8 to 15, so that
// a product with two coordinates of a query leaves eight rows' sums in eight lanes.
enum { PANEL = 16 };

WIDE_BODY void pack(const int8_t *codes, size_t width, __m256i *panel) {
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const int8_t *rows = codes + 8 * half * width;
    for (size_t k = 0; k < width; k += 8) {
      // a[i]: eight coordinates of rows i and i + 4, then turned about like a matrix of pairs.
      __m256i a[4];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++)
        a[i] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi64(
            _mm_loadu_si64(rows + i * width + k), _mm_loadu_si64(rows + (i + 4) * width + k)));
      const __m256i b0 = _mm256_unpacklo_epi32(a[0], a[1]), b1 = _mm256_unpackhi_epi32(a[0], a[1]);
      const __m256i c0 = _mm256_unpacklo_epi32(a[2], a[3]), c1 = _mm256_unpackhi_epi32(a[2], a[3]);
      __m256i *out = panel + k + half;
      out[0] = _mm256_unpacklo_epi64(b0, c0);
      out[2] = _mm256_unpackhi_epi64(b0, c0);
      out[4] = _mm256_unpacklo_epi64(b1, c1);
      out[6] = _mm256_unpackhi_epi64(b1, c1);
    }
  }
}

enum { QUERIES = 4, ROWS = 128 };  // of a block
enum { PANELS_WIDTH = VITRINE_CODE_WIDTH_LIMIT * PANEL / ROWS };  // of wider codes a block is one panel

// A query's products with a block of rows, and a bit for each that reaches its floor.
typedef struct {
  float products[ROWS];
  uint8_t reaching[ROWS / 8];
} seen_rows;

// The sums of a panel's rows with a few queries.
typedef struct {
  eight_ints of[QUERIES][PANEL / 8];
} panel_sums;

WIDE_BODY void sum_panel(const int16_t *const *q, const __m256i *panel, size_t width,
                         panel_sums *out) {
  __m256i sums[2][QUERIES];
  for (int n = 0; n < QUERIES; n++) sums[0][n] = sums[1][n] = _mm256_setzero_si256();
#pragma clang loop unroll_count(2)
  for (size_t k = 0; k < width; k += 2) {
    const __m256i a = panel[k], b = panel[k + 1];
#pragma clang loop unroll(full)
    for (int n = 0; n < QUERIES; n++) {
      int32_t pair;
      memcpy(&pair, q[n] + k, sizeof pair);
      const __m256i both = _mm256_set1_epi32(pair);
      sums[0][n] = _mm256_add_epi32(sums[0][n], _mm256_madd_epi16(a, both));
      sums[1][n] = _mm256_add_epi32(sums[1][n], _mm256_madd_epi16(b, both));
    }
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < QUERIES; n++) {
    out->of[n][0] = (eight_ints)sums[0][n];
    out->of[n][1] = (eight_ints)sums[1][n];
  }
}

// All sixteen rows in one vector; two sums a query, for one would wait for itself.
VNNI static void sum_panel_vnni(const int16_t *const *q, const __m256i *panel, size_t width,
                                panel_sums *out) {
  __m512i sums[2][QUERIES];
#pragma clang loop unroll(full)
  for (int n = 0; n < QUERIES; n++) sums[0][n] = sums[1][n] = _mm512_setzero_si512();
  for (size_t k = 0; k < width; k += 4) {
#pragma clang loop unroll(full)
    for (size_t half = 0; half < 2; half++) {
      const __m512i rows = _mm512_loadu_si512(panel + k + 2 * half);
#pragma clang loop unroll(full)
      for (int n = 0; n < QUERIES; n++) {
        int32_t pair;
        memcpy(&pair, q[n] + k + 2 * half, sizeof pair);
        sums[half][n] = _mm512_dpwssd_epi32(sums[half][n], rows, _mm512_set1_epi32(pair));
      }
    }
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < QUERIES; n++)
    _mm512_storeu_si512(out->of[n], _mm512_add_epi32(sums[0][n], sums[1][n]));
}

WIDE_BODY void see_panel(const vitrine_look *looks, vitrine_codes codes, size_t first, size_t at,
                         const __m256i *panel, size_t width, vitrine_simd simd, seen_rows *seen) {
  const int16_t *q[QUERIES];
  panel_sums sums;
  for (int n = 0; n < QUERIES; n++) q[n] = looks[n].query->coordinates;
  if (simd == VITRINE_VNNI)
    sum_panel_vnni(q, panel, width, &sums);
  else
    sum_panel(q, panel, width, &sums);
#pragma clang loop unroll(full)
  for (size_t half = 0; half < 2; half++) {
    const size_t eight = at + 8 * half, row = first + eight;
    const eight_floats scales = floats_at(codes.scales + row);
    const eight_floats errors = floats_at(codes.errors + row);
    const eight_floats tails = floats_at(codes.tails + row);
#pragma clang loop unroll(full)
    for (int n = 0; n < QUERIES; n++) {
      const eight_floats products =
          products_of_eight(looks[n].query, sums.of[n][half], scales);
      const eight_floats bounds = bounds_of_eight(looks[n].query, products, errors, tails);
      put_floats(seen[n].products + eight, products);
      seen[n].reaching[eight / 8] = (uint8_t)bits_of(bounds >= looks[n].floor);
    }
  }
}

WIDE_BODY void keep_row(vitrine_look *look, vitrine_codes codes, size_t place, float product,
                   float rest) {
  const vitrine_code_query *query = look->query;
  const float closer = query->centre + product + rest;
  const float slack = query->rest.slack + query->rest.error_weight * codes.rest_errors[place] +
                      query->rest.tail_weight * codes.tails[place];
  if (!(closer + slack >= look->floor)) return;
  look->closer.places[look->closer.count] = (uint32_t)place;
  look->closer.lower[look->closer.count] = closer - slack;
  look->closer.upper[look->closer.count++] = closer + slack;
}

// Adds those of the rows seen that may reach the floor. `error` and `tail` are the largest among them.
// What is done for each four of rows has no branch that is hard to foresee.
WIDE_BODY void enclose_seen(vitrine_look *look, vitrine_codes codes, size_t first, size_t length,
                       size_t stride, vitrine_simd simd, float error, float tail,
                       const seen_rows *seen) {
  const vitrine_code_query *query = look->query;
  uint32_t rows[ROWS + 8];
  float of_rests[ROWS], both[ROWS + 8];
  size_t count = 0;
  for (size_t i = 0; i < length; i += 8) {
    const unsigned mask = seen->reaching[i / 8];
    put_places(rows + count, lanes_of(mask) + (int32_t)i);
    count += (size_t)__builtin_popcount(mask);
  }
  look->refined += count;
  // Fewer than four are taken with others that are left out of account.
  for (int n = 0; n < FOUR - 1; n++) rows[count + n] = rows[0];
  const float *scales = codes.rest_scales + first, *products = seen->products;
  for (size_t i = 0; i < count; i += FOUR) {
    const uint32_t *now = rows + i;
    const int8_t *rests[FOUR];
#pragma clang loop unroll(full)
    for (int n = 0; n < FOUR; n++) rests[n] = codes.rests + (first + now[n]) * stride;
    const four_floats sums =
        __builtin_convertvector(sums_of_four(rests, query->rest_coordinates, query->rest.sum, stride, simd), four_floats);
    const four_floats rest = sums * query->rest.step * four_of(scales, now);
    const four_floats with_product = rest + four_of(products, now);
    memcpy(of_rests + i, &rest, sizeof rest);
    memcpy(both + i, &with_product, sizeof with_product);
  }
  // What code and rest say of a row that may reach the floor; roundings are far below the last term.
  const float least = look->floor - query->centre -
                      (query->rest.slack + query->rest.error_weight * error +
                       query->rest.tail_weight * tail + 1e-5f);
  for (size_t i = 0; i < count; i += 8) {
    unsigned near = bits_of(floats_at(both + i) >= least);
    if (i + 8 > count) near &= (1u << (count - i)) - 1;
    for (; near != 0; near &= near - 1) {
      const size_t n = i + (size_t)__builtin_ctz(near);
      keep_row(look, codes, first + rows[n], products[rows[n]], of_rests[n]);
    }
  }
}

// Asks for a share of some bytes: with all of them the next block is on its way while this one is looked at.
WIDE_BODY void expect(const int8_t *bytes, size_t length, size_t share, size_t shares) {
  const size_t end = length * (share + 1) / shares;
  for (size_t at = length * share / shares / 64 * 64; at < end; at += 64)
    _mm_prefetch((const char *)bytes + at, _MM_HINT_T1);
}

// Looks at whole blocks of `rows` rows; returns the first row that is left.
WIDE_BODY size_t look_at_blocks(vitrine_look *looks, size_t count, vitrine_codes codes, size_t first,
                           size_t end, size_t width, size_t stride, size_t rows, vitrine_simd simd) {
  _Alignas(64) __m256i panels[VITRINE_CODE_WIDTH_LIMIT];
  for (; first + rows <= end; first += rows) {
    for (size_t at = 0; at < rows; at += PANEL)
      pack(codes.codes + (first + at) * width, width, panels + at / PANEL * width);
    const float error = vitrine_largest(codes.rest_errors + first, rows);
    const float tail = vitrine_largest(codes.tails + first, rows);
    for (size_t n = 0; n < count; n += QUERIES) {
      const size_t next = first + 2 * rows <= end ? first + rows : first;
      expect(codes.codes + next * width, rows * width, n / QUERIES, count / QUERIES);
      expect(codes.rests + next * stride, rows * stride, n / QUERIES, count / QUERIES);
      seen_rows seen[QUERIES];
      for (size_t at = 0; at < rows; at += PANEL)
        see_panel(looks + n, codes, first, at, panels + at / PANEL * width, width, simd, seen);
      for (int j = 0; j < QUERIES; j++)
        enclose_seen(looks + n + j, codes, first, rows, stride, simd, error, tail, seen + j);
    }
  }
  return first;
}

WIDE static size_t look_together(vitrine_look *looks, size_t count, vitrine_codes codes,
                                 size_t first, size_t end, size_t width, size_t stride,
                                 vitrine_simd simd) {
  if (width == 64 && stride == 256)
    return look_at_blocks(looks, count, codes, first, end, 64, 256, ROWS, simd);
  if (width == 64 && stride == 512)
    return look_at_blocks(looks, count, codes, first, end, 64, 512, ROWS, simd);
  return look_at_blocks(looks, count, codes, first, end, width, stride,
                        width <= PANELS_WIDTH ? ROWS : PANEL, simd);
}
#endif

static void look_alone(vitrine_look *look, vitrine_codes codes, size_t first, size_t end,
                       size_t width, size_t dimension) {
  enum { PART = 256 };
  uint32_t places[PART + VITRINE_ROOM];
  float products[PART + VITRINE_ROOM], bounds[PART + VITRINE_ROOM];
  for (; first < end; first += PART) {
    vitrine_found found = {places, products, bounds, 0};
    vitrine_scan(look->query, codes, first, end - first < PART ? end : first + PART, width,
                 look->floor, &found);
    vitrine_enclose(look->query, codes, &found, dimension, look->floor, &look->closer);
    look->refined += found.count;
  }
}

void vitrine_look_together(vitrine_look *looks, size_t count, vitrine_codes codes, size_t first,
                           size_t end, size_t width, size_t dimension) {
  size_t many = 0, done = first;
#if defined(__x86_64__)
  const vitrine_simd simd = vitrine_widest();
  if (simd != VITRINE_PORTABLE && count >= QUERIES) {
    many = count / QUERIES * QUERIES;
    done = look_together(looks, many, codes, first, end, width, VITRINE_REST_STRIDE(dimension),
                         simd);
  }
#endif
  for (size_t n = 0; n < count; n++)
    look_alone(looks + n, codes, n < many ? done : first, end, width, dimension);
}
