/* Spread: rows that several ranks have collected the outputs of, some each, become rows that all ranks have. */
#ifndef GRADC_RUNTIME_MEASURE_SPREAD_H
#define GRADC_RUNTIME_MEASURE_SPREAD_H

#include "runtime/measure/evaluate.h"

/* The rows of a data set in the order in which they are gone through, and who has collected each. */
typedef struct SpreadRows {
    const int64_t *rows; /* [count] */
    const int *ranks;    /* [count] */
    int64_t count;
} SpreadRows;

/* Of all: `outputs` then has what a process alone would have collected. */
void collected_spread(Ranks *ranks, const SpreadRows *rows, Collected *outputs);

#endif
