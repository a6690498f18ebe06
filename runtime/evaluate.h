/* Evaluation: predictions of a task's rows, in order, and the metrics of them. */
#ifndef GRADC_RUNTIME_EVALUATE_H
#define GRADC_RUNTIME_EVALUATE_H

#include "runtime/metrics.h"
#include "runtime/model.h"

enum { MAX_METRICS = 8 };

typedef struct Evaluation {
    int task;
    double metrics[MAX_METRICS]; /* in the order of the task's list */
    double score;                /* of the first one, from 0 to 1 */
    int64_t rows;
} Evaluation;

/* The table rows of a task's metrics; false with "did you mean" for an unknown one. */
bool evaluate_check(const Program *program, const bool *tasks, Diagnostics *diags);

/* Calls `take` with each row's prediction, in the order of the data set. Rows are run in batches of `batch`, sorted by length, so that
 * batches are of even size. `values` has `count` numbers: of a sequence [columns], or of all its tokens [tokens, columns]. */
typedef void TakePrediction(void *user, int64_t row, const float *values, int64_t count, int64_t columns);
bool predict_rows(Model *model, int task, const Dataset *data, int64_t batch, TakePrediction *take, void *user, Diagnostics *diags);

bool evaluate(Model *model, int task, const Dataset *data, int64_t batch, Evaluation *result, Diagnostics *diags);

/* The mean of the tasks' scores. */
double overall_score(const Evaluation *evaluations, int count);

#endif
