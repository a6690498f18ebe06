/* Metrics of a task's predictions, as scikit-learn and SciPy define them, in double precision. They
 * are a table: a `metric` line of a graph file names a row.
 *
 * Never NaN: where a definition divides by zero (no rows, all predictions or all labels equal, no
 * positive row) the value is 0, also of a correlation of numbers that are not finite. */
#ifndef GRADC_RUNTIME_METRICS_H
#define GRADC_RUNTIME_METRICS_H

#include <stdbool.h>
#include <stdint.h>

/* Of `n` predictions and labels. Classes are small whole numbers. */
typedef double MetricFunction(const double *prediction, const double *label, int64_t n);

typedef struct Metric {
    const char *name;
    MetricFunction *compute;
    bool is_correlation;  /* in [-1, 1] rather than [0, 1] */
    bool lower_is_better; /* an error, from 0 up */
} Metric;

/* All of them, for documentation and for "did you mean". */
const Metric *metric_list(int *count);
const Metric *metric_find(const char *name); /* NULL: none */

/* A value on the scale of 0 to 1 on which the tasks' values are averaged: a correlation r counts as
 * (1 + r) / 2, an error e as 1 / (1 + e), anything else as itself. */
double metric_score(const Metric *metric, double value);

#endif
