/* What a plan takes, and what fits into a time: steps, epochs, evaluations; what is left of it while a run goes on. */
#include <criterion/criterion.h>
#include <math.h>

#include "runtime/train/deadline.h"
#include "runtime/train/run_plan.h"

/* Epochs of 100 steps; no more than 1000 steps are asked for. */
static int64_t steps(double seconds, TrainSeconds first, TrainSeconds later) {
    return budget_steps(seconds, first, later, 100, 1000);
}

Test(budget, an_evaluation_after_each_epoch_is_counted) {
    TrainSeconds epoch = {10, 5};
    cr_assert_eq(steps(14.9, epoch, epoch), 99);
    cr_assert_eq(steps(15, epoch, epoch), 100);
    cr_assert_eq(steps(45, epoch, epoch), 300);
}

Test(budget, a_last_epoch_is_cut_short) {
    TrainSeconds epoch = {10, 5};
    cr_assert_eq(steps(10, epoch, epoch), 50);
    cr_assert_eq(steps(15 + 10, epoch, epoch), 150);
    cr_assert_eq(steps(15 + 4, epoch, epoch), 100, "4 seconds are no step and its evaluation");
}

Test(budget, the_first_epoch_may_take_longer) {
    cr_assert_eq(steps(100 + 3 * 2, (TrainSeconds){90, 10}, (TrainSeconds){1, 1}), 400);
}

Test(budget, no_more_than_asked_and_at_least_one) {
    TrainSeconds epoch = {10, 5}, nothing = {0, 0};
    cr_assert_eq(steps(1e9, epoch, epoch), 1000);
    cr_assert_eq(budget_steps(1e9, epoch, epoch, 100, 130), 130);
    cr_assert_eq(steps(1, nothing, nothing), 1000);
    cr_assert_eq(steps(3, epoch, epoch), 1);
    cr_assert_eq(steps(-3, epoch, epoch), 1);
}

Test(budget, evaluation_takes_half_of_the_time_at_most) {
    cr_assert_eq(budget_evaluated(100, 50), 1);
    cr_assert_eq(budget_evaluated(100, 200), 0.25);
    cr_assert_eq(budget_evaluated(-1, 200), 0);
}

/* Two tasks over three epochs; the first has a frozen prefix, whose outputs are kept after the first epoch. */
Test(budget, a_plan_takes_what_its_tokens_take) {
    TaskPlan tasks[] = {{.training = {.all = 300, .first = 100}, .evaluation = {.all = 30, .first = 10}},
                        {.training = {.all = 60, .first = 20}, .evaluation = {0}}};
    TokenSeconds training[] = {{.first = 2, .later = 1}, {.first = 10, .later = 10}};
    TokenSeconds evaluation[] = {{.first = 4, .later = 3}, {.first = 0, .later = 0}};
    RunPlan plan = {.steps = 9, .epochs = 3, .tasks = tasks, .n_tasks = 2};
    RunSpeed speed = {training, evaluation};
    TrainSeconds all = run_plan_seconds(&plan, &speed);
    cr_expect_eq(all.training, 100 * 2 + 200 * 1 + 60 * 10);
    cr_expect_eq(all.evaluation, 10 * 4 + 20 * 3);
    TrainSeconds first = run_plan_first_epoch(&plan, &speed), later = run_plan_later_epoch(&plan, &speed);
    cr_expect_eq(first.training, 100 * 2 + 20 * 10);
    cr_expect_eq(first.evaluation, 10 * 4);
    cr_expect_eq(later.training, 100 * 1 + 20 * 10);
    cr_expect_eq(later.evaluation, 10 * 3);
}

/* --- While it goes on, by a clock of the test's own --------------------------------------------------------------- */

/* Steps and closings take so many times what they were planned to take. */
typedef struct SlowMachine {
    double step, closing; /* seconds, as planned */
    double (*slowness)(double now);
} SlowMachine;

/* When a run of at most 1000 steps, closed after each 100 and after the last one, is over; `steps` (may be NULL): what
 * it did. */
static double run_until(const SlowMachine *machine, double at, int64_t *steps) {
    Deadline deadline = {.at = at, .closing = machine->closing};
    double now = 0;
    int64_t step = 0;
    for (bool closed = false; step < 1000; closed = step % 100 == 0) {
        bool late = !deadline_allows_step(&deadline, now);
        if (late && closed) break;
        double slow = machine->slowness(now);
        if (!late) now += slow * machine->step, step++;
        if (!late) deadline_add_step(&deadline, (TimedStep){machine->step, slow * machine->step});
        if (late || step % 100 == 0)
            now += slow * machine->closing, deadline_add_closing(&deadline, slow * machine->closing);
        if (late) break;
    }
    if (steps) *steps = step;
    return now;
}

static double as_planned(double now) { return now >= 0 ? 1 : 1; }
static double slower_later(double now) { return now < 20 ? 1 : 2.5; }
static double slower_always(double now) { return now >= 0 ? 3 : 3; }
static double slower_and_slower(double now) { return 1 + 0.03 * now; }

Test(budget, a_run_ends_in_time_whatever_the_machine_does) {
    double (*machines[])(double) = {as_planned, slower_always, slower_and_slower};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        for (double at = 15; at < 100; at += 0.7) {
            double end = run_until(&(SlowMachine){0.1, 4, machines[i]}, at, NULL);
            cr_expect_leq(end, at, "machine %zu: %g of %g", i, end, at);
        }
    }
}

/* What becomes slower during the last evaluation no step can tell. */
Test(budget, a_machine_that_is_suddenly_slower_is_noticed_soon) {
    for (double at = 35; at < 100; at += 0.7) {
        double end = run_until(&(SlowMachine){0.1, 4, slower_later}, at, NULL);
        cr_expect_leq(end, at, "%g of %g", end, at);
    }
}

Test(budget, as_planned_no_time_is_wasted) {
    int64_t steps;
    run_until(&(SlowMachine){0.1, 4, as_planned}, INFINITY, &steps);
    cr_expect_eq(steps, 1000);
    double end = run_until(&(SlowMachine){0.1, 4, as_planned}, 60, &steps);
    cr_expect_geq(end, 54);
}

Test(budget, a_first_step_is_always_taken) {
    Deadline deadline = {.at = -1, .closing = 10};
    cr_expect(deadline_allows_step(&deadline, 0));
    deadline_add_step(&deadline, (TimedStep){1, 1});
    cr_expect_not(deadline_allows_step(&deadline, 0));
}

Test(budget, the_slowest_of_recent_steps_counts) {
    Deadline deadline = {.at = 10, .closing = 0};
    deadline_add_step(&deadline, (TimedStep){3, 3});
    deadline_add_step(&deadline, (TimedStep){1, 1});
    cr_expect(deadline_allows_step(&deadline, 7));
    cr_expect_not(deadline_allows_step(&deadline, 7.5));
    for (int i = 1; i < DEADLINE_STEPS; i++) deadline_add_step(&deadline, (TimedStep){1, 1});
    cr_expect(deadline_allows_step(&deadline, 7.5), "the slow one is long ago");
}
