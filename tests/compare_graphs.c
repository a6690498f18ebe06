/* Comparison of graphs by their outputs' values. */
#include "tests/compare_graphs.h"

#include <math.h>

static bool is_near(double a, double b, double tolerance) {
    return a == b || fabs(a - b) <= tolerance * fmax(1, fabs(a));
}

static const char *compare_output(const RandomGraph *r, const Output *output, const double *want, const Node *node,
                                  const double *got, double tolerance) {
    const Type *type = &output->node->type;
    if (!type_equal(type, &node->type)) return arena_printf(r->arena, "%s changed its type", output->name);
    for (int64_t i = 0; i < type_count(type, r->extents); i++) {
        if (is_near(want[i], got[i], tolerance)) continue;
        return arena_printf(r->arena, "%s: element %lld is %.17g, not %.17g", output->name, (long long)i, got[i],
                            want[i]);
    }
    return NULL;
}

static const char *compare_outputs(const RandomGraph *r, const Graph *a, const Interpretation *x, const Graph *b,
                                   const Interpretation *y, double tolerance) {
    if (x->error || y->error) return arena_strdup(r->arena, x->error ? x->error : y->error);
    const char *error = NULL;
    for (int i = 0; i < a->outputs.count && !error; i++) {
        const Output *output = &a->outputs.items[i];
        const Node *node = graph_find_output(b, output->name);
        if (!node) return arena_printf(r->arena, "there is no output %s", output->name);
        error = compare_output(r, output, x->values[output->node->id], node, y->values[node->id], tolerance);
    }
    return error;
}

const char *compare_graphs(const RandomGraph *random, const Graph *a, const Graph *b, double tolerance) {
    Interpretation *x = interpret(a, random->extents, random->bindings, random->n_bindings);
    Interpretation *y = interpret(b, random->extents, random->bindings, random->n_bindings);
    const char *error = compare_outputs(random, a, x, b, y, tolerance);
    interpretation_free(x);
    interpretation_free(y);
    return error;
}
