#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether a text is valid UTF-8 without zeros.
///
/// With AVX2 as in Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021).
bool vt_is_clean_utf8(const uint8_t *text, size_t count);
