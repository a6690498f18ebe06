/* How samplers share an epoch out among tasks. (tests/test_runtime.c has the permutations of the default.) */
#include <criterion/criterion.h>
#include <math.h>

#include "runtime/data/sampler.h"

static const int64_t sizes[] = {640, 40, 160}; /* 80, 5 and 20 batches of 8 */
enum { TASKS = 3, BATCH = 8, BATCHES = 105, EPOCHS = 5 };

static Sampler *make(const char *rule, const double *shares) {
    Diagnostics *diags = diagnostics_new();
    const SamplerRule *found = sampler_find_rule(rule, diags);
    cr_assert_not_null(found);
    diagnostics_free(diags);
    return sampler_new(
        sizes, TASKS,
        (SamplerOptions){
            .batch = BATCH, .seed = 3, .shuffle = true, .rule = found, .shares = shares, .epochs = EPOCHS});
}

/* Counts the batches of each task; no row of a task comes more than once oftener than another. */
static void count_epoch(Sampler *sampler, int64_t epoch, int *counts) {
    int seen[TASKS][640] = {0};
    for (int t = 0; t < TASKS; t++) counts[t] = 0;
    for (int64_t step = 0; step < sampler_steps_per_epoch(sampler); step++) {
        for (int i = 0; i < sampler_draws_per_step(sampler); i++) {
            Draw draw = sampler_draw(sampler, epoch, step, i);
            counts[draw.task]++;
            for (int64_t row = 0; row < draw.count; row++) seen[draw.task][draw.rows[row]]++;
        }
    }
    for (int t = 0; t < TASKS; t++) {
        int least = seen[t][0], most = seen[t][0];
        for (int i = 0; i < sizes[t]; i++) {
            if (seen[t][i] < least) least = seen[t][i];
            if (seen[t][i] > most) most = seen[t][i];
        }
        cr_expect(most - least <= 1, "task %d: rows come %d to %d times", t, least, most);
    }
}

static void expect_counts(Sampler *sampler, int64_t epoch, int a, int b, int c) {
    int counts[TASKS];
    count_epoch(sampler, epoch, counts);
    cr_expect(counts[0] == a && counts[1] == b && counts[2] == c, "%d %d %d, not %d %d %d", counts[0], counts[1],
              counts[2], a, b, c);
}

static void expect_epoch(const char *rule, const double *shares, int64_t epoch, int a, int b, int c) {
    Sampler *sampler = make(rule, shares);
    expect_counts(sampler, epoch, a, b, c);
    sampler_free(sampler);
}

/* sqrt: 8.944, 2.236 and 4.472 of 15.652; 105 times these shares are 60, 15 and 30. */
Test(sampler, rules_share_an_epoch_out) {
    expect_epoch("proportional", NULL, 1, 80, 5, 20);
    expect_epoch("sqrt", NULL, 1, 60, 15, 30);
    expect_epoch("uniform", NULL, 1, 35, 35, 35);
    expect_epoch("round-robin", NULL, 1, 35, 35, 35);
    expect_epoch("together", NULL, 1, 35, 35, 35);
}

Test(sampler, given_shares_come_before_the_rule) { expect_epoch(NULL, (double[]){1, 0, 2}, 0, 35, 0, 70); }

/* Exponents 1, 0.8, ..., 0.2 in five epochs; the last shares are 80^0.2 = 2.402, 5^0.2 = 1.380, 20^0.2 = 1.821 of
 * 5.603. */
Test(sampler, annealing_goes_from_proportional_to_nearly_uniform) {
    expect_epoch("annealed", NULL, 0, 80, 5, 20);
    expect_epoch("annealed", NULL, EPOCHS - 1, 45, 26, 34);
    expect_epoch("annealed", NULL, EPOCHS + 3, 45, 26, 34);
}

Test(sampler, tasks_take_turns) {
    Sampler *turns = make("round-robin", NULL), *together = make("together", NULL);
    cr_assert_eq(sampler_steps_per_epoch(turns), BATCHES);
    cr_assert_eq(sampler_steps_per_epoch(together), BATCHES / TASKS);
    for (int64_t i = 0; i < BATCHES; i++) {
        cr_expect_eq(sampler_draw(turns, 2, i, 0).task, i % TASKS);
        cr_expect_eq(sampler_draw(together, 2, i / TASKS, (int)(i % TASKS)).task, i % TASKS);
    }
    sampler_free(turns);
    sampler_free(together);
}

Test(sampler, an_unknown_rule_is_reported) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(sampler_find_rule("aneald", diags));
    cr_expect_str_eq(diags->list.items[0].code, "E0919");
    diagnostics_free(diags);
}
