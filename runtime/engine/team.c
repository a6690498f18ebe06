/* Team: OpenMP. */
#include "runtime/engine/team.h"

#include <omp.h>
#include <stdlib.h>

#include "runtime/engine/slab.h"

struct Team {
    int threads;
    void **scratch; /* [threads] */
};

Team *team_new(int threads, Diagnostics *diags) {
    Team *team = calloc(1, sizeof *team);
    if (!team) abort();
    team->threads = threads > 0 ? threads : omp_get_num_procs();
    team->scratch = calloc((size_t)team->threads, sizeof *team->scratch);
    for (int i = 0; team->scratch && i < team->threads; i++) {
        team->scratch[i] = slab_new(SCRATCH_BYTES);
        if (team->scratch[i]) continue;
        diag_error(diags, "E0901", (Pos){0}, "there is no memory for %d threads", team->threads);
        diag_hint(diags, "ask for fewer threads with --threads");
        team_free(team);
        return NULL;
    }
    return team;
}

void team_free(Team *team) {
    if (!team) return;
    for (int i = 0; team->scratch && i < team->threads; i++) slab_free(team->scratch[i], SCRATCH_BYTES);
    free(team->scratch);
    free(team);
}

int team_threads(const Team *team) { return team->threads; }

static void meet(void) {
#pragma omp barrier
}

void team_run(Team *team, void (*work)(void *user, const Worker *worker), void *user) {
#pragma omp parallel num_threads(team->threads)
    {
        int thread = omp_get_thread_num();
        Worker worker = {thread, omp_get_num_threads(), team->scratch[thread], meet};
        work(user, &worker);
    }
}

void team_each(Team *team, int count, void (*work)(void *user, int index), void *user) {
#pragma omp parallel for schedule(dynamic) num_threads(team->threads)
    for (int i = 0; i < count; i++) work(user, i);
}
