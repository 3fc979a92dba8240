// The last step of a sum that is kept in lanes, in one order on every machine.
#pragma once

/// The sixteen lanes of a product (see `vitrine_dot`), halved; they are no longer what they were.
static inline double vitrine_sum_of_lanes(double lanes[16]) {
  for (int width = 8; width > 0; width /= 2)
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  return lanes[0];
}
