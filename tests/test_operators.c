/* Every row of the operator table that a body can be written for by rule, compiled and compared
 * with the interpreter: a new elementwise operator or reduction is tested here by being in
 * graph/ops.def. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel_run.h"

/* Polynomials are right to 2 ulp, sums of 100 numbers to a few units of 6e-8 each. */
static const double TOLERANCE = 2e-6;

/* Extents of d0, none and one included, and a number of columns that leaves a tail. */
static const int64_t extents[][1] = {{0}, {1}, {17}, {100}};
enum { N_EXTENTS = sizeof extents / sizeof *extents, COLUMNS = 37 };

/* A graph whose inputs all have this type: what is asked of infer_type, and then printed as the
 * body. */
typedef struct Body {
    Graph *graph;
    Node *inputs[4];
} Body;

static Body begin_body(ElemType elem) {
    Body body = {.graph = graph_new("body", NULL)};
    Dim dims[] = {dim_symbol(graph_symbol(body.graph, "d0")), dim_const(COLUMNS)};
    for (int i = 0; i < 4; i++) {
        /* Conditions are made by comparing, all else is loaded. */
        Type type = type_make(elem == ELEM_BOOL ? ELEM_F32 : elem, 2, dims);
        body.inputs[i] = graph_leaf(body.graph, OP_input, arena_printf(body.graph->arena, "%d", i), type);
    }
    for (int i = 0; i < 3 && elem == ELEM_BOOL; i++) {
        body.inputs[i] = graph_op2(body.graph, OP_less, body.inputs[i], body.inputs[i + 1], NULL);
    }
    return body;
}

/* |x| + 1/2: where logarithms and roots are. */
static Node *positive(Graph *graph, Node *x) {
    Node *half = graph_broadcast(graph, graph_const(graph, ELEM_F32, 0.5, NULL), &x->type, NULL);
    return graph_op2(graph, OP_add, graph_op1(graph, OP_abs, x, NULL), half, NULL);
}

/* Checks the body whose one output is `result`, and frees it. The inputs that it uses are numbered
 * from 0. */
static void check_body(Body *body, KernelKind kind, Node *result) {
    graph_output(body->graph, "0", result);
    Graph *canonical = graph_canonical(body->graph);
    int used = 0;
    for (int i = 0; i < canonical->nodes.count; i++) {
        Node *node = canonical->nodes.items[i];
        if (node->op == OP_input) node->attrs.text = arena_printf(canonical->arena, "%d", used++);
    }
    char *text = graph_print(canonical, false);
    check_kernel_sizes(kind, text, extents[0], 1, N_EXTENTS, TOLERANCE);
    free(text);
    graph_free(canonical);
    graph_free(body->graph);
}

/* Does the shape rule take operands of this type? Casts are made to every type. */
static bool is_possible(Body *body, const NodeSpec *spec) {
    Type type;
    return infer_type(body->graph, spec, &type) == NULL;
}

static void check_elementwise(Op op, ElemType elem, ElemType to) {
    Body body = begin_body(elem);
    NodeSpec spec = {.op = op, .n_inputs = op_arity(op), .inputs = body.inputs, .type = type_scalar(to)};
    if (op == OP_select && elem_is_number(elem)) /* its condition is of another type than its choices */
        body.inputs[0] = graph_op2(body.graph, OP_less, body.inputs[1], body.inputs[2], NULL);
    if (!is_possible(&body, &spec)) {
        graph_free(body.graph);
        return;
    }
    bool needs_positive = op == OP_log || op == OP_log1p || op == OP_sqrt || op == OP_rsqrt || op == OP_div;
    for (int i = 0; needs_positive && i < op_arity(op); i++) body.inputs[i] = positive(body.graph, body.inputs[i]);
    check_body(&body, KERNEL_MAP, graph_node(body.graph, &spec));
}

Test(operators, elementwise_rows) {
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_kind((Op)op) != KIND_ELEMENTWISE) continue;
        for (int elem = ELEM_F32; elem < ELEM_TYPES; elem++) {
            for (int to = ELEM_F32; to < (op == OP_cast ? ELEM_TYPES : 1); to++) {
                check_elementwise((Op)op, (ElemType)elem, (ElemType)to);
            }
        }
    }
}

/* Along each row, and along each column. */
Test(operators, reductions) {
    for (int op = 0; op < OP_COUNT; op++) {
        for (int axis = 0; axis < 2 && op_kind((Op)op) == KIND_REDUCE; axis++) {
            Body body = begin_body(ELEM_F32);
            NodeSpec spec = {.op = (Op)op, .n_inputs = 1, .inputs = body.inputs, .attrs.ints = {axis}};
            check_body(&body, axis ? KERNEL_ROW : KERNEL_COLUMN, graph_node(body.graph, &spec));
        }
    }
}
