#pragma once
#include <stddef.h>
#include <stdint.h>

// Kernels of the vector index. Each picks the widest instructions of the running CPU. Scores, bounds and
// what is found by them have the same bits whichever these are; what is fitted, encoded and prepared may
// differ in its last bits from one machine to another, which docs/certified-search.md allows for.

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

/// Brings `[dimension]` floats to unit length in place and returns 1; returns 0 and changes nothing
/// where there is no direction (zero, infinite or NaN). A squared length within 2^-22 of one is
/// left as it is; otherwise each component is divided by the length in double and rounded once.
int vitrine_normalise(float *vector, size_t dimension);

/// The kernel variants; a wider one of the same architecture has the larger number.
typedef enum {
  VITRINE_PORTABLE = 0,
  /// Of 64-bit ARM, all of which have it.
  VITRINE_NEON = 1,
  /// NEON that multiplies bytes by fours (ARMv8.2's SDOT), and CRC-32C.
  VITRINE_DOTPROD = 2,
  VITRINE_AVX2 = 3,
  VITRINE_AVX512 = 4,
  /// AVX-512 that multiplies and adds up integers in one instruction (VNNI).
  VITRINE_VNNI = 5,
} vitrine_simd;

/// The widest variant that this CPU runs and this thread may use.
vitrine_simd vitrine_widest(void);

/// From now on this thread uses no wider variant than `simd`: so tests hold them against each other.
void vitrine_limit(vitrine_simd simd);

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

/// What queries need of that.
typedef struct {
  /// Its trace, the sum of the squared lengths of the basis rows.
  double trace;
  /// How far the rows that are not zero are from orthonormal: the Frobenius norm of the difference.
  double skew;
} vitrine_gram_shape;

vitrine_gram_shape vitrine_shape_of_gram(const double *gram, size_t width);

/// Bytes from one row's rest to the next.
#define VITRINE_REST_STRIDE(dimension) (((dimension) + 31) / 32 * 32)

/// Codes of some rows; each array has an element a row but for the two that say otherwise.
typedef struct {
  /// `[rows x width]`: B(x - m) in units of the row's scale, coordinate by coordinate.
  int8_t *codes;
  float *scales;
  /// Length of what the code misses inside the span of the basis.
  float *errors;
  /// Length of what lies outside.
  float *tails;
  /// `[rows x VITRINE_REST_STRIDE(dimension)]`: x - m - B'c in units of the rest's scale.
  int8_t *rests;
  float *rest_scales;
  /// Length of what the rest misses.
  float *rest_errors;
} vitrine_codes;

/// Encodes `count` rows. Returns 0 where memory does not suffice. With a `width` of 0 there are rests only;
/// basis, gram and codes need not be there.
int vitrine_encode_rows(const float *base, const uint32_t *offsets, size_t count, size_t dimension,
                        size_t width, const float *mean, const float *basis, const double *gram,
                        vitrine_codes codes);

/// The largest length of a decoded row, of its error and tail, of its decoded rest and that's error.
typedef struct {
  float code, error, tail, rest, rest_error;
} vitrine_code_limits;

vitrine_code_limits vitrine_find_code_limits(vitrine_codes codes, size_t count, size_t dimension,
                                             size_t width);

/// How the product of a query's eight-bit coordinates with a rest becomes a score, and how far that is from
/// the score at most.
typedef struct {
  /// Length of what the coordinates, and those before them, miss of the query.
  double missed;
  float step, error_weight, tail_weight, slack;
  /// Of all the coordinates.
  int32_t sum;
} vitrine_rest_query;

/// A query against codes of one basis. Its squared length, what is rounded for rests and what that misses
/// are the same for all.
typedef struct {
  double squared;
  float base, step, error_weight, tail_weight;
  float centre;
  /// The query rounded for rests, and what that loses rounded in its turn.
  vitrine_rest_query rest, remainder;
  int16_t coordinates[VITRINE_CODE_WIDTH_LIMIT];
  /// `VITRINE_REST_STRIDE(dimension)` of the query, then as many of its remainder. The sizes of 2i and
  /// 2i + 1 are 128 together at most. Those past both are not touched, and need not be there.
  int8_t rest_coordinates[2 * 4096];
} vitrine_code_query;

/// `query` is `[dimension]`, unit length; `wide_query` the same as doubles; `like` the same query against
/// other codes, or NULL.
void vitrine_prepare_code_query(const float *query, const double *wide_query, size_t dimension,
                                size_t width, const float *mean, const float *basis,
                                vitrine_gram_shape gram, vitrine_code_limits limits,
                                const vitrine_code_query *like, vitrine_code_query *prepared);

/// `bounds[i]` = a number that the score of row i does not exceed.
void vitrine_bounds(const vitrine_code_query *query, const int8_t *codes, const float *scales,
                    const float *errors, const float *tails, size_t count, size_t width,
                    float *bounds);

/// So many elements past what they hold kernels may write into the arrays of what is found.
enum { VITRINE_ROOM = 16 };

/// What a scan has found: places, of each the product of query and code in units of scores, and the
/// bound. Scans add to it; the arrays have room for `VITRINE_ROOM` more than the rows that were scanned
/// into them.
typedef struct {
  uint32_t *places;
  float *products;
  float *bounds;
  size_t count;
} vitrine_found;

/// Finds the rows first..<end whose bound is at least `floor`.
void vitrine_scan(const vitrine_code_query *query, vitrine_codes codes, size_t first, size_t end,
                  size_t width, float floor, vitrine_found *found);

/// Adds those whose bound is at least `low` and below `high`; room for all that are looked at is
/// enough. With `into` at the same arrays, its count zero, the others are forgotten.
void vitrine_select(const vitrine_found *from, float low, float high, vitrine_found *into);

/// Places with two numbers each that enclose the score, from code and rest. The arrays have room for
/// `VITRINE_ROOM` more than are added; `spare` is as long and for the kernels.
typedef struct {
  uint32_t *places;
  float *lower;
  float *upper;
  float *spare;
  size_t count;
} vitrine_enclosed;

/// Adds those found whose score may reach `floor`.
void vitrine_enclose(const vitrine_code_query *query, vitrine_codes codes,
                     const vitrine_found *found, size_t dimension, float floor,
                     vitrine_enclosed *closer);

/// The same for those found whose bound is at least `low` and below `high`; returns how many these are.
size_t vitrine_refine(const vitrine_code_query *query, vitrine_codes codes,
                      const vitrine_found *found, float low, float high, size_t dimension,
                      float floor, vitrine_enclosed *closer);

/// Encloses the scores of those from number `first` on more closely, by what rounding the query for rests has
/// lost. Not to be done twice.
void vitrine_narrow(const vitrine_code_query *query, vitrine_codes codes, size_t first,
                    size_t dimension, vitrine_enclosed *closer);

/// Forgets those from number `first` on whose score cannot reach `floor`.
void vitrine_forget(vitrine_enclosed *closer, size_t first, float floor);

/// What one of several queries looks for, and what it has found.
typedef struct {
  const vitrine_code_query *query;
  float floor;
  vitrine_enclosed closer;
  /// How many rows had a bound of at least `floor`.
  size_t refined;
} vitrine_look;

/// Adds to what each query has found those of the rows first..<end whose bound is at least its floor, and
/// whose score may be: what `vitrine_scan` and `vitrine_enclose` do for one. Queries, the more the better,
/// share the reading of codes and rests. There is room for all rows.
void vitrine_look_together(vitrine_look *looks, size_t count, vitrine_codes codes, size_t first,
                           size_t end, size_t width, size_t dimension);

/// A score that `depth` of them (at least one) reach, where that is above `floor`, otherwise `floor`.
float vitrine_raised(const vitrine_enclosed *closer, size_t depth, float floor);

/// The rows of those whose upper number is at least `floor`, by place in `row_numbers`, or the places
/// where that is NULL; returns how many. There is room for all.
size_t vitrine_rows_reaching(const vitrine_enclosed *closer, float floor,
                             const uint32_t *row_numbers, uint32_t *rows);

/// `order` = the numbers 0..<count, so that rows (below `limit`) with numbers beside each other there are
/// near each other.
void vitrine_order_of_rows(const uint32_t *rows, size_t count, size_t limit, uint32_t *order);

/// The ascending places whose value is at least `limit`; returns how many.
size_t vitrine_at_least(const float *values, size_t count, float limit, uint32_t *places);

/// The k-th largest of the values (k from 1 to `count`), which are no longer what they were.
float vitrine_kth_largest(float *values, size_t count, size_t k);

/// `order` (room for `count`) = the first `limit` places by score descending, then key ascending, as
/// a full sort would put them; returns how many there are. No score is NaN.
size_t vitrine_rank(const float *scores, const uint64_t *keys, size_t count, size_t limit,
                    uint32_t *order);

// MARK: Cells

/// A partition of the coordinates y = B(x - m) into cells of rows near each other.
typedef struct vitrine_cells vitrine_cells;

/// `y` (`[count x width]`) = B(x - m) of each row, in fp32.
void vitrine_project_rows(const float *base, const uint32_t *offsets, size_t count,
                          size_t dimension, size_t width, const float *mean, const float *basis,
                          float *y);

/// Puts the rows of some cells, which are ascending, with their bounds behind what was found; cell c has the
/// places from `starts[c]` up to `starts[c + 1]`. There is room for `VITRINE_ROOM` more.
void vitrine_scan_cells(const vitrine_code_query *query, vitrine_codes codes, const uint32_t *starts,
                        const uint32_t *cells, size_t count, size_t width, vitrine_found *found);

/// The largest of some numbers, -inf where there are none.
float vitrine_largest(const float *values, size_t count);

/// Divides `sample` (`[count x width]`, at least `wanted` rows) into `wanted` cells of about the same
/// size; the same sample gives the same cells on one machine. NULL where memory does not suffice.
vitrine_cells *vitrine_make_cells(const float *sample, size_t count, size_t width, size_t wanted);

void vitrine_free_cells(vitrine_cells *cells);

/// `[cells x width]`.
const float *vitrine_cell_centroids(const vitrine_cells *cells);

/// The cell that a row belongs to, below the number of cells.
uint32_t vitrine_cell_of(const vitrine_cells *cells, const float *y);
