// The arithmetic of bounds for some rows beside each other.
#pragma once
#include "products.h"

// Sums and products are rounded one by one, also where an instruction would do both: every variant and
// every machine has the same bits.
#pragma STDC FP_CONTRACT OFF

#if defined(WIDE)
WIDE_BODY eight_floats products_of_eight(const vitrine_code_query *query, eight_ints sums,
                                         eight_floats scales) {
  return __builtin_convertvector(sums, eight_floats) * query->step * scales;
}

WIDE_BODY eight_floats bounds_of_eight(const vitrine_code_query *query, eight_floats products,
                                       eight_floats errors, eight_floats tails) {
  return products + query->base + query->error_weight * errors + query->tail_weight * tails;
}

WIDE_BODY four_floats four_of(const float *values, const uint32_t *places) {
  return (four_floats){values[places[0]], values[places[1]], values[places[2]], values[places[3]]};
}
#endif
