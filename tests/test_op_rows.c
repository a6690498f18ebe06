/* What the table says of operators, by experiment under the interpreter: how rows of a result are made of rows of
 * operands (READS), on the examples of row_examples.c, each operand changed row by row; and the traits, on numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rewrite.h"
#include "passes/expand.h"
#include "tests/row_examples.h"

/* One node over leaves: what it is given, what it gives. */
typedef struct Trial {
    const Node *node; /* its operands are leaves "0", "1", ... */
    Graph *graph;
    const int64_t *extents;
    Binding bindings[MAX_OPERANDS];
    double *given[MAX_OPERANDS]; /* writable */
    double *result;              /* of the operands as they were given first */
    Arena *arena;
    bool mixes; /* [out] a change went to other rows */
} Trial;

static int64_t count_of(const Trial *t, const Node *node) { return type_count(&node->type, t->extents); }

static int64_t rows_of(const Trial *t, const Node *node) {
    return node->type.rank ? dim_value(node->type.dims[0], t->extents) : 1;
}

static double *copied(const Trial *t, const double *values, int64_t count) {
    double *copy = arena_array(t->arena, (size_t)count + 1, sizeof *copy);
    if (count) memcpy(copy, values, (size_t)count * sizeof *copy);
    return copy;
}

static double *evaluate(const Trial *t) {
    Interpretation *run = interpret(t->graph, t->extents, t->bindings, t->node->n_inputs);
    cr_assert(!run->error, "%s", run->error);
    double *result = copied(t, run->values[t->node->id], count_of(t, t->node));
    interpretation_free(run);
    return result;
}

/* The trial of `node`, whose operands have these values. */
static Trial *trial_new(const Node *node, const Graph *graph, const int64_t *extents, double *const *values) {
    Arena *arena = arena_new();
    Trial *t = arena_alloc(arena, sizeof *t);
    *t = (Trial){.arena = arena, .extents = extents, .graph = graph_new_like(graph)};
    Node *leaves[MAX_OPERANDS];
    Rewrite rewrite = rewrite_begin(graph, t->graph, NULL, NULL);
    for (int i = 0; i < node->n_inputs; i++) {
        const char *name = arena_printf(arena, "%d", i);
        bool computed_within = op_kind(node->op) == KIND_ATTENTION && node_reads_in_place(node, i);
        t->bindings[i] = (Binding){name, NULL};
        if (computed_within) {
            leaves[i] = rewrite_value(&rewrite, node->inputs[i]);
            continue;
        }
        leaves[i] = graph_leaf(t->graph, OP_input, name, node->inputs[i]->type);
        t->given[i] = copied(t, values[node->inputs[i]->id], count_of(t, node->inputs[i]));
        t->bindings[i] = (Binding){name, t->given[i]};
    }
    Node *copy = graph_clone(t->graph, node, leaves);
    t->node = copy;
    graph_output(t->graph, "y", copy);
    t->result = evaluate(t);
    return t;
}

static void trial_free(Trial *t) {
    graph_free(t->graph);
    arena_free(t->arena);
}

/* Another value of the type; of a real one, in the same domain. */
static double changed(const Trial *t, const Type *type, double value) {
    int64_t bound = dim_value(type->bound, t->extents);
    if (type->elem == ELEM_BOOL) return 1 - value;
    if (type->elem == ELEM_I32) return bound > 0 ? fmod(value + 1, (double)bound) : value + 1;
    return (double)(float)(1.5 * value + 0.125);
}

/* The sequence that row `row` lies in, cut by the given bounds. */
static int64_t sequence_of(const Trial *t, int bounds, int64_t row) {
    int64_t s = 0;
    while (s + 2 < rows_of(t, t->node->inputs[bounds]) && t->given[bounds][s + 1] <= (double)row) s++;
    return s;
}

static int find_bounds(const Trial *t, Reads reads) {
    for (int i = 0; i < t->node->n_inputs; i++) {
        if (node_reads(t->node, i) == reads && t->node->inputs[i]->type.elem == ELEM_I32) return i;
    }
    return -1;
}

/* May part `to` of the result depend on part `from` of the operand? */
static bool may_reach(const Trial *t, int operand, int64_t from, int64_t to) {
    switch (node_reads(t->node, operand)) {
    case READS_ELEMENT:
    case READS_ROW: return from == to;
    case READS_SEQUENCE:
        return sequence_of(t, find_bounds(t, READS_SEQUENCE), from) == sequence_of(t, find_bounds(t, READS_BOUNDS), to);
    default: return true;
    }
}

/* Changes part `from`, `size` elements, of an operand, and looks at the parts of the result. */
static void try_part(Trial *t, int operand, int64_t from, int64_t size, int64_t parts) {
    const Node *x = t->node->inputs[operand];
    double *kept = copied(t, t->given[operand] + from * size, size);
    for (int64_t i = from * size; i < (from + 1) * size; i++)
        t->given[operand][i] = changed(t, &x->type, t->given[operand][i]);
    double *result = evaluate(t);
    int64_t width = parts ? count_of(t, t->node) / parts : 0;
    for (int64_t to = 0; to < parts; to++) {
        if (memcmp(result + to * width, t->result + to * width, (size_t)width * sizeof *result) == 0) continue;
        t->mixes |= from != to;
        cr_expect(may_reach(t, operand, from, to), "%s: part %d of operand %d reaches part %d", op_name(t->node->op),
                  (int)from, operand, (int)to);
    }
    if (size) memcpy(t->given[operand] + from * size, kept, (size_t)size * sizeof *kept);
}

static void try_operand(Trial *t, int operand) {
    const Node *x = t->node->inputs[operand];
    Reads reads = node_reads(t->node, operand);
    if (!t->given[operand]) return;
    bool elements = reads == READS_ELEMENT;
    int64_t parts = elements ? count_of(t, x) : rows_of(t, x), size = parts ? count_of(t, x) / parts : 0;
    if (reads == READS_BOUNDS || operand == find_bounds(t, READS_SEQUENCE) || reads == READS_WHOLE) return;
    bool index = reads == READS_MIXED && op_kind(t->node->op) == KIND_ATTENTION && x->type.elem == ELEM_I32;
    for (int64_t i = 0; i < parts && i < 12 && !index; i++)
        try_part(t, operand, i, size, elements ? count_of(t, t->node) : rows_of(t, t->node));
}

static void rotate_rows(double *values, int64_t rows, int64_t width) {
    for (int64_t i = 0; i + 1 < rows; i++) {
        for (int64_t j = 0; j < width; j++) {
            double value = values[i * width + j];
            values[i * width + j] = values[(i + 1) * width + j];
            values[(i + 1) * width + j] = value;
        }
    }
}

/* A row's number is of no account: when all rows that are read by rows are rotated by one, so is the result. */
static void try_turning(Trial *t) {
    int64_t rows = rows_of(t, t->node);
    for (int i = 0; i < t->node->n_inputs; i++) {
        Reads reads = node_reads(t->node, i);
        if (reads != READS_ELEMENT && reads != READS_ROW && reads != READS_WHOLE) return;
    }
    if (t->node->type.rank == 0 || rows == 0) return;
    for (int i = 0; i < t->node->n_inputs; i++) {
        if (node_reads(t->node, i) == READS_WHOLE) continue;
        cr_assert_eq(rows_of(t, t->node->inputs[i]), rows, "%s", op_name(t->node->op));
        rotate_rows(t->given[i], rows, count_of(t, t->node->inputs[i]) / rows);
    }
    double *result = evaluate(t), *rotated = copied(t, t->result, count_of(t, t->node));
    rotate_rows(rotated, rows, count_of(t, t->node) / rows);
    cr_expect(memcmp(result, rotated, (size_t)count_of(t, t->node) * sizeof *result) == 0,
              "%s: rows depend on their number", op_name(t->node->op));
}

static const Node *find_op(const Graph *graph, Op op) {
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        if (graph->nodes.items[i]->op == op) return graph->nodes.items[i];
    }
    return NULL;
}

static RandomGraph *example_new(Op op, int number) {
    Maker *m = maker_new((uint64_t)(1000 * op + number), RANDOM_ALL);
    Node *y = row_example(m, op, number, true);
    if (!y) {
        maker_drop(m);
        return NULL;
    }
    graph_output(m->graph, "y", y);
    return maker_finish(m);
}

/* Did the rows of some operand that is said to be MIXED mix, if there is one? */
static void try_example(RandomGraph *r, Op op, bool *mixed, bool *mixes) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = expand(r->graph, diags);
    cr_assert_not_null(graph);
    const Node *node = find_op(graph, op);
    Interpretation *run = interpret(graph, r->extents, r->bindings, r->n_bindings);
    cr_assert(!run->error, "%s", run->error);
    Trial *t = node ? trial_new(node, graph, r->extents, run->values) : NULL;
    for (int i = 0; t && i < node->n_inputs; i++) {
        t->mixes = false;
        try_operand(t, i);
        *mixed |= node_reads(t->node, i) == READS_MIXED;
        *mixes |= node_reads(t->node, i) == READS_MIXED && t->mixes;
    }
    if (t) try_turning(t);
    if (t) trial_free(t);
    interpretation_free(run);
    graph_free(graph);
    diagnostics_free(diags);
}

Test(op_rows, operands_are_read_as_the_table_says) {
    for (int op = 0; op < OP_COUNT; op++) {
        bool mixed = false, mixes = false;
        /* a lookup and a cell have a value within attention alone */
        for (int i = 0; i < EXAMPLES && op_arity((Op)op) != 0 && op != OP_lookup && op != OP_cell; i++) {
            RandomGraph *r = example_new((Op)op, i);
            if (!r) continue;
            random_graph_batch(r, (uint64_t)i, BATCH_SHORT);
            try_example(r, (Op)op, &mixed, &mixes);
            random_graph_free(r);
        }
        cr_expect(mixes || !mixed, "%s: rows that are said to mix do not", op_name((Op)op));
    }
}

/* --- Traits ------------------------------------------------------------------------------------------------------- */

static const double numbers[] = {-2, -1, -0.5, -0.0, 0, 0.25, 1, 3};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double apply(Op op, double a, double b) {
    const double operands[3] = {a, b, 0};
    double value = NAN;
    interpret_element(op, ELEM_F32, operands, &value);
    return value;
}

static void expect_same(Op op, const char *what, double a, double b) {
    cr_expect(memcmp(&a, &b, sizeof a) == 0, "%s is not %s: %g and %g", op_name(op), what, a, b);
}

static void try_traits(Op op, double a, double b) {
    bool of_bool = op == OP_and || op == OP_or || op == OP_not;
    if (of_bool) a = a > 0, b = b > 0;
    if (op_is(op, IS_COMMUTATIVE)) expect_same(op, "commutative", apply(op, a, b), apply(op, b, a));
    bool hides_nan = op_arity(op) == 2 && !of_bool && !isnan(apply(op, NAN, b)) && !isnan(apply(op, a, NAN));
    cr_expect_eq(op_is(op, IS_COMPARISON), hides_nan, "%s", op_name(op));
    if (op_is(op, IS_IDEMPOTENT)) expect_same(op, "idempotent", apply(op, a, a), a);
    if (op_is(op, IS_SELF_INVERSE)) expect_same(op, "its inverse", apply(op, apply(op, a, 0), 0), a);
    if (op_is(op, IS_PROJECTION)) expect_same(op, "a projection", apply(op, apply(op, a, 0), 0), apply(op, a, 0));
}

Test(op_rows, traits_hold) {
    for (int op = 0; op < OP_COUNT; op++) {
        for (int i = 0; i < NUMBERS * NUMBERS && op_kind((Op)op) == KIND_ELEMENTWISE; i++)
            try_traits((Op)op, numbers[i / NUMBERS], numbers[i % NUMBERS]);
        bool given = op_is((Op)op, IS_GIVEN), in_code = op_is((Op)op, IS_IN_CODE);
        cr_expect_eq(given + in_code, op_kind((Op)op) == KIND_LEAF, "%s is a leaf of one sort", op_name((Op)op));
    }
}
