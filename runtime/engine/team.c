/* Team: a parallel region that lasts as long as the team does. Its threads wait for work, and for one another, at the
 * team's barrier: the library's own waiting between two regions keeps processors busy for milliseconds. */
#include "runtime/engine/team.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/engine/cores.h"
#include "runtime/engine/slab.h"
#include "runtime/engine/subnormals.h"

/* About what it takes to put a thread to sleep and to wake it: so waiting costs twice the better choice at the most. */
static const double awake_s = 50e-6;

struct Team {
    int threads;
    void **scratch; /* [threads] */
    Barrier *barrier;
    pthread_t host; /* has opened the region */
    bool hosted;
    bool flushes;
    void (*work)(void *user, const Worker *worker); /* NULL, when threads meet to begin: the team ends */
    void *user;
};

/* What is asked for, or else what OMP_NUM_THREADS says, or else what the machine gives; no more than OpenMP starts. */
static int count_threads(int asked) {
    int processors = omp_get_num_procs(), usual = omp_get_max_threads(), limit = omp_get_thread_limit();
    int threads = asked > 0 ? asked : getenv("OMP_NUM_THREADS") ? usual : cores_available(processors);
    if (omp_get_max_active_levels() < 1) return 1;
    return threads < limit ? threads : limit;
}

int team_usual_threads(void) { return count_threads(0); }

static Worker worker_of(const Team *team, int thread) {
    return (Worker){thread, team->threads, team->scratch[thread], team->barrier};
}

static void do_work(const Team *team, const Worker *worker) {
    if (!team->flushes) {
        team->work(team->user, worker);
        return;
    }
    SubnormalMode before = subnormals_flush();
    team->work(team->user, worker);
    subnormals_restore(before);
}

static void work_to_the_end(const Team *team, int thread) {
    Worker worker = worker_of(team, thread);
    for (;;) {
        worker_meet(&worker);
        if (!team->work) return;
        do_work(team, &worker);
        worker_meet(&worker);
    }
}

/* Thread 0 of the region sleeps: who calls team_run has its number and its share, and (OMP_PROC_BIND) its place. */
static void *host(void *user) {
    const Team *team = user;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(team->threads)
    if (omp_get_thread_num() > 0) work_to_the_end(team, omp_get_thread_num());
    return NULL;
}

static Team *out_of_memory(Team *team, int threads, Diagnostics *diags) {
    diag_error(diags, "E0901", (Pos){0}, "there is no memory for %s", count_text(threads, "thread").text);
    diag_hint(diags, "ask for fewer threads with --threads");
    team_free(team);
    return NULL;
}

Team *team_new(int threads, Diagnostics *diags) {
    Team *team = memory_try(1, sizeof *team);
    int count = count_threads(threads);
    if (!team) return out_of_memory(team, count, diags);
    team->threads = count;
    team->scratch = memory_try((size_t)team->threads, sizeof *team->scratch);
    team->barrier = barrier_new(count, count > cores_available(omp_get_num_procs()) ? 0 : awake_s);
    if (!team->scratch || !team->barrier) return out_of_memory(team, count, diags);
    for (int i = 0; i < team->threads; i++) {
        team->scratch[i] = slab_new(SCRATCH_BYTES);
        if (!team->scratch[i]) return out_of_memory(team, count, diags);
    }
    team->hosted = count > 1 && pthread_create(&team->host, NULL, host, team) == 0;
    return count == 1 || team->hosted ? team : out_of_memory(team, count, diags);
}

void team_free(Team *team) {
    if (!team) return;
    if (team->hosted) {
        team->work = NULL;
        barrier_meet(team->barrier);
        pthread_join(team->host, NULL);
    }
    for (int i = 0; team->scratch && i < team->threads; i++) slab_free(team->scratch[i], SCRATCH_BYTES);
    free(team->scratch);
    barrier_free(team->barrier);
    free(team);
}

void team_flush_subnormals(Team *team) { team->flushes = true; }

int team_threads(const Team *team) { return team->threads; }

void team_run(Team *team, void (*work)(void *user, const Worker *worker), void *user) {
    Worker worker = worker_of(team, 0);
    team->work = work;
    team->user = user;
    worker_meet(&worker);
    do_work(team, &worker);
    worker_meet(&worker);
}

/* Jobs, taken in turn by who is free. */
typedef struct Jobs {
    atomic_int next;
    int count;
    void (*work)(void *user, int index);
    void *user;
} Jobs;

static void take_jobs(void *user, const Worker *worker) {
    Jobs *jobs = user;
    (void)worker;
    for (int i; (i = atomic_fetch_add(&jobs->next, 1)) < jobs->count;) jobs->work(jobs->user, i);
}

void team_each(Team *team, int count, void (*work)(void *user, int index), void *user) {
    team_run(team, take_jobs, &(Jobs){.count = count, .work = work, .user = user});
}
