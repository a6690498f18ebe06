/* Run schedule: which steps a run has, and at which rates: decided by its data and options before the first of them. */
#ifndef GRADC_RUNTIME_TRAIN_RUN_SCHEDULE_H
#define GRADC_RUNTIME_TRAIN_RUN_SCHEDULE_H

#include "runtime/data/step.h"
#include "runtime/train/rate.h"
#include "runtime/train/train_data.h"

/* How long a run is: what was asked for, or what --within left of it. */
typedef struct RunLength {
    int64_t epochs, steps; /* steps 0: those of all epochs */
} RunLength;

typedef struct RunSchedule {
    RunLength length;
    Sampler *sampler;
    Steps *steps;
    int64_t per_epoch; /* steps */
    RateSchedule rate; /* rate.steps: of the whole run */
} RunSchedule;

/* A schedule of this length in place of the one that there is, if any. `joined`: as StepOptions say. False with a
 * diagnostic; to be closed all the same. */
bool run_schedule_make(RunSchedule *schedule, RunLength length, int joined, const TrainData *data, Session *session,
                       const TrainOptions *options);
void run_schedule_close(RunSchedule *schedule);

/* Step `step` of the run; valid until the next one. */
const Step *run_schedule_step(const RunSchedule *schedule, int64_t step);

/* Epochs, of which the last may be cut short. */
int64_t run_schedule_epochs(const RunSchedule *schedule);

#endif
