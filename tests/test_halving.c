/* Successive halving: how many rungs there are, where they end, who goes on. */
#include <criterion/criterion.h>
#include <math.h>

#include "runtime/train/halving.h"

Test(halving, rungs_end_where_each_has_twice_the_share_of_the_one_before) {
    static const int runs[] = {1, 2, 3, 4, 5, 8, 9}, rungs[] = {1, 2, 3, 3, 4, 4, 5};
    for (int i = 0; i < 7; i++) cr_expect_eq(halving_rungs(runs[i]), rungs[i], "%d runs", runs[i]);
    cr_expect_eq(halving_share(0, 3), 0.25);
    cr_expect_eq(halving_share(1, 3), 0.5);
    cr_expect_eq(halving_share(2, 3), 1);
    cr_expect_eq(halving_share(0, 1), 1);
}

Test(halving, all_runs_cost_what_their_rungs_add_up_to) {
    cr_expect_eq(halving_cost(1), 1);
    cr_expect_eq(halving_cost(2), 2 * 0.5 + 0.5);
    cr_expect_eq(halving_cost(4), 4 * 0.25 + 2 * 0.25 + 0.5);
    cr_expect_eq(halving_cost(3), 3 * 0.25 + 2 * 0.25 + 0.5);
}

static void expect_left(const double *scores, const bool *before, const bool *after) {
    bool left[5];
    for (int i = 0; i < 5; i++) left[i] = before[i];
    halving_keep(scores, 5, left);
    for (int i = 0; i < 5; i++) cr_expect_eq(left[i], after[i], "run %d", i);
}

Test(halving, the_better_half_of_those_that_are_left_goes_on) {
    static const double scores[] = {0.3, 0.9, 0.5, 0.5, NAN};
    static const bool all[] = {true, true, true, true, true}, half[] = {false, true, true, true, false};
    expect_left(scores, all, half);
    static const bool last[] = {false, true, true, false, false}, best[] = {false, true, false, false, false};
    expect_left(scores, half, last); /* of equal ones the first */
    expect_left(scores, last, best);
    expect_left(scores, best, best);
}

Test(halving, what_is_no_number_is_below_all) {
    static const double scores[] = {NAN, -INFINITY, 0, NAN, NAN};
    static const bool all[] = {true, true, true, true, true}, after[] = {true, true, true, false, false};
    expect_left(scores, all, after);
}
