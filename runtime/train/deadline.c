/* Deadline. */
#include "runtime/train/deadline.h"

#include <math.h>

static int64_t recent_steps(const Deadline *d) { return d->steps < DEADLINE_STEPS ? d->steps : DEADLINE_STEPS; }

/* How much longer the last `count` steps took than planned. All together: a step by itself says little. */
static double slowness(const Deadline *d, int64_t count) {
    double planned = 0, taken = 0;
    for (int64_t i = 1; i <= count && i <= recent_steps(d); i++) {
        const TimedStep *step = &d->recent[(d->steps - i) % DEADLINE_STEPS];
        planned += step->planned;
        taken += step->taken;
    }
    return planned > 0 ? taken / planned : 1;
}

/* At least 1. A few steps see a change soon, many see what few may miss. */
static double slowdown(const Deadline *d) {
    enum { FEW = 8 };
    return fmax(1, fmax(slowness(d, FEW), slowness(d, DEADLINE_STEPS)));
}

void deadline_add_step(Deadline *d, TimedStep step) { d->recent[d->steps++ % DEADLINE_STEPS] = step; }

void deadline_add_closing(Deadline *d, double seconds) { d->closing = seconds / slowdown(d); }

bool deadline_allows_step(const Deadline *d, double now) {
    static const double reserve = 1.15; /* of closing: it may well take longer than the last time */
    double slowest = 0;
    for (int64_t i = 0; i < recent_steps(d); i++) slowest = fmax(slowest, d->recent[i].taken);
    return d->steps == 0 || now + slowest + reserve * slowdown(d) * d->closing <= d->at;
}
