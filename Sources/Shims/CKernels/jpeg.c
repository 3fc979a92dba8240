// A JPEG file (ITU-T T.81) is a list of segments: FF, a marker, a length of 16 bits, a body. Tables
// come first, then a frame's and a scan's header and the scan: blocks of 64 coefficients, which
// `jpeg_codes.h` reads. At an eighth of the sides a pixel of luma is its block's first coefficient.
// Chroma of halved sides gives four pixels a block, and is decoded in full.

#include "jpeg.h"

#include <stdlib.h>

#include "jpeg_codes.h"
#include "lanes.h"

enum { most = 3, mostBlocks = 4, rows = 8, columns = 8 };

// MARK: Coefficients

// A row of coefficients: those of columns 1, 3, 5, 7 and then of 0, 2, 4, 6.
typedef int16_t row __attribute__((vector_size(2 * columns)));
enum { meanPlace = 4 };

// The place of each coefficient, in the order of the scan.
static const uint8_t places[blockSize] = {
    4, 0, 12, 20, 8, 5, 1, 13, 16, 28, 36, 24, 21, 9, 6, 2,
    14, 17, 29, 32, 44, 52, 40, 37, 25, 22, 10, 7, 3, 15, 18, 30,
    33, 45, 48, 60, 56, 53, 41, 38, 26, 23, 11, 19, 31, 34, 46, 49,
    61, 57, 54, 42, 39, 27, 35, 47, 50, 62, 58, 55, 43, 51, 63, 59};

typedef union {
  row rows[rows];
  int16_t at[blockSize];
} block;

// What a block's coefficients are multiplied by, and how far from zero they may be before.
typedef struct {
  block steps, bounds;
  int isThere;
} quantisation;

// Twice what pictures' coefficients reach.
enum { mostLevel = 2047 };

static void set_quantisation(const uint8_t *steps, quantisation *out) {
  for (int k = 0; k < blockSize; k++) {
    out->steps.at[places[k]] = steps[k];
    out->bounds.at[places[k]] = (int16_t)(mostLevel / steps[k]);
  }
  // Of the mean it is a difference that is read, of which the block's before tells how far it may go.
  out->bounds.at[meanPlace] = INT16_MAX;
  out->isThere = 1;
}

static inline uint8_t byte(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

static inline int rounded(int v, int bits) { return (v + (1 << (bits - 1))) >> bits; }

// The mean that differs by so much from the last one. `reach` gathers the bits of all means, moved so
// that those of pictures have no others than the lowest.
static inline int next_mean(int difference, const quantisation *q, int *last, int *reach) {
  *last += difference;
  const int mean = *last * q->steps.at[meanPlace];
  *reach |= mean + mostLevel + 1;
  return mean;
}

static inline int is_far(int reach) { return (reach & ~(2 * mostLevel + 1)) != 0; }

// What a mean alone makes.
static inline uint8_t pixel_of(int mean) { return byte(rounded(mean, 3) + 128); }

typedef int32_t ints __attribute__((vector_size(4 * columns)));
typedef int32_t four __attribute__((vector_size(16)));

static inline int is_zero(row r) {
  uint64_t halves[2];
  memcpy(halves, &r, sizeof halves);
  return (halves[0] | halves[1]) == 0;
}

// 2 × 2 pixels of a block whose mean is `mean`, `[2 × stride]`, by libjpeg's reduced transform
// (jidctred.c): √2 · (cosines of 1, 3, 5, 7), 13 bits. Returns 0 where a coefficient is out of bounds.
BODY int transform(const block *b, const quantisation *q, int mean, uint8_t *out, size_t stride) {
  enum { first = 29692, third = -10426, fifth = 6967, seventh = -5906 };
  row isFar = {0};
  for (int y = 0; y < rows; y++)
    isFar |= __builtin_elementwise_abs(b->rows[y]) > q->bounds.rows[y];
  if (!is_zero(isFar)) return 0;
  row top = b->rows[0] * q->steps.rows[0];
  top[meanPlace] = (int16_t)mean;
  ints r[rows];
  for (int y = 1; y < rows; y += 2)
    r[y] = __builtin_convertvector(b->rows[y] * q->steps.rows[y], ints);
  const ints even = __builtin_convertvector(top, ints) * (1 << 15) + (1 << 12);
  const ints odd = r[1] * first + r[3] * third + r[5] * fifth + r[7] * seventh;
  // The columns are done; of each of two rows its odd coefficients are summed, and give two pixels.
  const ints u = (even + odd) >> 13, l = (even - odd) >> 13;
  const four cosines = {first, third, fifth, seventh}, signs = {1, -1, 1, -1}, black = {0};
  const four a = __builtin_shufflevector(u, u, 0, 1, 2, 3) * cosines;
  const four c = __builtin_shufflevector(l, l, 0, 1, 2, 3) * cosines;
  const four pairs =
      __builtin_shufflevector(a, c, 0, 1, 4, 5) + __builtin_shufflevector(a, c, 2, 3, 6, 7);
  const four sums = __builtin_shufflevector(pairs, pairs, 0, 0, 2, 2)
                    + __builtin_shufflevector(pairs, pairs, 1, 1, 3, 3);
  enum { upper = meanPlace, lower = columns + meanPlace };
  const four means = __builtin_shufflevector(u, l, upper, upper, lower, lower) * (1 << 15);
  const four levels = ((means + sums * signs + (1 << 19)) >> 20) + 128;
  const four pixels = __builtin_elementwise_min(__builtin_elementwise_max(levels, black), black + 255);
  for (int i = 0; i < 4; i++)
    out[(size_t)(i / 2) * stride + (size_t)(i % 2)] = (uint8_t)pixels[i];
  return 1;
}

// MARK: Header

typedef struct {
  codes dc[2], ac[2];
  block_codes blocks[most];
} tables;

typedef struct {
  // Of an MCU.
  int horizontal, vertical, blocks;
  // Whether a block gives 2 × 2 pixels: chroma of which both sides are halved.
  int isDoubled;
  int dc, ac, last;
  const quantisation *quantisation;
  const block_codes *codes;
} component;

typedef struct {
  int width, height, components, interval;
  component component[most];
  quantisation quantisation[4];
  int hasDC[2], hasAC[2];
  tables *tables;
} decoder;

static int read_tables(decoder *d, int marker, const uint8_t *body, int length) {
  while (length > 0) {
    const int kind = body[0] >> 4, number = body[0] & 15;
    if (marker == 0xDB) {
      if (kind != 0 || number > 3 || length < 65) return 0;
      // A step of 0 would let means grow without being seen.
      if (memchr(body + 1, 0, blockSize)) return 0;
      set_quantisation(body + 1, d->quantisation + number);
      body += 65, length -= 65;
      continue;
    }
    if (kind > 1 || number > 1 || length < 17) return 0;
    int total = 0;
    for (int i = 0; i < longest; i++) total += body[1 + i];
    if (total > 256 || length < 17 + total) return 0;
    for (int i = 0; !kind && i < total; i++)
      if (body[17 + i] > 15) return 0;
    codes *const told = (kind ? d->tables->ac : d->tables->dc) + number;
    if (!make_codes(body + 1, body + 17, total, told)) return 0;
    (kind ? d->hasAC : d->hasDC)[number] = 1;
    body += 17 + total, length -= 17 + total;
  }
  return length == 0;
}

static int read_frame(decoder *d, const uint8_t *body, int length) {
  if (d->components || length < 9 || body[0] != 8) return 0;
  d->height = body[1] << 8 | body[2], d->width = body[3] << 8 | body[4];
  d->components = body[5];
  if ((d->components != 1 && d->components != most) || length != 6 + 3 * d->components) return 0;
  for (int i = 0; i < d->components; i++) {
    const uint8_t *told = body + 6 + 3 * i;
    component *c = d->component + i;
    c->horizontal = told[1] >> 4, c->vertical = told[1] & 15;
    const int mostHere = i ? 1 : 2;
    if (told[0] != i + 1 || told[2] > 3 || !d->quantisation[told[2]].isThere) return 0;
    if (c->horizontal < 1 || c->horizontal > mostHere) return 0;
    if (c->vertical < 1 || c->vertical > mostHere) return 0;
    // A single component has blocks of its own order, whatever it says.
    if (d->components == 1) c->horizontal = c->vertical = 1;
    c->quantisation = d->quantisation + told[2];
    c->blocks = c->horizontal * c->vertical;
    c->isDoubled = i > 0 && d->component[0].horizontal == 2 && d->component[0].vertical == 2;
  }
  return 1;
}

static int read_scan(decoder *d, const uint8_t *body, int length) {
  if (!d->components || length != 4 + 2 * d->components || body[0] != d->components) return 0;
  for (int i = 0; i < d->components; i++) {
    component *c = d->component + i;
    const uint8_t *told = body + 1 + 2 * i;
    c->dc = told[1] >> 4, c->ac = told[1] & 15;
    if (told[0] != i + 1 || c->dc > 1 || c->ac > 1) return 0;
    if (!d->hasDC[c->dc] || !d->hasAC[c->ac]) return 0;
    const component *before = d->component + (i ? i - 1 : 0);
    block_codes *out = d->tables->blocks + i;
    const int isSame =
        i && before->dc == c->dc && before->ac == c->ac && before->isDoubled == c->isDoubled;
    if (!isSame)
      make_block_codes(d->tables->dc + c->dc, d->tables->ac + c->ac, !c->isDoubled, out);
    c->codes = isSame ? before->codes : out;
  }
  const uint8_t *rest = body + 1 + 2 * d->components;
  return rest[0] == 0 && rest[1] == 63 && rest[2] == 0;
}

// Returns where the scan begins; NULL where the file is not of the usual kind.
static const uint8_t *read_header(decoder *d, const uint8_t *at, const uint8_t *end) {
  int isJFIF = 0, adobe = -1;
  for (at += 2; end - at >= 4;) {
    const int marker = at[1], length = (at[2] << 8 | at[3]) - 2;
    if (at[0] != 0xFF || length < 0 || length > end - at - 4) return NULL;
    const uint8_t *body = at + 4;
    at = body + length;
    if (marker == 0xC0) {
      if (!read_frame(d, body, length)) return NULL;
    } else if (marker == 0xC4 || marker == 0xDB) {
      if (!read_tables(d, marker, body, length)) return NULL;
    } else if (marker == 0xDD) {
      if (length != 2) return NULL;
      d->interval = body[0] << 8 | body[1];
    } else if (marker == 0xE0) {
      isJFIF |= length >= 14 && memcmp(body, "JFIF", 5) == 0;
    } else if (marker == 0xEE) {
      if (length >= 12 && memcmp(body, "Adobe", 5) == 0) adobe = body[11];
    } else if (marker == 0xDA) {
      // Adobe's other transforms leave the colours as they are.
      if (!isJFIF && adobe >= 0 && adobe != 1) return NULL;
      return read_scan(d, body, length) ? at : NULL;
    } else if (marker < 0xE0 || (marker > 0xEF && marker != 0xFE)) {
      return NULL;
    }
  }
  return NULL;
}

// MARK: Scan

// What is read past a segment's end before that is noticed: an MCU has up to six blocks.
enum { mcuBytes = 6 * 64 * 4 };

// The coded data up to the next marker, without the zeros behind its FFs.
typedef struct {
  const uint8_t *at, *end;
  uint8_t *plain;
} scan;

static reader next_segment(scan *s) {
  uint8_t *out = s->plain;
  while (s->end - s->at >= 2) {
    const uint8_t *found = memchr(s->at, 0xFF, (size_t)(s->end - s->at - 1));
    const size_t length = (size_t)((found ? found + 1 : s->end) - s->at);
    if (found && found[1]) {
      memcpy(out, s->at, length - 1);
      out += length - 1, s->at = found;
      break;
    }
    memcpy(out, s->at, length);
    out += length, s->at += length + (found != NULL);
  }
  memset(out, 0, mcuBytes);
  return (reader){.at = s->plain, .end = out};
}

// Whether a segment was read to its padding, and that marker follows.
static int is_at_marker(const scan *s, const reader *r, int marker) {
  const int left = left_of(r);
  return left >= 0 && left < 8 && s->end - s->at >= 2 && s->at[1] == marker;
}

// The components' planes, of whole MCUs.
typedef struct {
  uint8_t *of[most];
  size_t stride;
  // MCUs, an MCU's pixels, and where those are, counted from its first one.
  int across, down, wide, high, pixels;
  size_t offsets[mostBlocks];
} planes;

// Decodes an MCU's blocks of a component. Returns 0 where one is damaged.
BODY int read_unit(component *c, reader *r, const planes *p, uint8_t *out) {
  const quantisation *q = c->quantisation;
  int reach = 0;
  if (c->isDoubled) {
    block all = {0};
    const content found = read_block(c->codes, places, r, all.at);
    const int mean = next_mean(all.at[meanPlace], q, &c->last, &reach);
    if (is_far(reach) || found == damaged) return 0;
    if (found == filled) return transform(&all, q, mean, out, p->stride);
    out[0] = out[1] = out[p->stride] = out[p->stride + 1] = pixel_of(mean);
    return 1;
  }
  uint64_t starts[mostBlocks + 1];
  if (!skip_blocks(c->codes, c->blocks, r, starts)) return 0;
  int last = c->last, i = 0;
  for (; i < c->blocks; i++) {
    const int difference = first_value(c->codes, starts[i]);
    out[p->offsets[i]] = pixel_of(next_mean(difference, q, &last, &reach));
  }
  c->last = last;
  for (; i < p->pixels; i++) out[p->offsets[i]] = out[0];
  return !is_far(reach);
}

// Decodes the scan. Returns 0 where it is damaged, or no EOI follows.
BODY int read_planes_body(decoder *d, scan *s, const planes *p) {
  int left = d->interval, restarts = 0;
  reader r = next_segment(s);
  for (int y = 0; y < p->down; y++)
    for (int x = 0; x < p->across; x++) {
      if (d->interval && left-- == 0) {
        if (!is_at_marker(s, &r, 0xD0 + (restarts++ & 7))) return 0;
        s->at += 2;
        r = next_segment(s);
        for (int i = 0; i < d->components; i++) d->component[i].last = 0;
        left = d->interval - 1;
      }
      const size_t at = (size_t)(y * p->high) * p->stride + (size_t)(x * p->wide);
      for (int i = 0; i < d->components; i++)
        if (!read_unit(d->component + i, &r, p, p->of[i] + at)) return 0;
      if (left_of(&r) < 0) return 0;
    }
  return is_at_marker(s, &r, 0xD9);
}

#if defined(WIDE)
WIDE static int read_planes_wide(decoder *d, scan *s, const planes *p) {
  return read_planes_body(d, s, p);
}
#endif

static int read_planes(decoder *d, scan *s, const planes *p) {
#if defined(WIDE)
  if (vitrine_widest() != VITRINE_PORTABLE) return read_planes_wide(d, s, p);
#endif
  return read_planes_body(d, s, p);
}

// A row of pixels by libjpeg's conversion (jdcolor.c), 16 bits. What stands up to 15 places behind the
// rows is read too.
BODY void to_rgb_body(const uint8_t *luma, const uint8_t *blue, const uint8_t *red, int width,
                      uint8_t *rgb) {
  enum { abreast = 16 };
  for (int x = 0; x < width; x += abreast, luma += abreast, blue += abreast, red += abreast) {
    uint8_t pixels[abreast][3];
    for (int i = 0; i < abreast; i++) {
      const int y = luma[i], cb = blue[i] - 128, cr = red[i] - 128;
      pixels[i][0] = byte(y + rounded(91881 * cr, 16));
      pixels[i][1] = byte(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
      pixels[i][2] = byte(y + rounded(116130 * cb, 16));
    }
    const int count = width - x < abreast ? width - x : abreast;
    memcpy(rgb + 3 * (size_t)x, pixels, 3 * (size_t)count);
  }
}
WIDEST(void, to_rgb,
       (const uint8_t *luma, const uint8_t *blue, const uint8_t *red, int width, uint8_t *rgb),
       (luma, blue, red, width, rgb))

int vt_jpeg_eighth(const uint8_t *file, size_t count, int width, int height, uint8_t *rgb) {
  decoder d = {.tables = malloc(sizeof(tables))};
  uint8_t *memory = NULL;
  int isDone = 0;
  if (!d.tables || count < 4) goto end;
  scan s = {.end = file + count};
  s.at = read_header(&d, file, s.end);
  if (!s.at || (d.width + 7) / 8 != width || (d.height + 7) / 8 != height) goto end;
  planes p = {.wide = d.component[0].horizontal, .high = d.component[0].vertical};
  p.across = (width + p.wide - 1) / p.wide, p.down = (height + p.high - 1) / p.high;
  p.stride = (size_t)(p.across * p.wide), p.pixels = p.wide * p.high;
  for (int i = 0; i < p.pixels; i++)
    p.offsets[i] = (size_t)(i / p.wide) * p.stride + (size_t)(i % p.wide);
  const size_t size = p.stride * (size_t)(p.down * p.high);
  memory = malloc(most * size + (size_t)(s.end - s.at) + mcuBytes);
  if (!memory) goto end;
  for (int i = 0; i < most; i++) p.of[i] = memory + (size_t)i * size;
  if (d.components == 1) memset(p.of[1], 128, 2 * size);
  s.plain = memory + most * size;
  if (!read_planes(&d, &s, &p)) goto end;
  for (size_t y = 0; y < (size_t)height; y++) {
    const size_t at = y * p.stride;
    to_rgb(p.of[0] + at, p.of[1] + at, p.of[2] + at, width, rgb + 3 * y * (size_t)width);
  }
  isDone = 1;
end:
  free(memory);
  free(d.tables);
  return isDone;
}
