/* The values of a row: one label, or the numbers of one input, from the cells of a table. */
#ifndef GRADC_RUNTIME_DATA_ROW_VALUES_H
#define GRADC_RUNTIME_DATA_ROW_VALUES_H

#include "runtime/data/cells.h"
#include "runtime/data/dataset.h"

typedef struct RowValues {
    const Label *label;
    int column, n_columns;   /* in the table; no columns: the label is not read */
    double *values;          /* [count, width]: of the row at hand, before it is known which have a token; NaN: a gap */
    int64_t count, capacity; /* labels */
} RowValues;

/* What is wrong with a cell, as words that do not show it. */
typedef struct CellProblem {
    const char *what;
    int column;    /* of those in the table, from the value's first one */
    uint32_t line; /* of the file */
} CellProblem;

/* The columns that it has in a file of this format go to the end of `columns`, [row_values_most]. */
void row_values_place(RowValues *v, const char *format, const char **columns, int *n_columns, Arena *arena);
int row_values_most(const Label *label);

/* Reads row `row`; a label that is not read has one line of gaps, one of words or tokens none. False: `problem`, in
 * `arena`. `pieces` is scratch. */
bool row_values_read(RowValues *v, const Table *table, int64_t row, Pieces *pieces, Arena *arena, CellProblem *problem);
double *row_values_add(RowValues *v); /* one more line of gaps */
int64_t row_values_gap(const RowValues *v,
                       int64_t line); /* the first number of the line that is missing; -1: none is */
void row_values_free(RowValues *v);

/* Line `line` as one more of row `row` of `to`; `word`: of the word of this number, whose first token is `at`; -1. */
void row_values_store(const RowValues *v, int64_t line, int64_t word, int32_t at, Labels *to, int64_t row);

#endif
