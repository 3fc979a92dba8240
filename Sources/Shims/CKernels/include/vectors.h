#pragma once
#include <stddef.h>
#include <stdint.h>

// Kernels of the vector index. Each picks the widest instructions of the running CPU at its first
// call; every variant of a kernel returns the same bits.

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of `length` bytes, continuing `crc`;
/// start with 0.
uint32_t vitrine_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The scalar product that defines a score.
///
/// Both operands are fp32, so each product is exact in double and fused and separate multiply-add
/// agree. Element `i` is added to lane `i mod 16` in ascending order of `i`; the sixteen lanes are
/// then halved (`j` += `j + 8`, then 4, 2, 1). The relative error against the true value is below
/// (dimension / 16 + 5) * 2^-53 of the sum of magnitudes.
double vitrine_dot(const float *a, const float *b, size_t dimension);

/// Scores `count` rows against `query` (`[dimension]`, fp32 values widened to double): `scores[i]`
/// is `vitrine_dot` of the query and the row that begins `offsets[i]` floats after `base`, rounded
/// to fp32.
void vitrine_score_rows(const float *base, const uint32_t *offsets, size_t count,
                        const double *query, size_t dimension, float *scores);

/// Brings `[dimension]` floats to unit length in place and returns 1; returns 0 and changes nothing
/// where there is no direction (zero, infinite or NaN). A squared length within 2^-22 of one is
/// left as it is; otherwise each component is divided by the length in double and rounded once.
int vitrine_normalise(float *vector, size_t dimension);

/// The kernel variants, for tests that hold them against each other.
typedef enum {
  VITRINE_PORTABLE = 0,
  VITRINE_AVX2 = 1,
  VITRINE_AVX512 = 2,
} vitrine_simd;

/// The widest variant that this CPU runs.
vitrine_simd vitrine_simd_supported(void);

/// `vitrine_score_rows` through one variant; falls back to a narrower one that the CPU has.
void vitrine_score_rows_with(vitrine_simd simd, const float *base, const uint32_t *offsets,
                             size_t count, const double *query, size_t dimension, float *scores);

/// `vitrine_crc32c` without special instructions.
uint32_t vitrine_crc32c_portable(uint32_t crc, const void *bytes, size_t length);

// MARK: Codes
//
// A code stands for a row x (fp32, unit length): given a mean m and a basis B of `width` nearly
// orthonormal rows, it holds B(x - m) as 8-bit integers and a scale, and two numbers that bound what
// is missing. docs/certified-search.md proves that `vitrine_bounds` never falls below a score.

/// Largest number of coordinates of a code; a multiple of 32.
enum { VITRINE_CODE_WIDTH_LIMIT = 1024 };

/// Fits `mean` (`[dimension]`) and `basis` (`[width x dimension]`) to `count` sample rows by subspace
/// iteration, which spans nearly the `width` directions of largest variance. Returns 0 where memory
/// does not suffice, else 1. The same sample gives the same basis on one machine.
int vitrine_fit_basis(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                      size_t width, float *mean, float *basis);

/// `gram[i][j]` (`[width x width]`) = scalar product of the basis rows i and j.
void vitrine_gram(const float *basis, size_t width, size_t dimension, double *gram);

/// Encodes `count` rows: `codes` `[count x width]`, and per row a scale, the length of the error
/// inside the basis, and the length of what is outside. Returns 0 where memory does not suffice.
int vitrine_encode_rows(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                        size_t width, const float *mean, const float *basis, const double *gram,
                        int8_t *codes, float *scales, float *errors, float *tails);

/// The largest length of a decoded row, of its error and of its tail.
typedef struct {
  float code, error, tail;
} vitrine_code_limits;

vitrine_code_limits vitrine_find_code_limits(const int8_t *codes, const float *scales,
                                             const float *errors, const float *tails, size_t count,
                                             size_t width);

/// A query against codes of one basis.
typedef struct {
  float base, step, error_weight, tail_weight;
  int16_t coordinates[VITRINE_CODE_WIDTH_LIMIT];
} vitrine_code_query;

/// `query` is `[dimension]`, unit length; `wide_query` the same as doubles.
void vitrine_prepare_code_query(const float *query, const double *wide_query, size_t dimension,
                                size_t width, const float *mean, const float *basis,
                                const double *gram, vitrine_code_limits limits,
                                vitrine_code_query *prepared);

/// `bounds[i]` = a number that the score of row i does not exceed.
void vitrine_bounds(const vitrine_code_query *query, const int8_t *codes, const float *scales,
                    const float *errors, const float *tails, size_t count, size_t width,
                    float *bounds);

/// The ascending places whose value is at least `limit`; returns how many.
size_t vitrine_at_least(const float *values, size_t count, float limit, uint32_t *places);

/// `maxima[j]` = the largest of the values at places j, j + groups, j + 2 groups ...; `groups` is at
/// most `count`. Vectors that resemble each other came together, so groups do not.
void vitrine_group_maxima(const float *values, size_t count, size_t groups, float *maxima);

/// The k-th largest of the values (k from 1 to `count`), which it reorders.
float vitrine_kth_largest(float *values, size_t count, size_t k);
