/* Team: the threads of a run. One parallel region a step; inside it, threads meet only at barriers. OpenMP is spoken
 * here alone. */
#ifndef GRADC_RUNTIME_ENGINE_TEAM_H
#define GRADC_RUNTIME_ENGINE_TEAM_H

#include "graph/base/diag.h"
#include "runtime/engine/executable.h"

typedef struct Team Team;

/* `threads` 0: as OMP_NUM_THREADS says, or one for each core that this process may use, within the quota of its control
 * group. OMP_THREAD_LIMIT bounds both. NULL with a diagnostic when scratch memory is not to be
 * had. */
Team *team_new(int threads, Diagnostics *diags);
void team_free(Team *team);
int team_threads(const Team *team);

/* Runs `work` on every thread and returns when all are done. */
void team_run(Team *team, void (*work)(void *user, const Worker *worker), void *user);

/* Calls `work` for 0 .. count-1, each once, on whichever thread is free: for jobs of uneven size, such as compiling. */
void team_each(Team *team, int count, void (*work)(void *user, int index), void *user);

#endif
