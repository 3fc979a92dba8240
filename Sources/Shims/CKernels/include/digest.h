#pragma once
#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4) of `count` bytes into 32 bytes; uses the SHA extensions where the CPU has
/// them.
void vt_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);
