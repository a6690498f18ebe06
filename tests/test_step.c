/* Steps as lists of passes: how rows are dealt into shards, and the tree in which what comes of them is added. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/data/step.h"

enum { TEXT = 400, MOST_WAITING = 8 };

/* The sum as it is carried out: "((0-8 + 8-16) + 16-20)"; what waits in the end is the sum of the last place. */
static void write_sum(const Step *step, int most_waiting, char *text) {
    char waiting[MOST_WAITING + 1][TEXT];
    int count = 0;
    for (int i = 0; i < step->n_passes; i++) {
        const StepPass *pass = &step->passes[i];
        char sum[TEXT] = "";
        for (int j = 0; j < pass->n_rows; j++)
            snprintf(sum + strlen(sum), TEXT - strlen(sum), "%s%" PRId64 "-%" PRId64, j ? "," : "", pass->rows[j].from,
                     pass->rows[j].from + pass->rows[j].count);
        cr_assert_leq(count, most_waiting);
        for (int j = 0; j < pass->merges; j++) {
            char both[3 * TEXT];
            snprintf(both, sizeof both, "(%s + %s)", waiting[--count], sum);
            memcpy(sum, both, TEXT);
        }
        memcpy(waiting[count++], sum, TEXT);
    }
    cr_assert_eq(count, 1);
    memcpy(text, waiting[0], TEXT);
}

/* Of one task, or of two that are joined. */
static void expect_sum(const int64_t *sizes, int tasks, int64_t shards, const char *wanted) {
    const SamplerRule *together = sampler_find_rule("together", NULL);
    static const int graphs[] = {0, 1};
    Sampler *sampler = sampler_new(sizes, tasks, (SamplerOptions){.batch = 32, .rule = together, .epochs = 1});
    Steps *steps = steps_new(sampler, &(StepOptions){shards, graphs, tasks > 1 ? tasks : -1, 1});
    char text[TEXT];
    write_sum(steps_get(steps, 0, 0), step_most_waiting(shards), text);
    cr_expect_str_eq(text, wanted);
    steps_free(steps);
    sampler_free(sampler);
}

static void expect_sum_of(int64_t rows, int64_t shards, const char *wanted) { expect_sum(&rows, 1, shards, wanted); }

Test(step, shards_are_as_equal_as_possible) {
    expect_sum_of(32, 1, "0-32");
    expect_sum_of(32, 2, "(0-16 + 16-32)");
    expect_sum_of(10, 4, "((0-2 + 2-5) + (5-7 + 7-10))");
}

Test(step, sums_are_added_by_one_tree) {
    expect_sum_of(8, 8, "(((0-1 + 1-2) + (2-3 + 3-4)) + ((4-5 + 5-6) + (6-7 + 7-8)))");
    expect_sum_of(6, 3, "(0-2 + (2-4 + 4-6))");
}

/* Their numbers still say where the others are added. */
Test(step, shards_without_rows_are_left_out) {
    expect_sum_of(1, 4, "0-1");
    expect_sum_of(3, 4, "(0-1 + (1-2 + 2-3))");
    expect_sum_of(5, 16, "((0-1 + 1-2) + (2-3 + (3-4 + 4-5)))");
}

Test(step, joined_draws_have_a_shard_each) {
    expect_sum((int64_t[]){32, 2}, 2, 4, "((0-8,0-0 + 8-16,0-1) + (16-24,1-1 + 24-32,1-2))");
}
