#pragma once
#include <stddef.h>

/// `c` (`[rows × columns]`) = op(a) · op(b), row-major, in fp32.
///
/// `a` is `[rows × inner]`, or `[inner × rows]` where `a_transposed`; `b` is `[inner × columns]`, or
/// `[columns × inner]` where `b_transposed`. Returns 0, or −1 where no memory was to be had. The same
/// input gives the same bits on one machine.
int vt_multiply(const float *a, int a_transposed, const float *b, int b_transposed, size_t rows,
                size_t columns, size_t inner, float *c);
