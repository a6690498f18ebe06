/* Interpreter: the walk over the nodes, leaves and elementwise operators. Operators over whole
 * tensors are in interpret_tensor.c, attention in interpret_attention.c. */
#include "graph/interpret.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "graph/evaluate.h"

/* What `interpret` returns a pointer into: the result, and what freeing it needs. */
typedef struct Holder {
    Interpretation result;
    int n_nodes;
    OpEvaluation evaluation; /* also holds the error's text */
} Holder;

bool evaluation_error(OpEvaluation *e, const char *format, ...) {
    int used = snprintf(e->error, sizeof e->error, "%s: ", op_name(e->node->op));
    va_list args;
    va_start(args, format);
    vsnprintf(e->error + used, sizeof e->error - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* Leaves. */

/* The first element that cannot be one of `type`, or -1. */
static int64_t find_foreign(const Type *type, const double *values, int64_t count, int64_t bound) {
    for (int64_t i = 0; i < count; i++) {
        double value = values[i];
        if (type->elem == ELEM_BOOL && value != 0 && value != 1) return i;
        if (type->elem != ELEM_I32) continue;
        if (!(value >= INT32_MIN && value <= INT32_MAX) || value != trunc(value)) return i;
        if (bound && (value < 0 || value >= (double)bound)) return i;
    }
    return -1;
}

bool evaluate_input(OpEvaluation *e) {
    const Type *type = &e->node->type;
    const char *name = e->node->attrs.text;
    const double *values = NULL;
    for (int i = 0; i < e->n_bindings && !values; i++) {
        if (strcmp(e->bindings[i].name, name) == 0) values = e->bindings[i].values;
    }
    if (!values) return evaluation_error(e, "'%s' has no values", name);
    bool bounded = type->bound.scale || type->bound.offset;
    int64_t bound = dim_value(type->bound, e->extents);
    if (bounded && bound <= 0 && e->count) return evaluation_error(e, "'%s' has an empty range", name);
    int64_t bad = find_foreign(type, values, e->count, bounded ? bound : 0);
    if (bad >= 0) {
        return evaluation_error(e, "'%s' has %g at element %" PRId64 ", which its type rules out", name, values[bad],
                                bad);
    }
    if (e->count) memcpy(e->out, values, (size_t)e->count * sizeof *values);
    return true;
}

/* A constant of type f32 is the f32 next to what is written: 0.1 means the same here as in compiled
 * code. */
bool evaluate_const(OpEvaluation *e) {
    e->out[0] = elem_held(e->node->type.elem, e->node->attrs.number);
    return true;
}

bool evaluate_iota(OpEvaluation *e) {
    AxisSplit split = split_axis(e, &e->node->type, e->node->attrs.ints[0]);
    for (int64_t i = 0; i < e->count; i++) e->out[i] = (double)(i / split.inner % split.extent);
    return true;
}

/* An open value: attention evaluates it for each pair. */
bool evaluate_pair(OpEvaluation *e) { return evaluation_error(e, "it is evaluated within attention only"); }

bool evaluate_grad(OpEvaluation *e) { return evaluation_error(e, "it is evaluated after the pass 'expand' only"); }

/* Elementwise operators: value_<name> is the expression in ops.def; those that need types are on
 * their own. */

#define VALUE(expression) return (double)(expression)
#define EVALUATE(function) return NAN
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, rule, ...)                                       \
    static double value_##name(double a, double b, double c) {                                                         \
        (void)a, (void)b, (void)c;                                                                                     \
        rule;                                                                                                          \
    }
#include "graph/ops.def"
#undef OP
#undef VALUE
#undef EVALUATE

typedef double (*ValueFunction)(double a, double b, double c);

static ValueFunction value_function(Op op) {
    static const ValueFunction functions[] = {
#define OP(name, ...) [OP_##name] = value_##name,
#include "graph/ops.def"
#undef OP
    };
    return functions[op];
}

bool evaluate_cast(OpEvaluation *e) {
    for (int64_t i = 0; i < e->count; i++) e->out[i] = elem_cast(e->node->type.elem, e->in[0][i]);
    return true;
}

static bool fits_element(ElemType elem, double value) {
    return elem != ELEM_I32 || (value >= INT32_MIN && value <= INT32_MAX);
}

bool evaluate_elementwise(OpEvaluation *e) {
    ValueFunction value = value_function(e->node->op);
    const double *a = e->in[0], *b = e->node->n_inputs > 1 ? e->in[1] : a;
    const double *c = e->node->n_inputs > 2 ? e->in[2] : a;
    for (int64_t i = 0; i < e->count; i++) {
        e->out[i] = value(a[i], b[i], c[i]);
        if (!fits_element(e->node->type.elem, e->out[i])) return evaluation_error(e, "%.0f overflows i32", e->out[i]);
    }
    return true;
}

double interpret_scalar(Op op, ElemType to, const double operands[3]) {
    return op == OP_cast ? elem_cast(to, operands[0]) : value_function(op)(operands[0], operands[1], operands[2]);
}

bool interpret_element(Op op, ElemType to, const double operands[3], double *value) {
    if (op_kind(op) != KIND_ELEMENTWISE) return false;
    double result = interpret_scalar(op, to, operands);
    if (!isfinite(result) || !fits_element(to, result)) return false;
    *value = elem_held(to, result);
    return isfinite(*value);
}

/* The walk. */

static bool evaluate(OpEvaluation *e) {
    static bool (*const evaluators[])(OpEvaluation *) = {
#define VALUE(expression) evaluate_elementwise
#define EVALUATE(function) evaluate_##function
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, rule, ...) [OP_##name] = rule,
#include "graph/ops.def"
#undef OP
#undef VALUE
#undef EVALUATE
    };
    return evaluators[e->node->op](e);
}

/* Which nodes do the outputs need? Caller frees. */
static bool *find_reached(const Graph *graph) {
    bool *reached = memory_new((size_t)graph->nodes.count, sizeof *reached);
    for (int i = 0; i < graph->outputs.count; i++) reached[graph->outputs.items[i].node->id] = true;
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; reached[i] && j < node->n_inputs; j++) reached[node->inputs[j]->id] = true;
    }
    return reached;
}

/* Room for the elements of e->node; sets e->count. */
static bool make_room(OpEvaluation *e) {
    const Type *type = &e->node->type;
    e->count = 1;
    for (int i = 0; i < type->rank; i++) {
        int64_t extent = dim_value(type->dims[i], e->extents);
        if (extent < 0) return evaluation_error(e, "axis %d has the extent %" PRId64, i, extent);
        if (__builtin_mul_overflow(e->count, extent, &e->count)) return evaluation_error(e, "too many elements");
    }
    e->out = memory_try((size_t)e->count + 1, sizeof *e->out);
    return e->out || evaluation_error(e, "no memory for %s", count_text(e->count, "element").text);
}

static bool evaluate_node(Holder *holder, const Node *node) {
    OpEvaluation *e = &holder->evaluation;
    e->node = node;
    if (!make_room(e)) return false;
    holder->result.values[node->id] = e->out;
    for (int i = 0; i < node->n_inputs; i++) e->in[i] = holder->result.values[node->inputs[i]->id];
    if (e->rounding.units == 0) return evaluate(e);
    blur_operands(e);
    bool good = evaluate(e);
    drop_blurred(e);
    if (good) round_result(e);
    return good;
}

static Interpretation *run(const Graph *graph, const int64_t *extents, const Binding *bindings, int n_bindings,
                           Rounding rounding) {
    Holder *holder = memory_new(1, sizeof *holder);
    holder->evaluation =
        (OpEvaluation){.extents = extents, .bindings = bindings, .n_bindings = n_bindings, .rounding = rounding};
    holder->n_nodes = graph->nodes.count;
    holder->result.values = memory_new((size_t)graph->nodes.count, sizeof *holder->result.values);
    holder->evaluation.values = holder->result.values;
    bool *reached = find_reached(graph);
    bool good = true;
    for (int i = 0; good && i < graph->nodes.count; i++) {
        if (reached[i] && !graph->nodes.items[i]->is_open) good = evaluate_node(holder, graph->nodes.items[i]);
    }
    if (!good) holder->result.error = holder->evaluation.error;
    free(reached);
    return &holder->result;
}

Interpretation *interpret(const Graph *graph, const int64_t *extents, const Binding *bindings, int n_bindings) {
    return run(graph, extents, bindings, n_bindings, (Rounding){0});
}

Interpretation *interpret_rounded(const Graph *graph, const int64_t *extents, const Binding *bindings, int n_bindings,
                                  uint64_t seed, double units) {
    return run(graph, extents, bindings, n_bindings, (Rounding){seed, units});
}

void interpretation_free(Interpretation *result) {
    if (!result) return;
    Holder *holder = (Holder *)result; /* its first member */
    for (int i = 0; i < holder->n_nodes; i++) free(result->values[i]);
    free(result->values);
    free(holder);
}
