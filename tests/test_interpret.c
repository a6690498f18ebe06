/* The interpreter: published vectors of Philox, hand-computed values, indices that are never read
 * out of range. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "graph/base/random.h"
#include "tests/open_values.h"
#include "tests/random_graph.h"

/* Known-answer vectors of Random123 for philox4x32-10. */
Test(interpret, philox_known_answers) {
    static const uint32_t cases[][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                          0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                                          0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t counter[4], key[2] = {cases[i][4], cases[i][5]};
        memcpy(counter, cases[i], sizeof counter);
        philox4x32_10(counter, key);
        for (int j = 0; j < 4; j++) cr_expect_eq(counter[j], cases[i][6 + j], "vector %d, word %d", i, j);
    }
}

Test(interpret, uniform_is_the_counter_of_its_column) {
    /* Column 37 is word 2 of the counter (5, ...); column 64 + 17 is word 1 of (17, ...). */
    uint32_t counter[4] = {5, 4, 3, 2};
    philox4x32_10(counter, (uint32_t[]){1, 9});
    cr_expect_eq(random_uniform(1, 9, 2, 3, 4, 37), (float)(counter[2] >> 8) * 0x1p-24f);
    uint32_t far[4] = {17, 4, 3, 2};
    philox4x32_10(far, (uint32_t[]){1, 9});
    cr_expect_eq(random_uniform(1, 9, 2, 3, 4, 81), (float)(far[1] >> 8) * 0x1p-24f);
}

/* Leaves of a small graph over "T" = 3. */
typedef struct Desk {
    Graph *graph;
    Binding bindings[8];
    int n_bindings;
} Desk;

static Node *leaf(Desk *d, const char *name, Type type, const double *values) {
    d->bindings[d->n_bindings++] = (Binding){name, values};
    return graph_leaf(d->graph, OP_input, name, type);
}

static Desk desk(void) {
    Desk d = {.graph = graph_new("desk", NULL)};
    graph_symbol(d.graph, "T");
    return d;
}

/* Evaluates `y` and compares exactly; consumes the desk. */
static void expect_values(Desk *d, Node *y, const double *expected, int count) {
    graph_output(d->graph, "y", y);
    Interpretation *run = interpret(d->graph, (int64_t[]){3}, d->bindings, d->n_bindings);
    cr_assert(!run->error, "%s", run->error);
    for (int i = 0; i < count; i++) {
        cr_expect(run->values[y->id][i] == expected[i], "%s: element %d is %g, not %g", op_name(y->op), i,
                  run->values[y->id][i], expected[i]);
    }
    interpretation_free(run);
    graph_free(d->graph);
}

static void expect_error(Desk *d, Node *y, const char *part) {
    graph_output(d->graph, "y", y);
    Interpretation *run = interpret(d->graph, (int64_t[]){3}, d->bindings, d->n_bindings);
    cr_expect(run->error && strstr(run->error, part), "'%s' does not say '%s'", run->error, part);
    interpretation_free(run);
    graph_free(d->graph);
}

static Type f32(int rank, int64_t a, int64_t b) {
    return type_make(ELEM_F32, rank, (Dim[]){dim_const(a), dim_const(b)});
}

static Type i32(int64_t count, int64_t bound) {
    Type type = type_make(ELEM_I32, 1, (Dim[]){dim_const(count)});
    type.bound = dim_const(bound);
    return type;
}

Test(interpret, products_and_moves) {
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 1, 3};
    Desk d = desk();
    Node *x = leaf(&d, "a", f32(2, 2, 3), a), *z = leaf(&d, "b", f32(2, 2, 3), b);
    NodeSpec product = {.op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){x, z}, .attrs.ints = {0, 1}};
    expect_values(&d, graph_node(d.graph, &product), (double[]){7, 12, 16, 27}, 4);
    d = desk();
    x = leaf(&d, "a", f32(2, 2, 3), a);
    expect_values(&d, graph_op1(d.graph, OP_transpose, x, NULL), (double[]){1, 4, 2, 5, 3, 6}, 6);
    d = desk();
    x = leaf(&d, "a", f32(2, 2, 3), a);
    NodeSpec columns = {.op = OP_slice, .n_inputs = 1, .inputs = &x, .attrs.ints = {1, 1}, .type = f32(2, 2, 2)};
    Node *parts[] = {graph_node(d.graph, &columns), x};
    NodeSpec joined = {.op = OP_concat, .n_inputs = 2, .inputs = parts, .attrs.ints = {1}};
    expect_values(&d, graph_node(d.graph, &joined), (double[]){2, 3, 1, 2, 3, 5, 6, 4, 5, 6}, 10);
}

Test(interpret, scatter_adds_in_order_and_gather_reads) {
    const double rows[] = {1, 2, 3, 4, 5, 6}, index[] = {2, 0, 2};
    Desk d = desk();
    Node *at = leaf(&d, "index", i32(3, 4), index), *x = leaf(&d, "rows", f32(2, 3, 2), rows);
    NodeSpec spec = {.op = OP_scatter_add, .n_inputs = 2, .inputs = (Node *[]){at, x}, .type = f32(2, 4, 2)};
    Node *table = graph_node(d.graph, &spec);
    Node *back = graph_op2(d.graph, OP_gather, table, at, NULL);
    expect_values(&d, back, (double[]){6, 8, 3, 4, 6, 8}, 6);
}

/* Row 1 and 3 are named by no index; -4 is not above -3. */
Test(interpret, scatter_takes_the_maximum) {
    const double rows[] = {-3, 2, 3, 4, -4, 6}, index[] = {2, 0, 2}, none = -INFINITY;
    Desk d = desk();
    Node *at = leaf(&d, "index", i32(3, 4), index), *x = leaf(&d, "rows", f32(2, 3, 2), rows);
    NodeSpec spec = {.op = OP_scatter_max, .n_inputs = 2, .inputs = (Node *[]){at, x}, .type = f32(2, 4, 2)};
    expect_values(&d, graph_node(d.graph, &spec), (double[]){3, 4, none, none, -3, 6, none, none}, 8);
}

Test(interpret, reductions_of_nothing) {
    Desk d = desk();
    Node *x = leaf(&d, "x", f32(2, 2, 0), (double[]){0});
    NodeSpec sum = {.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs.ints = {1}};
    expect_values(&d, graph_node(d.graph, &sum), (double[]){0, 0}, 2);
    d = desk();
    x = leaf(&d, "x", f32(2, 2, 0), (double[]){0});
    NodeSpec max = {.op = OP_max, .n_inputs = 1, .inputs = &x, .attrs.ints = {1}};
    expect_values(&d, graph_node(d.graph, &max), (double[]){-INFINITY, -INFINITY}, 2);
}

Test(interpret, casts_saturate) {
    const double x[] = {-1.7, 1e20, NAN, 0};
    Desk d = desk();
    Node *a = leaf(&d, "x", f32(1, 4, 0), x);
    NodeSpec spec = {.op = OP_cast, .n_inputs = 1, .inputs = &a, .type = type_scalar(ELEM_I32)};
    expect_values(&d, graph_node(d.graph, &spec), (double[]){-1, INT32_MAX, 0, 0}, 4);
}

/* One sequence of two rows, one head of one column: q k^T = (0, log 3) for each row. */
Test(interpret, attention_by_hand) {
    const double k[] = {0, log(3)}, v[] = {1, 5}, bounds[] = {0, 2}, zeros[4] = {0};
    for (int result = 0; result < 2; result++) {
        Desk d = desk();
        Node *q = leaf(&d, "q", f32(2, 2, 1), (double[]){1, 1});
        Node *at = leaf(&d, "bounds", i32(2, 0), bounds);
        Type coords = type_make(ELEM_I32, 2, (Dim[]){dim_const(2), dim_const(2)});
        Node *inputs[ATTENTION_OPERANDS] = {q,  leaf(&d, "k", f32(2, 2, 1), k),    leaf(&d, "v", f32(2, 2, 1), v),   at,
                                            at, leaf(&d, "key", i32(2, 0), zeros), leaf(&d, "coords", coords, zeros)};
        NodeSpec spec = {.op = OP_attention,
                         .n_inputs = ATTENTION_OPERANDS,
                         .inputs = inputs,
                         .attrs = {.ints = {1, result}, .scale = 1, .text = "s"}};
        pair_plain(d.graph, inputs + ATTENTION_FIRST, NULL);
        Node *y = graph_node(d.graph, &spec);
        graph_output(d.graph, "y", y);
        Interpretation *run = interpret(d.graph, (int64_t[]){3}, d.bindings, d.n_bindings);
        cr_assert(!run->error, "%s", run->error);
        /* Probabilities 1/4 and 3/4: 1/4 + 15/4 = 4. Rounding alone: 1e-14. */
        cr_expect_float_eq(run->values[y->id][1], result ? log(4) : 4, 1e-14);
        interpretation_free(run);
        graph_free(d.graph);
    }
}

Test(interpret, wrong_values_are_errors) {
    Desk d = desk();
    expect_error(&d, leaf(&d, "index", i32(2, 4), (double[]){0, 4}), "index");
    d = desk();
    expect_error(&d, leaf(&d, "index", i32(2, 4), (double[]){0.5, 0}), "index");
    d = desk();
    expect_error(&d, graph_leaf(d.graph, OP_input, "absent", f32(1, 2, 0)), "'absent' has no values");
    d = desk();
    Node *big = leaf(&d, "big", i32(1, 0), (double[]){INT32_MAX});
    expect_error(&d, graph_op2(d.graph, OP_add, big, big, NULL), "overflows");
    d = desk();
    Node *x = leaf(&d, "x", type_make(ELEM_F32, 1, (Dim[]){dim_symbol(0)}), (double[]){1, 2, 3});
    NodeSpec spec = {.op = OP_slice,
                     .n_inputs = 1,
                     .inputs = &x,
                     .attrs.ints = {0, 4},
                     .type = type_make(ELEM_F32, 1, (Dim[]){{1, -4, 0, NULL}})};
    expect_error(&d, graph_node(d.graph, &spec), "extent");
}

Test(interpret, bounds_must_cut_the_rows) {
    const double cases[][3] = {{0, 1, 1}, {0, 3, 2}, {1, 1, 2}, {0, 5, 2}};
    for (int i = 0; i < 4; i++) {
        Desk d = desk();
        Node *q = leaf(&d, "q", f32(2, 2, 1), (double[]){1, 1}), *at = leaf(&d, "bounds", i32(3, 0), cases[i]);
        Type coords = type_make(ELEM_I32, 2, (Dim[]){dim_const(2), dim_const(2)});
        const double zeros[4] = {0};
        Node *inputs[ATTENTION_OPERANDS] = {
            q, q, q, at, at, leaf(&d, "key", i32(2, 0), zeros), leaf(&d, "coords", coords, zeros)};
        NodeSpec spec = {.op = OP_attention,
                         .n_inputs = ATTENTION_OPERANDS,
                         .inputs = inputs,
                         .attrs = {.ints = {1, 0}, .text = "s"}};
        pair_plain(d.graph, inputs + ATTENTION_FIRST, NULL);
        expect_error(&d, graph_node(d.graph, &spec), "sequences");
    }
}

/* Deep graphs need no deep stack. */
Test(interpret, deep_graph) {
    Desk d = desk();
    Node *x = leaf(&d, "x", type_scalar(ELEM_F32), (double[]){0});
    Node *one = graph_const(d.graph, ELEM_F32, 1, NULL);
    for (int i = 0; i < 200000; i++) x = graph_op2(d.graph, OP_add, x, one, NULL);
    expect_values(&d, x, (double[]){200000}, 1);
}

/* What needs no rounding is exact; other results lie a few units off; a sum that cancels shows the
 * size of what was added. */
Test(interpret, rounded_as_code_may) {
    Desk d = desk();
    Graph *g = d.graph;
    double values[] = {0x1p20, -0x1p20, 0.75};
    Dim three = dim_const(3);
    Node *x = leaf(&d, "x", type_make(ELEM_F32, 1, &three), values);
    Node *sum = graph_node(g, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &x});
    graph_output(g, "sum", sum);
    graph_output(g, "exp", graph_op1(g, OP_exp, graph_op1(g, OP_sin, x, NULL), NULL));
    graph_output(g, "neg", graph_op1(g, OP_neg, x, NULL));
    Interpretation *exact = interpret(g, (int64_t[]){3}, d.bindings, d.n_bindings);
    Interpretation *run = interpret_rounded(g, (int64_t[]){3}, d.bindings, d.n_bindings, 1, 2);
    int neg = graph_find_output(g, "neg")->id, e = graph_find_output(g, "exp")->id;
    cr_expect(memcmp(exact->values[neg], run->values[neg], sizeof values) == 0);
    double off = fabs(exact->values[sum->id][0] - run->values[sum->id][0]);
    cr_expect(off > 0x1p-10 && off < 1, "%g", off);
    off = fabs(exact->values[e][2] - run->values[e][2]);
    cr_expect(off > 0 && off < 1e-6, "%g", off);
    interpretation_free(exact);
    interpretation_free(run);
    graph_free(g);
}
