/* Train step: runs the passes of a step, one after the other, and the update from what they give; and says what memory
 * a pass needs. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_STEP_H
#define GRADC_RUNTIME_TRAIN_TRAIN_STEP_H

#include "runtime/model/gradient_sums.h"
#include "runtime/train/run_schedule.h"

/* Of one draw of the step that ran last. */
typedef struct DrawResult {
    float loss;
    int64_t tokens;
} DrawResult;

typedef struct StepRunner {
    Session *s;
    const TrainOptions *o;
    const TrainData *data;
    Batch *batch;        /* a joined one when passes take all draws */
    GradientSums *sums;  /* of gradients, place by place; NULL: a step has one pass, which is updated from at once */
    DrawResult *results; /* [draws] */
    DrawResult *waiting; /* [waiting, draws]: of the sums of the place at hand that wait, and of the pass at hand */
    int n_waiting;
    double norm; /* as StepResult says, of the step that ran last */
} StepRunner;

/* For steps of this rule, once there is a model. False with a diagnostic; to be closed all the same. */
bool step_runner_open(StepRunner *runner, const StepRule *rule, const TrainData *data, Session *session,
                      const TrainOptions *options);
void step_runner_close(StepRunner *runner);

/* Bytes of weights, gradients, those that are added up, and moments: all but what batches take. */
size_t step_runner_bytes(const StepRunner *runner);

/* Runs a step as number `number` of the run: which decides the random numbers, and that gradients may be asked for of
 * the first. False with a diagnostic. */
bool step_run(StepRunner *runner, const Step *step, int64_t number, double rate);

/* Fills the runner's batch with a pass of step `number`; then of it, or of the batches that it joins, the one that has
 * rows of this draw. */
void step_fill(StepRunner *runner, const Step *step, int64_t number, const StepPass *pass);
Batch *step_batch(const StepRunner *runner, const StepPass *pass, int draw); /* NULL: none */

/* Bytes of the activation slab that a pass needs, which is not run. */
size_t step_pass_bytes(StepRunner *runner, const Step *step, const StepPass *pass);
/* Tokens of its rows. */
int64_t step_pass_tokens(const TrainData *data, const Step *step, const StepPass *pass);

/* Are the gradients of the places of a step multiplied with one another (gradient_sums.h)? */
bool step_compares(const TrainOptions *options);

#endif
