/* Successive halving. */
#include "runtime/train/halving.h"

#include <math.h>

static int half(int runs) { return (runs + 1) / 2; }

int halving_rungs(int runs) {
    int rungs = 1;
    for (; runs > 1; runs = half(runs)) rungs++;
    return rungs;
}

double halving_share(int rung, int rungs) { return ldexp(1, rung - (rungs - 1)); }

double halving_cost(int runs) {
    int rungs = halving_rungs(runs);
    double cost = 0, before = 0;
    for (int rung = 0; rung < rungs; rung++, runs = half(runs)) {
        double share = halving_share(rung, rungs);
        cost += runs * (share - before);
        before = share;
    }
    return cost;
}

static double rank_of(double score) { return isnan(score) ? -INFINITY : score; }

/* The last of the worst. */
static int find_worst(const double *scores, int runs, const bool *left) {
    int worst = -1;
    for (int i = 0; i < runs; i++) {
        if (left[i] && (worst < 0 || rank_of(scores[i]) <= rank_of(scores[worst]))) worst = i;
    }
    return worst;
}

void halving_keep(const double *scores, int runs, bool *left) {
    int count = 0;
    for (int i = 0; i < runs; i++) count += left[i];
    for (int kept = half(count); count > kept; count--) left[find_worst(scores, runs, left)] = false;
}
