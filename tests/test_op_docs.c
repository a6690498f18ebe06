/* Documentation of operators: each row of ops.def has all of it, and its example makes that operator. */
#include <criterion/criterion.h>
#include <string.h>

#include "frontend/frontend.h"
#include "graph/op_docs.h"
#include "passes/expand.h"
#include "tests/temp_folder.h"

Test(op_docs, every_operator_has_all_of_it) {
    for (int i = 0; i < OP_COUNT; i++) {
        const OpDoc *doc = op_doc((Op)i);
        cr_expect(doc->does && doc->gradient && doc->example, "%s: add its row to graph/op_docs.c", op_name((Op)i));
        cr_expect(*op_shape_doc((Op)i)->result);
        cr_expect_not_null(op_kind_name(op_kind((Op)i)));
    }
}

/* The sizes that the examples leave open; each gets those that its text names. */
static int sizes_in(const char *text, const char **sizes) {
    static const char *const all[] = {"[R", "R=3", " C]", "C=4", "[M", "M=2", " K]", "K=5", "b: f32[N", "N=6"};
    int count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i += 2) {
        if (strstr(text, all[i])) sizes[count++] = all[i + 1];
    }
    if (strstr(text, "a: f32[C]")) sizes[count++] = "C=4";
    return count;
}

static bool has_op(const Graph *graph, Op op) {
    for (int i = 0; i < graph->nodes.count; i++) {
        if (graph->nodes.items[i]->op == op) return true;
    }
    return false;
}

/* A gradient of attention is there only once grads are expanded. */
static void expect_made(const TempFolder *folder, Op op) {
    char text[2000];
    const char *sizes[10];
    snprintf(text, sizeof text, "tokens vocab = 9, positions = 9\n%s\n", op_doc(op)->example);
    TempPath path = put_bytes(folder, "example.graph", text, strlen(text));
    ProbeOptions probe = {
        .def = "example", .sizes = sizes, .n_sizes = sizes_in(op_doc(op)->example, sizes), .training = true};
    ProgramOptions options = {.probe = &probe, .dropout = -1};
    Diagnostics *diags = diagnostics_new();
    Program *program = program_load(path.text, &options, diags);
    if (!program) diagnostics_print(diags, stderr);
    cr_assert_not_null(program, "%s: %s", op_name(op), text);
    const Graph *graph = program->tasks.items[0].train;
    Graph *expanded = expand(graph, diags);
    cr_expect_not_null(expanded, "%s", op_name(op));
    cr_expect(has_op(graph, op) || (expanded && has_op(expanded, op)), "the example of %s does not make it",
              op_name(op));
    graph_free(expanded);
    program_free(program);
    diagnostics_free(diags);
}

Test(op_docs, every_example_makes_its_operator) {
    TempFolder folder = make_folder();
    for (int i = 0; i < OP_COUNT; i++) expect_made(&folder, (Op)i);
    remove_folder(&folder);
}
