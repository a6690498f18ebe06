/* Compact gradients: which become compact, and that they hold the rows of the dense ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/interpret.h"
#include "passes/compact.h"

/* loss = sum(gather(W, x.ids) * h): the gradient of W has h's rows at the indices. `tail` may use W once more. */
static Graph *gradient_graph(const char *columns, const char *tail, Diagnostics *diags) {
    const char *text = arena_printf(diags->arena,
                                    "graph \"g\"\nsymbols x.T\n"
                                    "%%0 = param{name=\"W\"} : f32[100, %s]\n"
                                    "%%1 = input{name=\"x.ids\"} : i32<100>[x.T]\n"
                                    "%%2 = gather(%%0, %%1) : f32[x.T, %s]\n"
                                    "%%3 = input{name=\"h\"} : f32[x.T, %s]\n"
                                    "%%4 = mul(%%2, %%3) : f32[x.T, %s]\n"
                                    "%%5 = scatter_add(%%1, %%3) : f32[100, %s]\n%s"
                                    "output \"y\" = %%4\noutput \"dW\"{role=gradient of=\"W\"} = %%5\n",
                                    columns, columns, columns, columns, columns, tail);
    Graph *graph = graph_read(diagnostics_file(diags, "g", text), diags);
    cr_assert_not_null(graph);
    return graph;
}

static bool is_compact_after(const char *columns, const char *tail) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = gradient_graph(columns, tail, diags), *result = compact(graph);
    cr_expect(!graph_verify(result));
    CompactGradient found;
    bool compacts = compact_find(result, "W", &found);
    if (compacts) cr_expect(role_equal(&result->symbols.roles[found.distinct], &(Role){ROLE_DISTINCT, "x.ids", NULL}));
    if (compacts) cr_expect_str_eq(found.index->attrs.text, "x.ids");
    if (compacts) cr_expect_str_eq(found.output, "dW");
    graph_free(graph);
    graph_free(result);
    diagnostics_free(diags);
    return compacts;
}

Test(compact, only_what_rows_alone_touch) {
    cr_expect(is_compact_after("16", ""));
    cr_expect_not(is_compact_after("12", ""), "rows are no whole vectors");
    cr_expect_not(is_compact_after("16", "%6 = exp(%0) : f32[100, 16]\noutput \"z\" = %6\n"),
                  "the table is read whole");
    cr_expect_not(
        is_compact_after(
            "16", "%6 = input{name=\"j\"} : i32<100>[x.T]\n%7 = gather(%0, %6) : f32[x.T, 16]\noutput \"z\" = %7\n"),
        "other rows are read");
    cr_expect_not(is_compact_after("16", "%6 = exp(%5) : f32[100, 16]\noutput \"z\" = %6\n"), "the gradient is used");
}

/* Indices 7, 3, 7, 90 are the distinct rows 3, 7, 90. */
Test(compact, rows_are_those_of_the_dense_gradient) {
    enum { TOKENS = 4, COLUMNS = 16, ROWS = 100 };
    static double table[ROWS * COLUMNS], h[TOKENS * COLUMNS];
    double ids[] = {7, 3, 7, 90}, slots[] = {1, 0, 1, 2}, rows[] = {3, 7, 90};
    for (int i = 0; i < TOKENS * COLUMNS; i++) h[i] = i * 0.25 - 3;
    Diagnostics *diags = diagnostics_new();
    Graph *graph = gradient_graph("16", "", diags), *result = compact(graph);
    const Binding bindings[] = {{"W", table}, {"h", h}, {"x.ids", ids}, {"x.ids.slots", slots}};
    Interpretation *dense = interpret(graph, (const int64_t[]){TOKENS}, bindings, 4);
    Interpretation *compacted = interpret(result, (const int64_t[]){TOKENS, 3}, bindings, 4);
    cr_assert(!dense->error && !compacted->error, "%s", compacted->error ? compacted->error : dense->error);
    const double *a = dense->values[graph_find_output(graph, "dW")->id];
    const double *b = compacted->values[graph_find_output(result, "dW")->id];
    for (int i = 0; i < 3 * COLUMNS; i++) cr_expect_eq(b[i], a[(int)rows[i / COLUMNS] * COLUMNS + i % COLUMNS]);
    interpretation_free(dense);
    interpretation_free(compacted);
    graph_free(graph);
    graph_free(result);
    diagnostics_free(diags);
}
