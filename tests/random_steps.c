/* Steps of a random graph: single operators. What models do with rows is in random_model_steps.c.
 */
#include "tests/random_maker.h"

static bool kinks(const Maker *m) { return (m->features & RANDOM_KINKS) != 0; }

static Node *step_unary(Maker *m) {
    Node *x = pick(m);
    switch (random_below(&m->state, 15)) {
    case 0: return op1(m, OP_neg, x);
    case 1: return kinks(m) ? op1(m, OP_abs, x) : NULL;
    case 2: return op1(m, OP_exp, op1(m, OP_tanh, x));
    case 3: return op1(m, OP_expm1, op1(m, OP_sin, x));
    case 4: return op1(m, OP_log, positive(m, x));
    case 5: return op1(m, OP_log1p, op2(m, OP_mul, x, x));
    case 6: return op1(m, OP_tanh, x);
    case 7: return op1(m, OP_erf, x);
    case 8: return op1(m, OP_sin, x);
    case 9: return op1(m, OP_cos, x);
    case 10: return op1(m, OP_sqrt, positive(m, x));
    case 11: return op1(m, OP_rsqrt, positive(m, x));
    case 12: return op2(m, OP_add, x, op1(m, OP_stop_gradient, op1(m, OP_neg, constant_like(m, x, 0.1))));
    case 13:
        if (!(m->features & RANDOM_STOPS)) return NULL;
        return op2(m, OP_sub, x, op1(m, OP_stop_gradient, op1(m, OP_sin, x)));
    default: return cast_to(m, x, ELEM_F32);
    }
}

static Node *step_binary(Maker *m) {
    Node *a = pick(m), *b = pick_like(m, a);
    switch (random_below(&m->state, kinks(m) ? 8 : 6)) {
    case 0: return op2(m, OP_add, a, b);
    case 1: return op2(m, OP_sub, a, b);
    case 2: return op2(m, OP_sub, b, a);
    case 3: return tame(m, op2(m, OP_mul, a, b));
    case 4: return op2(m, OP_div, a, positive(m, b));
    case 5: return op2(m, OP_div, a, constant_like(m, a, 2));
    case 6: return op2(m, OP_maximum, a, b);
    default: return op2(m, OP_minimum, a, b);
    }
}

/* A comparison of two values, or of their logic. */
static Node *condition(Maker *m, Node *a, Node *b) {
    static const Op compare[] = {OP_less, OP_less_equal, OP_equal};
    Node *first = op2(m, compare[random_below(&m->state, 3)], a, b);
    if (chance(m, 60)) return first;
    if (chance(m, 30)) return op1(m, OP_not, first);
    Node *second = op2(m, OP_less, pick_like(m, a), constant_like(m, a, 0.25));
    return op2(m, chance(m, 50) ? OP_and : OP_or, first, second);
}

static Node *step_select(Maker *m) {
    if (!kinks(m)) return NULL;
    Node *a = pick(m), *b = pick_like(m, a), *is = condition(m, a, b);
    if (chance(m, 30)) return op2(m, OP_mul, cast_to(m, is, ELEM_F32), b);
    return choose(m, is, op2(m, OP_add, a, b), a);
}

/* Whole numbers and back: from values, or from positions along an axis. */
static Node *step_integer(Maker *m) {
    Node *x = pick(m);
    if (!kinks(m) || x->type.rank == 0) return NULL;
    Type type = x->type;
    type.elem = ELEM_I32;
    Node *whole = cast_to(m, op2(m, OP_mul, x, constant_like(m, x, 3)), ELEM_I32);
    Node *place = make(m, (NodeSpec){.op = OP_iota, .attrs.ints[0] = random_below(&m->state, type.rank), .type = type});
    static const Op arithmetic[] = {OP_add, OP_sub, OP_mul, OP_maximum, OP_minimum};
    Node *y = op2(m, arithmetic[random_below(&m->state, 5)], whole, place);
    if (chance(m, 30)) y = cast_to(m, y, ELEM_BOOL);
    if (chance(m, 20)) y = cast_to(m, op2(m, OP_less_equal, whole, place), ELEM_I32);
    return op2(m, OP_mul, x, op1(m, OP_sin, cast_to(m, y, ELEM_F32)));
}

/* A reduction other than the sum. */
static Op other_reduction(const Maker *m) {
    Op others[OP_COUNT];
    int n = 0;
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_kind((Op)op) == KIND_REDUCE && op != OP_sum) others[n++] = (Op)op;
    }
    return others[m->graph->nodes.count % n];
}

static Node *step_reduce(Maker *m) {
    Node *x = pick(m);
    if (x->type.rank == 0) return NULL;
    int axis = random_below(&m->state, x->type.rank);
    if (kinks(m) && chance(m, 30)) return reduce(m, other_reduction(m), x, axis);
    return tame(m, reduce(m, OP_sum, x, axis));
}

/* Either operand as it is stored or transposed. On the right a node of the pool that fits, or else
 * a parameter. */
static Node *step_matmul(Maker *m) {
    Node *a = pick_rank(m, 2), *b = pick_rank(m, 2);
    bool ta = chance(m, 30), tb = chance(m, 50);
    Dim k = a->type.dims[ta ? 0 : 1];
    if (chance(m, 40) && dim_equal(b->type.dims[tb ? 1 : 0], k)) return tame(m, product(m, a, b, ta, tb));
    if (!dim_is_const(k)) return NULL;
    Dim n = dim_const(chance(m, 80) ? WIDTH : 1 + random_below(&m->state, 4));
    Node *weight = maker_param(m, matrix(ELEM_F32, tb ? n : k, tb ? k : n));
    if (chance(m, 30)) return tame(m, product(m, a, op1(m, OP_transpose, weight), ta, !tb));
    return tame(m, product(m, a, weight, ta, tb));
}

static Node *slice_of(Maker *m, Node *x, int axis, int start, Dim extent) {
    Type type = x->type;
    type.dims[axis] = extent;
    return make(m, (NodeSpec){.op = OP_slice, .n_inputs = 1, .inputs = &x, .attrs.ints = {axis, start}, .type = type});
}

/* All but the first, or but the last. Rows may then be fewer than sequences have. */
static Node *step_slice(Maker *m) {
    Node *x = pick(m);
    if (x->type.rank == 0) return NULL;
    int axis = random_below(&m->state, x->type.rank);
    Dim fewer = x->type.dims[axis];
    fewer.offset--;
    bool of_tokens = fewer.scale == 1 && fewer.symbol == m->tokens.symbol && fewer.offset > -3;
    if (fewer.scale ? !of_tokens : fewer.offset < 1) return NULL;
    /* The maximum of nothing is infinite: a row is left. */
    int least = fewer.scale ? (int)(1 - fewer.offset) : 0;
    if (least > m->random->least_tokens) m->random->least_tokens = least;
    return slice_of(m, x, axis, chance(m, 50) ? 1 : 0, fewer);
}

static Node *to_shape(Maker *m, Node *x, int rank, const Dim *dims) {
    Type type = type_make(ELEM_F32, rank, dims);
    return graph_reshape(m->graph, x, &type, NULL);
}

/* [R, WIDTH] as [R, 2, 3]; three axes as two; or all as one. */
static Node *step_reshape(Maker *m) {
    Node *x = pick(m);
    const Dim *d = x->type.dims;
    Dim flat;
    if (x->type.rank == 2 && dim_is(d[1], WIDTH) && chance(m, 60))
        return to_shape(m, x, 3, (Dim[]){d[0], dim_const(2), dim_const(WIDTH / 2)});
    if (x->type.rank == 3 && dim_mul(d[1], d[2], &flat)) return to_shape(m, x, 2, (Dim[]){d[0], flat});
    if (x->type.rank == 0 || !type_count_dim(&x->type, &flat)) return NULL;
    return to_shape(m, x, 1, &flat);
}

static Node *step_transpose(Maker *m) {
    Node *x = pick(m);
    return x->type.rank < 2 ? NULL : op1(m, OP_transpose, x);
}

/* An axis in front, or a column spread along its row. */
static Node *step_broadcast(Maker *m) {
    Node *x = pick_rank(m, 2);
    Type type = matrix(ELEM_F32, x->type.dims[0], dim_const(WIDTH));
    if (dim_is(x->type.dims[1], 1) && chance(m, 70)) return graph_broadcast(m->graph, x, &type, NULL);
    Dim dims[] = {dim_const(2), x->type.dims[0], x->type.dims[1]};
    type = type_make(ELEM_F32, 3, dims);
    return tame(m, graph_broadcast(m->graph, x, &type, NULL));
}

/* Along the columns, or along rows of constant extent. */
static Node *step_concat(Maker *m) {
    Node *parts[3] = {pick_rank(m, 2), pick_rank(m, 2), pick_rank(m, 2)};
    int n = chance(m, 70) ? 2 : 3, axis = chance(m, 75) ? 1 : 0;
    int64_t extent = 0;
    for (int i = 0; i < n; i++) {
        const Dim *d = parts[i]->type.dims;
        if (!dim_equal(d[1 - axis], parts[0]->type.dims[1 - axis]) || !dim_is_const(d[axis])) return NULL;
        extent += d[axis].offset;
    }
    if (extent > 4 * WIDTH) return NULL;
    return make(m, (NodeSpec){.op = OP_concat, .n_inputs = n, .inputs = parts, .attrs.ints[0] = axis});
}

Node *random_step(Maker *m) {
    static Node *(*const steps[])(Maker *) = {
        step_unary,  step_unary,   step_unary,     step_binary,     step_binary,    step_binary,
        step_select, step_integer, step_reduce,    step_reduce,     step_matmul,    step_matmul,
        step_slice,  step_reshape, step_transpose, step_concat,     step_broadcast, step_gather,
        step_pool,   step_dropout, step_attention, step_layer_norm, step_classify};
    return steps[random_below(&m->state, (int)(sizeof steps / sizeof *steps))](m);
}
