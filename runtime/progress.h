/* Progress of a training run: one line that is written over on a terminal, plain lines now and then otherwise. */
#ifndef GRADC_RUNTIME_PROGRESS_H
#define GRADC_RUNTIME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Progress {
    bool quiet, terminal;
    int64_t first, steps, plain_every; /* of the whole run */
    double start, drawn;        /* seconds */
    double loss[64];            /* [task]: smoothed; negative: none yet */
    const char *names[64];
    int n_tasks;
    int64_t tokens;
} Progress;

/* Seconds of a steady clock. */
double seconds_now(void);

void progress_start(Progress *progress, bool quiet, int64_t first, int64_t steps); /* `first` steps are done already */
void progress_step(Progress *progress, int64_t step, int task, double loss, int64_t tokens);
/* Clears the line, so that something else can be printed. */
void progress_clear(const Progress *progress);

#endif
