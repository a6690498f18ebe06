/* Gradient check: five-point central differences,
 *   f'(0) = (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / (12 h) + O(h^4),
 * for several h, of which the one that agrees best counts: the largest may step over a kink (a maximum, a select), the
 * smallest drowns in rounding. A gradient that is wrong differs from all. */
#include "runtime/inspect/gradcheck.h"

#include <math.h>
#include <string.h>

#include "graph/rewrite.h"

struct GradientCheck {
    Arena *arena;
    Graph *graph;                     /* stop_gradient's values held */
    const Graph *gradients, *rounded; /* rounded NULL: code computes these gradients */
    Values *values;
    Interpretation *run, *rounded_run; /* of either */
    Binding *bindings;
    int n_bindings;
    int64_t extents[MAX_SYMBOLS];
    double loss, floor;
};

static const double steps[] = {1e-3, 1e-4, 1e-5, 2e-6};

/* --- What does not vary ------------------------------------------------------------------------------------------- */

typedef struct Held {
    Values *values;
    const Interpretation *run;
    const int64_t *extents;
} Held;

/* For a gradient the value of stop_gradient is a constant: here an input that gets the value that it has at the point.
 * */
static Node *hold_stopped(void *user, Graph *to, const Node *node, Node *const *inputs) {
    const Held *held = user;
    (void)inputs;
    if (node->op != OP_stop_gradient || !held->run->values[node->id]) return NULL;
    const char *name = arena_printf(to->arena, "stop_gradient.%d", node->id);
    LeafValue *leaf = values_add(held->values, name, node->type.elem, type_count(&node->type, held->extents));
    memcpy(leaf->wide, held->run->values[node->id], (size_t)leaf->count * sizeof *leaf->wide);
    return graph_leaf(to, OP_input, name, node->type);
}

/* The loss alone. */
static Graph *loss_of(const Graph *graph, Held *held) {
    Graph *work = graph_new(graph->name, &graph->symbols);
    Rewrite rewrite = rewrite_begin(graph, work, hold_stopped, held);
    const Output *loss = graph_output_of(graph, loss_role);
    graph_output_like(work, loss, rewrite_value(&rewrite, loss->node));
    Graph *canonical = graph_canonical(work);
    graph_free(work);
    return canonical;
}

static bool evaluates(const Interpretation *run, Diagnostics *diags) {
    if (!run->error) return true;
    return diag_error(diags, "E0978", (Pos){0}, "this cannot be evaluated: %s", run->error);
}

static Interpretation *evaluate(GradientCheck *c, const Graph *graph) {
    int count;
    const Binding *bindings = values_bindings(c->values, graph, c->arena, &count);
    return interpret(graph, c->extents, bindings, count);
}

static double loss_now(const GradientCheck *c) {
    Interpretation *run = interpret(c->graph, c->extents, c->bindings, c->n_bindings);
    double loss = run->error ? NAN : run->values[graph_output_of(c->graph, loss_role)->node->id][0];
    interpretation_free(run);
    return loss;
}

static double largest_of(const double *values, int64_t count) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs(values[i]));
    return largest;
}

/* A hundredth of the largest gradient of all. */
static double find_floor(const GradientCheck *c) {
    double largest = 0;
    for (int i = 0; i < c->gradients->outputs.count; i++) {
        const Output *output = &c->gradients->outputs.items[i];
        if (output->role.kind != ROLE_GRADIENT) continue;
        largest =
            fmax(largest, largest_of(c->run->values[output->node->id], type_count(&output->node->type, c->extents)));
    }
    return 1e-2 * largest;
}

GradientCheck *gradient_check_new(const Graph *graph, const Graph *gradients, const Graph *rounded, Values *values,
                                  double *floor, Diagnostics *diags) {
    Arena *arena = arena_new();
    GradientCheck *c = arena_alloc(arena, sizeof *c);
    *c = (GradientCheck){.arena = arena, .gradients = gradients, .rounded = rounded, .values = values};
    values_extents(values, &graph->symbols, c->extents);
    Interpretation *source = evaluate(c, graph);
    bool good = evaluates(source, diags);
    if (good) c->graph = loss_of(graph, &(Held){values, source, c->extents});
    interpretation_free(source);
    if (good) good = evaluates(c->run = evaluate(c, gradients), diags);
    if (good && rounded) good = evaluates(c->rounded_run = evaluate(c, rounded), diags);
    if (!good) {
        gradient_check_free(c);
        return NULL;
    }
    c->floor = *floor = fmax(*floor, find_floor(c));
    c->bindings = values_bindings(values, c->graph, arena, &c->n_bindings);
    c->loss = loss_now(c);
    return c;
}

void gradient_check_free(GradientCheck *c) {
    if (!c) return;
    interpretation_free(c->run);
    interpretation_free(c->rounded_run);
    graph_free(c->graph);
    arena_free(c->arena);
}

double gradient_check_loss(const GradientCheck *c) {
    return c->rounded ? c->rounded_run->values[graph_output_of(c->rounded, loss_role)->node->id][0] : c->loss;
}

static const double *gradient_of(const Graph *gradients, const Interpretation *run, const char *param) {
    const Output *gradient = graph_output_of(gradients, (Role){.kind = ROLE_GRADIENT, .of = param});
    return gradient ? run->values[gradient->node->id] : NULL;
}

/* --- Differences -------------------------------------------------------------------------------------------------- */

/* The slope of the loss along a direction. */
typedef struct LossLine {
    double *values;
    const double *start, *direction; /* [count] */
    int64_t count;
} LossLine;

static double loss_at(const GradientCheck *c, const LossLine *line, double h) {
    for (int64_t i = 0; i < line->count; i++) line->values[i] = line->start[i] + h * line->direction[i];
    return loss_now(c);
}

/* The slope that is nearest to what is expected. */
static double slope_of(const GradientCheck *c, const LossLine *line, double expected, double enough) {
    double best = NAN;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double h = steps[i];
        double near = loss_at(c, line, h) - loss_at(c, line, -h),
               far = loss_at(c, line, 2 * h) - loss_at(c, line, -2 * h);
        double slope = (8 * near - far) / (12 * h);
        if (isnan(best) || fabs(slope - expected) < fabs(best - expected)) best = slope;
        if (fabs(best - expected) <= enough) break;
    }
    memcpy(line->values, line->start, (size_t)line->count * sizeof *line->values);
    return best;
}

/* --- One parameter ------------------------------------------------------------------------------------------------ */

typedef struct Checking {
    GradientCheck *check;
    const double *gradient; /* NULL: the loss does not depend on it */
    const double *expected; /* of compiled code */
    const double *compiled;
    double scale;
    LossLine line;
    GradientFinding *finding;
} Checking;

static double relative(const Checking *k, double a, double b) {
    double error = fabs(a - b);
    return error == 0 ? 0 : error / k->scale; /* NaN stays NaN */
}

static bool is_worse(double error, double than) { return error > than || (isnan(error) && !isnan(than)); }

static void compare_compiled(Checking *k) {
    GradientFinding *f = k->finding;
    for (int64_t i = 0; k->compiled && i < k->line.count; i++) {
        double interpreted = k->expected ? k->expected[i] : 0, error = relative(k, k->compiled[i], interpreted);
        if (!is_worse(error, f->compiled_error)) continue;
        f->compiled_error = error;
        f->element = i;
        f->compiled = k->compiled[i];
        f->interpreted = interpreted;
    }
}

/* Along k->line.direction; `element` -1: a direction through all. */
static void compare_slope(Checking *k, int64_t element) {
    GradientFinding *f = k->finding;
    double expected = 0;
    for (int64_t i = 0; k->gradient && i < k->line.count; i++) expected += k->gradient[i] * k->line.direction[i];
    double slope = slope_of(k->check, &k->line, expected, 1e-2 * GRADCHECK_DIFFERENCE_BOUND * k->scale),
           error = relative(k, slope, expected);
    bool first = f->elements + f->directions == 0, compiled_wrong = !(f->compiled_error <= f->compiled_bound);
    if (element < 0)
        f->directions++;
    else
        f->elements++;
    if (compiled_wrong && element == f->element) f->difference = slope;
    if (!first && !is_worse(error, f->difference_error)) return;
    f->difference_error = error;
    if (compiled_wrong) return;
    f->element = element;
    f->compiled = k->compiled && element >= 0 ? k->compiled[element] : NAN;
    f->interpreted = expected;
    f->difference = slope;
}

/* The elements to try: where compiled code is worst, where the gradient is largest, then anywhere. */
static int64_t choose_element(const Checking *k, int index, int64_t worst, uint64_t *state) {
    int64_t count = k->line.count, largest = 0;
    if (index == 0) return worst;
    for (int64_t i = 1; k->gradient && i < count; i++) {
        if (fabs(k->gradient[i]) > fabs(k->gradient[largest])) largest = i;
    }
    return index == 1 ? largest : (int64_t)(values_uniform(state) * (double)count);
}

static void compare_differences(Checking *k, double *direction, int samples, uint64_t *state) {
    int64_t count = k->line.count, worst = k->finding->element;
    bool all = count <= samples;
    for (int i = 0; i < (all ? (int)count : samples); i++) {
        int64_t element = all ? i : choose_element(k, i, worst, state);
        memset(direction, 0, (size_t)count * sizeof *direction);
        direction[element] = 1;
        compare_slope(k, element);
    }
    if (all) return;
    for (int64_t i = 0; i < count; i++) direction[i] = values_normal(state) / sqrt((double)count);
    compare_slope(k, -1);
}

GradientFinding gradient_check_param(GradientCheck *c, const char *name, const double *compiled, int samples,
                                     uint64_t *state) {
    GradientFinding finding = {.compiled = NAN,
                               .difference = NAN,
                               .compiled_bound = c->rounded ? GRADCHECK_ROUNDED_BOUND : GRADCHECK_COMPILED_BOUND};
    LeafValue *leaf = values_find(c->values, name);
    Arena *arena = arena_new();
    size_t bytes = (size_t)leaf->count * sizeof(double);
    double *start = arena_alloc(arena, bytes + 1), *direction = arena_alloc(arena, bytes + 1);
    memcpy(start, leaf->wide, bytes);
    Checking k = {.check = c,
                  .gradient = gradient_of(c->gradients, c->run, name),
                  .expected = c->rounded ? gradient_of(c->rounded, c->rounded_run, name)
                                         : gradient_of(c->gradients, c->run, name),
                  .compiled = compiled,
                  .finding = &finding};
    k.line = (LossLine){leaf->wide, start, direction, leaf->count};
    finding.largest = k.gradient ? largest_of(k.gradient, leaf->count) : 0;
    k.scale = fmax(finding.largest, c->floor);
    compare_compiled(&k);
    if (samples > 0) compare_differences(&k, direction, samples, state);
    arena_free(arena);
    return finding;
}

bool gradient_finding_good(const GradientFinding *f) {
    return f->compiled_error <= f->compiled_bound && f->difference_error <= GRADCHECK_DIFFERENCE_BOUND;
}
