/* Team: the threads of a run, which meet only at its barrier. They are started once; while there is no work they sleep.
 * OpenMP is spoken here alone. */
#ifndef GRADC_RUNTIME_ENGINE_TEAM_H
#define GRADC_RUNTIME_ENGINE_TEAM_H

#include "graph/base/diag.h"
#include "runtime/engine/executable.h"

typedef struct Team Team;

/* `threads` 0: as OMP_NUM_THREADS says, or one for each core that this process may use, within the quota of its control
 * group. OMP_THREAD_LIMIT bounds both. NULL with a diagnostic when threads or their memory are not to be had. */
Team *team_new(int threads, Diagnostics *diags);
void team_free(Team *team);
int team_threads(const Team *team);
/* From now on all work of the team, the caller's share too, flushes subnormal numbers (subnormals.h). */
void team_flush_subnormals(Team *team);
/* The threads that team_new(0) would have. */
int team_usual_threads(void);

/* Runs `work` on every thread, the caller as the first of them, and returns when all are done. One caller at a time. */
void team_run(Team *team, void (*work)(void *user, const Worker *worker), void *user);

/* Calls `work` for 0 .. count-1, each once, on whichever thread is free: for jobs of uneven size, such as compiling. */
void team_each(Team *team, int count, void (*work)(void *user, int index), void *user);

#endif
