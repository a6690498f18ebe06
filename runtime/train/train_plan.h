/* Train plan: what a run will do, and how long it will take here. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_PLAN_H
#define GRADC_RUNTIME_TRAIN_TRAIN_PLAN_H

#include "runtime/train/train_step.h"

/* Prints what the run will do and how long it will take here; with --within the schedule gets fewer steps, and where
 * evaluation would take most of the time the data fewer rows to evaluate, so that it takes no longer. A few steps are
 * run; weights, states and step numbers are as before when it returns. False with a diagnostic. */
bool train_plan(StepRunner *runner, RunSchedule *schedule);

/* Milliseconds since the process began. */
double train_process_ms(void);

#endif
