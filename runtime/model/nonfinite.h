/* Non-finite values: where the first NaN or infinity of a step, or of an evaluation, comes from.
 *
 * A step whose loss or gradient is not finite, and a batch whose outputs are not, is run once more, kernel by
 * kernel. Of the first kernel that makes a value that is not finite, all operands are: its operators are evaluated
 * one by one, and the first whose result is not finite is the place. */
#ifndef GRADC_RUNTIME_MODEL_NONFINITE_H
#define GRADC_RUNTIME_MODEL_NONFINITE_H

#include "runtime/data/batch.h"
#include "runtime/engine/team.h"
#include "runtime/model/parameters.h"

/* What to look at: an executable that has run on this batch, its leaves and slab as they were. */
typedef struct NonFiniteStep {
    Executable *exec;
    const Task *task;
    const Batch *batch;
    Team *team;
    bool evaluates; /* no step: there is no loss, and nothing would have been updated */
    bool suspected; /* all outputs are finite; nothing is reported when nothing is found */
    double loss;
} NonFiniteStep;

/* Adds E0905 with the operator, its place and scope, and the rows of the batch in which it happens (file and line,
 * never their text); or, when a parameter is not finite before anything is computed, which one. False: nothing was
 * reported. */
bool nonfinite_report(const NonFiniteStep *step, Diagnostics *diags);

/* Adds E0905 when one of the weights is not finite; true then. */
bool nonfinite_weights(const Parameters *params, Diagnostics *diags);

#endif
