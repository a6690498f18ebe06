/* The IR: dimensions and types, nodes that are one when they are equal, canonical order, text that
 * reads back, and the verifier's rules, each broken once. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rewrite.h"
#include "tests/random_graph.h"

/* --- Dimensions and types --- */

static const int32_t T = 0, S = 1;

static Dim dim(int64_t scale, int32_t symbol, int64_t offset) {
    return (Dim){.scale = scale, .offset = offset, .symbol = scale ? symbol : -1};
}

static void expect_dim(bool possible, Dim got, Dim expected) {
    cr_expect(possible);
    cr_expect(dim_equal(got, expected), "%ld * %d + %ld", (long)got.scale, got.symbol, (long)got.offset);
}

Test(graph, dimensions_add_and_multiply_where_they_can) {
    Dim got;
    expect_dim(dim_add(dim_const(3), dim_const(4), &got), got, dim_const(7));
    expect_dim(dim_add(dim_symbol(T), dim_const(1), &got), got, dim(1, T, 1));
    expect_dim(dim_add(dim(2, S, 1), dim(3, S, -1), &got), got, dim(5, S, 0));
    expect_dim(dim_add(dim(2, S, 1), dim(-2, S, 4), &got), got, dim_const(5));
    expect_dim(dim_mul(dim(2, S, 1), dim_const(3), &got), got, dim(6, S, 3));
    expect_dim(dim_mul(dim_const(0), dim_symbol(T), &got), got, dim_const(0));
    cr_expect_not(dim_add(dim_symbol(T), dim_symbol(S), &got), "two symbols do not add");
    cr_expect_not(dim_mul(dim_symbol(T), dim_symbol(T), &got), "nor multiply");
    cr_expect_not(dim_add(dim_const(INT64_MAX), dim_const(1), &got), "overflow");
    cr_expect_not(dim_mul(dim(INT64_MAX / 2, T, 0), dim_const(3), &got), "overflow");
}

Test(graph, dimensions_have_values) {
    const int64_t extents[] = {7, 3};
    cr_expect_eq(dim_value(dim(2, S, 1), extents), 7);
    cr_expect_eq(dim_value(dim_const(5), NULL), 5);
    cr_expect(dim_is(dim_const(1), 1) && !dim_is(dim_symbol(T), 1) && !dim_is_const(dim_symbol(T)));
    Dim dims[] = {dim_symbol(T), dim_const(4)};
    Type type = type_make(ELEM_F32, 2, dims), scalar = type_scalar(ELEM_BOOL);
    Dim count;
    cr_expect_eq(type_count(&type, extents), 28);
    cr_expect_eq(type_count(&scalar, extents), 1);
    cr_expect(type_count_dim(&type, &count) && dim_equal(count, dim(4, T, 0)));
    type.dims[1] = dim_symbol(S);
    cr_expect_not(type_count_dim(&type, &count));
}

Test(graph, types_are_printed) {
    Arena *arena = arena_new();
    Symbols symbols = {.names = {"T", "S"}, .count = 2};
    Dim dims[] = {dim_symbol(T), dim(2, S, 0), dim(1, S, 1), dim(3, T, -2)};
    Type type = type_make(ELEM_F32, 4, dims), index = type_make(ELEM_I32, 1, dims), scalar = type_scalar(ELEM_BOOL);
    index.bound = dim_const(30522);
    cr_expect_str_eq(type_print(arena, &type, &symbols), "f32[T, 2*S, S+1, 3*T-2]");
    cr_expect_str_eq(type_print(arena, &index, &symbols), "i32<30522>[T]");
    cr_expect_str_eq(type_print(arena, &scalar, &symbols), "bool[]");
    Type other = index;
    other.bound = dim_symbol(S);
    cr_expect(type_same_shape(&index, &other) && !type_equal(&index, &other));
    index.dims[0] = dim_named(384, "hidden");
    cr_expect_str_eq(type_print(arena, &index, &symbols), "i32<30522>[hidden = 384]");
    arena_free(arena);
}

/* --- Nodes --- */

static Type matrix(Graph *graph, int64_t columns) {
    Dim dims[] = {dim_symbol(graph_symbol(graph, "T")), dim_const(columns)};
    return type_make(ELEM_F32, 2, dims);
}

Test(graph, equal_nodes_are_one) {
    Graph *g = graph_new("g", NULL);
    Node *x = graph_leaf(g, OP_input, "x", matrix(g, 4)), *y = graph_leaf(g, OP_input, "y", matrix(g, 4));
    cr_expect_eq(graph_leaf(g, OP_input, "x", matrix(g, 4)), x);
    cr_expect_neq(x, y);
    cr_expect_neq(graph_leaf(g, OP_param, "x", matrix(g, 4)), x);
    Node *sum = graph_op2(g, OP_add, x, y, NULL);
    cr_expect_eq(graph_op2(g, OP_add, x, y, x), sum, "a position is no part of a node's identity");
    cr_expect_neq(graph_op2(g, OP_add, y, x, NULL), sum);
    Node *zero = graph_const(g, ELEM_F32, 0.0, NULL);
    cr_expect_neq(graph_const(g, ELEM_F32, -0.0, NULL), zero);
    cr_expect_neq(graph_const(g, ELEM_I32, 0, NULL), zero);
    cr_expect_eq(graph_broadcast(g, x, &x->type, NULL), x);
    NodeSpec one = {.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs.ints = {0, 1}}, other = one;
    other.attrs.ints[1] = 2;
    cr_expect_neq(graph_node(g, &one)->hash, graph_node(g, &other)->hash, "all attributes count");
    NodeSpec grouped = {.op = OP_add, .n_inputs = 2, .inputs = sum->inputs, .group = graph_group(g, KERNEL_MAP, "k")};
    cr_expect_neq(graph_node(g, &grouped), sum);
    graph_free(g);
}

/* Many nodes: the table grows and still finds all of them. */
Test(graph, hash_consing_survives_growth) {
    Graph *g = graph_new("g", NULL);
    enum { MANY = 5000 };
    static Node *nodes[MANY];
    for (int i = 0; i < MANY; i++) nodes[i] = graph_const(g, ELEM_F32, i, NULL);
    for (int i = 0; i < MANY; i++) cr_assert_eq(graph_const(g, ELEM_F32, i, NULL), nodes[i]);
    cr_expect_eq(g->nodes.count, MANY);
    graph_free(g);
}

static char *canonical_text(Graph *graph) {
    Graph *canonical = graph_canonical(graph);
    cr_assert_null(graph_verify(canonical));
    char *text = graph_print(canonical, false);
    graph_free(canonical);
    graph_free(graph);
    return text;
}

/* exp(x) + tanh(y), its parts built in either order, with a dead node or without. */
static Graph *sum_of_two(bool y_first) {
    Graph *g = graph_new("g", NULL);
    Node *parts[2];
    for (int i = 0; i < 2; i++) {
        int which = y_first ? 1 - i : i;
        Node *leaf = graph_leaf(g, OP_input, which ? "y" : "x", matrix(g, 4));
        parts[which] = graph_op1(g, which ? OP_tanh : OP_exp, leaf, NULL);
    }
    if (y_first) graph_op1(g, OP_neg, parts[0], NULL);
    graph_output(g, "sum", graph_op2(g, OP_add, parts[0], parts[1], NULL));
    return g;
}

Test(graph, canonical_order_does_not_depend_on_who_came_first) {
    char *a = canonical_text(sum_of_two(false)), *b = canonical_text(sum_of_two(true));
    cr_expect_str_eq(a, b);
    cr_expect_str_eq(a, "graph \"g\"\n"
                        "symbols T\n"
                        "%0 = input{name=\"x\"} : f32[T, 4]\n"
                        "%1 = exp(%0) : f32[T, 4]\n"
                        "%2 = input{name=\"y\"} : f32[T, 4]\n"
                        "%3 = tanh(%2) : f32[T, 4]\n"
                        "%4 = add(%1, %3) : f32[T, 4]\n"
                        "output \"sum\" = %4\n");
    free(a);
    free(b);
}

/* A chain longer than a recursive walk would bear. */
Test(graph, canonical_order_of_a_deep_graph) {
    Graph *g = graph_new("g", NULL);
    Node *x = graph_leaf(g, OP_input, "x", matrix(g, 4));
    for (int i = 0; i < 200000; i++) x = graph_op1(g, i % 2 ? OP_neg : OP_abs, x, NULL);
    graph_output(g, "y", x);
    Graph *canonical = graph_canonical(g);
    cr_expect_eq(canonical->nodes.count, 200001);
    graph_free(canonical);
    graph_free(g);
}

/* tanh becomes exp, all else is copied; what is put among the copies beforehand stays. */
static Node *exp_for_tanh(void *user, Graph *to, const Node *node, Node *const *inputs) {
    ++*(int *)user;
    return node->op == OP_tanh ? graph_op1(to, OP_exp, inputs[0], node) : NULL;
}

Test(graph, rewriting_replaces_some_nodes) {
    Graph *g = sum_of_two(true), *to = graph_new("to", &g->symbols);
    int asked = 0;
    graph_want(g, "w");
    Graph *result = graph_rewrite(g, exp_for_tanh, &asked);
    cr_expect_eq(asked, g->nodes.count);
    cr_expect(graph_wants(result, "w"));
    char *text = canonical_text(result);
    cr_expect(strstr(text, "%3 = exp(%2)") && strstr(text, "output \"sum\" = %4"), "%s", text);
    free(text);
    Node *sum = graph_find_output(g, "sum");
    Rewrite rewrite = rewrite_begin(g, to, exp_for_tanh, &asked);
    Node *own = rewrite.copies[sum->inputs[1]->id] = graph_leaf(to, OP_input, "y", matrix(g, 4));
    asked = 0;
    cr_expect_eq(rewrite_value(&rewrite, sum)->inputs[1], own);
    cr_expect_eq(asked, 3, "x, exp(x) and the sum alone are asked for");
    graph_free(to);
    graph_free(g);
}

/* A dimension's name is for people: nodes that differ in it alone are one, and arithmetic drops it. */
Test(graph, names_of_dimensions_are_no_part_of_identity) {
    Graph *g = graph_new("g", NULL);
    Dim named = dim_named(8, "hidden"), plain = dim_const(8), product;
    Node *a = graph_leaf(g, OP_param, "w", type_make(ELEM_F32, 1, &named));
    Node *b = graph_leaf(g, OP_param, "w", type_make(ELEM_F32, 1, &plain));
    cr_expect_eq(a, b);
    cr_expect(dim_equal(named, plain));
    cr_expect(dim_mul(named, dim_const(2), &product) && !product.name && product.offset == 16);
    graph_free(g);
}

/* --- Text --- */

static Graph *read_text(const char *text, Diagnostics *diags) {
    return graph_read(diagnostics_file(diags, "g.gir", text), diags);
}

static void expect_same_text(const char *text, bool positions) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = read_text(text, diags);
    if (!graph) diagnostics_print(diags, stderr);
    cr_assert_not_null(graph);
    char *again = graph_print(graph, positions);
    cr_expect_str_eq(again, text, "got:\n%s", again);
    free(again);
    graph_free(graph);
    diagnostics_free(diags);
}

Test(graph, text_with_every_kind_of_attribute_reads_back) {
    expect_same_text("graph \"a \\\"name\\\", \\\\ and \\x09\"\n"
                     "symbols T S\n"
                     "file 0 \"models/a file.graph\"\n"
                     "file 1 \"b.graph\"\n"
                     "%0 = input{name=\"x\"} : f32[T, 8] @0:3:1:12\n"
                     "%1 = input{name=\"x.bounds\"} : i32[S+1]\n"
                     "%2 = input{name=\"rng\"} : i32[2] @1:1:1:0\n"
                     "%3 = input{name=\"x.coords\"} : i32[T, 2]\n"
                     "%4 = const{value=-3} : i32[]\n"
                     "%5 = pair{name=\"query\"} : i32[]\n"
                     "%6 = pair{name=\"score\"} : f32[]\n"
                     "%7 = attention{heads=2 result=0 dropout=0.1 scale=0.5 site=\"a.{b}\"}(%0, %0, %0, %1, "
                     "%1, %2, %3, %4, %5, %6) : f32[T, 8]\n"
                     "%8 = random{site=\"drop 1\"}(%2, %3) : f32[T, 8]\n"
                     "%9 = less(%8, %7) : bool[T, 8]\n"
                     "%10 = cast(%9) : f32[T, 8]\n"
                     "%11 = matmul{ta=1 tb=0}(%10, %0) : f32[8, 8]\n"
                     "%12 = slice{axis=1 start=2}(%11) : f32[8, 3]\n"
                     "%13 = concat{axis=1}(%12, %12, %11) : f32[8, 14]\n"
                     "%14 = const{value=0.1} : f32[]\n"
                     "%15 = broadcast(%14) : f32[8, 14]\n"
                     "%16 = mul(%13, %15) : f32[8, 14]\n"
                     "%17 = reshape(%16) : f32[112]\n"
                     "%18 = iota{axis=0} : i32<T>[T, 2]\n"
                     "%19 = param{name=\"w\"} : f32[vocab = 30, hidden = 8]\n"
                     "%20 = input{name=\"x.ids\"} : i32<vocab = 30>[T]\n"
                     "%21 = gather(%19, %20) : f32[T, hidden = 8]\n"
                     "%22 = matmul{ta=0 tb=1}(%21, %21) : f32[T, T]\n"
                     "output \"y\" = %17\n"
                     "output \"names\" = %22\n"
                     "output \"the \\\"place\\\"\" = %18\n",
                     true);
}

Test(graph, text_with_kernels_reads_back) {
    expect_same_text("graph \"g\"\n"
                     "symbols T\n"
                     "kernel 1 map \"exp of x\"\n"
                     "kernel 2 row \"\"\n"
                     "%0 = input{name=\"x\"} : f32[T, 4]\n"
                     "%1 = exp(%0) : f32[T, 4] in 1\n"
                     "%2 = sum{axis=1}(%1) : f32[T, 1] in 2\n"
                     "%3 = reshape(%2) : f32[T]\n"
                     "output \"y\" = %3\n",
                     false);
}

/* A constant is written with as few digits as read back to the same bits. */
Test(graph, numbers_read_back_to_the_same_bits) {
    static const double numbers[] = {0.0,       -0.0,           1.0 / 3,  1e-12,   1e300,
                                     0x1p-1074, 0x1.fffffep127, 12345678, -2.5e-7, INFINITY};
    Graph *g = graph_new("g", NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        graph_output(g, arena_printf(g->arena, "%zu", i), graph_const(g, ELEM_F32, numbers[i], NULL));
    }
    char *text = graph_print(g, false);
    Diagnostics *diags = diagnostics_new();
    Graph *read = read_text(text, diags);
    cr_assert_not_null(read);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double got = read->outputs.items[i].node->attrs.number;
        cr_expect_eq(memcmp(&got, &numbers[i], sizeof got), 0, "%a", numbers[i]);
    }
    cr_expect_not_null(strstr(text, "{value=1e-12}"));
    free(text);
    graph_free(read);
    graph_free(g);
    diagnostics_free(diags);
}

Test(graph, random_graphs_read_back) {
    for (uint64_t seed = 0; seed < 40; seed++) {
        RandomGraph *random = random_graph_new(seed, 30, RANDOM_ALL);
        char *text = graph_print(random->graph, false);
        expect_same_text(text, false);
        cr_expect_null(graph_verify(random->graph), "seed %d", (int)seed);
        free(text);
        random_graph_free(random);
    }
}

Test(graph, blank_lines_and_comments_are_skipped) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = read_text("\n# a comment\ngraph \"g\" # the name\n\n%0 = const{value=1} : f32[] "
                             "# one\n\noutput \"y\" = %0",
                             diags);
    cr_assert_not_null(graph);
    cr_expect_eq(graph->nodes.count, 1);
    graph_free(graph);
    diagnostics_free(diags);
}

/* One wrong line, the fourth of a text, and how the message about it begins. */
typedef struct Mistake {
    const char *line;
    uint32_t column;
    const char *message;
} Mistake;

static void expect_mistake(const Mistake *mistake) {
    Diagnostics *diags = diagnostics_new();
    const char *text =
        arena_printf(diags->arena, "graph \"g\"\nsymbols T\n%%0 = input{name=\"x\"} : f32[T, 4]\n%s\n", mistake->line);
    cr_expect_null(read_text(text, diags), "%s", mistake->line);
    cr_assert_eq(diags->errors, 1, "%s", mistake->line);
    const Diagnostic *got = &diags->list.items[0];
    cr_expect_str_eq(got->code, "E0501");
    cr_expect_eq(strncmp(got->message, mistake->message, strlen(mistake->message)), 0, "%s: %s", mistake->line,
                 got->message);
    cr_expect_eq(got->pos.line, 4, "%s: line %u", mistake->line, got->pos.line);
    cr_expect_eq(got->pos.column, mistake->column, "%s: column %u", mistake->line, got->pos.column);
    diagnostics_free(diags);
}

Test(graph, mistakes_in_a_text_are_told_where_they_are) {
    static const Mistake mistakes[] = {
        {"%1 = nope(%0) : f32[T, 4]", 10, "there is no operator 'nope'"},
        {"%2 = neg(%0) : f32[T, 4]", 5, "the next node is %1"},
        {"%1 = neg(%7) : f32[T, 4]", 12, "%7 is not defined above"},
        {"%1 = neg(%0, %0) : f32[T, 4]", 29, "neg: 1 operand is needed, not 2"},
        {"%1 = neg(%0) : f32[T, 5]", 25, "neg gives f32[T, 4]"},
        {"%1 = neg(%0) : f32[U, 4]", 21, "there is no symbol 'U'"},
        {"%1 = neg(%0) : f64[T, 4]", 16, "expected an element type: "},
        {"%1 = neg(%0) : f32[T, 4, 1, 1, 1]", 31, "a tensor has at most 4 axes"},
        {"%1 = neg(%0) : f32[T, -4]", 25, "a dimension must not be negative"},
        {"%1 = neg(%0) : f32[T, 4] in 3", 30, "there is no kernel 3"},
        {"%1 = neg(%0) : f32[T, 4] @0:1:1:1", 28, "there is no file 0"},
        {"%1 = neg(%0) : f32[T, 4] x", 26, "expected the end of the line"},
        {"%1 = sum{axe=1}(%0) : f32[T, 1]", 10, "expected 'axis'"},
        {"%1 = sum{axis=two}(%0) : f32[T, 1]", 15, "expected a whole number"},
        {"%1 = sum{axis=2}(%0) : f32[T, 1]", 33, "sum: there is no axis 2 in f32[T, 4] (constraint 2)"},
        {"%1 = matmul{ta=0 tb=0}(%0, %0) : f32[T, 4]", 43,
         "matmul: inner dimensions differ: 4 and T, of f32[T, 4] and f32[T, 4] (constraint 3)"},
        {"%1 = const{value=x} : f32[]", 18, "expected a number"},
        {"output \"y\" = %1", 16, "%1 is not defined above"},
        {"output \"y = %0", 15, "unterminated string"},
        {"output \"a\\n\" = %0", 10, "an escape is \\\", \\\\ or \\xNN"},
        {"kernel 2 map \"k\"", 9, "the next kernel is 1"},
        {"kernel 1 mop \"k\"", 13, "there is no kind of kernel 'mop'"},
        {"node 1", 1, "expected a node, an output or a kernel"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) expect_mistake(&mistakes[i]);
}

Test(graph, a_text_that_breaks_a_rule_is_not_read) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(
        read_text("graph \"g\"\nkernel 1 map \"k\"\n%0 = const{value=1} : f32[]\n%1 = neg(%0) : f32[]\n", diags));
    cr_assert_eq(diags->errors, 1);
    cr_expect_not_null(strstr(diags->list.items[0].message, "rule 8"), "%s", diags->list.items[0].message);
    cr_expect_null(read_text("", diags));
    cr_expect_null(read_text("digraph x", diags));
    cr_expect_eq(diags->errors, 3);
    diagnostics_free(diags);
}

/* --- The verifier --- */

/* y = neg(x) in kernel 1, z = exp(y) in kernel 2. */
typedef struct Pair {
    Graph *graph;
    Node *x, *y, *z;
} Pair;

static Node *grouped_op(Graph *graph, Op op, Node *x, int group) {
    NodeSpec spec = {.op = op, .n_inputs = 1, .inputs = &x, .group = group};
    return graph_node(graph, &spec);
}

static Pair make_pair(void) {
    Pair pair = {.graph = graph_new("g", NULL)};
    int first = graph_group(pair.graph, KERNEL_MAP, "first"), second = graph_group(pair.graph, KERNEL_MAP, "second");
    pair.x = graph_leaf(pair.graph, OP_input, "x", matrix(pair.graph, 4));
    pair.y = grouped_op(pair.graph, OP_neg, pair.x, first);
    pair.z = grouped_op(pair.graph, OP_exp, pair.y, second);
    graph_output(pair.graph, "z", pair.z);
    cr_assert_null(graph_verify(pair.graph));
    return pair;
}

static void expect_broken(Pair *pair, const char *rule) {
    const char *error = graph_verify(pair->graph);
    cr_assert_not_null(error, "%s holds", rule);
    cr_expect_eq(strncmp(error, rule, strlen(rule)), 0, "%s: %s", rule, error);
    graph_free(pair->graph);
}

Test(graph, reshape_of_two_symbols) {
    Graph *g = graph_new("g", NULL);
    Dim s = dim_symbol(graph_symbol(g, "S")), t = dim_symbol(graph_symbol(g, "T")), four = dim_const(4);
    Node *x = graph_leaf(g, OP_input, "x", type_make(ELEM_F32, 3, (Dim[]){s, t, four}));
    const struct {
        int rank;
        Dim dims[MAX_RANK];
        bool fits;
    } cases[] = {{4, {dim_const(2), t, dim_const(2), s}, true},
                 {3, {s, t, four}, true},
                 {4, {four, dim_const(1), t, s}, true},
                 {3, {s, s, four}, false},
                 {2, {s, t}, false},
                 {3, {s, t, dim_const(2)}, false},
                 {1, {s}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NodeSpec spec = {
            .op = OP_reshape, .n_inputs = 1, .inputs = &x, .type = type_make(ELEM_F32, cases[i].rank, cases[i].dims)};
        cr_expect_eq(infer_type(g, &spec, &(Type){0}) == NULL, cases[i].fits, "case %zu", i);
    }
    graph_free(g);
}

Test(graph, rule_1_operands_come_first) {
    Pair pair = make_pair();
    pair.y->inputs[0] = pair.z;
    expect_broken(&pair, "rule 1");
}

Test(graph, rule_2_operands_are_of_the_graph) {
    Pair pair = make_pair(), other = make_pair();
    pair.y->inputs[0] = other.x;
    expect_broken(&pair, "rule 2");
    graph_free(other.graph);
}

Test(graph, rule_3_shape_rules_hold) {
    Pair pair = make_pair();
    pair.x->type.elem = ELEM_BOOL;
    expect_broken(&pair, "rule 3");
}

Test(graph, rule_4_types_are_the_inferred_ones) {
    Pair pair = make_pair();
    pair.z->type.dims[1] = dim_const(5);
    expect_broken(&pair, "rule 4");
}

Test(graph, rule_5_kernels_exist) {
    Pair pair = make_pair();
    pair.z->group = 7;
    expect_broken(&pair, "rule 5");
}

Test(graph, rule_6_kernels_do_not_wait_for_each_other) {
    Pair pair = make_pair();
    graph_output(pair.graph, "again", grouped_op(pair.graph, OP_abs, pair.z, pair.y->group));
    expect_broken(&pair, "rule 6");
}

/* A view between the two hides nothing. */
Test(graph, rule_6_looks_through_views) {
    Pair pair = make_pair();
    Type flat = pair.z->type;
    flat.rank = 1;
    flat.dims[0] = dim(4, 0, 0);
    Node *view = graph_reshape(pair.graph, pair.z, &flat, NULL);
    graph_output(pair.graph, "again", grouped_op(pair.graph, OP_abs, view, pair.y->group));
    expect_broken(&pair, "rule 6");
}

Test(graph, rule_7_outputs_have_names_of_their_own) {
    Pair pair = make_pair();
    graph_output(pair.graph, "z", pair.y);
    expect_broken(&pair, "rule 7");
}

Test(graph, rule_8_computed_nodes_are_in_kernels) {
    Pair pair = make_pair();
    graph_output(pair.graph, "w", graph_op1(pair.graph, OP_tanh, pair.z, NULL));
    expect_broken(&pair, "rule 8");
}

/* --- The operator table --- */

Test(graph, operators_are_found_by_name) {
    for (int i = 0; i < OP_COUNT; i++) {
        Op op;
        cr_expect(op_find(op_name((Op)i), &op) && op == (Op)i, "%s", op_name((Op)i));
        cr_expect(op_arity((Op)i) >= -1 && op_arity((Op)i) <= MAX_OPERANDS);
    }
    Op op;
    cr_expect_not(op_find("nope", &op));
    cr_expect_not(op_find("", &op));
}
