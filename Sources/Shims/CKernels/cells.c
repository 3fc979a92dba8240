// Cells of rows that lie near each other, in the coordinates y = B(x - m) of a code's basis: k-means
// in two levels (Nister & Stewenius 2006), whose cells are kept alike in size by a weight each, as a
// power diagram (Aurenhammer 1987): a row belongs to the cell of the largest y.c - |c|^2/2 - weight.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "vectors.h"

enum { BLOCK = 32, ROUNDS = 10, BALANCING_ROUNDS = 8, MOVING_ROUNDS = 5, NEAR = 6 };

// How fast weights follow sizes, in units of half the mean squared distance of a row to its middle.
static const double WEIGHT_STEP = 0.07;

// Centroids as the kernel wants them: `[width x padded]`, blocks of 32 beside each other, and what is
// taken off each product; places past `count` are never chosen.
typedef struct {
  size_t count, padded, width;
  float *columns;
  float *offsets;
} centroid_table;

static int make_table(centroid_table *table, size_t capacity, size_t width) {
  table->padded = (capacity + BLOCK - 1) / BLOCK * BLOCK;
  table->width = width;
  table->count = 0;
  table->columns = calloc(table->padded * width, sizeof(float));
  table->offsets = malloc(table->padded * sizeof(float));
  return table->columns && table->offsets;
}

static void free_table(centroid_table *table) {
  free(table->columns);
  free(table->offsets);
}

static void fill_table(centroid_table *table, const float *centroids, const float *weights,
                       size_t count) {
  table->count = count;
  for (size_t c = 0; c < table->padded; c++) {
    float squared = 0;
    for (size_t k = 0; k < table->width; k++) {
      const float value = c < count ? centroids[c * table->width + k] : 0;
      table->columns[(c / BLOCK * table->width + k) * BLOCK + c % BLOCK] = value;
      squared += value * value;
    }
    table->offsets[c] = c < count ? squared / 2 + weights[c] : INFINITY;
  }
}

// products[c] = y.c - offset of c, for one block
BODY void products_body(const float *columns, const float *offsets, const float *y, size_t width,
                        float *restrict products) {
  float sums[BLOCK];
  for (int j = 0; j < BLOCK; j++) sums[j] = -offsets[j];
  for (size_t k = 0; k < width; k++) {
    const float value = y[k];
    for (int j = 0; j < BLOCK; j++) sums[j] += value * columns[k * BLOCK + j];
  }
  memcpy(products, sums, sizeof sums);
}
WIDEST(void, products,
       (const float *columns, const float *offsets, const float *y, size_t width, float *out),
       (columns, offsets, y, width, out))

// The best centroid of the blocks that cover first..<first + count; `*best` is raised to its product.
static size_t nearest(const centroid_table *table, const float *y, size_t first, size_t count,
                      float *best) {
  size_t found = first;
  for (size_t block = first / BLOCK; block * BLOCK < first + count; block++) {
    float out[BLOCK];
    products(table->columns + block * BLOCK * table->width, table->offsets + block * BLOCK, y,
             table->width, out);
    for (size_t j = 0; j < BLOCK; j++) {
      const size_t c = block * BLOCK + j;
      if (c >= first && c < first + count && out[j] > *best) {
        *best = out[j];
        found = c;
      }
    }
  }
  return found;
}

static uint64_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

// What a round of Lloyd's gathers of each cluster.
typedef struct {
  double *sums;
  uint32_t *sizes;
} gathering;

static int make_gathering(gathering *gathered, size_t clusters, size_t width) {
  gathered->sums = calloc(clusters * width, sizeof(double));
  gathered->sizes = calloc(clusters, sizeof(uint32_t));
  return gathered->sums && gathered->sizes;
}

static void free_gathering(gathering *gathered) {
  free(gathered->sums);
  free(gathered->sizes);
}

static void gather(gathering *gathered, size_t cluster, const float *y, size_t width) {
  gathered->sizes[cluster]++;
  for (size_t k = 0; k < width; k++) gathered->sums[cluster * width + k] += y[k];
}

// Moves each centroid to the middle of its rows, an empty one to some row, and starts over.
static void move(gathering *gathered, float *centroids, size_t clusters, size_t width,
                 const float *rows, const uint32_t *members, size_t count, uint64_t *random) {
  for (size_t c = 0; c < clusters; c++) {
    float *centroid = centroids + c * width;
    if (gathered->sizes[c] == 0)
      memcpy(centroid, rows + (size_t)members[next_random(random) % count] * width,
             width * sizeof(float));
    else
      for (size_t k = 0; k < width; k++)
        centroid[k] = (float)(gathered->sums[c * width + k] / gathered->sizes[c]);
  }
  memset(gathered->sums, 0, clusters * width * sizeof(double));
  memset(gathered->sizes, 0, clusters * sizeof(uint32_t));
}

// Lloyd's rounds over the rows that `members` lists.
static int cluster(const float *rows, const uint32_t *members, size_t count, size_t width,
                   size_t clusters, uint64_t *random, float *centroids) {
  centroid_table table;
  gathering gathered;
  float *weights = calloc(clusters, sizeof(float));
  const int has_table = make_table(&table, clusters, width);
  const int enough = make_gathering(&gathered, clusters, width) && has_table && weights;
  if (enough && count == 0) memset(centroids, 0, clusters * width * sizeof(float));
  for (int round = 0; enough && count && round <= ROUNDS; round++) {
    move(&gathered, centroids, clusters, width, rows, members, count, random);
    fill_table(&table, centroids, weights, clusters);
    for (size_t i = 0; round < ROUNDS && i < count; i++) {
      const float *y = rows + (size_t)members[i] * width;
      float best = -INFINITY;
      gather(&gathered, nearest(&table, y, 0, clusters, &best), y, width);
    }
  }
  free_table(&table);
  free_gathering(&gathered);
  free(weights);
  return enough;
}

struct vitrine_cells {
  centroid_table coarse, fine;
  size_t count;
  uint32_t *starts;  // of the cells of each coarse one, and the end
  float *centroids;
};

void vitrine_free_cells(vitrine_cells *cells) {
  if (!cells) return;
  free_table(&cells->coarse);
  free_table(&cells->fine);
  free(cells->starts);
  free(cells->centroids);
  free(cells);
}

const float *vitrine_cell_centroids(const vitrine_cells *cells) { return cells->centroids; }

uint32_t vitrine_cell_of(const vitrine_cells *cells, const float *y) {
  const centroid_table *coarse = &cells->coarse;
  size_t near[NEAR];
  float scores[NEAR];
  size_t found = 0;
  for (size_t block = 0; block * BLOCK < coarse->count; block++) {
    float out[BLOCK];
    products(coarse->columns + block * BLOCK * coarse->width, coarse->offsets + block * BLOCK, y,
             coarse->width, out);
    for (size_t j = 0; j < BLOCK; j++) {
      if (out[j] == -INFINITY || (found == NEAR && out[j] <= scores[NEAR - 1])) continue;
      size_t place = found < NEAR ? found++ : NEAR - 1;
      for (; place > 0 && scores[place - 1] < out[j]; place--) {
        near[place] = near[place - 1];
        scores[place] = scores[place - 1];
      }
      near[place] = block * BLOCK + j;
      scores[place] = out[j];
    }
  }
  float best = -INFINITY;
  size_t cell = 0;
  for (size_t i = 0; i < found; i++) {
    const size_t first = cells->starts[near[i]], count = cells->starts[near[i] + 1] - first;
    const float before = best;
    const size_t candidate = nearest(&cells->fine, y, first, count, &best);
    if (best > before) cell = candidate;
  }
  return (uint32_t)cell;
}

// Rounds over all cells at once: rows that a coarse boundary kept from their cell find it, and
// weights on one footing even the sizes.
static int balance(vitrine_cells *cells, const float *sample, size_t count, size_t width,
                   float *weights, uint64_t *random) {
  gathering gathered;
  uint32_t *members = malloc((count + 1) * sizeof(uint32_t));
  const int enough = make_gathering(&gathered, cells->count, width) && members;
  for (size_t i = 0; enough && i < count; i++) members[i] = (uint32_t)i;
  for (int round = 0; enough && count && round < BALANCING_ROUNDS; round++) {
    double spread = 0;
    for (size_t i = 0; i < count; i++) {
      const float *y = sample + i * width;
      const uint32_t cell = vitrine_cell_of(cells, y);
      gather(&gathered, cell, y, width);
      const float *centroid = cells->centroids + cell * width;
      for (size_t k = 0; k < width; k++)
        spread += (y[k] - centroid[k]) * (y[k] - centroid[k]) / 2;
    }
    const double even = (double)count / (double)cells->count;
    for (size_t c = 0; c < cells->count; c++) {
      const double excess = fmin(1, fmax(-1, log((gathered.sizes[c] + 1) / (even + 1))));
      weights[c] += (float)(WEIGHT_STEP * spread / (double)count * excess);
    }
    if (round < MOVING_ROUNDS)
      move(&gathered, cells->centroids, cells->count, width, sample, members, count, random);
    else
      memset(gathered.sizes, 0, cells->count * sizeof(uint32_t));
    fill_table(&cells->fine, cells->centroids, weights, cells->count);
  }
  free_gathering(&gathered);
  free(members);
  return enough;
}

vitrine_cells *vitrine_make_cells(const float *sample, size_t count, size_t width, size_t wanted) {
  vitrine_cells *cells = calloc(1, sizeof *cells);
  if (!cells) return NULL;
  const size_t coarse = wanted < 64 ? 1 : (size_t)sqrt((double)wanted);
  float *centroids = malloc(coarse * width * sizeof(float));
  float *weights = calloc(coarse + wanted, sizeof(float));
  uint32_t *members = malloc((count + 1) * sizeof(uint32_t));
  uint32_t *parents = malloc((count + 1) * sizeof(uint32_t));
  uint32_t *starts = calloc(coarse + 2, sizeof(uint32_t));
  cells->count = wanted;
  cells->starts = malloc((coarse + 1) * sizeof(uint32_t));
  cells->centroids = malloc(wanted * width * sizeof(float));
  int enough = centroids && weights && members && parents && starts && cells->starts &&
               cells->centroids && make_table(&cells->coarse, coarse, width) &&
               make_table(&cells->fine, wanted, width);
  uint64_t random = 0x9E3779B97F4A7C15u;
  if (enough) {
    for (size_t i = 0; i < count; i++) members[i] = (uint32_t)i;
    enough = cluster(sample, members, count, width, coarse, &random, centroids);
  }
  if (enough) {
    fill_table(&cells->coarse, centroids, weights, coarse);
    for (size_t i = 0; i < count; i++) {
      float best = -INFINITY;
      parents[i] = (uint32_t)nearest(&cells->coarse, sample + i * width, 0, coarse, &best);
      starts[parents[i] + 2]++;
    }
    for (size_t c = 0; c < coarse; c++) starts[c + 2] += starts[c + 1];
    for (size_t i = 0; i < count; i++) members[starts[parents[i] + 1]++] = (uint32_t)i;
    // Each coarse cell has its share of the cells, by the rows before it.
    for (size_t c = 0; c <= coarse; c++)
      cells->starts[c] =
          (uint32_t)(c == coarse ? wanted : count ? starts[c] * wanted / count : c * wanted / coarse);
    for (size_t c = 0; enough && c < coarse; c++) {
      const size_t first = cells->starts[c], own = cells->starts[c + 1] - first;
      if (own > 0)
        enough = cluster(sample, members + starts[c], starts[c + 1] - starts[c], width, own, &random,
                         cells->centroids + first * width);
    }
  }
  if (enough) {
    // A coarse cell too small for a cell of its own has none: its rows go to a neighbour.
    for (size_t c = 0; c < coarse; c++)
      if (cells->starts[c] == cells->starts[c + 1]) weights[c] = INFINITY;
    fill_table(&cells->coarse, centroids, weights, coarse);
    fill_table(&cells->fine, cells->centroids, weights + coarse, wanted);
    enough = balance(cells, sample, count, width, weights + coarse, &random);
  }
  free(centroids);
  free(weights);
  free(members);
  free(parents);
  free(starts);
  if (enough) return cells;
  vitrine_free_cells(cells);
  return NULL;
}

BODY void project_body(const float *x, const float *mean, const float *basis, size_t width,
                       size_t dimension, float *restrict y) {
  for (size_t k = 0; k < width; k++) {
    const float *row = basis + k * dimension;
    float lanes[BLOCK] = {0};
    size_t i = 0;
    for (; i + BLOCK <= dimension; i += BLOCK)
      for (int j = 0; j < BLOCK; j++) lanes[j] += (x[i + j] - mean[i + j]) * row[i + j];
    for (; i < dimension; i++) lanes[0] += (x[i] - mean[i]) * row[i];
    for (int half = BLOCK / 2; half > 0; half /= 2)
      for (int j = 0; j < half; j++) lanes[j] += lanes[j + half];
    y[k] = lanes[0];
  }
}
WIDEST(void, project,
       (const float *x, const float *mean, const float *basis, size_t width, size_t dimension,
        float *y),
       (x, mean, basis, width, dimension, y))

void vitrine_project_rows(const float *base, const uint32_t *offsets, size_t count,
                          size_t dimension, size_t width, const float *mean, const float *basis,
                          float *y) {
  for (size_t r = 0; r < count; r++)
    project(base + offsets[r], mean, basis, width, dimension, y + r * width);
}

BODY float largest_body(const float *values, size_t count) {
  float lanes[BLOCK];
  for (int j = 0; j < BLOCK; j++) lanes[j] = -INFINITY;
  size_t i = 0;
  for (; i + BLOCK <= count; i += BLOCK)
    for (int j = 0; j < BLOCK; j++) lanes[j] = values[i + j] > lanes[j] ? values[i + j] : lanes[j];
  for (; i < count; i++) lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
  for (int j = 1; j < BLOCK; j++) lanes[0] = lanes[j] > lanes[0] ? lanes[j] : lanes[0];
  return lanes[0];
}
WIDEST(float, largest, (const float *values, size_t count), (values, count))

float vitrine_largest(const float *values, size_t count) { return largest(values, count); }

static void read_ahead(const void *start, size_t length) {
  enum { LINE = 64 };
  for (size_t i = 0; i < length; i += LINE) __builtin_prefetch((const char *)start + i);
}

// The beginning of some rows' codes, the processor foresees the others itself, and all that is of one
// number a row.
static void expect_places(vitrine_codes codes, size_t first, size_t end, size_t width) {
  enum { BYTES = 512 };
  const size_t length = (end - first) * width, numbers = (end - first) * sizeof(float);
  read_ahead(codes.codes + first * width, length < BYTES ? length : BYTES);
  read_ahead(codes.scales + first, numbers);
  read_ahead(codes.errors + first, numbers);
  read_ahead(codes.tails + first, numbers);
}

void vitrine_scan_cells(const vitrine_code_query *query, vitrine_codes codes, const uint32_t *starts,
                        const uint32_t *cells, size_t count, size_t width, vitrine_found *found) {
  for (size_t i = 0; i < count;) {
    // Neighbours are read in one go.
    size_t next = i + 1;
    while (next < count && cells[next] == cells[next - 1] + 1) next++;
    if (next < count) expect_places(codes, starts[cells[next]], starts[cells[next] + 1], width);
    vitrine_scan(query, codes, starts[cells[i]], starts[cells[next - 1] + 1], width, -INFINITY, found);
    i = next;
  }
}
