/* Run log: what a run's log.jsonl tells, as numbers. A run that was stopped and taken up again counts once: what was
 * logged behind the checkpoint that it went on from is forgotten, as the run has forgotten it. */
#ifndef GRADC_RUNTIME_REPORT_RUN_LOG_H
#define GRADC_RUNTIME_REPORT_RUN_LOG_H

#include <jansson.h>

#include "graph/base/diag.h"

typedef struct LoggedStep {
    int64_t step, rows, tokens;
    int task; /* of the log's */
    /* ms: since the step before; 0: another task of the same step has it. norm: of all gradients, before clipping */
    double loss, rate, norm, ms;
} LoggedStep;

typedef struct LoggedEvaluation {
    int64_t epoch, step; /* the last step before it */
    int task;
    const json_t *figures; /* its event: "accuracy": 0.9 ...; what is undefined is null */
} LoggedEvaluation;

/* One number of the run as a whole at some step: the overall score, the cosine of two tasks' gradients. */
typedef struct LoggedNumber {
    int64_t epoch, step;
    const char *name;
    double value; /* NaN: undefined */
} LoggedNumber;

typedef struct RunLog {
    json_t *events;             /* all that were read; the others point into it */
    const json_t *start, *done; /* NULL: there is none (yet) */
    bool stopped;               /* the last word: a signal ended it */
    const char **tasks;         /* [n_tasks], in the order in which they first come */
    int n_tasks, task_capacity;
    VEC(LoggedStep) steps;
    VEC(LoggedEvaluation) evaluations;
    VEC(LoggedNumber) scores, cosines;
} RunLog;

/* In `arena`, but for `events`, which run_log_free gives back. False with a diagnostic: it cannot be read, or a line is
 * no event; the last one may be cut off, as a power cut leaves it. */
bool run_log_read(RunLog *log, const char *path, Arena *arena, Diagnostics *diags);
void run_log_free(RunLog *log);

int run_log_task(const RunLog *log, const char *name); /* -1: not in it */
/* What an evaluation event has under `name`; NaN: nothing, or it is undefined. */
double logged_figure(const LoggedEvaluation *evaluation, const char *name);
/* The epoch whose weights the run keeps: the first of those that score best by `best`, "TASK.METRIC" (NULL: overall).
 * 0: there is none. */
int64_t run_log_best_epoch(const RunLog *log, const char *best);
int64_t run_log_last_step(const RunLog *log);

#endif
