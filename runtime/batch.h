/* Batch: rows of a data set laid end to end, as the graph's inputs take them (see TextInput in graph/program.h).
 *
 *     ids     [CLS] a a a [SEP] [CLS] b [SEP] ...      x.T tokens
 *     bounds  0                 5             8 ...    S + 1
 */
#ifndef GRADC_RUNTIME_BATCH_H
#define GRADC_RUNTIME_BATCH_H

#include "runtime/dataset.h"

typedef struct BatchInput {
    int64_t tokens;
    int32_t *ids, *segments, *positions; /* [tokens] */
    int32_t *bounds;                     /* [rows + 1] */
    int32_t *first;                      /* [rows] */
    int32_t *sequence;                   /* [tokens] */
    int32_t *coords;                     /* [tokens, 2] */
} BatchInput;

typedef struct Batch {
    Arena *arena;
    int64_t rows, capacity_rows;
    BatchInput inputs[2];
    int32_t *row_coords;   /* [rows, 2] */
    int32_t *class_labels; /* [rows] */
    float *real_labels;    /* [rows] */
    float update_rows[1];  /* rows of the whole update */
    int32_t rng[2];        /* seed, step */
} Batch;

/* Room for batches of at most `rows` rows of any of these data sets. */
Batch *batch_new(const Dataset *const *sets, int n_sets, int64_t rows);
void batch_free(Batch *batch);

/* Fills it with the rows at these indices; the first is row `first_row` of the update. Rows without a label get label 0. */
void batch_fill(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, int64_t first_row);

int64_t batch_tokens(const Batch *batch);

#endif
