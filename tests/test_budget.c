/* What fits into a time: steps, epochs, evaluations. */
#include <criterion/criterion.h>

#include "runtime/train/budget.h"

/* Epochs of 100 steps; no more than 1000 steps are asked for. */
static int64_t steps(double seconds, EpochSeconds first, EpochSeconds later) {
    return budget_steps(seconds, first, later, 100, 1000);
}

Test(budget, an_evaluation_after_each_epoch_is_counted) {
    EpochSeconds epoch = {10, 5};
    cr_assert_eq(steps(14.9, epoch, epoch), 99);
    cr_assert_eq(steps(15, epoch, epoch), 100);
    cr_assert_eq(steps(45, epoch, epoch), 300);
}

Test(budget, a_last_epoch_is_cut_short) {
    EpochSeconds epoch = {10, 5};
    cr_assert_eq(steps(10, epoch, epoch), 50);
    cr_assert_eq(steps(15 + 10, epoch, epoch), 150);
    cr_assert_eq(steps(15 + 4, epoch, epoch), 100, "4 seconds are no step and its evaluation");
}

Test(budget, the_first_epoch_may_take_longer) {
    cr_assert_eq(steps(100 + 3 * 2, (EpochSeconds){90, 10}, (EpochSeconds){1, 1}), 400);
}

Test(budget, no_more_than_asked_and_at_least_one) {
    EpochSeconds epoch = {10, 5}, nothing = {0, 0};
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
