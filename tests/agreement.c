/* Agreement: bounds of rounding errors, measured. */
#include "tests/agreement.h"

#include <math.h>
#include <string.h>

/* What f32 gives for values of one size; and how much farther than the farthest of
 * the rounded runs a value may lie. Noise is of 4 half units: functions are right to 2 units. */
static const double FIXED = 1e-5, MARGIN = 16, UNITS = 4;
enum { RUNS = 32, MORE_RUNS = 400 };

typedef struct Comparison {
    const Reference *reference;
    const char *output;
    const double *wanted, *got;
    int64_t count;
    double *spread; /* [elements] how far the rounded runs lie off; infinite: anything goes */
    int runs;
} Comparison;

static bool same_kind(double a, double b) { return isnan(a) ? isnan(b) : isinf(a) ? a == b : isfinite(b); }

static double largest_of(const double *values, int64_t count) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i])) largest = fmax(largest, fabs(values[i]));
    }
    return largest;
}

static void add_run(Comparison *c) {
    const RandomGraph *r = c->reference->random;
    Interpretation *run =
        interpret_rounded(c->reference->graph, r->extents, r->bindings, r->n_bindings, (uint64_t)c->runs++, UNITS);
    const double *values = run->values[graph_find_output(c->reference->graph, c->output)->id];
    for (int64_t i = 0; i < c->count; i++) {
        bool unlike = run->error || !same_kind(c->wanted[i], values[i]);
        double distance = unlike ? INFINITY : isfinite(c->wanted[i]) ? fabs(values[i] - c->wanted[i]) : 0;
        c->spread[i] = fmax(c->spread[i], distance);
    }
    interpretation_free(run);
}

/* The first element that is too far off, or -1. */
static int64_t find_wrong(const Comparison *c, double fixed) {
    for (int64_t i = 0; i < c->count; i++) {
        if (isinf(c->spread[i])) continue;
        double wanted = c->wanted[i];
        if (!same_kind(wanted, c->got[i])) return i;
        if (isfinite(wanted) && !(fabs(wanted - c->got[i]) <= fixed + MARGIN * c->spread[i])) return i;
    }
    return -1;
}

const char *disagreement(const Reference *reference, const char *output, const double *got) {
    const RandomGraph *r = reference->random;
    const Node *node = graph_find_output(reference->graph, output);
    Comparison c = {.reference = reference, .output = output, .got = got};
    c.wanted = reference->values->values[node->id];
    c.count = type_count(&node->type, r->extents);
    double none = 0;
    c.spread = c.count ? arena_array(r->arena, (size_t)c.count, sizeof *c.spread) : &none;
    double fixed = FIXED * largest_of(c.wanted, c.count);
    int64_t wrong = find_wrong(&c, fixed);
    for (int most = RUNS; wrong >= 0 && most <= MORE_RUNS; most += MORE_RUNS - RUNS) {
        while (c.runs < most) add_run(&c);
        wrong = find_wrong(&c, fixed);
    }
    if (wrong < 0) return NULL;
    return arena_printf(r->arena, "%s: element %lld is %.9g, not %.9g (right code may be %.2g off)", output,
                        (long long)wrong, got[wrong], c.wanted[wrong], fixed + MARGIN * c.spread[wrong]);
}
