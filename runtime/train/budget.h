/* Budget: what fits into the time that --within gives a run. */
#ifndef GRADC_RUNTIME_TRAIN_BUDGET_H
#define GRADC_RUNTIME_TRAIN_BUDGET_H

#include "graph/base/diag.h"

/* Seconds of steps, and of the evaluations that follow them: of an epoch, of a run. */
typedef struct TrainSeconds {
    double training, evaluation;
} TrainSeconds;

/* Seconds of "90s", "45m", "2h" or "1.5h"; a bare number is minutes. False with a diagnostic. */
bool budget_read(const char *text, double *seconds, Diagnostics *diags);

/* As many steps as fit, of `asked` ones and at least one: `per_epoch` of them an epoch, with an evaluation after each
 * epoch and after what the last one has. The first epoch may take longer than those after it. */
int64_t budget_steps(double seconds, TrainSeconds first, TrainSeconds later, int64_t per_epoch, int64_t asked);

/* What part of the rows can be evaluated so that half of the time is left for steps; 1: all of them. */
double budget_evaluated(double seconds, double evaluation);

#endif
