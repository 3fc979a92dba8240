#pragma once
#include <stddef.h>
#include <stdint.h>

/// Decodes a JPEG file at an eighth of its sides: a pixel a block.
///
/// Of a luma block only the mean is decoded; the rest of its code is stepped over, several
/// coefficients a time. The pixels are, bit for bit, libjpeg's at 1⁄8 with its exact transform.
///
/// - `file`: a whole JPEG file.
/// - `width`, `height`: of the result, an eighth of the file's, rounded up.
/// - `rgb`: `[height × width × 3]`.
///
/// Returns 1, or 0 where the file is not of the usual kind (8 bits, baseline, Huffman codes, one
/// scan, grey or YCbCr with chroma of whole or half sides) or in any way damaged: it is left to
/// libjpeg then, whatever was written.
int vt_jpeg_eighth(const uint8_t *file, size_t count, int width, int height, uint8_t *rgb);
