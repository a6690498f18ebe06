/* Rolled text: repeats are found, written once, and read back to the same graph. Every stage of the model that ships:
 * its text, its places, its kernels. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/frontend.h"
#include "graph/roll.h"
#include "passes/kernel_graph.h"
#include "passes/pipeline.h"
#include "passes/schedule.h"

/* The graph of a text, or NULL; the first message in `*message`. */
static Graph *read_text(const char *text, Diagnostics *diags, const char **message) {
    Graph *graph = graph_read(diagnostics_file(diags, "g.gir", text), diags);
    *message = diags->list.count ? diags->list.items[0].message : "";
    return graph;
}

static void expect_rolled(const char *full, const char *rolled) {
    char *got = roll_text(full);
    cr_expect_str_eq(got, rolled);
    free(got);
    const char *const forms[] = {full, rolled};
    for (int i = 0; i < 2; i++) {
        const char *message;
        Diagnostics *diags = diagnostics_new();
        Graph *graph = read_text(forms[i], diags, &message);
        cr_assert_not_null(graph, "%s", message);
        char *plain = graph_print(graph, false), *again = graph_print_rolled(graph, false);
        cr_expect_str_eq(plain, full);
        cr_expect_str_eq(again, rolled);
        graph_free(graph);
        diagnostics_free(diags);
        free(plain);
        free(again);
    }
}

Test(roll, layers_are_written_once) {
    expect_rolled("graph \"g\"\n"
                  "symbols T\n"
                  "%0 = input{name=\"x\"} : f32[T, 4]\n"
                  "%1 = param{name=\"layer.0.{w}\"} : f32[T, 4]\n"
                  "%2 = add(%0, %1) : f32[T, 4]\n"
                  "%3 = param{name=\"layer.1.{w}\"} : f32[T, 4]\n"
                  "%4 = add(%2, %3) : f32[T, 4]\n"
                  "%5 = param{name=\"layer.2.{w}\"} : f32[T, 4]\n"
                  "%6 = add(%4, %5) : f32[T, 4]\n"
                  "output \"a9\" = %6\n"
                  "output \"a8\" = %4\n"
                  "output \"a7\" = %2\n",
                  "graph \"g\"\n"
                  "symbols T\n"
                  "%0 = input{name=\"x\"} : f32[T, 4]\n"
                  "repeat i in 0..3 { # 3 times 2 lines\n"
                  "  %1+2i = param{name=\"layer.{i}.\\x7bw}\"} : f32[T, 4]\n"
                  "  %2+2i = add(%0+2i, %1+2i) : f32[T, 4]\n"
                  "}\n"
                  "repeat i in 0..3 { # 3 times 1 line\n"
                  "  output \"a{9-i}\" = %6-2i\n"
                  "}\n");
}

Test(roll, what_does_not_go_on_by_a_step_stays) {
    static const char *const text = "graph \"g\"\n"
                                    "%0 = param{name=\"a0\"} : f32[4]\n"
                                    "%1 = param{name=\"a1\"} : f32[4]\n"
                                    "%2 = param{name=\"a7\"} : f32[4]\n"
                                    "%3 = param{name=\"a07\"} : f32[4]\n"
                                    "%4 = param{name=\"a08\"} : f32[4]\n"
                                    "output \"y\" = %2\n";
    expect_rolled(text, text);
}

static void expect_error(const char *body, const char *words) {
    Diagnostics *diags = diagnostics_new();
    const char *message, *text = arena_printf(diags->arena, "graph \"g\"\n%%0 = input{name=\"x\"} : f32[4]\n%s", body);
    cr_expect_null(read_text(text, diags, &message), "%s", text);
    cr_expect(strstr(message, words), "%s, not %s", message, words);
    diagnostics_free(diags);
}

Test(roll, mistakes_in_repeats_are_reported) {
    expect_error("repeat i in 0..3 {\n  %1+i = neg(%0+i) : f32[4]\n", "not closed");
    expect_error("repeat i in 0..3 {\nrepeat i in 0..3 {\n}\n}\n", "cannot be nested");
    expect_error("repeat i in 0..3 {\n  %1+2i = neg(%0+i) : f32[4]\n}\n", "the next node is %2");
    expect_error("repeat i in 0..3 {\n  %1+i = neg(%0-i) : f32[4]\n}\n", "out of range");
    expect_error("repeat i in 0..3 {\n  %1+9223372036854775807i = neg(%0) : f32[4]\n}\n", "out of range");
    expect_error("repeat i in 0..1000000 {\n}\n", "1 to 4096");
    expect_error("%1+i = neg(%0) : f32[4]\n", "expected '='");
    expect_error("}\n", "expected a node");
}

/* --- Every stage of the model that ships -------------------------------------------------------------------------- */

typedef struct Sums {
    size_t full, rolled; /* bytes */
    int stages;
} Sums;

/* Whatever a pass makes, it can say which line of the text it comes from. */
static void check_places(const Graph *graph, const char *pass) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        cr_assert(node->pos.file && node->pos.line && node->pos.column, "%s after %s: %%%d, %s, has no place",
                  graph->name, pass, i, op_name(node->op));
    }
}

static void check_stage(void *user, int index, const char *pass, const Graph *graph) {
    (void)index;
    check_places(graph, pass);
    Sums *sums = user;
    Diagnostics *diags = diagnostics_new();
    char *full = graph_print(graph, true), *rolled = roll_text(full);
    const char *message;
    Graph *read = read_text(rolled, diags, &message);
    cr_assert_not_null(read, "%s after %s: %s", graph->name, pass, message);
    char *again = graph_print(read, true);
    cr_expect(strcmp(again, full) == 0, "%s after %s", graph->name, pass);
    sums->full += strlen(full);
    sums->rolled += strlen(rolled);
    sums->stages++;
    graph_free(read);
    free(full);
    free(rolled);
    free(again);
    diagnostics_free(diags);
}

/* Every launch is a call of one of the kernels. */
static void check_kernels(const Graph *grouped, Sums *sums) {
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    Graph *kernels = kernel_graph(list);
    cr_assert_null(graph_verify(kernels));
    cr_expect_eq(kernels->groups.count - 1, list->kernels.count);
    int calls = 0;
    for (int i = 1; i < kernels->groups.count; i++) {
        const char *called = strstr(kernels->groups.items[i].name, ", called ");
        cr_assert_not_null(called);
        calls += atoi(called + strlen(", called "));
    }
    cr_expect_eq(calls, list->launches.count);
    check_stage(sums, 0, "kernels", kernels);
    graph_free(kernels);
    kernel_list_free(list);
    kernel_set_free(set);
}

static void run_stages(const Graph *graph, const char *const *wanted, int n_wanted, Sums *sums) {
    Diagnostics *diags = diagnostics_new();
    StageObserver observer = {check_stage, sums};
    PipelineOptions options = {.wanted = wanted, .n_wanted = n_wanted, .observer = &observer};
    Graph *grouped = pipeline_run(graph, &options, diags);
    cr_assert_not_null(grouped);
    check_kernels(grouped, sums);
    graph_free(grouped);
    diagnostics_free(diags);
}

Test(roll, all_stages_of_bert_read_back_and_are_small) {
    Diagnostics *diags = diagnostics_new();
    ProgramOptions options = {.dropout = -1};
    Program *program = program_load("models/bert.graph", &options, diags);
    cr_assert_not_null(program);
    Sums sums = {0};
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        const char **wanted = arena_array(diags->arena, (size_t)task->n_params + 1, sizeof *wanted);
        for (int i = 0; i < task->n_params; i++) wanted[i] = program->params.items[task->params[i]].name;
        run_stages(task->train, wanted, task->n_params, &sums);
        run_stages(task->eval, NULL, 0, &sums);
    }
    run_stages(program->optimizer.updates.items[0].graph, NULL, 0, &sums);
    cr_expect_gt(sums.stages, 30);
    cr_expect_lt(sums.rolled, 2000000, "%zu bytes", sums.rolled);
    cr_expect_lt(2 * sums.rolled, sums.full, "%zu of %zu bytes", sums.rolled, sums.full);
    program_free(program);
    diagnostics_free(diags);
}
