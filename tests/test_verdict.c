/* Verdicts on kernels of which all is known: what bounds them, and how near they are to it. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "runtime/engine/verdict.h"

/* 100 GFLOP/s; caches of 32 kB, 512 kB and 16 MB; 1 us to meet. */
static const Machine machine = {
    .flops = 100e9,
    .bytes = 10e9,
    .barrier = 1e-6,
    .levels = {{"L1", 32e3, 400e9}, {"L2", 512e3, 200e9}, {"L3", 16e6, 50e9}, {"memory", INFINITY, 10e9}},
    .n_levels = 4};

static void expect(const ProfileRow *row, const char *bound, double share) {
    Verdict verdict = verdict_of(row, &machine);
    cr_expect_str_eq(verdict.bound, bound);
    cr_expect_float_eq(verdict.share, share, 1e-12, "%s: %g, not %g", bound, verdict.share, share);
}

Test(verdict, products_at_half_of_the_peak) {
    expect(&(ProfileRow){.runs = 10, .run_s = 0.1, .cost = {.flops = 5e9, .bytes = 1e6}}, "compute", 0.5);
}

/* The bytes of one call choose the level, those of all the time. */
Test(verdict, the_level_is_the_least_that_holds_a_call) {
    expect(&(ProfileRow){.runs = 100, .run_s = 16e-6, .cost = {.bytes = 32e3 * 100}}, "L1", 0.5);
    expect(&(ProfileRow){.runs = 100, .run_s = 320e-6, .cost = {.bytes = 320e3 * 100}}, "L2", 0.5);
    expect(&(ProfileRow){.runs = 10, .run_s = 4e-3, .cost = {.bytes = 10e6 * 10}}, "L3", 0.5);
    expect(&(ProfileRow){.runs = 1, .run_s = 4e-3, .cost = {.bytes = 20e6}}, "memory", 0.5);
}

Test(verdict, a_time_that_nothing_explains_is_latency) {
    expect(&(ProfileRow){.runs = 1, .run_s = 20e-3, .cost = {.bytes = 20e6}}, "latency", 0.1);
    expect(&(ProfileRow){.runs = 1, .run_s = 1e-3}, "latency", 0);
}

/* The others compute for as long again. */
Test(verdict, waiting_behind_a_kernel_is_imbalance_or_barriers) {
    expect(&(ProfileRow){.runs = 1, .run_s = 50e-6, .after_s = 50e-6, .cost = {.flops = 5e6}}, "imbalance", 0.5);
    expect(&(ProfileRow){.runs = 1, .run_s = 1e-6, .after_s = 1e-6, .cost = {.flops = 1e5}}, "barriers", 0.5);
}

Test(verdict, nothing_ran) { expect(&(ProfileRow){0}, "latency", 0); }

Test(verdict, as_a_text) { cr_expect_str_eq(verdict_text((Verdict){"compute", 0.614}).text, "compute, 61 %"); }
