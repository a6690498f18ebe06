/* Table rows: the rows of a table that a batch touches, and the table's gradient in the form that has these alone.
 *
 * A training graph leaves a gradient in one of two forms (passes/compact.h):
 *
 *     dense   f32[rows, columns]       in the slab of gradients
 *     rows    f32[selected, columns]   row u is that of the table's row selected[u]; all others are zero
 *
 * Updates take either: rows are updated where only they were touched (deferred.h), or are spread to the dense form
 * first, where another task or another pass of the step gives a dense one. */
#ifndef GRADC_RUNTIME_MODEL_TABLE_ROWS_H
#define GRADC_RUNTIME_MODEL_TABLE_ROWS_H

#include "runtime/engine/executable.h"

typedef struct TableRows {
    int64_t rows, columns; /* of the table */
    int32_t *selected;     /* [rows]: the first n_selected are, ascending */
    int64_t n_selected;
    const float *gradient; /* [n_selected, columns]: where the last batch left it */
    int32_t *number;       /* [rows]: its place in `selected`, of rows that are there */
    uint64_t *marked;      /* [rows / 64 + 1]: a bit for each row of the selection at hand */
} TableRows;

TableRows *table_rows_new(int64_t rows, int64_t columns, Arena *arena);

/* Chooses the distinct ones of `rows`[count], whose number is returned; `slots`[count] says which of them each is. */
int64_t table_rows_select(TableRows *table, const int32_t *rows, int64_t count, int32_t *slots);

/* This thread's share of the dense form, `dense` [rows, columns]. */
void table_rows_spread(const TableRows *table, float *dense, const Worker *worker);

#endif
