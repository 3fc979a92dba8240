// The blocks of a JPEG's scan: 64 coefficients in zigzag order, the first as the difference to the
// block's before, each a Huffman code that tells how many zeros to step over and how many bits of
// value follow (ITU-T T.81, F.2.2).
//
// All codes must be read to find the next block, and each tells where the next one begins: the time
// is what a processor needs from one look into a table to the next, and what it loses where it guesses
// wrongly that a block ends. So a look tells all codes that end in eleven bits, of the block's first
// one and of values that nobody asks for as of the others, and blocks of which only the first value
// is asked for are read without a branch at their ends: where each begins is kept, and its value is
// read afterwards.
#pragma once
#include <stdint.h>
#include <string.h>

#include "dispatch.h"

enum { lookBits = 11, lookSize = 1 << lookBits, longest = 16, blockSize = 64, lastPlace = 63 };
// Bits of a difference of first coefficients.
enum { mostDifference = 11 };

// MARK: Tables

// Symbols in the order of their codes, how many have each number of bits, and where those are:
// `limit[l]` is above all codes of up to l bits, aligned to 16 bits; `offset[l]` leads from a code to its
// symbol's place.
typedef struct {
  int32_t limit[longest + 2], offset[longest + 1];
  uint8_t counts[longest + 1], symbols[256];
} codes;

// How far the codes reach that begin in the bits, and the first one's value:
//
//     bits 0–5    bits of all of them, values included
//          8–15   coefficients; `unknown` where not even one code ends in the bits
//          16–20  bits of the first code, after which its value stands
//          21–24  bits of that value
//          25–29  coefficients from the last one to that value
//          31     whether the block ends with them
typedef uint32_t step;
enum { farAt = 8, codeAt = 16, sizeAt = 21, putAt = 25, endAt = 31, unknown = 255 << farAt };
static const step endFlag = (step)1 << endAt;

// What may follow in the bits that are left, by how many those are: `[2^w]` for w of 0 to `lookBits`
// behind each other; 0 where no code ends in them.
typedef struct {
  step of[2 * lookSize];
} tails;

// The codes of a component's blocks.
typedef struct {
  const codes *dc, *ac;
  // Of the block's first coefficient, and of the others.
  step first[lookSize], rest[lookSize];
} block_codes;

// `counts`: of the codes of 1…16 bits. Returns 0 where more are told than there can be; ones alone are
// no code.
static int make_codes(const uint8_t *counts, const uint8_t *symbols, int total, codes *out) {
  memcpy(out->symbols, symbols, (size_t)total);
  memcpy(out->counts + 1, counts, longest);
  int code = 0, place = 0;
  for (int length = 1; length <= longest; length++, code <<= 1) {
    out->offset[length] = place - code;
    code += out->counts[length], place += out->counts[length];
    if (code >= 1 << length) return 0;
    out->limit[length] = code << (longest - length);
  }
  out->limit[longest + 1] = INT32_MAX;
  return 1;
}

static inline int is_end(int symbol) { return (symbol & 15) == 0 && symbol != 0xF0; }

static inline step *tail(tails *t, int width) { return t->of + ((size_t)1 << width); }

// Writes `one`, which leaves `left` of the bits, `count` times, with what may follow in those.
static inline step *write_steps(step one, size_t count, int left, tails *t, step *out) {
  const step *rest = left > 0 ? tail(t, left) : NULL;
  const size_t some = rest ? (size_t)1 << left : count;
  for (step *const end = out + count; out < end; out += some)
    for (size_t k = 0; k < some; k++) out[k] = rest ? one + rest[k] : one;
  return out;
}

// - `isSkipped`: whether values that follow another are asked for by nobody; if not, only the block's
//   end may follow.
static void make_tails(const codes *ac, int isSkipped, tails *out) {
  for (int width = 0; width <= lookBits; width++) {
    step *at = tail(out, width), *const end = tail(out, width + 1);
    const uint8_t *symbol = ac->symbols;
    for (int length = 1; length <= width; length++)
      for (int i = 0; i < ac->counts[length]; i++, symbol++) {
        const size_t count = (size_t)1 << (width - length);
        const int total = length + (*symbol & 15), far = (*symbol >> 4) + 1;
        if (is_end(*symbol)) at = write_steps((step)length | endFlag, count, 0, out, at);
        else if (!isSkipped) at = write_steps(0, count, 0, out, at);
        else at = write_steps((step)(total | far << farAt), count, width - total, out, at);
      }
    while (at < end) *at++ = 0;
  }
}

// Of the codes that a block begins with (`isFirst`) or goes on with, and what follows them.
static void make_steps(const codes *from, int isFirst, tails *t, step *out) {
  step *const end = out + lookSize;
  const uint8_t *symbol = from->symbols;
  for (int length = 1; length <= lookBits; length++)
    for (int i = 0; i < from->counts[length]; i++, symbol++) {
      const size_t count = (size_t)1 << (lookBits - length);
      const int size = *symbol & 15, total = length + size, far = isFirst ? 0 : (*symbol >> 4) + 1;
      const step told = (step)length << codeAt | (step)size << sizeAt | (step)far << putAt;
      if (isFirst && size > mostDifference) out = write_steps(unknown, count, 0, t, out);
      // An end is a zero behind the last coefficient.
      else if (!isFirst && is_end(*symbol))
        out = write_steps(1 << putAt | (step)length | endFlag, count, 0, t, out);
      else out = write_steps(told | (step)(total | far << farAt), count, lookBits - total, t, out);
    }
  while (out < end) *out++ = unknown;
}

// - `isSkipped`: whether only the blocks' first values are asked for.
static void make_block_codes(const codes *dc, const codes *ac, int isSkipped, block_codes *out) {
  tails t;
  make_tails(ac, isSkipped, &t);
  make_steps(dc, 1, &t, out->first);
  make_steps(ac, 0, &t, out->rest);
  out->dc = dc, out->ac = ac;
}

// MARK: Bits

typedef struct {
  const uint8_t *at, *end;
  uint64_t bits;  // the next one at the top
  unsigned held;  // of them, in the lowest six bits
} reader;

// At least 56 bits.
static inline void fill(reader *r) {
  uint64_t next;
  memcpy(&next, r->at, sizeof next);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  next = __builtin_bswap64(next);
#endif
  r->bits |= next >> (r->held & 63);
  r->at += ~r->held >> 3 & 7;
  r->held |= 56;
}

// Less than 64.
static inline void skip(reader *r, unsigned count) { r->bits <<= count & 63, r->held -= count; }

// Of the whole segment; less than 0 where more was read than there is.
static inline int left_of(const reader *r) { return (int)(r->end - r->at) * 8 + (int)(r->held & 63); }

// A symbol, or −1 where no code begins so.
static inline int next_symbol(reader *r, const codes *c) {
  const int32_t bits = (int32_t)(r->bits >> (64 - longest));
  int length = 1;
  while (bits >= c->limit[length]) length++;
  if (length > longest) return -1;
  skip(r, (unsigned)length);
  return c->symbols[(bits >> (longest - length)) + c->offset[length]];
}

// The value of `size` bits, 0…15, that the bits begin with: the upper half of all is positive.
static inline int value_of(uint64_t bits, int size) {
  const int raw = (int)(bits >> 1 >> (63 - size)), isPositive = (int)(bits >> 63);
  return raw - (isPositive ? 0 : (1 << size) - 1);
}

// The value of a step's first code in the bits of that step.
static inline int value_in(uint64_t bits, step e) {
  return value_of(bits << (e >> codeAt & 31), (int)(e >> sizeAt & 15));
}

// MARK: Blocks

// A place in a block.
typedef struct {
  reader r;
  int k, value, isEnd;  // the last coefficient that was read; what the last code told
} place;

// Reads a code by itself: it is long, or the codes behind it may be the next block's. Returns 0 where
// the block is damaged.
static __attribute__((noinline)) int read_code(const block_codes *c, int isFirst, place *p) {
  fill(&p->r);
  const int symbol = next_symbol(&p->r, isFirst ? c->dc : c->ac), size = symbol & 15;
  if (symbol < 0) return 0;
  if (isFirst) {
    if (symbol > mostDifference) return 0;
  } else if (is_end(symbol)) {
    // A zero behind the last coefficient.
    p->k++, p->isEnd = 1;
  } else {
    p->k += (symbol >> 4) + 1;
    p->isEnd = p->k == lastPlace;
  }
  p->value = value_of(p->r.bits, size);
  skip(&p->r, (unsigned)size);
  return p->k <= lastPlace;
}

// Steps over `count` blocks. Returns 0 where one is damaged.
//
// - `starts`: `[count + 1]`: the first bits of each, its first code and value among them; then what
//   nobody asks for.
BODY int skip_blocks(const block_codes *c, int count, reader *from, uint64_t *starts) {
  reader r = *from;
  uint64_t *at = starts, *const last = starts + count, *slot = at;
  const step *table = c->first;
  int k = 0;
  while (1) {
    fill(&r);
    // The bits last for two steps.
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      step e = table[r.bits >> (64 - lookBits)];
      const int after = k + (int)(e >> farAt & 255);
      *slot = r.bits;
      const int isAlone = after >= lastPlace;
      if (__builtin_expect(isAlone, 0)) {
        place p = {.r = r, .k = k};
        if (!read_code(c, table == c->first, &p)) return 0;
        r = p.r, k = p.k, e = p.isEnd ? endFlag : 0;
      } else {
        skip(&r, e), k = after;
      }
      at += e >> endAt;
      if (at == last) {
        *from = r;
        return 1;
      }
      table = __builtin_unpredictable((e & endFlag) != 0) ? c->first : c->rest;
      slot = __builtin_unpredictable((e & endFlag) != 0) ? at : last;
      k = __builtin_unpredictable((e & endFlag) != 0) ? 0 : k;
      if (__builtin_expect(isAlone, 0)) break;
    }
  }
}

// The first value of a block that begins with the bits, as `skip_blocks` has found it.
static inline int first_value(const block_codes *c, uint64_t bits) {
  const step e = c->first[bits >> (64 - lookBits)];
  if (__builtin_expect(e != unknown, 1)) return value_in(bits, e);
  reader r = {.bits = bits};
  const int size = next_symbol(&r, c->dc);
  return value_of(r.bits, size);
}

// What follows a block's first code: nothing but zeros, or other coefficients; or it is damaged.
typedef enum { damaged, empty, filled } content;

// Reads a block into one of zeros, each coefficient where `places` has it.
BODY content read_block(const block_codes *c, const uint8_t *places, reader *from,
                        int16_t *block) {
  reader r = *from;
  fill(&r);
  const step *table = c->first;
  step e = table[r.bits >> (64 - lookBits)];
  if (e & endFlag) {
    block[places[0]] = (int16_t)value_in(r.bits, e);
    skip(&r, e);
    *from = r;
    return empty;
  }
  int k = 0;
  while (1) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      e = table[r.bits >> (64 - lookBits)];
      const int after = k + (int)(e >> farAt & 255);
      if (__builtin_expect(after >= lastPlace, 0)) {
        place p = {.r = r, .k = k};
        if (!read_code(c, table == c->first, &p)) return damaged;
        r = p.r, k = p.k;
        block[places[k]] = (int16_t)p.value;
        table = c->rest;
        if (!p.isEnd) break;
        *from = r;
        return filled;
      }
      block[places[k + (int)(e >> putAt & 31)]] = (int16_t)value_in(r.bits, e);
      skip(&r, e), k = after;
      if (e & endFlag) {
        *from = r;
        return filled;
      }
      table = c->rest;
    }
    fill(&r);
  }
}
