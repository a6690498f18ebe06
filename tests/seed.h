/* Seeds of tests that draw at random: from the clock, printed, and repeated by GRADC_SEED. */
#ifndef GRADC_TESTS_SEED_H
#define GRADC_TESTS_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* GRADC_SEED, or a number from the clock; printed after `what`, so that a log says how to repeat a
 * failure. */
static inline uint64_t test_seed(const char *what) {
    const char *given = getenv("GRADC_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t seed = given ? strtoull(given, NULL, 10) : ms % 1000000000;
    fprintf(stderr, "%s: GRADC_SEED=%llu\n", what, (unsigned long long)seed);
    return seed;
}

#endif
