// A JPEG file (ITU-T T.81) is a list of segments: FF, a marker, a length of 16 bits, a body. Tables
// come first, then a frame's and a scan's header and the scan: blocks of 64 coefficients in zigzag
// order, each a Huffman code that tells how many zeros to step over and how many bits of value
// follow. At an eighth of the sides a pixel of luma is its block's first coefficient, yet all codes
// must be read to find the next block; two thirds of a decode go there. So here a table that is asked
// with eleven bits tells how far the two codes reach that begin in them, values and all. Chroma
// of halved sides gives four pixels a block, and is decoded in full.

#include "jpeg.h"

#include <stdlib.h>
#include <string.h>

enum { lookBits = 11, lookSize = 1 << lookBits, longest = 16, most = 3 };

// MARK: Tables

// What the next bits say, the first bit at the top.
typedef struct {
  // By the first `lookBits`: `symbol << 8 | code length`; 0 where the code is longer.
  uint16_t look[lookSize];
  // Of the longer ones: `limit[l]` is above all codes of up to l bits, aligned to 16 bits; `offset[l]`
  // leads from a code to its symbol's place.
  int32_t limit[longest + 2], offset[longest + 1];
  uint8_t symbols[256];
  int isThere;
} codes;

// How far the codes of coefficients reach that begin in the bits: `coefficients << 8 | end | bits`.
// Bits of 0 stand where not even one code ends in them.
typedef uint16_t stride;
enum { strideBits = 31, strideEnd = 32, noStride = 255 << 8 };

typedef struct {
  const uint8_t *at, *end;
  uint64_t bits;  // the next one at the top
  int held;       // of them
} reader;

typedef struct {
  // Blocks of an MCU.
  int horizontal, vertical;
  // Whether a block gives 2 × 2 pixels: chroma of which both sides are halved.
  int isDoubled;
  int dc, ac, last;
  const uint16_t *quantisation;
} component;

typedef struct {
  int width, height, components, interval;
  component component[most];
  uint16_t quantisation[4][64];
  uint8_t hasQuantisation[4];
  codes dc[2], ac[2];
  stride strides[2][lookSize];
} decoder;

static const uint8_t zigzag[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// `counts`: of the codes of 1…16 bits. Returns 0 where there are more than fit; ones alone are no code.
static int make_codes(const uint8_t *counts, const uint8_t *symbols, int total, codes *out) {
  memset(out, 0, sizeof *out);
  memcpy(out->symbols, symbols, (size_t)total);
  int code = 0, place = 0;
  for (int length = 1; length <= longest; length++) {
    out->offset[length] = place - code;
    if (code + counts[length - 1] >= 1 << length) return 0;
    for (int i = 0; i < counts[length - 1]; i++, code++, place++) {
      if (length > lookBits) continue;
      uint16_t *first = out->look + ((size_t)code << (lookBits - length));
      const uint16_t entry = (uint16_t)(symbols[place] << 8 | length);
      for (int k = 0; k < 1 << (lookBits - length); k++) first[k] = entry;
    }
    out->limit[length] = code << (longest - length);
    code <<= 1;
  }
  out->limit[longest + 1] = INT32_MAX;
  return out->isThere = 1;
}

static inline stride stride_of(uint16_t entry) {
  const int symbol = entry >> 8, size = symbol & 15, isEnd = (size == 0) & (symbol != 0xF0);
  const int coefficients = isEnd ? 0 : (symbol >> 4) + 1;
  return (stride)(coefficients << 8 | (isEnd ? strideEnd : 0) | ((entry & 0xFF) + size));
}

// Of two codes at most. The bits behind those that are looked at are not known: a code must end
// within them; the value that follows it is only counted.
static void make_strides(const codes *from, stride *out) {
  for (unsigned i = 0; i < lookSize; i++) {
    const uint16_t first = from->look[i];
    const stride one = stride_of(first);
    const int bits = one & strideBits;
    const uint16_t second = from->look[(i << bits) % lookSize];
    const int length = second & 0xFF;
    const int isPair = (length != 0) & (bits + length <= lookBits) & !(one & strideEnd);
    const stride both = (stride)(one + (isPair ? stride_of(second) : 0));
    out[i] = first ? both : noStride;
  }
}

// MARK: Bits

// At least 56 bits.
static inline void fill(reader *r) {
  uint64_t next;
  memcpy(&next, r->at, sizeof next);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  next = __builtin_bswap64(next);
#endif
  r->bits |= next >> r->held;
  r->at += (63 - r->held) >> 3;
  r->held |= 56;
}

static inline void skip(reader *r, int count) { r->bits <<= count, r->held -= count; }

// A symbol, or −1 where no code begins so.
static inline int next_symbol(reader *r, const codes *c) {
  const uint16_t entry = c->look[r->bits >> (64 - lookBits)];
  if (entry) {
    skip(r, entry & 0xFF);
    return entry >> 8;
  }
  const int32_t bits = (int32_t)(r->bits >> (64 - longest));
  int length = lookBits + 1;
  while (bits >= c->limit[length]) length++;
  if (length > longest) return -1;
  skip(r, length);
  return c->symbols[(bits >> (longest - length)) + c->offset[length]];
}

// A value of `size` bits, 0…15: the upper half of all is positive.
static inline int value(reader *r, int size) {
  const int raw = (int)(r->bits >> 1 >> (63 - size)), isPositive = (int)(r->bits >> 63);
  skip(r, size);
  return raw - (isPositive ? 0 : (1 << size) - 1);
}

// MARK: Blocks

// Bits of a difference of means; and twice what pictures' coefficients reach.
enum { mostDifference = 11, mostLevel = 2047 };

// The first coefficient of the next block.
static inline int next_mean(component *c, const codes *dc, reader *r) {
  fill(r);
  const int size = next_symbol(r, dc);
  if (size < 0 || size > mostDifference) return 0;
  c->last += value(r, size);
  return abs(c->last * c->quantisation[0]) <= mostLevel;
}

// The block's other coefficients. Returns 0 where they are more than 63.
static inline int skip_rest(const stride *strides, const codes *c, reader *r) {
  int k = 1;
  while (1) {
    fill(r);
    stride far = strides[r->bits >> (64 - lookBits)];
    int after = k + (far >> 8);
    if (!(far & strideEnd) && after < 64) {
      // The bits last for two strides.
      skip(r, far & strideBits);
      k = after;
      far = strides[r->bits >> (64 - lookBits)];
      after = k + (far >> 8);
    }
    const int isEnd = (far & strideEnd) != 0;
    if (after + isEnd <= 64) {
      skip(r, far & strideBits);
      if (isEnd || after == 64) return 1;
      k = after;
      continue;
    }
    // A long code, or the block's last ones with the next block's first behind them.
    fill(r);
    const int symbol = next_symbol(r, c);
    if (symbol < 0) return 0;
    skip(r, symbol & 15);
    if ((symbol & 15) == 0 && symbol != 0xF0) return 1;
    k += (symbol >> 4) + 1;
    if (k >= 64) return k == 64;
  }
}

// Dequantised, in rows. Returns −1 where the block is damaged, 0 where all but the first are 0.
static inline int all_coefficients(const component *c, const codes *ac, reader *r,
                                   int16_t block[64]) {
  int isEmpty = 1;
  for (int k = 1; k < 64; k++) {
    fill(r);
    const int symbol = next_symbol(r, ac), size = symbol & 15;
    if (symbol < 0) return -1;
    if (size == 0 && symbol != 0xF0) break;
    k += symbol >> 4;
    if (k > 63) return -1;
    const int level = value(r, size) * c->quantisation[k];
    if (abs(level) > mostLevel) return -1;
    if (isEmpty) memset(block, 0, 64 * sizeof *block);
    isEmpty = 0;
    block[zigzag[k]] = (int16_t)level;
  }
  return !isEmpty;
}

static inline uint8_t level(int v) { return (uint8_t)(v < -128 ? 0 : v > 127 ? 255 : v + 128); }

static inline int rounded(int v, int bits) { return (v + (1 << (bits - 1))) >> bits; }

// The pixel that the first coefficient makes alone.
static inline uint8_t mean_of(const component *c) {
  return level(rounded(c->last * c->quantisation[0], 3));
}

// The odd part of libjpeg's reduced transform (jidctred.c): √2 · (cosines of 1, 3, 5, 7), 13 bits.
static inline int odd(int first, int third, int fifth, int seventh) {
  return 29692 * first - 10426 * third + 6967 * fifth - 5906 * seventh;
}

// 2 × 2 pixels of a block, `[2 × stride]`.
static void transform(const int16_t *block, uint8_t *out, size_t stride) {
  static const int columns[] = {0, 1, 3, 5, 7};
  int rows[2][8];
  for (int i = 0; i < 5; i++) {
    const int16_t *c = block + columns[i];
    const int even = (int)((unsigned)c[0] << 15), other = odd(c[8], c[24], c[40], c[56]);
    rows[0][columns[i]] = rounded(even + other, 13);
    rows[1][columns[i]] = rounded(even - other, 13);
  }
  for (int y = 0; y < 2; y++) {
    const int *row = rows[y];
    const int even = (int)((unsigned)row[0] << 15), other = odd(row[1], row[3], row[5], row[7]);
    out[(size_t)y * stride] = level(rounded(even + other, 20));
    out[(size_t)y * stride + 1] = level(rounded(even - other, 20));
  }
}

// MARK: Header

static int read_tables(decoder *d, int marker, const uint8_t *body, int length) {
  while (length > 0) {
    const int kind = body[0] >> 4, number = body[0] & 15;
    if (marker == 0xDB) {
      if (kind != 0 || number > 3 || length < 65) return 0;
      // A step of 0 would let means grow without being seen.
      if (memchr(body + 1, 0, 64)) return 0;
      for (int i = 0; i < 64; i++) d->quantisation[number][i] = body[1 + i];
      d->hasQuantisation[number] = 1;
      body += 65, length -= 65;
      continue;
    }
    if (kind > 1 || number > 1 || length < 17) return 0;
    int total = 0;
    for (int i = 0; i < longest; i++) total += body[1 + i];
    if (total > 256 || length < 17 + total) return 0;
    for (int i = 0; !kind && i < total; i++)
      if (body[17 + i] > 15) return 0;
    if (!make_codes(body + 1, body + 17, total, (kind ? d->ac : d->dc) + number)) return 0;
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
    const int mostBlocks = i ? 1 : 2;
    if (told[0] != i + 1 || told[2] > 3 || !d->hasQuantisation[told[2]]) return 0;
    if (c->horizontal < 1 || c->horizontal > mostBlocks) return 0;
    if (c->vertical < 1 || c->vertical > mostBlocks) return 0;
    // A single component has blocks of its own order, whatever it says.
    if (d->components == 1) c->horizontal = c->vertical = 1;
    c->quantisation = d->quantisation[told[2]];
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
    if (!d->dc[c->dc].isThere || !d->ac[c->ac].isThere) return 0;
    if (!c->isDoubled) make_strides(&d->ac[c->ac], d->strides[c->ac]);
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

static int left_of(const reader *r) { return (int)(r->end - r->at) * 8 + r->held; }

// Whether a segment was read to its padding, and that marker follows.
static int is_at_marker(const scan *s, const reader *r, int marker) {
  const int left = left_of(r);
  return left >= 0 && left < 8 && s->end - s->at >= 2 && s->at[1] == marker;
}

// Decodes to planes of whole blocks: luma `[rows × stride]`, chroma of its own resolution.
static int read_planes(decoder *d, scan *s, uint8_t *const planes[most], const size_t *widths,
                       int across, int down) {
  int left = d->interval, restarts = 0;
  reader r = next_segment(s);
  for (int y = 0; y < down; y++)
    for (int x = 0; x < across; x++) {
      if (d->interval && left-- == 0) {
        if (!is_at_marker(s, &r, 0xD0 + (restarts++ & 7))) return 0;
        s->at += 2;
        r = next_segment(s);
        for (int i = 0; i < d->components; i++) d->component[i].last = 0;
        left = d->interval - 1;
      }
      for (int i = 0; i < d->components; i++) {
        component *c = d->component + i;
        for (int b = 0; b < c->vertical * c->horizontal; b++) {
          if (!next_mean(c, &d->dc[c->dc], &r)) return 0;
          uint8_t *out = planes[i];
          if (c->isDoubled) {
            int16_t block[64];
            const int found = all_coefficients(c, &d->ac[c->ac], &r, block);
            if (found < 0) return 0;
            out += 2 * ((size_t)y * widths[i] + (size_t)x);
            block[0] = (int16_t)(c->last * c->quantisation[0]);
            if (found) transform(block, out, widths[i]);
            else out[0] = out[1] = out[widths[i]] = out[widths[i] + 1] = mean_of(c);
          } else {
            const int column = x * c->horizontal + b % c->horizontal;
            const int row = y * c->vertical + b / c->horizontal;
            out[(size_t)row * widths[i] + (size_t)column] = mean_of(c);
            if (!skip_rest(d->strides[c->ac], &d->ac[c->ac], &r)) return 0;
          }
        }
      }
      if (left_of(&r) < 0) return 0;
    }
  return is_at_marker(s, &r, 0xD9);
}

static inline uint8_t byte(int v) { return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v); }

// libjpeg's conversion (jdcolor.c), 16 bits.
static void to_rgb(int y, int cb, int cr, uint8_t *out) {
  out[0] = byte(y + rounded(91881 * cr, 16));
  out[1] = byte(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
  out[2] = byte(y + rounded(116130 * cb, 16));
}

int vt_jpeg_eighth(const uint8_t *file, size_t count, int width, int height, uint8_t *rgb) {
  decoder *d = calloc(1, sizeof *d);
  uint8_t *memory = NULL;
  int isDone = 0;
  if (!d || count < 4) goto end;
  scan s = {.end = file + count};
  s.at = read_header(d, file, s.end);
  if (!s.at || (d->width + 7) / 8 != width || (d->height + 7) / 8 != height) goto end;
  const int h = d->component[0].horizontal, v = d->component[0].vertical;
  const int across = (width + h - 1) / h, down = (height + v - 1) / v;
  const int isDoubled = h == 2 && v == 2;
  // Luma's pixels for one of chroma.
  const int columns = isDoubled ? 1 : h, rows = isDoubled ? 1 : v;
  const size_t luma = (size_t)(across * h), size = luma * (size_t)(down * v);
  const size_t chroma = luma / (size_t)columns, chromaSize = size / (size_t)(columns * rows);
  memory = malloc(size + 2 * chromaSize + (size_t)(s.end - s.at) + mcuBytes);
  if (!memory) goto end;
  uint8_t *const planes[most] = {memory, memory + size, memory + size + chromaSize};
  const size_t widths[most] = {luma, chroma, chroma};
  s.plain = planes[2] + chromaSize;
  if (!read_planes(d, &s, planes, widths, across, down)) goto end;
  for (int y = 0; y < height; y++) {
    const uint8_t *row = planes[0] + (size_t)y * luma;
    const size_t other = (size_t)(y / rows) * chroma;
    for (int x = 0; x < width; x++, rgb += 3) {
      const size_t place = other + (size_t)(x / columns);
      if (d->components == 1) rgb[0] = rgb[1] = rgb[2] = row[x];
      else to_rgb(row[x], planes[1][place] - 128, planes[2][place] - 128, rgb);
    }
  }
  isDone = 1;
end:
  free(memory);
  free(d);
  return isDone;
}
