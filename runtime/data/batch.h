/* Batch: rows of a data set laid end to end, as the graph's inputs take them (see TextInput and Label in
 * frontend/program.h).
 *
 *     ids     [CLS] a a a [SEP] [CLS] b [SEP] ...      x.T tokens
 *     bounds  0                 5             8 ...    S + 1
 */
#ifndef GRADC_RUNTIME_DATA_BATCH_H
#define GRADC_RUNTIME_DATA_BATCH_H

#include "runtime/data/labels.h"

typedef struct BatchInput {
    int64_t tokens;
    int32_t *ids, *segments, *positions;         /* [tokens] */
    int64_t sequences;                           /* the rows, or their windows */
    int32_t *bounds;                             /* [sequences + 1] */
    int32_t *first;                              /* [sequences] */
    int32_t *sequence;                           /* [tokens] */
    int32_t *coords;                             /* [tokens, 2] */
    int32_t *row_coords;                         /* [sequences, 2] */
    int32_t *row, *places;                       /* [sequences]: its row; [rows, 2] */
    int64_t *windows;                            /* [rows + 1]: row i's sequences */
    float update_tokens[1], update_sequences[1]; /* of the whole update */
    int64_t room_sequences, room_tokens;
    int32_t *in_all_sequences,
        *in_all_tokens; /* of a batch that is joined: its own ones among all, [sequences] and [tokens] */
} BatchInput;

/* One label, or the numbers of one input, for each sequence, or W of them. */
typedef struct BatchLabels {
    int64_t count;
    int32_t *classes;       /* [count, width]: of classes, flags and masked tokens */
    float *numbers;         /* [count, width]: of real ones and of numbers */
    float *given;           /* [count, width]: 1, or 0 of a gap; NULL: there are none */
    int32_t *at;            /* [count]: token rows of the input that the label is of */
    int64_t *bounds;        /* [rows + 1]: labels of each sequence */
    float update_labels[1]; /* of the whole update */
    LabelList list;         /* of the row at hand */
} BatchLabels;

typedef struct Batch {
    Arena *arena;
    int64_t rows, capacity_rows;
    BatchInput inputs[MAX_TEXTS];
    int n_inputs;
    BatchLabels values[MAX_VALUES];
    int n_values;
    float update_rows[1];        /* rows of the whole update */
    int32_t rng[2];              /* seed, step */
    const Dataset *data;         /* that it was filled from last */
    int64_t *data_rows;          /* [rows]: their indices there */
    bool by_index;               /* see RowNumbers */
    float weight[1];             /* of its loss, where it is joined */
    int64_t first_row;           /* of one that is joined, among those of all */
    struct Batch **task_batches; /* [n_tasks]: of a joined batch, whose only input is made of their first ones */
    int n_tasks;
    int32_t *count_up; /* 0, 1, 2, ...: of a joined batch */
} Batch;

/* Which number a row has among the random numbers. */
typedef enum RowNumbers {
    NUMBERS_OF_UPDATE, /* its place in the update */
    NUMBERS_OF_DATA,   /* its index in the data set: the same in batches of any size and order */
} RowNumbers;

/* Room for batches of at most `rows` rows of any of these data sets. */
Batch *batch_new(const Dataset *const *sets, int n_sets, int64_t rows);
void batch_free(Batch *batch);

/* An update begins that is made of these rows, in one batch or in several: counts what its losses are means over, at
 * least 1. The key of its random numbers is `rng`, which the caller sets before. */
void batch_begin(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, RowNumbers numbers);

/* Fills it with the rows at these indices; the first is row `first_row` of the update. Labels that are not given are 0.
 * */
void batch_fill(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, int64_t first_row);

/* A joined batch: room for a batch of at most `rows` rows of each of these data sets; batch_join, when they are filled.
 * The key of random numbers is its own. */
Batch *batch_joined_new(const Dataset *const *sets, int n_sets, int64_t rows);
void batch_join(Batch *joined);

/* Where row `row` of a batch comes from. */
int64_t batch_data_row(const Batch *batch, int64_t row, const Dataset **data);
/* The row of the batch that the `index`th of what a symbol counts belongs to; -1: to none. */
int64_t batch_row_of(const Batch *batch, const Task *task, const Role *symbol, int64_t index);

/* What a symbol with this role counts in the task's graphs, and how many of it the batch has. */
typedef enum RowsOf {
    ROWS_OF_SEQUENCES, /* one for each row: its sequence, or what its windows are pooled to */
    ROWS_OF_WINDOWS,   /* of the first input; or the sequences of a joined batch */
    ROWS_OF_LABELS,
    ROWS_OF_TOKENS,
    ROWS_OF_BATCH, /* none of these */
} RowsOf;
/* `*of`: the text, or of labels the task's value, whose they are; or 0 */
RowsOf batch_symbol(const Task *task, const Role *symbol, int *of);
int64_t batch_extent(const Batch *batch, const Task *task, const Role *symbol);

int64_t batch_tokens(const Batch *batch);

#endif
