/* Every row of the operator table against central differences, and the gradient of its gradient; then
 * whole random graphs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "passes/differentiate.h"
#include "passes/expand.h"
#include "tests/gradient_check.h"
#include "tests/open_values.h"

/* A graph around one operator: real operands are parameters "x0", "x1", ..., and loss = sum(weights
 * * result). */
typedef struct Bench {
    RandomGraph r;
    uint64_t state;
    VEC(Binding) bindings;
    VEC(const char *) params;
} Bench;

static Bench *bench_new(void) {
    Arena *arena = arena_new();
    Bench *b = arena_alloc(arena, sizeof *b);
    b->r.arena = arena;
    b->r.graph = graph_new("row", NULL);
    graph_symbol(b->r.graph, "T");
    b->r.extents[0] = 3;
    b->state = 1;
    return b;
}

static void bench_free(Bench *b) {
    graph_free(b->r.graph);
    arena_free(b->r.arena);
}

static double *bench_bind(Bench *b, const char *name, const Type *type) {
    double *values = arena_array(b->r.arena, (size_t)type_count(type, b->r.extents) + 1, sizeof *values);
    vec_push(b->r.arena, &b->bindings, ((Binding){name, values}));
    return values;
}

/* Values in [0.3, 1.7): in the domain of log and sqrt, no zero divisor, no two the same. */
static Node *real_leaf(Bench *b, Op op, Type type) {
    const char *name = arena_printf(b->r.arena, "%s%d", op == OP_param ? "x" : "w", b->bindings.count);
    double *values = bench_bind(b, name, &type);
    int64_t count = type_count(&type, b->r.extents);
    for (int64_t i = 0; i < count; i++) values[i] = random_between(&b->state, 0.3, 1.7);
    if (op == OP_param) vec_push(b->r.arena, &b->params, name);
    return graph_leaf(b->r.graph, op, name, type);
}

static Node *param(Bench *b, int rank, const Dim *dims) {
    return real_leaf(b, OP_param, type_make(ELEM_F32, rank, dims));
}

static Node *integers(Bench *b, const char *name, int rank, const Dim *dims, Dim bound, const int *values) {
    Type type = type_make(ELEM_I32, rank, dims);
    type.bound = bound;
    double *to = bench_bind(b, name, &type);
    for (int64_t i = 0; i < type_count(&type, b->r.extents); i++) to[i] = values[i];
    return graph_leaf(b->r.graph, OP_input, name, type);
}

/* f32[]: the sum of all elements. */
static Node *total(Graph *g, Node *x) {
    for (int axis = x->type.rank - 1; axis >= 0; axis--) {
        NodeSpec spec = {.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis};
        x = graph_node(g, &spec);
    }
    Type scalar = type_scalar(ELEM_F32);
    return graph_reshape(g, x, &scalar, NULL);
}

/* f32[]: the sum of y with weights of its own. */
static Node *weighted_sum(Bench *b, Node *y) {
    Type type = type_make(ELEM_F32, y->type.rank, y->type.dims);
    return total(b->r.graph, graph_op2(b->r.graph, OP_mul, y, real_leaf(b, OP_input, type), NULL));
}

static void check_loss(Bench *b, const char *what) {
    b->r.bindings = b->bindings.items, b->r.n_bindings = b->bindings.count;
    b->r.params = b->params.items, b->r.n_params = b->params.count;
    const char *error = check_gradients(&b->r, true);
    cr_expect(!error, "%s: %s", what, error);
}

/* The loss becomes the sum of all elements of its own gradients, with weights. */
static void differentiate_loss(Bench *b) {
    Graph *g = b->r.graph;
    Node *loss = graph_find_output(g, "loss"), *total = NULL;
    int count = g->nodes.count;
    g->outputs.count = 0;
    for (int i = 0; i < count; i++) {
        Node *x = g->nodes.items[i];
        if (x->op != OP_param) continue;
        Node *part = weighted_sum(b, graph_op2(g, OP_grad, loss, x, NULL));
        total = total ? graph_op2(g, OP_add, total, part, NULL) : part;
    }
    graph_output_as(g, "loss", loss_role, total);
    Diagnostics *diags = diagnostics_new();
    b->r.graph = expand(g, diags);
    cr_assert(b->r.graph, "%s", diags->list.items[0].message);
    diagnostics_free(diags);
    graph_free(g);
}

/* Adds the loss over `y`; checks its gradients and the gradients of these. */
static void bench_check(Bench *b, Node *y, const char *what) {
    graph_output_as(b->r.graph, "loss", loss_role, weighted_sum(b, y));
    check_loss(b, what);
    differentiate_loss(b);
    check_loss(b, arena_printf(b->r.arena, "%s, second derivative", what));
    bench_free(b);
}

#define C(n) {0, n, -1, NULL}
#define T {1, 0, 0, NULL}

typedef struct Shape {
    int rank;
    Dim dims[MAX_RANK];
} Shape;

static const Shape shapes[] = {{0, {C(0)}},       {1, {T}},          {2, {T, C(4)}},
                               {2, {C(1), C(5)}}, {2, {C(0), C(3)}}, {3, {C(2), T, C(3)}}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static Node *apply(Bench *b, NodeSpec spec) {
    const char *error = infer_type(b->r.graph, &spec, &(Type){0});
    cr_assert(!error, "%s", error);
    return graph_node(b->r.graph, &spec);
}

static bool differentiable(Op op) {
    return op != OP_stop_gradient && op != OP_less && op != OP_less_equal && op != OP_equal && op != OP_and &&
           op != OP_or && op != OP_not;
}

static void check_elementwise(Op op, const Shape *shape) {
    Bench *b = bench_new();
    Node *x[3];
    for (int i = 0; i < 3; i++) x[i] = i < op_arity(op) ? param(b, shape->rank, shape->dims) : NULL;
    if (op == OP_select) x[0] = graph_op2(b->r.graph, OP_less, x[1], x[2], NULL);
    NodeSpec spec = {.op = op, .n_inputs = op_arity(op), .inputs = x, .type = type_scalar(ELEM_F32)};
    bench_check(b, apply(b, spec), op_name(op));
}

Test(gradients, elementwise_rows) {
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_kind((Op)op) != KIND_ELEMENTWISE || !differentiable((Op)op)) continue;
        for (int i = 0; i < N_SHAPES; i++) check_elementwise((Op)op, &shapes[i]);
    }
}

Test(gradients, reductions) {
    for (int i = 0; i < N_SHAPES; i++) {
        for (int axis = 0; axis < shapes[i].rank; axis++) {
            for (int op = 0; op < OP_COUNT; op++) {
                /* The maximum of nothing is infinite: nothing to compare. */
                bool endless = op != OP_sum && dim_is(shapes[i].dims[axis], 0);
                if (op_kind((Op)op) != KIND_REDUCE || endless) continue;
                Bench *b = bench_new();
                Node *x = param(b, shapes[i].rank, shapes[i].dims);
                bench_check(b, apply(b, (NodeSpec){.op = (Op)op, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis}),
                            op_name((Op)op));
            }
        }
    }
}

Test(gradients, matmul_in_every_storage) {
    static const Dim sizes[][3] = {
        {T, C(4), C(2)}, {C(2), T, C(3)}, {C(1), C(1), C(1)}, {C(3), C(2), T}, {C(2), C(0), C(3)}};
    for (int i = 0; i < 20; i++) {
        const Dim *d = sizes[i / 4];
        bool ta = i & 1, tb = i & 2;
        Bench *b = bench_new();
        Node *x0 = param(b, 2, (Dim[]){d[ta ? 1 : 0], d[ta ? 0 : 1]});
        Node *x1 = param(b, 2, (Dim[]){d[tb ? 2 : 1], d[tb ? 1 : 2]});
        NodeSpec spec = {.op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){x0, x1}, .attrs.ints = {ta, tb}};
        bench_check(b, apply(b, spec), "matmul");
    }
}

/* One operand, one result type. */
static void check_move(Op op, Shape from, Shape to, int64_t axis, int64_t start) {
    Bench *b = bench_new();
    Node *x = param(b, from.rank, from.dims);
    NodeSpec spec = {.op = op, .n_inputs = 1, .inputs = &x, .type = type_make(ELEM_F32, to.rank, to.dims)};
    spec.attrs.ints[0] = axis, spec.attrs.ints[1] = start;
    bench_check(b, apply(b, spec), op_name(op));
}

Test(gradients, moves) {
    Shape tc = {2, {T, C(4)}}, tsc = {3, {C(2), T, C(3)}};
    check_move(OP_transpose, tc, tc, 0, 0);
    check_move(OP_transpose, tsc, tsc, 0, 0);
    check_move(OP_reshape, tc, (Shape){3, {T, C(2), C(2)}}, 0, 0);
    check_move(OP_reshape, (Shape){1, {T}}, (Shape){2, {T, C(1)}}, 0, 0);
    check_move(OP_slice, tc, (Shape){2, {T, C(2)}}, 1, 1);
    check_move(OP_slice, tc, (Shape){2, {T, C(2)}}, 1, 2);
    check_move(OP_slice, tc, (Shape){2, {{1, -1, 0, NULL}, C(4)}}, 0, 0);
    check_move(OP_slice, tc, (Shape){2, {{1, -2, 0, NULL}, C(4)}}, 0, 1);
    check_move(OP_slice, tc, tc, 1, 0);
    check_move(OP_slice, tc, (Shape){2, {T, C(0)}}, 1, 3);
}

Test(gradients, broadcasts) {
    Shape tc = {2, {T, C(4)}}, tsc = {3, {C(2), T, C(3)}};
    check_move(OP_broadcast, (Shape){0, {C(0)}}, tc, 0, 0);
    check_move(OP_broadcast, (Shape){1, {C(4)}}, tc, 0, 0);
    check_move(OP_broadcast, (Shape){1, {C(1)}}, tc, 0, 0);
    check_move(OP_broadcast, (Shape){2, {T, C(1)}}, tc, 0, 0);
    check_move(OP_broadcast, (Shape){2, {C(1), C(4)}}, tc, 0, 0);
    check_move(OP_broadcast, (Shape){2, {C(1), C(1)}}, tsc, 0, 0);
    check_move(OP_broadcast, (Shape){2, {T, C(1)}}, tsc, 0, 0);
    check_move(OP_broadcast, tc, (Shape){3, {C(1), T, C(4)}}, 0, 0);
    check_move(OP_broadcast, (Shape){1, {C(1)}}, (Shape){2, {C(0), C(3)}}, 0, 0);
}

Test(gradients, concat) {
    for (int n = 1; n <= 3; n++) {
        Bench *b = bench_new();
        Node *x[] = {param(b, 2, (Dim[]){T, C(2)}), param(b, 2, (Dim[]){T, C(1)}), param(b, 2, (Dim[]){T, C(0)})};
        bench_check(b, apply(b, (NodeSpec){.op = OP_concat, .n_inputs = n, .inputs = x, .attrs.ints[0] = 1}), "concat");
    }
    Bench *b = bench_new();
    /* A part of constant extent beside one of run-time extent cannot be cut out again: only the
     * other one is wanted. */
    Node *x[] = {real_leaf(b, OP_input, type_make(ELEM_F32, 2, (Dim[]){C(2), C(2)})), param(b, 2, (Dim[]){T, C(2)})};
    bench_check(b, apply(b, (NodeSpec){.op = OP_concat, .n_inputs = 2, .inputs = x}), "concat");
}

Test(gradients, gather_and_scatter) {
    static const int indices[] = {4, 0, 4};
    static const Op ops[] = {OP_gather, OP_scatter_add, OP_scatter_max};
    for (int i = 0; i < 3; i++) {
        Bench *b = bench_new();
        Node *index = integers(b, "index", 1, &(Dim)T, (Dim)C(5), indices);
        Node *x = param(b, 2, (Dim[]){i ? (Dim)T : (Dim)C(5), C(2)});
        Node *inputs[] = {i ? index : x, i ? x : index};
        NodeSpec spec = {
            .op = ops[i], .n_inputs = 2, .inputs = inputs, .type = type_make(ELEM_F32, 2, (Dim[]){C(5), C(2)})};
        Node *y = apply(b, spec);
        /* Rows that no index names are minus infinity: only the others are looked at. */
        if (ops[i] == OP_scatter_max) y = graph_op2(b->r.graph, OP_gather, y, index, NULL);
        bench_check(b, y, op_name(spec.op));
    }
}

typedef struct Lengths {
    int count, of[4];
} Lengths;

static int64_t set_bounds(int *bounds, const Lengths *lengths, bool at_most_one) {
    for (int s = 0; s < lengths->count; s++)
        bounds[s + 1] = bounds[s] + (at_most_one && lengths->of[s] ? 1 : lengths->of[s]);
    return bounds[lengths->count];
}

/* As many queries as keys, or one for each sequence that is not empty; with and without dropout. */
static void check_attention(const Lengths *lengths, bool few_queries, double dropout, OpenKind kind, bool cells) {
    static const int key[] = {7, 1};
    int q_bounds[5] = {0}, bounds[5] = {0}, coords[32];
    Bench *b = bench_new();
    b->r.extents[0] = set_bounds(bounds, lengths, false);
    int64_t queries = set_bounds(q_bounds, lengths, few_queries);
    for (int s = 0, row = 0; s < lengths->count; s++) {
        for (int i = 0; row < q_bounds[s + 1]; row++, i++) coords[2 * row] = s, coords[2 * row + 1] = i;
    }
    Dim rows = few_queries ? dim_const(queries) : (Dim)T, ends = dim_const(lengths->count + 1);
    Node *inputs[ATTENTION_OPERANDS + CELL_SIDES];
    inputs[0] = param(b, 2, (Dim[]){rows, C(4)});
    inputs[1] = param(b, 2, (Dim[]){T, C(4)});
    inputs[2] = param(b, 2, (Dim[]){T, C(4)});
    inputs[3] = integers(b, "q_bounds", 1, &ends, (Dim)C(0), q_bounds);
    inputs[4] = integers(b, "kv_bounds", 1, &ends, (Dim)C(0), bounds);
    inputs[5] = integers(b, "key", 1, &(Dim)C(2), (Dim)C(0), key);
    inputs[6] = integers(b, "coords", 2, (Dim[]){rows, C(2)}, (Dim)C(0), coords);
    NodeSpec spec = {.op = OP_attention,
                     .n_inputs = ATTENTION_OPERANDS + (cells ? CELL_SIDES : 0),
                     .inputs = inputs,
                     .attrs = {.ints = {2, 0}, .number = dropout, .scale = 0.7, .text = "site"}};
    open_operands(b->r.graph, kind, 0, inputs + ATTENTION_FIRST);
    if (cells) {
        inputs[ATTENTION_SCORE] = open_by_cells(b->r.graph, inputs[ATTENTION_SCORE]);
        inputs[ATTENTION_OPERANDS + CELL_QUERY] = param(b, 2, (Dim[]){rows, C(6)});
        inputs[ATTENTION_OPERANDS + CELL_KEY] = param(b, 2, (Dim[]){T, C(4)});
    }
    if (!cells) {
        bench_check(b, apply(b, spec), "attention");
        return;
    }
    graph_output_as(b->r.graph, "loss", loss_role, weighted_sum(b, apply(b, spec)));
    check_loss(b, "attention that reads rows");
    bench_free(b);
}

/* Lengths of one, two and more, equal, mixed, empty, and nothing at all. */
Test(gradients, attention) {
    static const Lengths lengths[] = {{3, {2, 0, 1}}, {1, {1}}, {2, {3, 3}}, {4, {1, 5, 2, 4}}, {2, {0, 0}}};
    for (int k = 0; k < 5; k++) {
        for (int i = 0; i < 4 * OPEN_KINDS; i++)
            check_attention(&lengths[k], i & 1, i & 2 ? 0.4 : 0, (OpenKind)(i / 4), false);
    }
}

Test(gradients, attention_that_reads_rows) {
    static const Lengths lengths[] = {{3, {2, 0, 1}}, {2, {3, 3}}, {4, {1, 5, 2, 4}}, {2, {0, 0}}};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 4 * OPEN_KINDS; i += 3)
            check_attention(&lengths[k], i & 1, i & 2 ? 0.4 : 0, (OpenKind)(i / 4), true);
    }
}

Test(gradients, equal_maxima_share) {
    Bench *b = bench_new();
    Graph *g = b->r.graph;
    Node *x = param(b, 1, &(Dim)C(4));
    double values[] = {1, 3, 3, 2};
    NodeSpec spec = {.op = OP_max, .n_inputs = 1, .inputs = &x};
    Type scalar = type_scalar(ELEM_F32);
    graph_output_as(g, "loss", loss_role, graph_reshape(g, graph_node(g, &spec), &scalar, NULL));
    Diagnostics *diags = diagnostics_new();
    Graph *d = differentiate(g, b->params.items, 1, diags);
    Interpretation *run = interpret(d, b->r.extents, &(Binding){b->params.items[0], values}, 1);
    const double *dx = run->values[d->outputs.items[1].node->id];
    cr_expect(dx[0] == 0 && dx[1] == 0.5 && dx[2] == 0.5 && dx[3] == 0);
    interpretation_free(run);
    graph_free(d);
    diagnostics_free(diags);
    bench_free(b);
}

/* In-batch negatives: the loss of row i is -log softmax(u v^T)[i, i]. Both sizes are the symbol. */
static void check_in_batch(int64_t sequences) {
    Bench *b = bench_new();
    Graph *g = b->r.graph;
    b->r.extents[0] = sequences;
    Node *u = param(b, 2, (Dim[]){T, C(3)}), *v = param(b, 2, (Dim[]){T, C(3)});
    NodeSpec product = {.op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){u, v}, .attrs.ints = {0, 1}};
    Node *x = graph_node(g, &product);
    NodeSpec most = {.op = OP_max, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = 1};
    Node *shifted = graph_op2(g, OP_sub, x, graph_broadcast(g, graph_node(g, &most), &x->type, NULL), NULL);
    Node *e = graph_op1(g, OP_exp, shifted, NULL);
    NodeSpec total = {.op = OP_sum, .n_inputs = 1, .inputs = &e, .attrs.ints[0] = 1};
    Node *log = graph_op1(g, OP_log, graph_node(g, &total), NULL);
    Node *row = graph_op2(g, OP_sub, shifted, graph_broadcast(g, log, &x->type, NULL), NULL), *number[2];
    for (int axis = 0; axis < 2; axis++) {
        NodeSpec iota = {.op = OP_iota, .attrs.ints[0] = axis, .type = type_make(ELEM_I32, 2, x->type.dims)};
        number[axis] = graph_node(g, &iota);
    }
    Node *own = graph_op2(g, OP_equal, number[0], number[1], NULL);
    Node *zero = graph_broadcast(g, graph_const(g, ELEM_F32, 0, NULL), &x->type, NULL);
    NodeSpec select = {.op = OP_select, .n_inputs = 3, .inputs = (Node *[]){own, row, zero}};
    bench_check(b, graph_node(g, &select), "in-batch negatives");
}

Test(gradients, in_batch_negatives) {
    for (int64_t s = 0; s <= 5; s++) check_in_batch(s);
}

/* Rows 0 and 2 go to place 1, and are equal in column 0; the gradient in their place is 1. */
Test(gradients, equal_maxima_of_a_scatter_share) {
    Bench *b = bench_new();
    Graph *g = b->r.graph;
    Node *x = param(b, 2, (Dim[]){T, C(2)});
    Node *index = integers(b, "index", 1, &(Dim)T, (Dim)C(3), (int[]){1, 2, 1});
    double values[] = {4, 1, 5, 6, 4, 2};
    NodeSpec spec = {.op = OP_scatter_max,
                     .n_inputs = 2,
                     .inputs = (Node *[]){index, x},
                     .type = type_make(ELEM_F32, 2, (Dim[]){C(3), C(2)})};
    NodeSpec middle = {.op = OP_slice, .n_inputs = 1, .attrs.ints = {0, 1}, .type = spec.type};
    Node *y = graph_node(g, &spec);
    middle.inputs = &y;
    middle.type.dims[0] = dim_const(1);
    y = graph_node(g, &middle);
    graph_output_as(g, "loss", loss_role, total(g, y));
    Diagnostics *diags = diagnostics_new();
    Graph *d = differentiate(g, b->params.items, 1, diags);
    b->bindings.items[0].values = values;
    Interpretation *run = interpret(d, b->r.extents, b->bindings.items, b->bindings.count);
    const double *dx = run->values[d->outputs.items[1].node->id];
    const double expected[] = {0.5, 0, 0, 0, 0.5, 1};
    for (int i = 0; i < 6; i++) cr_expect_eq(dx[i], expected[i], "element %d: %g", i, dx[i]);
    interpretation_free(run);
    graph_free(d);
    diagnostics_free(diags);
    bench_free(b);
}

/* Nothing is built below a frozen part: the gradient of the last layer alone adds no product with
 * the first weight. */
Test(gradients, frozen_parts_have_no_backward_pass) {
    Bench *b = bench_new();
    Graph *g = b->r.graph;
    Node *x = real_leaf(b, OP_input, type_make(ELEM_F32, 2, (Dim[]){T, C(4)}));
    Node *first = param(b, 2, (Dim[]){C(4), C(4)}), *last = param(b, 2, (Dim[]){C(4), C(4)});
    Node *h = graph_op1(g, OP_tanh, graph_op2(g, OP_matmul, x, first, NULL), NULL);
    Node *y = graph_op2(g, OP_matmul, h, last, NULL);
    graph_output_as(g, "loss", loss_role, total(g, y));
    Diagnostics *diags = diagnostics_new();
    Graph *d = differentiate(g, (const char *[]){last->attrs.text}, 1, diags);
    int products = 0;
    for (int i = 0; i < d->nodes.count; i++) products += d->nodes.items[i]->op == OP_matmul;
    cr_expect_eq(products, 3, "two forward, one backward, not %d", products);
    cr_expect_eq(d->outputs.count, 2);
    graph_free(d);
    diagnostics_free(diags);
    bench_free(b);
}

static void expect_refused(Graph *g, const char *code, const char *path) {
    Diagnostics *diags = diagnostics_new();
    Graph *d = differentiate(g, (const char *[]){"p"}, 1, diags);
    cr_assert(!d && diags->errors == 1);
    cr_expect_str_eq(diags->list.items[0].code, code);
    cr_expect(strstr(diags->list.items[0].message, path), "%s", diags->list.items[0].message);
    diagnostics_free(diags);
    graph_free(g);
}

Test(gradients, errors_name_the_path) {
    Graph *g = graph_new("g", NULL);
    graph_output(g, "loss", graph_leaf(g, OP_param, "p", type_make(ELEM_F32, 1, &(Dim)C(2))));
    expect_refused(g, "E0601", "'g' has no loss");
    g = graph_new("g", NULL);
    graph_symbol(g, "T");
    Node *rows = graph_leaf(g, OP_param, "q", type_make(ELEM_F32, 1, &(Dim)T));
    Node *p = graph_leaf(g, OP_param, "p", type_make(ELEM_F32, 1, &(Dim)C(2)));
    Node *x = graph_node(g, &(NodeSpec){.op = OP_concat, .n_inputs = 2, .inputs = (Node *[]){rows, p}});
    x = graph_node(g, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &x});
    Type scalar = type_scalar(ELEM_F32);
    graph_output_as(g, "loss", loss_role, graph_reshape(g, x, &scalar, NULL));
    expect_refused(g, "E0603", "concat <- sum <- reshape <- loss");
}

Test(gradients, log_sum_exp_is_refused) {
    Graph *g = graph_new("g", NULL);
    Dim four = C(4), two = C(2);
    Node *p = graph_leaf(g, OP_param, "p", type_make(ELEM_F32, 2, (Dim[]){four, four}));
    Node *bounds = graph_leaf(g, OP_input, "bounds", type_make(ELEM_I32, 1, &two));
    Node *coords = graph_leaf(g, OP_input, "coords", type_make(ELEM_I32, 2, (Dim[]){four, two}));
    Node *inputs[ATTENTION_OPERANDS] = {p, p, p, bounds, bounds, bounds, coords};
    NodeSpec spec = {
        .op = OP_attention, .n_inputs = ATTENTION_OPERANDS, .inputs = inputs, .attrs = {.ints = {2, 1}, .text = "a"}};
    pair_plain(g, inputs + ATTENTION_FIRST, NULL);
    Node *x = graph_node(g, &spec);
    graph_output_as(g, "loss", loss_role, total(g, x));
    expect_refused(g, "E0602", "attention <- sum <- sum <- reshape <- loss");
}

/* y = x x, loss = sum(y y + x y): along y, with x held, the slope is 2 y + x. */
Test(gradients, of_a_value_on_the_way) {
    Graph *g = graph_new("g", NULL);
    Type three = type_make(ELEM_F32, 1, &(Dim)C(3)), scalar = type_scalar(ELEM_F32);
    Node *x = graph_leaf(g, OP_param, "x", three), *y = graph_op2(g, OP_mul, x, x, NULL);
    Node *terms = graph_op2(g, OP_add, graph_op2(g, OP_mul, y, y, NULL), graph_op2(g, OP_mul, x, y, NULL), NULL);
    Node *sum = graph_node(g, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &terms});
    graph_output_as(g, "loss", loss_role, graph_reshape(g, sum, &scalar, NULL));
    graph_output(g, "y", y);
    Diagnostics *diags = diagnostics_new();
    Graph *d = differentiate(g, (const char *[]){"y", "nothing"}, 2, diags);
    cr_assert_not_null(d);
    cr_expect_null(graph_find_output(d, "grad.nothing"));
    Node *gradient = graph_find_output(d, "grad.y");
    cr_assert_not_null(gradient);
    Interpretation *run = interpret(d, NULL, &(Binding){"x", (double[]){1, -2, 3}}, 1);
    cr_assert_null(run->error);
    static const double expected[] = {3, 6, 21};
    for (int i = 0; i < 3; i++) cr_expect_eq(run->values[gradient->id][i], expected[i]);
    interpretation_free(run);
    graph_free(d);
    graph_free(g);
    diagnostics_free(diags);
}

static void check_random(uint64_t from, uint64_t to, int size, unsigned features) {
    for (uint64_t seed = from; seed < to; seed++) {
        RandomGraph *random = random_graph_new(seed, size, features);
        const char *error = check_gradients(random, false);
        cr_expect(!error, "seed %llu: %s", (unsigned long long)seed, error);
        random_graph_free(random);
    }
}

Test(gradients, random_graphs) {
    check_random(0, 150, 12, RANDOM_ALL & ~RANDOM_STOPS);
    check_random(1000, 1150, 25, RANDOM_ALL & ~RANDOM_STOPS);
}

Test(gradients, smooth_random_graphs) { check_random(2000, 2100, 20, RANDOM_ALL & ~(RANDOM_KINKS | RANDOM_STOPS)); }
