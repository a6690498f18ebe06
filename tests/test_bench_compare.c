/* Measurements compared: changes against noise, with objects made here. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/inspect/bench_compare.h"

enum { STEPS = 20 };

/* A measurement of one task with two kernels: the second takes `factor` as long, all times have some noise, and rows
 * differ from step to step. */
static json_t *measurement(double factor, unsigned seed, int steps) {
    json_t *one = json_array(), *two = json_array();
    srand(seed);
    for (int i = 0; i < steps; i++) {
        double rows = 1 + i % 5, noise = 1 + 0.04 * ((double)rand() / RAND_MAX - 0.5);
        json_array_append_new(one, json_real(rows * noise));
        json_array_append_new(two, json_real(rows * factor * (2 - noise)));
    }
    json_t *kernels = json_pack("[{s:s, s:s, s:f, s:o}, {s:s, s:s, s:f, s:o}]", "kernel", "a", "from", "one", "ms",
                                60.0, "step_ms", one, "kernel", "b", "from", "two", "ms", 60 * factor, "step_ms", two);
    return json_pack("{s:s, s:i, s:f, s:[{s:s, s:s, s:i, s:i, s:i, s:f, s:o}]}", "target", "cpu", "threads", 1,
                     "peak_gflops", 1.0, "tasks", "task", "t", "mode", "train", "steps", steps, "batch", 4, "tokens",
                     99, "median_step_ms", 1.0, "kernels", kernels);
}

/* What is said of them; NULL: they were refused. */
static char *compared(json_t *then, json_t *now) {
    Diagnostics *diags = diagnostics_new();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool good = bench_compare(then, now, "old.json", out, diags);
    fclose(out);
    cr_expect_eq(good, diags->errors == 0);
    if (!good) cr_expect_str_eq(diags->list.items[0].code, "E0967");
    diagnostics_free(diags);
    json_decref(then);
    json_decref(now);
    if (good) return text;
    free(text);
    return NULL;
}

static void expect(double factor, const char *has, const char *lacks) {
    char *text = compared(measurement(1, 1, STEPS), measurement(factor, 2, STEPS));
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, has), "%s", text);
    cr_expect_null(strstr(text, lacks), "%s", text);
    free(text);
}

Test(bench_compare, noise_is_no_change) { expect(1, "0 of 2 kernels changed", "er\n"); }
Test(bench_compare, a_kernel_that_is_slower) { expect(1.1, "slower", "faster"); }
Test(bench_compare, a_kernel_that_is_faster) { expect(0.9, "1 of 2 kernels changed", "slower"); }
Test(bench_compare, a_change_of_a_hundredth_is_none) { expect(1.01, "0 of 2", "er\n"); }

Test(bench_compare, what_cannot_be_compared) {
    cr_expect_null(compared(json_null(), measurement(1, 1, STEPS)));
    cr_expect_null(compared(json_object(), measurement(1, 1, STEPS)));
    cr_expect_null(compared(measurement(1, 1, STEPS - 1), measurement(1, 1, STEPS)));
    cr_expect_null(compared(json_pack("{s:[]}", "tasks"), measurement(1, 1, STEPS)));
}

/* Of 1, 2, 3, 4, 5 the median is 3, and 1 the median distance from it. */
Test(bench_compare, a_quotient) {
    Quotient q = quotient_of((double[]){5, 1, 4, 2, 3}, 5);
    cr_expect_float_eq(q.median, 3, 1e-12);
    cr_expect_float_eq(q.error, 1.2533 * 1.4826 / sqrt(5), 1e-12);
    cr_expect_float_eq(quotient_of((double[]){4, 2}, 2).median, 3, 1e-12);
}
