/* Gradient check: five-point central differences,
 *   f'(0) = (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / (12 h) + O(h^4). */
#include "tests/gradient_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "passes/differentiate.h"

/* Error of the differences: h^4 times a fifth derivative, and 1e-16 / h times the loss; both are
 * below 1e-8 here. Constants of a rule (2 / sqrt(pi) of erf) are f32, which moves each term of a
 * derivative by up to 6e-8 of itself: the tolerance is of the terms' magnitude, for their sum may be
 * far below it. */
static const double TOLERANCE = 1e-6;

static double loss_of(const RandomGraph *r) {
    Interpretation *run = interpret(r->graph, r->extents, r->bindings, r->n_bindings);
    double loss = run->error ? NAN : run->values[graph_output_of(r->graph, loss_role)->node->id][0];
    interpretation_free(run);
    return loss;
}

static double loss_at(const RandomGraph *r, double *values, const double *direction, int64_t count, double h) {
    double *saved = malloc(((size_t)count + 1) * sizeof *saved);
    for (int64_t i = 0; i < count; i++) {
        saved[i] = values[i];
        values[i] += h * direction[i];
    }
    double loss = loss_of(r);
    for (int64_t i = 0; i < count; i++) values[i] = saved[i];
    free(saved);
    return loss;
}

static bool is_near(double a, double b, double magnitude) {
    return fabs(a - b) <= TOLERANCE * fmax(1, fmax(magnitude, fabs(b)));
}

/* Compares along a direction. Smaller steps are tried where a kink (max, select) may lie within the
 * step. */
static const char *check_direction(const RandomGraph *r, const char *param, const double *gradient,
                                   const double *direction) {
    int64_t count;
    double *values = random_graph_values(r, param, &count), expected = 0, magnitude = 0, slope = 0;
    for (int64_t i = 0; i < count && gradient; i++) {
        expected += gradient[i] * direction[i];
        magnitude += fabs(gradient[i] * direction[i]);
    }
    for (double h = 1e-3; h > 1e-7; h /= 8) {
        double near = loss_at(r, values, direction, count, h) - loss_at(r, values, direction, count, -h);
        double far = loss_at(r, values, direction, count, 2 * h) - loss_at(r, values, direction, count, -2 * h);
        slope = (8 * near - far) / (12 * h);
        if (is_near(slope, expected, magnitude)) return NULL;
    }
    return arena_printf(r->arena, "%s: the gradient says %.10g, differences say %.10g", param, expected, slope);
}

static const char *check_param(const RandomGraph *r, const char *param, const double *gradient, bool each_element) {
    int64_t count;
    random_graph_values(r, param, &count);
    double *direction = arena_array(r->arena, (size_t)count + 1, sizeof *direction);
    uint64_t state = (uint64_t)count;
    const char *error = NULL;
    for (int64_t i = 0; i < count; i++) direction[i] = random_between(&state, -1, 1);
    if (!each_element) return check_direction(r, param, gradient, direction);
    for (int64_t i = 0; i < count && !error; i++) {
        memset(direction, 0, (size_t)count * sizeof *direction);
        direction[i] = 1;
        error = check_direction(r, param, gradient, direction);
    }
    return error;
}

static const char *check_against(const RandomGraph *r, Graph *gradients, bool each_element) {
    Interpretation *run = interpret(gradients, r->extents, r->bindings, r->n_bindings);
    const char *error = run->error ? arena_strdup(r->arena, run->error) : NULL;
    for (int i = 0; i < r->n_params && !error; i++) {
        Node *gradient = graph_find_output(gradients, arena_printf(r->arena, "grad.%s", r->params[i]));
        error = check_param(r, r->params[i], gradient ? run->values[gradient->id] : NULL, each_element);
    }
    interpretation_free(run);
    return error;
}

const char *check_gradients(const RandomGraph *random, bool each_element) {
    Diagnostics *diags = diagnostics_new();
    Graph *gradients = differentiate(random->graph, random->params, random->n_params, diags);
    const char *error = NULL;
    if (!gradients) error = arena_strdup(random->arena, diags->list.items[0].message);
    if (gradients && graph_verify(gradients)) error = arena_strdup(random->arena, graph_verify(gradients));
    if (!error) error = check_against(random, gradients, each_element);
    graph_free(gradients);
    diagnostics_free(diags);
    return error;
}
