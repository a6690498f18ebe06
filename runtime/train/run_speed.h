/* Run speed: how long steps and evaluations take here, from a few that are run. */
#ifndef GRADC_RUNTIME_TRAIN_RUN_SPEED_H
#define GRADC_RUNTIME_TRAIN_RUN_SPEED_H

#include "runtime/train/run_plan.h"
#include "runtime/train/train_step.h"

/* Runs some steps of each task from all over the first epoch, and an evaluation of each, for at most about `most`
 * seconds (INFINITY: as long as it takes): what was not run by then is taken to be like the rest. Weights, states and
 * step numbers are as before when it returns. The speed is in the session's arena. False with a diagnostic. */
bool run_speed_measure(StepRunner *runner, const RunSchedule *schedule, double most, RunSpeed *speed);

#endif
