// What a Gauss-Newton step over four parameters takes.
#pragma once
#include <math.h>

/// Solves the symmetric system h · x = g in place by Cholesky's method; h is positive definite.
static inline void solve(float h[4][4], float g[4]) {
  for (int i = 0; i < 4; i++)
    for (int j = 0; j <= i; j++) {
      float sum = h[i][j];
      for (int k = 0; k < j; k++) sum -= h[i][k] * h[j][k];
      h[i][j] = i == j ? sqrtf(fmaxf(sum, 1e-9f)) : sum / h[j][j];
    }
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < i; k++) g[i] -= h[i][k] * g[k];
    g[i] /= h[i][i];
  }
  for (int i = 3; i >= 0; i--) {
    for (int k = i + 1; k < 4; k++) g[i] -= h[k][i] * g[k];
    g[i] /= h[i][i];
  }
}

static inline float clamped(float v, float low, float high) {
  return v < low ? low : v > high ? high : v;
}
