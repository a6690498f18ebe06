/* Gradient rules: the GRADIENT column of graph/ops.def, and the functions it is written with.
 *
 * `dy` is the cotangent of the result y, x0, x1, ... the operands, `g` the tape. Rules may build
 * more than is wanted: nodes that no output needs are dropped when the walk is done. */
#include "passes/differentiate_rules.h"

#include <assert.h>

/* The vocabulary of the rules: nodes over nodes of one shape. */

static Node *op1(Tape *g, Op op, Node *a) { return graph_op1(g->graph, op, a, g->at); }

static Node *op2(Tape *g, Op op, Node *a, Node *b) { return graph_op2(g->graph, op, a, b, g->at); }

static Node *neg(Tape *g, Node *a) { return op1(g, OP_neg, a); }

static Node *mul(Tape *g, Node *a, Node *b) { return op2(g, OP_mul, a, b); }

static Node *div(Tape *g, Node *a, Node *b) { return op2(g, OP_div, a, b); }

/* `value` in every element of a tensor of x's shape and element type. */
static Node *scalar_like(Tape *g, Node *x, double value) {
    return graph_broadcast(g->graph, graph_const(g->graph, x->type.elem, value, g->at), &x->type, g->at);
}

static Node *add_scalar(Tape *g, Node *x, double value) { return op2(g, OP_add, x, scalar_like(g, x, value)); }

static Node *mul_scalar(Tape *g, Node *x, double value) { return mul(g, x, scalar_like(g, x, value)); }

static Node *one_minus(Tape *g, Node *x) { return op2(g, OP_sub, scalar_like(g, x, 1), x); }

/* `condition ? a : b`; NULL stands for zeros, one of the two at most. */
static Node *where(Tape *g, Node *condition, Node *a, Node *b) {
    Node *choices[] = {condition, a ? a : scalar_like(g, b, 0), b ? b : scalar_like(g, a, 0)};
    NodeSpec spec = {.op = OP_select, .n_inputs = 3, .inputs = choices, .pos = g->at->pos};
    return graph_node(g->graph, &spec);
}

/* -1, 0 or 1. */
static Node *sign(Tape *g, Node *x) {
    Node *zero = scalar_like(g, x, 0);
    Node *not_below = where(g, op2(g, OP_less, zero, x), scalar_like(g, x, 1), NULL);
    return where(g, op2(g, OP_less, x, zero), scalar_like(g, x, -1), not_below);
}

/* d erf(x) / dx = 2 / sqrt(pi) exp(-x^2) */
static Node *erf_slope(Tape *g, Node *x) {
    return mul_scalar(g, op1(g, OP_exp, neg(g, mul(g, x, x))), 1.12837916709551257390);
}

static Node *cos_of(Tape *g, Node *x) { return op1(g, OP_cos, x); }

static Node *sin_of(Tape *g, Node *x) { return op1(g, OP_sin, x); }

/* Shapes. */

static Node *broadcast_like(Tape *g, Node *x, Node *like) { return graph_broadcast(g->graph, x, &like->type, g->at); }

static Node *reshape_like(Tape *g, Node *x, Node *like) { return graph_reshape(g->graph, x, &like->type, g->at); }

static Node *transpose(Tape *g, Node *x) { return op1(g, OP_transpose, x); }

static Node *sum(Tape *g, Node *x, int axis) {
    NodeSpec spec = {.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis, .pos = g->at->pos};
    return graph_node(g->graph, &spec);
}

/* The transpose of a broadcast: the sum along every axis that was spread, innermost first, in the
 * shape of `like`. */
static Node *unbroadcast(Tape *g, Node *dy, Node *like) {
    int added = dy->type.rank - like->type.rank;
    Node *x = dy;
    for (int axis = dy->type.rank - 1; axis >= 0; axis--) {
        bool spread = axis < added || !dim_equal(like->type.dims[axis - added], dy->type.dims[axis]);
        if (spread && !dim_is(dy->type.dims[axis], 1)) x = sum(g, x, axis);
    }
    return reshape_like(g, x, like);
}

static Node *slice(Tape *g, Node *x, int64_t axis, int64_t start, Dim extent) {
    NodeSpec spec = {.op = OP_slice, .n_inputs = 1, .inputs = &x, .type = x->type, .pos = g->at->pos};
    spec.attrs.ints[0] = axis;
    spec.attrs.ints[1] = start;
    spec.type.dims[axis] = extent;
    return graph_node(g->graph, &spec);
}

static Node *gather(Tape *g, Node *table, Node *index) { return op2(g, OP_gather, table, index); }

/* Rows added at their indices into zeros of the table's shape. */
static Node *scatter_like(Tape *g, Node *index, Node *rows, Node *table) {
    NodeSpec spec = {
        .op = OP_scatter_add, .n_inputs = 2, .inputs = (Node *[]){index, rows}, .type = table->type, .pos = g->at->pos};
    return graph_node(g->graph, &spec);
}

/* Rules that are not an expression. Each is called with the operands of g->at. */

bool tape_refuse(Tape *g, const char *code, const char *error, const char *hint) {
    g->code = code;
    g->error = error;
    g->hint = hint;
    return false;
}

/* maximum(a, b) = a > b ? a : b */
static bool rule_maximum(Tape *g, Node *dy, Operands x, Node **dx) {
    Node *first = op2(g, OP_less, x[1], x[0]);
    dx[0] = where(g, first, dy, NULL);
    dx[1] = where(g, first, NULL, dy);
    return true;
}

/* minimum(a, b) = a < b ? a : b */
static bool rule_minimum(Tape *g, Node *dy, Operands x, Node **dx) {
    Node *first = op2(g, OP_less, x[0], x[1]);
    dx[0] = where(g, first, dy, NULL);
    dx[1] = where(g, first, NULL, dy);
    return true;
}

/* Between f32 and its form of storage alone (see gradient_flows): what it rounds away is as if it were not. */
static bool rule_cast(Tape *g, Node *dy, Operands x, Node **dx) {
    (void)g, (void)x;
    dx[0] = dy;
    return true;
}

/* x itself where it is of that type. */
static Node *cast_to(Tape *g, ElemType elem, Node *x) {
    NodeSpec spec = {.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = type_scalar(elem), .pos = g->at->pos};
    return x->type.elem == elem ? x : graph_node(g->graph, &spec);
}

/* 1 where true, 0 elsewhere. */
static Node *one_where(Tape *g, Node *condition) { return cast_to(g, ELEM_F32, condition); }

/* The elements that are equal to the maximum share its cotangent. */
static bool rule_max(Tape *g, Node *dy, Operands x, Node **dx) {
    int axis = (int)g->at->attrs.ints[0];
    Node *y = (Node *)g->at;
    Node *among = op2(g, OP_equal, x[0], broadcast_like(g, y, x[0]));
    Node *share = div(g, dy, sum(g, one_where(g, among), axis));
    dx[0] = where(g, among, broadcast_like(g, share, x[0]), NULL);
    return true;
}

/* As `max`. Rows of y that no index names have no elements, and nobody reads their share. */
static bool rule_scatter_max(Tape *g, Node *dy, Operands x, Node **dx) {
    Node *y = (Node *)g->at;
    Node *among = op2(g, OP_equal, x[1], gather(g, y, x[0]));
    Node *count = scatter_like(g, x[0], one_where(g, among), y);
    Node *share = div(g, dy, op2(g, OP_maximum, count, scalar_like(g, y, 1)));
    dx[1] = where(g, among, gather(g, share, x[0]), NULL);
    return true;
}

static Node *matmul(Tape *g, Node *a, bool ta, Node *b, bool tb) {
    NodeSpec spec = {
        .op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){a, b}, .attrs.ints = {ta, tb}, .pos = g->at->pos};
    return graph_node(g->graph, &spec);
}

/* y = A B: dA = dy B^T, dB = A^T dy; where an operand is stored transposed, the transposed product. Products in the
 * backward pass are of what the forward one is of: dy is rounded as its operands are. */
static bool rule_matmul(Tape *g, Node *dy, Operands x, Node **dx) {
    bool ta = g->at->attrs.ints[0] != 0, tb = g->at->attrs.ints[1] != 0;
    dy = cast_to(g, x[0]->type.elem, dy);
    if (g->wanted[0]) dx[0] = ta ? matmul(g, x[1], tb, dy, true) : matmul(g, dy, false, x[1], !tb);
    if (g->wanted[1]) dx[1] = tb ? matmul(g, dy, true, x[0], ta) : matmul(g, x[0], !ta, dy, false);
    return true;
}

/* Zeros of `like`'s shape but for the extent along `axis`. */
static Node *zeros_along(Tape *g, Node *like, int64_t axis, int64_t extent) {
    Type type = like->type;
    type.dims[axis] = dim_const(extent);
    return graph_broadcast(g->graph, graph_const(g->graph, ELEM_F32, 0, g->at), &type, g->at);
}

/* dy between zeros: [start | dy | rest]. Both extents are of one symbol, so what is left over is
 * constant. */
static bool rule_slice(Tape *g, Node *dy, Operands x, Node **dx) {
    int64_t axis = g->at->attrs.ints[0], start = g->at->attrs.ints[1];
    int64_t rest = x[0]->type.dims[axis].offset - dy->type.dims[axis].offset - start;
    Node *operands[3];
    int n = 0;
    if (start) operands[n++] = zeros_along(g, dy, axis, start);
    operands[n++] = dy;
    if (rest) operands[n++] = zeros_along(g, dy, axis, rest);
    NodeSpec spec = {.op = OP_concat, .n_inputs = n, .inputs = operands, .attrs.ints[0] = axis, .pos = g->at->pos};
    dx[0] = n == 1 ? dy : graph_node(g->graph, &spec);
    return true;
}

/* Can dy be cut to `extent` from `start`? A slice starts at a constant and keeps the symbol of what
 * it is cut from. */
static bool can_slice(Dim whole, Dim start, Dim extent) {
    return dim_is_const(start) && (dim_is_const(whole) || !dim_is_const(extent));
}

/* Each operand gets its part of dy. */
static bool rule_concat(Tape *g, Node *dy, Operands x, Node **dx) {
    int64_t axis = g->at->attrs.ints[0];
    Dim start = dim_const(0);
    for (int i = 0; i < g->at->n_inputs; i++) {
        Dim extent = x[i]->type.dims[axis];
        if (g->wanted[i] && !can_slice(dy->type.dims[axis], start, extent)) {
            return tape_refuse(g, "E0603", "concat has no gradient for this operand beside one of a run-time extent",
                               "put the operand of run-time extent last, or stop_gradient around the others");
        }
        if (g->wanted[i]) dx[i] = g->at->n_inputs == 1 ? dy : slice(g, dy, axis, start.offset, extent);
        if (!dim_add(start, extent, &start)) break; /* impossible: the shape rule added them */
    }
    return true;
}

/* Expansion goes first. */
static bool rule_grad(Tape *g, Node *dy, Operands x, Node **dx) {
    (void)g, (void)dy, (void)x, (void)dx;
    assert(false);
    return true;
}

/* The column: apply_<name> for every row. */

#define GRADIENT(...)                                                                                                  \
    {                                                                                                                  \
        Node *const cotangents[] = {__VA_ARGS__};                                                                      \
        for (int i = 0; i < (int)(sizeof cotangents / sizeof *cotangents); i++) dx[i] = cotangents[i];                 \
        return true;                                                                                                   \
    }
#define GRADIENT_BY(function)                                                                                          \
    {                                                                                                                  \
        return rule_##function(g, dy, x, dx);                                                                          \
    }
#define NO_GRADIENT                                                                                                    \
    {                                                                                                                  \
        return true;                                                                                                   \
    }
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, value, gradient, ...)                            \
    static bool apply_##name(Tape *g, Node *dy, Operands x, Node **dx) {                                               \
        Node *const y = (Node *)g->at, *const x0 = x[0], *const x1 = x[1];                                             \
        (void)g, (void)dy, (void)dx, (void)y, (void)x0, (void)x1;                                                      \
        gradient                                                                                                       \
    }
#include "graph/ops.def"
#undef OP
#undef GRADIENT
#undef GRADIENT_BY
#undef NO_GRADIENT

bool apply_gradient_rule(Tape *tape, Node *dy, Node *dx[MAX_OPERANDS]) {
    static bool (*const rules[])(Tape *, Node *, Operands, Node **) = {
#define OP(name, ...) [OP_##name] = apply_##name,
#include "graph/ops.def"
#undef OP
    };
    Node *operands[MAX_OPERANDS] = {0};
    for (int i = 0; i < tape->at->n_inputs; i++) operands[i] = tape->at->inputs[i];
    return rules[tape->at->op](tape, dy, operands, dx);
}

/* Cotangents are f32, also those of values that are stored as bf16. */
static bool is_real(const Node *node) { return elem_computed(node->type.elem) == ELEM_F32; }

bool gradient_flows(const Node *node, int operand) {
    static const bool differentiable[] = {
#define GRADIENT(...) true
#define GRADIENT_BY(function) true
#define NO_GRADIENT false
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, value, gradient, ...) [OP_##name] = gradient,
#include "graph/ops.def"
#undef OP
#undef GRADIENT
#undef GRADIENT_BY
#undef NO_GRADIENT
    };
    bool real = is_real(node) && is_real(node->inputs[operand]);
    return real && differentiable[node->op];
}
