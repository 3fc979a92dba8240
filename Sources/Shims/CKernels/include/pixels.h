#pragma once
#include <stddef.h>
#include <stdint.h>

// Pixels are 8-bit RGB, row-major and tightly packed unless a parameter says otherwise.

/// Resamples the box [x, x + boxWidth) × [y, y + boxHeight) of `source` to `width` × `height`.
///
/// Separable triangle filter whose support grows with the reduction, so that every source pixel of
/// a box that shrinks has its share (the "bilinear" filter of Pillow; Heckbert 1989). The box may
/// have fractions and must lie inside the source. Returns 0, or −1 where no memory was to be had.
int vt_resize_rgb(const uint8_t *source, int sourceWidth, int sourceHeight, double x, double y,
                  double boxWidth, double boxHeight, uint8_t *target, int width, int height);

/// Copies `source` so that EXIF `orientation` (1…8) becomes 1; 5…8 swap the sides of `target`.
void vt_orient_rgb(const uint8_t *source, int width, int height, int orientation,
                   uint8_t *target);

/// Lays `count` RGBA pixels with straight alpha over white.
void vt_rgba_over_white(const uint8_t *source, size_t count, uint8_t *target);

/// Turns `count` CMYK pixels to RGB; `inverted` is how Adobe writes them (255 = no ink).
void vt_cmyk_to_rgb(const uint8_t *source, size_t count, int inverted, uint8_t *target);

/// Takes `count` RGB pixels of another colour space to sRGB, in place.
///
/// - `curves`: `[3 × 256]`, linear light of each channel's levels, 0…1.
/// - `matrix`: `[3 × 3]`, to linear sRGB.
/// - `encoded`: `[4097]`, sRGB's levels of linear light in 1⁄4,096.
void vt_convert_rgb(uint8_t *pixels, size_t count, const float *curves, const float *matrix,
                    const uint8_t *encoded);

/// A box of whole pixels.
typedef struct {
  int x, y, width, height;
} vt_box;

/// The picture without its uniform borders, up to three one within another.
///
/// A row or column at an edge belongs to the border while all but a hundredth of its pixels differ
/// from the border's colour, the median of the outermost frame, by at most `tolerance` a channel;
/// where there is a border, the hundredth of the content that touches it goes with it. The whole
/// picture where no border is found or nothing but border is left.
vt_box vt_content_box(const uint8_t *source, int width, int height, int tolerance);
