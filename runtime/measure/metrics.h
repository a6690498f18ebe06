/* Metrics of a task's predictions, as scikit-learn and SciPy define them, in double precision. They
 * are a table: a `metric` line of a graph file names a row.
 *
 * Never NaN: where a definition divides by zero (no rows, all predictions or all labels equal, no
 * positive row) the value is 0, also of a correlation of numbers that are not finite. */
#ifndef GRADC_RUNTIME_MEASURE_METRICS_H
#define GRADC_RUNTIME_MEASURE_METRICS_H

#include "frontend/program.h"

/* What a metric is computed from: lines of predictions beside lines of labels. Classes are small whole numbers; of
 * flags a line has one 0 or 1 for each. */
typedef struct MetricInput {
    const double *prediction, *label; /* [n, width] */
    int64_t n, width;
    const int64_t *bounds; /* [sequences + 1]: the lines of each sequence */
    int64_t sequences;
    const char *const *names; /* [classes]; NULL: none are declared */
    int64_t classes;
    double loss;           /* of all lines */
    const double *scores;  /* [n, score_columns]: probabilities, where the metric reads them */
    int64_t score_columns; /* one for each class or flag, or one alone: of class 1 */
} MetricInput;

/* NaN: the metric is undefined of these rows. */
typedef double MetricFunction(const MetricInput *in);

typedef struct Metric {
    const char *name, *means;
    MetricFunction *compute;
    unsigned fits;        /* labels: 1 << LabelKind of each */
    bool reads_scores;    /* the output "probabilities" as well */
    bool needs_names;     /* of the classes, and one label for each word */
    bool is_correlation;  /* in [-1, 1] rather than [0, 1] */
    bool lower_is_better; /* an error, from 0 up */
} Metric;

/* The output that gives the probabilities of a task's classes or flags. */

/* Why a metric cannot be computed of such a label, as the end of a sentence; NULL: it can. */
const char *metric_problem(const Metric *metric, const Label *label);

/* All of them, for documentation and for "did you mean". */
const Metric *metric_list(int *count);
const Metric *metric_find(const char *name); /* NULL: none */

/* A value on the scale of 0 to 1 on which the tasks' values are averaged: a correlation r counts as
 * (1 + r) / 2, an error e as 1 / (1 + e), anything else as itself; NaN is undefined. */
double metric_score(const Metric *metric, double value);

/* A value to three places, or "undefined", for people. */
typedef struct MetricText {
    char text[32];
} MetricText;
MetricText metric_text(double value);

#endif
