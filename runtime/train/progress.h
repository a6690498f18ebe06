/* Progress of a training run: on a terminal a bar and a line for each task, as many as there is room for, written over
 * again and again; plain lines now and then otherwise. Of an evaluation, on a terminal: one line. */
#ifndef GRADC_RUNTIME_TRAIN_PROGRESS_H
#define GRADC_RUNTIME_TRAIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct TaskProgress {
    const char *name, *metric_name; /* NULL: it has none, or none is known yet */
    double loss;                    /* smoothed; negative: none yet */
    double metric;                  /* of the last evaluation */
    double flops;                   /* of the encoder's matrices, for each token of a step */
} TaskProgress;

typedef struct Progress {
    bool quiet, terminal;
    int64_t first, steps, plain_every; /* of the whole run */
    double start, drawn;               /* seconds */
    TaskProgress *tasks;               /* [n_tasks], the caller's */
    int n_tasks, lines;                /* lines: that stand on the terminal */
    int64_t tokens;
    double flops, peak; /* done; what this machine can do in a second, 0: not known */
} Progress;

/* Would it be shown on a terminal? */
bool progress_has_terminal(void);

void progress_start(Progress *progress, bool quiet, int64_t first, int64_t steps); /* `first` steps are done already */
void progress_step(Progress *progress, int64_t step, int task, double loss, int64_t tokens);
void progress_metric(Progress *progress, int task, const char *name, double value);
/* "evaluating TASK 640/1101", in place of all lines. */
void progress_evaluation(Progress *progress, const char *task, int64_t done, int64_t rows);
/* Clears the lines, so that something else can be printed. */
void progress_clear(Progress *progress);

#endif
