/* Run plan: what a run will do, counted from its schedule and its data. Nothing is run, and nothing changes: what its
 * steps take here is measured elsewhere (run_speed.h), and what is done about it is the caller's. */
#ifndef GRADC_RUNTIME_TRAIN_RUN_PLAN_H
#define GRADC_RUNTIME_TRAIN_RUN_PLAN_H

#include "runtime/train/budget.h"
#include "runtime/train/run_schedule.h"

/* Tokens of the whole run, and of its first epoch: what a frozen prefix gives rows is computed there, and kept. */
typedef struct PlannedTokens {
    int64_t all, first;
} PlannedTokens;

typedef struct TaskPlan {
    int64_t steps, tokens;    /* steps that have a batch of the task, and the tokens of these batches */
    PlannedTokens training;   /* of steps whose first batch is of the task: all batches of them */
    PlannedTokens evaluation; /* of its rows to evaluate, once after each epoch */
} TaskPlan;

typedef struct RunPlan {
    int64_t steps, epochs; /* the last epoch may be cut short */
    TaskPlan *tasks;       /* [n_tasks], as in the data */
    int n_tasks;
} RunPlan;

/* Of all steps of the schedule; in `arena`. */
RunPlan run_plan_make(const RunSchedule *schedule, const TrainData *data, Arena *arena);

/* Tokens of step `step` of the run, and the task of its first batch; `tasks` [tasks] (may be NULL) grows by what the
 * step does. */
int64_t run_plan_step(const RunSchedule *schedule, const TrainData *data, int64_t step, int *task, TaskPlan *tasks);

/* Seconds that a token takes: in the first epoch, and once what a frozen prefix gives rows is kept. */
typedef struct TokenSeconds {
    double first, later;
} TokenSeconds;

/* [n_tasks]: of the tokens that the plan counts with each task. */
typedef struct RunSpeed {
    TokenSeconds *training, *evaluation;
} RunSpeed;

/* What all of the plan takes at this speed. */
TrainSeconds run_plan_seconds(const RunPlan *plan, const RunSpeed *speed);
/* What its first epoch takes when it is the first, or as a later one. */
TrainSeconds run_plan_first_epoch(const RunPlan *plan, const RunSpeed *speed);
TrainSeconds run_plan_later_epoch(const RunPlan *plan, const RunSpeed *speed);

#endif
