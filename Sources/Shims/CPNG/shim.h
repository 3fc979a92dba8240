#pragma once
#include <png.h>
#include <zlib.h>

/// Reads the header of a PNG in memory; returns 0 and leaves `image->message` on failure.
static inline int vt_png_begin(png_image *image, const void *bytes, size_t count) {
  image->version = PNG_IMAGE_VERSION;
  image->opaque = NULL;
  if (!png_image_begin_read_from_memory(image, bytes, count)) return 0;
  // Without it, 16-bit files that do not tell their gamma would be taken as linear.
  image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  return 1;
}

/// Whether the file has an alpha channel or transparent palette entries.
static inline int vt_png_has_alpha(const png_image *image) {
  return (image->format & PNG_FORMAT_FLAG_ALPHA) != 0;
}

/// Decodes to 8-bit sRGB, with straight alpha where there is any: `3 · width · height` bytes, or 4.
/// Returns 0 and leaves `image->message` on failure.
static inline int vt_png_finish(png_image *image, void *pixels) {
  image->format = vt_png_has_alpha(image) ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  return png_image_finish_read(image, NULL, pixels, 0, NULL);
}

/// Inflates a whole zlib stream to at most `capacity` bytes; returns how many, 0 on failure.
static inline size_t vt_inflate(const void *bytes, size_t count, void *out, size_t capacity) {
  uLongf length = capacity;
  return uncompress(out, &length, bytes, count) == Z_OK ? length : 0;
}
