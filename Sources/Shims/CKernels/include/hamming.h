#pragma once
#include <stddef.h>
#include <stdint.h>

/// Binary codes, found by their distance: a multi-index hash table (Norouzi, Punjani & Fleet, "Fast
/// search in Hamming space with multi-index hashing", 2012) over bands of 16 bits.
///
/// The first `built` codes are in the table; the others are compared one by one.
typedef struct {
  /// `[count × words]`.
  const uint64_t *codes;
  /// 64-bit words of a code, 1…4.
  int words;
  size_t built, count;
  /// `[4 · words × 65,537]`: where each band value's places begin among its band's.
  const uint32_t *starts;
  /// `[4 · words × built × 3]` and a byte of room: places of 24 bits, low byte first.
  const uint8_t *places;
  /// `[4 × built]` and room for 8: the codes themselves in the order of `places`, where they have one
  /// word and are to be asked for by `vt_codes_near`.
  const uint64_t *runs;
} vt_codes;

/// Fills `starts` and `places` for the first `count` of `codes`, a counting sort a band, and `runs`,
/// the room with zeros, unless that is NULL.
///
/// `count` is below 2²⁴.
void vt_codes_build(const uint64_t *codes, int words, size_t count, uint32_t *starts,
                    uint8_t *places, uint64_t *runs);

/// Asks for pages of 2 MB where they fit into memory of which the first `used` bytes are filled: a search
/// reads thousands of places, and of small pages each costs a walk through the page tables. Where the
/// system does not give them the small ones do.
void vt_prefer_large_pages(void *memory, size_t used, size_t size);

/// Sorts places of 24 bits and drops those that are there already; `spare` has room for as many.
/// Returns how many are left.
size_t vt_distinct(uint32_t *places, size_t count, uint32_t *spare);

/// Writes the places of codes at most `radius` bits from `query`, each once, in no order.
///
/// Complete where `bandRadius` is at least `radius` ÷ (4 · words), rounded down; with less, a code
/// may be missed that differs by more than `bandRadius` bits in every band. `bandRadius` is 0…2.
/// Returns how many there are, of which at most `capacity` were written.
size_t vt_codes_within(const vt_codes *index, const uint64_t *query, int radius, int bandRadius,
                       uint32_t *places, size_t capacity);

enum { VT_LOOSE_BITS = 2 };

/// The same for `count` queries of one word, 0…256, that share a band of 16 bits with what they look
/// for, `loose` bits aside: the places of the codes that are at most `radius` bits from one of them
/// and of which some band differs from that one's in bits of its `loose` alone. Some more than once.
///
/// - `loose`: `[count]`, at most `VT_LOOSE_BITS` set in each band.
size_t vt_codes_near(const vt_codes *index, const uint64_t *queries, const uint64_t *loose,
                     int count, int radius, uint32_t *places, size_t capacity);
