/* Simplification: each rule on a small graph, and random graphs keep their values. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "passes/differentiate.h"
#include "passes/simplify.h"
#include "tests/compare_graphs.h"

/* Constants are folded in double and rounded to f32 once: 6e-8 relative for each, times a few. */
static const double TOLERANCE = 1e-5;

static Graph *small_graph(void) {
    Graph *g = graph_new("small", NULL);
    graph_symbol(g, "T");
    return g;
}

static Type shape(int rank, Dim a, Dim b) { return type_make(ELEM_F32, rank, (Dim[]){a, b}); }

#define ROWS dim_symbol(0)
#define C(n) dim_const(n)

static Node *tensor(Graph *g, const char *name) { return graph_leaf(g, OP_input, name, shape(2, ROWS, C(4))); }

static Node *constant(Graph *g, const Node *like, double value) {
    return graph_broadcast(g, graph_const(g, ELEM_F32, value, NULL), &like->type, NULL);
}

static Node *make(Graph *g, Op op, Node *x, int64_t first, int64_t second, Type type) {
    NodeSpec spec = {.op = op, .n_inputs = 1, .inputs = &x, .attrs.ints = {first, second}, .type = type};
    return graph_node(g, &spec);
}

/* Simplifies `y` and compares with the text of `expected`, which is simple already. Consumes the
 * graph. */
static void expect_same(Graph *g, Node *y, Node *expected, const char *what) {
    graph_output(g, "y", y);
    Graph *simple = simplify(g, NULL);
    g->outputs.items[0].node = expected;
    Graph *other = graph_canonical(g);
    char *got = graph_print(simple, false), *want = graph_print(other, false);
    cr_expect_str_eq(got, want, "%s:\n%s\nis not\n%s", what, got, want);
    free(got);
    free(want);
    graph_free(simple);
    graph_free(other);
    graph_free(g);
}

Test(simplify, arithmetic) {
    for (int i = 0; i < 12; i++) {
        Graph *g = small_graph();
        Node *x = tensor(g, "x"), *z = tensor(g, "z");
        Node *nx = graph_op1(g, OP_neg, x, NULL), *nz = graph_op1(g, OP_neg, z, NULL);
        Node *zero = constant(g, x, 0), *one = constant(g, x, 1);
        Node *cases[][2] = {
            {graph_op2(g, OP_add, zero, x, NULL), x},
            {graph_op2(g, OP_sub, zero, nx, NULL), x},
            {graph_op2(g, OP_mul, one, x, NULL), x},
            {graph_op2(g, OP_mul, x, zero, NULL), graph_op2(g, OP_mul, x, zero, NULL)},
            {graph_op2(g, OP_mul, constant(g, x, -1), nx, NULL), x},
            {graph_op2(g, OP_add, x, nz, NULL), graph_op2(g, OP_sub, x, z, NULL)},
            {graph_op2(g, OP_sub, x, nz, NULL), graph_op2(g, OP_add, x, z, NULL)},
            {graph_op2(g, OP_mul, nx, nz, NULL), graph_op2(g, OP_mul, x, z, NULL)},
            {graph_op2(g, OP_mul, nx, constant(g, x, 3), NULL), graph_op2(g, OP_mul, x, constant(g, x, -3), NULL)},
            {graph_op2(g, OP_div, x, constant(g, x, 8), NULL), graph_op2(g, OP_mul, x, constant(g, x, 0.125), NULL)},
            {graph_op2(g, OP_div, x, constant(g, x, 3), NULL), graph_op2(g, OP_div, x, constant(g, x, 3), NULL)},
            {graph_op2(g, OP_maximum, x, x, NULL), x}};
        expect_same(g, cases[i][0], cases[i][1], arena_printf(g->arena, "case %d", i));
    }
}

Test(simplify, constants_meet) {
    Graph *g = small_graph();
    Node *x = tensor(g, "x");
    Node *half = graph_op2(g, OP_div, constant(g, x, 1), constant(g, x, 2), NULL);
    Node *y = graph_op2(g, OP_mul, x, graph_op1(g, OP_sqrt, graph_op2(g, OP_mul, half, half, NULL), NULL), NULL);
    expect_same(g, y, graph_op2(g, OP_mul, x, constant(g, x, 0.5), NULL), "sqrt(0.5 * 0.5)");
    g = small_graph();
    x = graph_const(g, ELEM_F32, 0, NULL);
    y = graph_op1(g, OP_log, x, NULL);
    expect_same(g, y, y, "log(0) is not finite and stays");
}

Test(simplify, computing_before_spreading) {
    Graph *g = small_graph();
    Node *x = graph_leaf(g, OP_input, "x", shape(2, ROWS, C(1)));
    Type wide = shape(2, ROWS, C(4));
    Node *spread = graph_broadcast(g, x, &wide, NULL);
    Node *y = graph_op1(g, OP_rsqrt, graph_op2(g, OP_add, spread, constant(g, spread, 0.5), NULL), NULL);
    Node *inner = graph_op1(g, OP_rsqrt, graph_op2(g, OP_add, x, constant(g, x, 0.5), NULL), NULL);
    expect_same(g, y, graph_broadcast(g, inner, &wide, NULL), "rsqrt(spread(x) + 0.5)");
}

Test(simplify, moves) {
    for (int i = 0; i < 9; i++) {
        Graph *g = small_graph();
        Node *x = tensor(g, "x"), *row = graph_leaf(g, OP_input, "row", shape(1, C(4), C(0)));
        Type flat = shape(2, C(1), C(4)), two = shape(2, ROWS, C(2));
        Node *t = graph_op1(g, OP_transpose, x, NULL);
        Node *middle = make(g, OP_slice, x, 1, 1, shape(2, ROWS, C(3)));
        NodeSpec join = {.op = OP_concat, .n_inputs = 2, .inputs = (Node *[]){x, middle}, .attrs.ints = {1}};
        NodeSpec alone = {.op = OP_concat, .n_inputs = 1, .inputs = &x, .attrs.ints = {1}};
        NodeSpec direct = {.op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){x, x}, .attrs.ints = {1, 0}};
        NodeSpec every = {.op = OP_iota, .attrs.ints = {0}, .type = type_make(ELEM_I32, 1, (Dim[]){ROWS})};
        Node *cases[][2] = {{graph_op1(g, OP_transpose, t, NULL), x},
                            {graph_op2(g, OP_matmul, t, x, NULL), graph_node(g, &direct)},
                            {graph_broadcast(g, graph_reshape(g, row, &flat, NULL), &x->type, NULL),
                             graph_broadcast(g, row, &x->type, NULL)},
                            {make(g, OP_slice, middle, 1, 1, two), make(g, OP_slice, x, 1, 2, two)},
                            {make(g, OP_slice, x, 1, 0, x->type), x},
                            {graph_node(g, &alone), x},
                            {make(g, OP_slice, graph_node(g, &join), 1, 4, two), make(g, OP_slice, x, 1, 1, two)},
                            {make(g, OP_sum, make(g, OP_slice, x, 1, 0, shape(2, ROWS, C(1))), 1, 0, x->type),
                             make(g, OP_slice, x, 1, 0, shape(2, ROWS, C(1)))},
                            {graph_op2(g, OP_gather, x, graph_node(g, &every), NULL), x}};
        expect_same(g, cases[i][0], cases[i][1], arena_printf(g->arena, "case %d", i));
    }
}

Test(simplify, rows_of_counting) {
    Graph *g = small_graph();
    Type index = type_make(ELEM_I32, 1, (Dim[]){C(3)}), column = type_make(ELEM_I32, 2, (Dim[]){C(3), C(1)});
    index.bound = ROWS;
    Node *at = graph_leaf(g, OP_input, "at", index);
    NodeSpec count = {.op = OP_iota, .type = type_make(ELEM_I32, 2, (Dim[]){ROWS, C(4)})};
    Node *y = graph_op2(g, OP_gather, graph_node(g, &count), at, NULL);
    Node *tall = graph_reshape(g, at, &column, NULL);
    expect_same(g, y, graph_broadcast(g, tall, &y->type, NULL), "gather(iota)");
}

Test(simplify, select_and_logic) {
    Graph *g = small_graph();
    Node *x = tensor(g, "x"), *z = tensor(g, "z"), *less = graph_op2(g, OP_less, x, z, NULL);
    Node *never = graph_op2(g, OP_less, constant(g, x, 2), constant(g, x, 1), NULL);
    Node *condition = graph_op1(g, OP_not, graph_op2(g, OP_or, never, less, NULL), NULL);
    NodeSpec choice = {.op = OP_select, .n_inputs = 3, .inputs = (Node *[]){condition, x, z}};
    NodeSpec expected = {.op = OP_select, .n_inputs = 3, .inputs = (Node *[]){less, z, x}};
    expect_same(g, graph_node(g, &choice), graph_node(g, &expected), "not (never or x < z) ? x : z");
}

static void expect_same_values(const RandomGraph *r, const Graph *a, const Graph *b, uint64_t seed) {
    const char *error = compare_graphs(r, a, b, TOLERANCE);
    cr_expect(!error, "seed %d: %s", (int)seed, error);
    cr_expect_eq(a->outputs.count, b->outputs.count);
}

static void expect_finished(Graph *simple, uint64_t seed) {
    cr_expect(!graph_verify(simple), "seed %llu: %s", (unsigned long long)seed, graph_verify(simple));
    Graph *again = simplify(simple, NULL);
    char *once = graph_print(simple, false), *twice = graph_print(again, false);
    cr_expect_str_eq(once, twice, "seed %llu: rules still apply", (unsigned long long)seed);
    free(once);
    free(twice);
    graph_free(again);
}

Test(simplify, random_graphs_keep_their_values) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        RandomGraph *r = random_graph_new(seed, 10 + (int)(seed % 20), RANDOM_ALL);
        Diagnostics *diags = diagnostics_new();
        Graph *gradients = differentiate(r->graph, r->params, r->n_params, diags);
        Graph *simple = simplify(gradients, NULL);
        expect_finished(simple, seed);
        expect_same_values(r, gradients, simple, seed);
        cr_expect_leq(simple->nodes.count, gradients->nodes.count + 2, "seed %d", (int)seed);
        graph_free(simple);
        graph_free(gradients);
        diagnostics_free(diags);
        random_graph_free(r);
    }
}
