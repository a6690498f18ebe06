/* Interpreter: rounding, as code in f32 may do it. See interpret_rounded. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "graph/evaluate.h"

/* A number in [-1, 1) that depends on the value and where it is used alone: code rounds equal
 * values alike, so that their errors add up rather than cancel. The mixing is SplitMix64's (Steele,
 * Lea, Flood 2014). */
static double noise(const Rounding *r, double value, int use) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t z = bits + (r->seed * 16 + (uint64_t)use) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)(int64_t)(z ^ (z >> 31)) * 0x1p-63;
}

/* What is an f32 already stays: the maximum of two numbers is one of them. */
static double rounded(const Rounding *r, double value) {
    if (!isfinite(value) || (double)(float)value == value) return value;
    double unit = fabs(value) * 0x1p-24 + 0x1p-150;
    return (double)(float)(value + noise(r, value, 0) * r->units * unit);
}

void round_result(OpEvaluation *e) {
    if (e->node->type.elem != ELEM_F32) return;
    for (int64_t i = 0; i < e->count; i++) e->out[i] = rounded(&e->rounding, e->out[i]);
}

/* Sums round on the way, relative to the partial sums: as if the operands were a little off. */
void blur_operands(OpEvaluation *e) {
    double unit = e->rounding.units * 0x1p-24;
    for (int i = 0; i < e->node->n_inputs; i++) {
        const Type *type = &e->node->inputs[i]->type;
        if (!op_is(e->node->op, IS_SUM) || type->elem != ELEM_F32 || !e->in[i]) continue; /* open ones have none */
        int64_t count = type_count(type, e->extents);
        double *blurred = e->blurred[i] = memory_resize(NULL, (size_t)count, sizeof *blurred);
        for (int64_t j = 0; j < count; j++) {
            double value = e->in[i][j];
            blurred[j] = value * (1 + noise(&e->rounding, value, i + 1) * unit);
        }
        e->in[i] = blurred;
    }
}

double round_inside(const OpEvaluation *e, double value) {
    if (e->rounding.units == 0) return value;
    return value * (1 + noise(&e->rounding, value, 0) * e->rounding.units * 0x1p-24);
}

void drop_blurred(OpEvaluation *e) {
    for (int i = 0; i < e->node->n_inputs; i++) {
        free(e->blurred[i]);
        e->blurred[i] = NULL;
    }
}
