/* What a plan takes, and what fits into a time: steps, epochs, evaluations. */
#include <criterion/criterion.h>

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
