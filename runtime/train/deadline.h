/* Deadline: does another step fit into the time of --within, with all that has to follow the last one? It goes by what
 * steps and ends of epochs take while the run goes on: the speed of a machine moves. */
#ifndef GRADC_RUNTIME_TRAIN_DEADLINE_H
#define GRADC_RUNTIME_TRAIN_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

enum { DEADLINE_STEPS = 32 }; /* that tell the speed of now */

/* Seconds of a step: as planned, and as it was. */
typedef struct TimedStep {
    double planned, taken;
} TimedStep;

typedef struct Deadline {
    double at;      /* seconds by the clock; INFINITY: there is none */
    double closing; /* seconds, at the planned speed, of what follows a last step: evaluation, checkpoints, weights */
    TimedStep recent[DEADLINE_STEPS];
    int64_t steps; /* seen */
} Deadline;

void deadline_add_step(Deadline *deadline, TimedStep step);
/* An epoch was closed in so many seconds: the next one will take as long, at the same speed. */
void deadline_add_closing(Deadline *deadline, double seconds);

/* Is there time for a step as slow as the slowest of the recent ones, and for closing? Always for a first one. */
bool deadline_allows_step(const Deadline *deadline, double now);

#endif
