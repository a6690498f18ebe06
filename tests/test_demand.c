/* Demand: rows nobody reads are not computed, and every output keeps its value. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "passes/demand.h"
#include "passes/differentiate.h"
#include "tests/compare_graphs.h"
#include "tests/open_values.h"

/* The order of additions over rows is the interpreter's in both: only rounding in double differs.
 */
static const double TOLERANCE = 1e-12;

static void expect_same_values(const RandomGraph *r, const Graph *a, const Graph *b, uint64_t seed) {
    const char *error = compare_graphs(r, a, b, TOLERANCE);
    cr_expect(!error, "seed %d: %s", (int)seed, error);
    cr_expect_eq(a->outputs.count, b->outputs.count);
}

Test(demand, random_graphs_keep_values_and_gradients) {
    int changed = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        RandomGraph *r = random_graph_new(seed, 8 + (int)(seed % 20), RANDOM_ALL);
        Graph *less = demand(r->graph, NULL);
        Diagnostics *diags = diagnostics_new();
        Graph *before = differentiate(r->graph, r->params, r->n_params, diags);
        Graph *after = differentiate(less, r->params, r->n_params, diags);
        cr_expect(!graph_verify(less), "seed %d: %s", (int)seed, graph_verify(less));
        expect_same_values(r, before, after, seed);
        char *a = graph_print(r->graph, false), *b = graph_print(less, false);
        changed += strcmp(a, b) != 0;
        free(a);
        free(b);
        graph_free(less);
        graph_free(before);
        graph_free(after);
        diagnostics_free(diags);
        random_graph_free(r);
    }
    cr_expect_gt(changed, 25, "only %d graphs changed", changed);
}

/* A small encoder layer by hand: attention, residual, dropout, gather of the first rows. */
typedef struct Layer {
    RandomGraph r;
    Node *x, *first, *bounds, *key, *coords;
} Layer;

static Node *bind(Layer *l, Op op, const char *name, Type type, const double *values) {
    l->r.bindings[l->r.n_bindings++] = (Binding){name, values};
    return named_leaf(l->r.graph, op, name, type);
}

static Type matrix(ElemType elem, Dim rows, int64_t columns) {
    return type_make(elem, 2, (Dim[]){rows, dim_const(columns)});
}

/* Sequences of 2, 1 and 3 tokens. */
static void layer_start(Layer *l) {
    static const double bounds[] = {0, 2, 3, 6}, first[] = {0, 2, 3}, key[] = {5, 1};
    static const double coords[] = {0, 0, 0, 1, 1, 0, 2, 0, 2, 1, 2, 2};
    static double x[24];
    for (int i = 0; i < 24; i++) x[i] = sin(i * i);
    Graph *g = l->r.graph = graph_new("layer", NULL);
    Dim t = tokens_of_x(g), s = sequences_of_batch(g), two = dim_const(2), s1 = s;
    l->r.extents[0] = 6, l->r.extents[1] = 3, s1.offset = 1;
    l->r.arena = arena_new();
    l->r.bindings = arena_array(l->r.arena, 16, sizeof *l->r.bindings);
    Type index = type_make(ELEM_I32, 1, &s);
    index.bound = t;
    l->x = bind(l, OP_input, "features", matrix(ELEM_F32, t, 4), x);
    l->first = bind(l, OP_input, "x.first", index, first);
    l->bounds = bind(l, OP_input, "x.bounds", type_make(ELEM_I32, 1, &s1), bounds);
    l->key = bind(l, OP_input, "rng", type_make(ELEM_I32, 1, &two), key);
    l->coords = bind(l, OP_input, "x.coords", matrix(ELEM_I32, t, 2), coords);
}

static Node *project(Layer *l, Node *x, const char *name) {
    double *values = arena_array(l->r.arena, 16, sizeof *values);
    for (int i = 0; i < 16; i++) values[i] = cos(i * i + name[0]);
    Node *weight = bind(l, OP_param, name, matrix(ELEM_F32, dim_const(4), 4), values);
    return graph_op2(l->r.graph, OP_matmul, x, weight, NULL);
}

static int count_rows(const Graph *g, Op op, int32_t symbol) {
    int count = 0;
    for (int i = 0; i < g->nodes.count; i++) {
        const Node *node = g->nodes.items[i];
        count += node->op == op && node->type.dims[0].scale && node->type.dims[0].symbol == symbol;
    }
    return count;
}

static void check_last_layer(OpenKind kind) {
    Layer l = {0};
    layer_start(&l);
    Graph *g = l.r.graph;
    Node *x = project(&l, l.x, "embed");
    Node *inputs[ATTENTION_OPERANDS] = {
        project(&l, x, "q"), project(&l, x, "k"), project(&l, x, "v"), l.bounds, l.bounds, l.key, l.coords};
    NodeSpec attention = {.op = OP_attention,
                          .n_inputs = ATTENTION_OPERANDS,
                          .inputs = inputs,
                          .attrs = {.ints = {2, 0}, .number = 0.3, .scale = 0.7, .text = "a"}};
    open_operands(g, kind, 0, inputs + ATTENTION_FIRST);
    Node *a = project(&l, graph_node(g, &attention), "o");
    NodeSpec random = {
        .op = OP_random, .n_inputs = 2, .inputs = (Node *[]){l.key, l.coords}, .attrs.text = "d", .type = a->type};
    Node *mask = graph_node(g, &random);
    Node *h = graph_op2(g, OP_add, x, graph_op2(g, OP_mul, a, mask, NULL), NULL);
    Node *y = graph_op1(g, OP_tanh, project(&l, h, "ffn"), NULL);
    graph_output(g, "y", graph_op2(g, OP_gather, graph_op2(g, OP_add, y, h, NULL), l.first, NULL));
    Graph *less = demand(g, NULL);
    cr_expect(!graph_verify(less), "%s", graph_verify(less));
    expect_same_values(&l.r, g, less, 0);
    cr_expect_eq(count_rows(less, OP_matmul, 0), 3, "the embedding, keys and values are needed for all tokens");
    cr_expect_eq(count_rows(less, OP_matmul, 1), 3, "queries, output and feed-forward are not");
    cr_expect_eq(count_rows(less, OP_attention, 0) + count_rows(less, OP_random, 0) + count_rows(less, OP_tanh, 0), 0);
    graph_free(less);
    graph_free(g);
    arena_free(l.r.arena);
}

Test(demand, last_layer_is_computed_for_the_first_rows_only) {
    for (int kind = 0; kind < OPEN_KINDS; kind++) check_last_layer((OpenKind)kind);
}

/* Other indices than first rows stop at attention; an index that repeats rows does not move at all.
 */
Test(demand, only_selections_move) {
    Graph *g = graph_new("g", NULL);
    for (int big = 0; big < 2; big++) {
        Dim count = dim_const(big ? 9 : 2), rows = dim_const(5);
        Type index = type_make(ELEM_I32, 1, &count);
        index.bound = rows;
        Node *at = graph_leaf(g, OP_input, big ? "many" : "few", index);
        Node *table = graph_leaf(g, OP_param, big ? "a" : "b", matrix(ELEM_F32, rows, 3));
        graph_output(g, big ? "many" : "few", graph_op2(g, OP_gather, graph_op1(g, OP_exp, table, NULL), at, NULL));
    }
    Graph *less = demand(g, NULL);
    cr_expect_eq(graph_find_output(less, "few")->op, OP_exp);
    cr_expect_eq(graph_find_output(less, "many")->op, OP_gather);
    graph_free(less);
    graph_free(g);
}

/* Row i of a product with a transposed left operand needs column i of it. */
Test(demand, transposed_left_operand_stays) {
    Layer l = {0};
    layer_start(&l);
    Graph *g = l.r.graph;
    Node *columns = graph_op1(g, OP_exp, graph_op1(g, OP_transpose, l.x, NULL), NULL);
    Node *weight = project(&l, project(&l, l.x, "unused"), "w")->inputs[1];
    NodeSpec spec = {.op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){columns, weight}, .attrs.ints = {1, 0}};
    graph_output(g, "y", graph_op2(g, OP_gather, graph_node(g, &spec), l.first, NULL));
    Graph *less = demand(g, NULL);
    expect_same_values(&l.r, g, less, 0);
    cr_expect_eq(count_rows(less, OP_matmul, 0), 1);
    graph_free(less);
    graph_free(g);
    arena_free(l.r.arena);
}
