/* Teams: threads meet, see what the others wrote, and give way while they wait. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/engine/team.h"

enum { MOST_THREADS = 5, ROUNDS = 500, NAPS = 20 };

static Team *team_of(int threads, Diagnostics *diags) {
    Team *team = team_new(threads, diags);
    cr_assert_not_null(team);
    return team;
}

/* --- Meeting ------------------------------------------------------------------------------------------------------ */

typedef struct Board {
    int written[MOST_THREADS]; /* not atomic: the barrier orders them */
    atomic_int wrong;
} Board;

static void write_and_look(void *user, const Worker *worker) {
    Board *board = user;
    for (int round = 1; round <= ROUNDS; round++) {
        board->written[worker->thread] = round;
        worker_meet(worker);
        for (int i = 0; i < worker->threads; i++) board->wrong += board->written[i] != round;
        worker_meet(worker);
    }
}

Test(team, all_see_what_was_written_before_they_met) {
    Diagnostics *diags = diagnostics_new();
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        Team *team = team_of(threads, diags);
        Board board = {0};
        for (int i = 0; i < 3; i++) team_run(team, write_and_look, &board);
        cr_expect_eq(board.wrong, 0, "%d threads", threads);
        for (int i = 0; i < threads; i++) cr_expect_eq(board.written[i], ROUNDS, "thread %d of %d", i, threads);
        team_free(team);
    }
    diagnostics_free(diags);
}

static void count_job(void *user, int index) { ((int *)user)[index]++; }

Test(team, each_job_is_done_once) {
    Diagnostics *diags = diagnostics_new();
    Team *team = team_of(3, diags);
    int done[100] = {0};
    team_each(team, 100, count_job, done);
    for (int i = 0; i < 100; i++) cr_expect_eq(done[i], 1, "job %d", i);
    team_free(team);
    diagnostics_free(diags);
}

/* --- Giving way: processor time, which does not depend on what else runs ------------------------------------------ */

static double used_s(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL); }

/* The first thread comes late to each meeting; what the second uses meanwhile. */
static void wait_for_the_first(void *user, const Worker *worker) {
    double began = used_s(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < NAPS; i++) {
        if (worker->thread == 0) nap();
        worker_meet(worker);
    }
    if (worker->thread == 1) *(double *)user = used_s(CLOCK_THREAD_CPUTIME_ID) - began;
}

Test(team, who_waits_gives_way) {
    Diagnostics *diags = diagnostics_new();
    Team *team = team_of(2, diags);
    double used = 1;
    team_run(team, wait_for_the_first, &used);
    cr_expect_lt(used, 0.03, "%g s of 0.1", used);
    team_free(team);
    diagnostics_free(diags);
}

static void nothing(void *user, const Worker *worker) { (void)user, (void)worker; }

Test(team, who_has_no_work_gives_way) {
    Diagnostics *diags = diagnostics_new();
    Team *team = team_of(2, diags);
    team_run(team, nothing, NULL);
    nap();
    double began = used_s(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < NAPS; i++) {
        team_run(team, nothing, NULL);
        nap();
    }
    double used = used_s(CLOCK_PROCESS_CPUTIME_ID) - began;
    cr_expect_lt(used, 0.03, "%g s of 0.1", used);
    team_free(team);
    diagnostics_free(diags);
}
