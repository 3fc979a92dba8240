#pragma once
#include <stddef.h>
#include <stdint.h>

/// The lowest 8 × 8 cosines of a 32 × 32 plane under several windows.
///
/// - `bases`: `[windows × 8 × 32]`, the cosines along one axis under each window.
/// - `out`: `[windows (y) × windows (x) × 8 (v) × 8 (u)]`.
void vt_window_cosines(const uint8_t *plane, const float *bases, int windows, float *out);

/// The same brought to unit length, higher ones raised as much as natural pictures lower them, and a
/// code of their signs whose bands of 16 bits each have low and high ones.
///
/// - `mirrored`: whether the mirrored picture's follow: those of what each window shows, mirrored.
/// - `cosines`: `[(1 + mirrored) × windows² × 64]`; zeros where the part is of one level.
/// - `codes`: `[(1 + mirrored) × windows²]`.
void vt_sketches(const uint8_t *plane, const float *bases, int windows, int mirrored,
                 float *cosines, uint64_t *codes);

/// Which of `[count × 64]` has the largest product with `wanted`, and that product.
size_t vt_likest(const float *cosines, size_t count, const float *wanted, float *value);

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
} vt_codes;

/// Fills `starts` and `places` for the first `count` of `codes`, a counting sort a band.
///
/// `count` is below 2²⁴.
void vt_codes_build(const uint64_t *codes, int words, size_t count, uint32_t *starts,
                    uint8_t *places);

/// Writes the places of codes at most `radius` bits from `query`, each once, in no order.
///
/// Complete where `bandRadius` is at least `radius` ÷ (4 · words), rounded down; with less, a code
/// may be missed that differs by more than `bandRadius` bits in every band. `bandRadius` is 0…2.
/// Returns how many there are, of which at most `capacity` were written.
size_t vt_codes_within(const vt_codes *index, const uint64_t *query, int radius, int bandRadius,
                       uint32_t *places, size_t capacity);
