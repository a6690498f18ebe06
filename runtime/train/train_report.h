/* Train report: what a run tells while it goes on: the log, the event file, progress and lines on standard error. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_REPORT_H
#define GRADC_RUNTIME_TRAIN_TRAIN_REPORT_H

#include "runtime/files/event_file.h"
#include "runtime/files/log.h"
#include "runtime/train/progress.h"
#include "runtime/train/run_plan.h"
#include "runtime/train/run_state.h"
#include "runtime/train/train_step.h"

typedef struct TrainReport {
    Session *s;
    const TrainOptions *o;
    const TrainData *data;
    Log *log;
    EventFile *events; /* NULL: none is written */
    Progress progress;
    double last_step; /* seconds: when it ended, or its epoch began */
} TrainReport;

/* `state`: of a run that goes on; NULL: it is new. False with a diagnostic; to be closed all the same. */
bool report_open(TrainReport *report, const RunState *state);
/* False with a diagnostic when not all could be written. */
bool report_close(TrainReport *report);

/* What the run will do, and how long it will take here: on standard output in a dry run, unless quiet on the other. */
void report_plan(TrainReport *report, const RunPlan *plan, const RunSpeed *speed, const StepRunner *runner);
/* What --within made of the run, of which this is the plan: of so many steps, and rows to evaluate. */
void report_within(TrainReport *report, const RunPlan *plan, int64_t steps, int64_t dev_rows);

/* The start of the run: what it is, with these settings. */
void report_start(TrainReport *report, const RunSchedule *schedule, const StepRunner *runner, const ModelUse *use,
                  const json_t *settings);
/* Progress begins, after `first` of all steps. False with a diagnostic. */
bool report_begin(TrainReport *report, int64_t first, int64_t steps);

/* The step that the runner ran last, which makes `number` of them. */
void report_step(TrainReport *report, const Step *step, const StepRunner *runner, int64_t number, double rate);
/* An epoch ended; `[tasks]`: its evaluations. report_fits and report_evaluation of each task come before. */
void report_fits(TrainReport *report, int64_t epoch, const Task *task);
void report_evaluation(TrainReport *report, int64_t epoch, int64_t step, int index, const Evaluation *evaluation);
void report_epoch(TrainReport *report, int64_t epoch, int64_t step, const Evaluation *evaluations);

/* How it ended. */
void report_early_stop(TrainReport *report, const RunState *state);
void report_pause(TrainReport *report, const RunState *state, int64_t steps, double score);
void report_stop(TrainReport *report, const RunState *state, int64_t steps);
/* --within left no time for the rest of its steps. */
void report_late(TrainReport *report, const RunState *state, int64_t steps);
void report_done(TrainReport *report, const RunState *state, const StepRunner *runner, size_t planned_slab);

#endif
