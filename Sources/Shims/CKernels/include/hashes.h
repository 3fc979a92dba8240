#pragma once
#include <stddef.h>
#include <stdint.h>

/// The lowest 8 × 8 cosines of a 32 × 32 plane under several windows.
///
/// - `bases`: `[windows × 8 × 32]`, the cosines along one axis under each window.
/// - `out`: `[windows (y) × windows (x) × 8 (v) × 8 (u)]`.
void vt_window_cosines(const uint8_t *plane, const float *bases, int windows, float *out);

/// The same of several sets of windows, brought to unit length, higher ones raised as much as natural
/// pictures lower them, and a code of their signs whose bands of 16 bits each have low and high ones.
///
/// - `sets`: `[setCount]`: the windows along one axis of each set, whose bases follow each other. A set
///   has its square of windows, and `count` is the sum of those.
/// - `mirrored`: whether the mirrored picture's follow: those of what each window shows, mirrored.
/// - `cosines`: `[(1 + mirrored) × count × 64]`; zeros where the part is of one level.
/// - `codes`: `[(1 + mirrored) × count]`.
/// - `loose`: the same, of each band the `VT_LOOSE_BITS` bits whose cosines are nearest to zero: another
///   file of the picture is likeliest to have those otherwise.
void vt_sketches(const uint8_t *plane, const float *bases, const int32_t *sets, int setCount,
                 int mirrored, float *cosines, uint64_t *codes, uint64_t *loose);

/// Which of `[count × 64]` has the largest product with `wanted`, and that product.
size_t vt_likest(const float *cosines, size_t count, const float *wanted, float *value);

/// `[count × 64]` cosines in 127ths, −127…127, halves away from zero.
void vt_rounded(const float *cosines, size_t count, int8_t *out);

/// Keeps those of `places` whose middle has a product of at least `least` with one of the windows or
/// with one of them mirrored, and returns how many they are; their order stays.
///
/// - `windows`: `[count × 64]`, upright; `middles`: `[… × 64]`: vectors of unit length, or zeros, in
///   127ths.
/// - `least`: −32,767…32,767.
size_t vt_likely(const int8_t *windows, size_t count, const int8_t *middles, int least,
                 uint32_t *places, size_t placeCount);
