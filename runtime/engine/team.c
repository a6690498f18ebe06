/* Team: OpenMP. */
#include "runtime/engine/team.h"

#include <omp.h>
#include <stdlib.h>

#include "runtime/engine/cores.h"
#include "runtime/engine/slab.h"

struct Team {
    int threads;
    void **scratch; /* [threads] */
};

/* What is asked for, or else what OMP_NUM_THREADS says, or else what the machine gives; no more than OpenMP starts. */
static int count_threads(int asked) {
    int processors = omp_get_num_procs(), usual = omp_get_max_threads(), limit = omp_get_thread_limit();
    int threads = asked > 0 ? asked : getenv("OMP_NUM_THREADS") ? usual : cores_available(processors);
    return threads < limit ? threads : limit;
}

static Team *out_of_memory(Team *team, int threads, Diagnostics *diags) {
    diag_error(diags, "E0901", (Pos){0}, "there is no memory for %d threads", threads);
    diag_hint(diags, "ask for fewer threads with --threads");
    team_free(team);
    return NULL;
}

Team *team_new(int threads, Diagnostics *diags) {
    Team *team = calloc(1, sizeof *team);
    int count = count_threads(threads);
    if (!team) return out_of_memory(team, count, diags);
    team->threads = count;
    team->scratch = calloc((size_t)team->threads, sizeof *team->scratch);
    if (!team->scratch) return out_of_memory(team, count, diags);
    for (int i = 0; i < team->threads; i++) {
        team->scratch[i] = slab_new(SCRATCH_BYTES);
        if (!team->scratch[i]) return out_of_memory(team, count, diags);
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
