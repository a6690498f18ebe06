/* Open values for tests. */
#include "tests/open_values.h"

#include <math.h>
#include <stdlib.h>

static Node *real(Graph *g, double value) { return graph_const(g, ELEM_F32, value, NULL); }

static Node *op2(Graph *g, Op op, Node *a, Node *b) { return graph_op2(g, op, a, b, NULL); }

static Node *place(Graph *g, PairLeaf leaf, int offset) {
    return op2(g, OP_add, pair_node(g, leaf, NULL), graph_const(g, ELEM_I32, offset, NULL));
}

static Node *as_real(Graph *g, Node *x) {
    return graph_node(g, &(NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = type_scalar(ELEM_F32)});
}

/* s - 0.1 |q - k| (h + 1) */
static Node *nearby(Graph *g, Node *s) {
    Node *far = op2(g, OP_sub, pair_node(g, PAIR_QUERY, NULL), pair_node(g, PAIR_KEY, NULL));
    Node *steps = as_real(g, graph_op1(g, OP_abs, far, NULL)), *share = as_real(g, place(g, PAIR_HEAD, 1));
    return op2(g, OP_sub, s, op2(g, OP_mul, op2(g, OP_mul, steps, share), real(g, 0.1)));
}

/* sin(0.7 row + column), which needs no input. */
static Node *waves(Graph *g) {
    const Dim dims[] = {dim_const(7), dim_const(2)};
    Type type = type_make(ELEM_I32, 2, dims), real_type = type_make(ELEM_F32, 2, dims);
    Node *at[2];
    for (int axis = 0; axis < 2; axis++) {
        at[axis] = graph_node(g, &(NodeSpec){.op = OP_iota, .attrs.ints = {axis}, .type = type});
        at[axis] = graph_node(g, &(NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &at[axis], .type = real_type});
    }
    Node *rows = op2(g, OP_mul, at[0], graph_broadcast(g, real(g, 0.7), &real_type, NULL));
    return graph_op1(g, OP_sin, op2(g, OP_add, rows, at[1]), NULL);
}

Node *open_by_table(Graph *g, Node *s, Node *table) {
    Node *row = op2(g, OP_sub, place(g, PAIR_QUERY, 3), pair_node(g, PAIR_KEY, NULL));
    Node *operands[] = {table, row, pair_node(g, PAIR_HEAD, NULL)};
    return op2(g, OP_add, s, graph_node(g, &(NodeSpec){.op = OP_lookup, .n_inputs = 3, .inputs = operands}));
}

static Node *cell(Graph *g, PairLeaf row, PairLeaf to, int offset) {
    Node *operands[] = {pair_node(g, row, NULL), op2(g, OP_sub, place(g, to, offset), pair_node(g, row, NULL))};
    return graph_node(g, &(NodeSpec){.op = OP_cell, .n_inputs = 2, .inputs = operands});
}

Node *open_by_cells(Graph *g, Node *s) {
    Node *of_key = op2(g, OP_mul, op2(g, OP_mul, s, real(g, 0.5)), cell(g, PAIR_KEY, PAIR_QUERY, 2));
    return op2(g, OP_sub, op2(g, OP_add, s, cell(g, PAIR_QUERY, PAIR_KEY, 1)), of_key);
}

static int within(int number, int last) { return number < 0 ? 0 : number > last ? last : number; }

static bool has_window(OpenKind kind) { return kind == OPEN_WINDOW || kind == OPEN_BENT; }

void open_operands(Graph *g, OpenKind kind, int more, Node **operands) {
    pair_plain(g, operands, NULL);
    Node *s = operands[2], *bent = graph_op1(g, OP_tanh, s, NULL);
    if (kind == OPEN_CAUSAL) operands[1] = place(g, PAIR_QUERY, 1);
    if (has_window(kind)) operands[0] = place(g, PAIR_QUERY, -70), operands[1] = place(g, PAIR_QUERY, 6);
    if (kind == OPEN_NEARBY) operands[2] = nearby(g, s);
    if (kind == OPEN_TABLE) operands[2] = open_by_table(g, s, waves(g));
    if (kind == OPEN_BENT) operands[2] = op2(g, OP_add, bent, op2(g, OP_mul, s, real(g, 0.5)));
    /* tanh' = 1 - tanh^2, tanh'' = -2 tanh tanh' */
    Node *rise = op2(g, OP_sub, real(g, 1), op2(g, OP_mul, bent, bent));
    if (more > 0) operands[3] = kind == OPEN_BENT ? op2(g, OP_add, rise, real(g, 0.5)) : real(g, 1);
    if (more > 1)
        operands[4] = kind == OPEN_BENT ? op2(g, OP_mul, real(g, -2), op2(g, OP_mul, bent, rise)) : real(g, 0);
}

bool open_sees(OpenKind kind, int q, int k) {
    if (kind == OPEN_CAUSAL) return k <= q;
    return !has_window(kind) || (k >= q - 70 && k < q + 6);
}

double open_score(OpenKind kind, double product, int q, int k, int head) {
    if (kind == OPEN_NEARBY) return product - 0.1 * abs(q - k) * (head + 1);
    if (kind == OPEN_TABLE) return product + sin((double)0.7f * within(q + 3 - k, 6) + within(head, 1));
    return kind == OPEN_BENT ? tanh(product) + 0.5 * product : product;
}

double open_slope(OpenKind kind, double product) { return kind == OPEN_BENT ? 1.5 - tanh(product) * tanh(product) : 1; }
