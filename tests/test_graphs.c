/* Small graphs that carry their own answers: tests/graphs/NAME.gir, as graph_file.h reads it, and in its comments
 *
 *     # expect y = 1 0.5                     values of an output after all passes
 *     # after simplify: nodes 3, transpose 0  counts in the graph after a pass, the last one of this name: nodes,
 *     wanted,
 *                                            kernels, operators, kinds of kernels
 *
 * Each graph also goes through what random graphs do: every pass on its own, with passes left out, and compiled. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "passes/pipeline.h"
#include "runtime/files/read_file.h"
#include "tests/compiled_check.h"
#include "tests/graph_check.h"
#include "tests/graph_file.h"

enum { MAX_STAGES = 32 };

/* A file, and the graphs that the passes made of it. */
typedef struct Case {
    const char *path;
    char *text;
    RandomGraph *random;
    const char *passes[MAX_STAGES];
    Graph *stages[MAX_STAGES];
    int count;
} Case;

static void keep(void *user, int index, const char *pass, const Graph *graph) {
    (void)index;
    Case *c = user;
    cr_assert_lt(c->count, MAX_STAGES);
    c->passes[c->count] = pass;
    c->stages[c->count++] = graph_canonical(graph);
}

static void run_passes(Case *c, Diagnostics *diags) {
    StageObserver observer = {keep, c};
    PipelineOptions options = {.wanted = c->random->params, .n_wanted = c->random->n_params, .observer = &observer};
    Graph *grouped = pipeline_run(c->random->graph, &options, diags);
    if (!grouped) diagnostics_print(diags, stderr);
    cr_assert(grouped, "%s", c->path);
    graph_free(grouped);
}

/* --- What is expected --------------------------------------------------------------------------------------------- */

static int count_kernels(const Graph *graph, const char *kind) {
    int count = 0;
    for (int i = 1; i < graph->groups.count; i++) {
        count += !kind || strcmp(kernel_kind_name(graph->groups.items[i].kind), kind) == 0;
    }
    return count;
}

static int count_operators(const Graph *graph, Op op) {
    int count = 0;
    for (int i = 0; i < graph->nodes.count; i++) count += graph->nodes.items[i]->op == op;
    return count;
}

static bool is_kernel_kind(const char *word) {
    for (int kind = 0; kind < KERNEL_KINDS; kind++) {
        if (strcmp(kernel_kind_name((KernelKind)kind), word) == 0) return true;
    }
    return false;
}

/* -1: there is no such thing to count. */
static int count_of(const Graph *graph, const char *word) {
    Op op;
    if (strcmp(word, "nodes") == 0) return graph->nodes.count;
    if (strcmp(word, "wanted") == 0) return graph->wanted.count;
    if (strcmp(word, "kernels") == 0) return count_kernels(graph, NULL);
    if (op_find(word, &op)) return count_operators(graph, op);
    return is_kernel_kind(word) ? count_kernels(graph, word) : -1;
}

static const Graph *stage_after(const Case *c, const char *pass) {
    for (int i = c->count - 1; i >= 0; i--) {
        if (strcmp(c->passes[i], pass) == 0) return c->stages[i];
    }
    return NULL;
}

/* "simplify: nodes 3, transpose 0" */
static int check_counts(const Case *c, const char *line) {
    char pass[32], word[32];
    int used, wanted, checks = 0;
    cr_assert_eq(sscanf(line, "%31[a-z]:%n", pass, &used), 1, "%s: %.60s", c->path, line);
    const Graph *graph = stage_after(c, pass);
    cr_assert(graph, "%s: there is no pass %s", c->path, pass);
    for (line += used; sscanf(line, " %31[a-z_] %d%n", word, &wanted, &used) == 2; checks++) {
        int got = count_of(graph, word);
        cr_expect_eq(got, wanted, "%s: after %s: %s %d, not %d", c->path, pass, word, got, wanted);
        line += used;
        line += *line == ',';
    }
    return checks;
}

/* "y = 1 0.5". Nine digits are written; constants are folded in double and rounded to f32: 1e-6 allows for both. */
static int check_values(const Case *c, const char *line, const Interpretation *values) {
    const Graph *graph = c->stages[c->count - 1];
    const char *end = strchr(line, '=');
    cr_assert(end, "%s: %.60s", c->path, line);
    const char *name = arena_strndup(c->random->arena, line, (size_t)(end - 1 - line));
    const Node *node = graph_find_output(graph, name);
    cr_assert(node, "%s: there is no output %s", c->path, name);
    int64_t count = type_count(&node->type, c->random->extents);
    for (int64_t i = 0; i < count; i++) {
        char *after;
        double wanted = strtod(end + 1, &after), got = values->values[node->id][i];
        cr_assert(after != end + 1, "%s: %s has %lld elements", c->path, name, (long long)count);
        cr_expect(fabs(got - wanted) <= 1e-6 * fmax(1, fabs(wanted)), "%s: element %lld of %s is %.9g, not %.9g",
                  c->path, (long long)i, name, got, wanted);
        end = after - 1;
    }
    return 1;
}

static int check_comments(const Case *c) {
    const Graph *last = c->stages[c->count - 1];
    Interpretation *values = interpret(last, c->random->extents, c->random->bindings, c->random->n_bindings);
    cr_assert_null(values->error, "%s: %s", c->path, values->error);
    int checks = 0;
    for (const char *line = c->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "# expect ", 9) == 0) checks += check_values(c, line + 9, values);
        if (strncmp(line, "# after ", 8) == 0) checks += check_counts(c, line + 8);
    }
    interpretation_free(values);
    return checks;
}

/* --- Running ------------------------------------------------------------------------------------------------------ */

static void check_each_pass(const Case *c) {
    static const char *const choices[] = {NULL, "-fuse", "-simplify", "-demand", "-simplify,-demand,-fuse"};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const char *error = check_passes(c->random, choices[i]);
        cr_expect(!error, "%s, passes %s: %s", c->path, choices[i] ? choices[i] : "as usual", error);
    }
}

static void check_compiled(const Case *c, CompiledCheck *check, int index) {
    const char *error = compiled_check_run(check, index, true);
    cr_expect(!error, "%s: %s", c->path, error);
}

static Case open_case(const char *path, Diagnostics *diags) {
    size_t size;
    Case c = {.path = path, .text = read_file(path, READ_TEXT, &size, diags), .random = graph_file_read(path, diags)};
    if (!c.random) diagnostics_print(diags, stderr);
    cr_assert(c.random && c.text, "%s", path);
    run_passes(&c, diags);
    return c;
}

static void close_case(Case *c) {
    for (int i = 0; i < c->count; i++) graph_free(c->stages[i]);
    random_graph_free(c->random);
    free(c->text);
}

Test(graphs, each_is_as_its_comments_say) {
    glob_t found;
    cr_assert_eq(glob(SOURCE_ROOT "/tests/graphs/*.gir", 0, NULL, &found), 0);
    Diagnostics *diags = diagnostics_new();
    Case *cases = calloc(found.gl_pathc, sizeof *cases);
    CompiledCheck *check = compiled_check_new(false, false, NULL);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        cases[i] = open_case(found.gl_pathv[i], diags);
        cr_expect_gt(check_comments(&cases[i]), 0, "%s expects nothing", cases[i].path);
        check_each_pass(&cases[i]);
        compiled_check_add(check, cases[i].random);
    }
    compiled_check_compile(check);
    for (size_t i = 0; i < found.gl_pathc; i++) check_compiled(&cases[i], check, (int)i);
    compiled_check_free(check);
    for (size_t i = 0; i < found.gl_pathc; i++) close_case(&cases[i]);
    free(cases);
    globfree(&found);
    diagnostics_free(diags);
}
