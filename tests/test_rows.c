/* Every row of the operator table, from the table: small graphs around the operator
 * (row_examples.c), on batches of all shapes. The gradient against central differences, both
 * interpreted in double; each pass; and compiled code, fused and unfused, forward and backward,
 * against the interpreter. A row without an example fails. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "passes/differentiate_rules.h"
#include "passes/expand.h"
#include "tests/compiled_check.h"
#include "tests/gradient_check.h"
#include "tests/graph_check.h"
#include "tests/row_examples.h"

/* loss = sum(y * weights), y itself being an output too. */
static void add_outputs(Maker *m, Node *y) {
    Node *x = y->type.elem == ELEM_F32 ? y : cast_to(m, y, ELEM_F32);
    Type type = type_make(ELEM_F32, y->type.rank, y->type.dims);
    graph_output(m->graph, "y", x);
    x = op2(m, OP_mul, x, maker_leaf(m, OP_input, "weights", type, LEAF_REAL));
    for (int axis = type.rank - 1; axis >= 0; axis--) x = reduce(m, OP_sum, x, axis);
    type = type_scalar(ELEM_F32);
    graph_output_as(m->graph, "loss", loss_role, graph_reshape(m->graph, x, &type, NULL));
}

static RandomGraph *example_new(Op op, int number, bool in_domain) {
    Maker *m = maker_new((uint64_t)(1000 * op + number), RANDOM_ALL);
    Node *y = row_example(m, op, number, in_domain);
    if (y) {
        add_outputs(m, y);
        return maker_finish(m);
    }
    maker_drop(m);
    return NULL;
}

/* The graph as it can be evaluated. */
static RandomGraph expanded(const RandomGraph *r) {
    Diagnostics *diags = diagnostics_new();
    RandomGraph copy = *r;
    copy.graph = expand(r->graph, diags);
    cr_assert(copy.graph, "%s", diags->errors ? diags->list.items[0].message : "");
    diagnostics_free(diags);
    return copy;
}

static bool is_finite(const RandomGraph *r) {
    RandomGraph plain = expanded(r);
    Interpretation *run = interpret(plain.graph, r->extents, r->bindings, r->n_bindings);
    cr_assert(!run->error, "%s", run->error);
    const Node *y = graph_find_output(plain.graph, "y");
    bool finite = true;
    for (int64_t i = 0; i < type_count(&y->type, r->extents); i++) finite = finite && isfinite(run->values[y->id][i]);
    interpretation_free(run);
    graph_free(plain.graph);
    return finite;
}

/* Operands where the operator is defined: any, or else positive ones. */
static RandomGraph *example_in_domain(Op op, int number) {
    RandomGraph *r = example_new(op, number, false);
    if (!r || is_finite(r)) return r;
    random_graph_free(r);
    r = example_new(op, number, true);
    cr_assert(is_finite(r), "%s has no finite values for positive operands", op_name(op));
    return r;
}

/* What the gradient stops at has differences all the same. */
static bool has_slope(const RandomGraph *r) {
    for (int i = 0; i < r->graph->nodes.count; i++) {
        const Node *node = r->graph->nodes.items[i];
        bool real = node->n_inputs && node->type.elem == ELEM_F32 && node->inputs[0]->type.elem == ELEM_F32;
        if (real && node->op != OP_random && !gradient_flows(node, 0)) return false;
    }
    return true;
}

static void check_slope(const RandomGraph *r, Op op, int number, BatchShape shape) {
    RandomGraph plain = expanded(r);
    const char *error = check_gradients(&plain, shape != BATCH_LONG && shape != BATCH_EQUAL);
    cr_expect(!error, "%s, example %d, batch %d: %s", op_name(op), number, shape, error);
    graph_free(plain.graph);
}

/* With sanitizers an example meets one shape: the code that they look at is the same for all of them. */
static bool is_left_out(int number, int shape) { return getenv("GRADC_SANITIZED") && number % BATCH_SHAPES != shape; }

static void check_batches(CompiledCheck *check, int index, RandomGraph *r, Op op, int number) {
    for (int shape = 0; shape < BATCH_SHAPES; shape++) {
        if (is_left_out(number, shape)) continue;
        random_graph_batch(r, (uint64_t)(100 * number + shape), (BatchShape)shape);
        const char *error = check_passes(r, false);
        if (!error) error = compiled_check_run(check, index, shape == BATCH_LONG);
        cr_expect(!error, "%s, example %d, batch %d: %s", op_name(op), number, shape, error);
        if (has_slope(r)) check_slope(r, op, number, (BatchShape)shape);
    }
}

static void check_row(Op op) {
    CompiledCheck *check = compiled_check_new(false, false, NULL);
    RandomGraph *examples[EXAMPLES];
    int numbers[EXAMPLES], count = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        RandomGraph *r = examples[count] = example_in_domain(op, i);
        if (!r) continue;
        compiled_check_add(check, r);
        numbers[count++] = i;
    }
    cr_expect(count > 0, "%s has no example", op_name(op));
    compiled_check_compile(check);
    for (int i = 0; i < count; i++) check_batches(check, i, examples[i], op, numbers[i]);
    compiled_check_free(check);
    for (int i = 0; i < count; i++) random_graph_free(examples[i]);
}

/* Side by side, in processes of their own. */
static void check_rows(int part) {
    for (int op = part; op < OP_COUNT; op += 4) check_row((Op)op);
}

Test(rows, part_0) { check_rows(0); }
Test(rows, part_1) { check_rows(1); }
Test(rows, part_2) { check_rows(2); }
Test(rows, part_3) { check_rows(3); }
