/* Matching of two graphs, and graphs for Graphviz: what people are shown of a graph. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/dot.h"
#include "graph/match.h"

typedef struct Pair {
    Diagnostics *diags;
    Graph *old_graph, *new_graph;
    GraphMatch match;
} Pair;

static Graph *read_graph(Diagnostics *diags, const char *body) {
    const char *text = arena_printf(diags->arena, "graph \"g\"\nsymbols T S\nfile 0 \"m.graph\"\n%s", body);
    Graph *graph = graph_read(diagnostics_file(diags, "g.gir", text), diags);
    if (!graph) diagnostics_print(diags, stderr);
    cr_assert_not_null(graph);
    return graph;
}

static Pair match_texts(const char *old_body, const char *new_body) {
    Pair pair = {.diags = diagnostics_new()};
    pair.old_graph = read_graph(pair.diags, old_body);
    pair.new_graph = read_graph(pair.diags, new_body);
    pair.match = graph_match(pair.old_graph, pair.new_graph, pair.diags->arena);
    return pair;
}

static void expect_old(const Pair *pair, int node, int old, bool changed) {
    cr_expect_eq(pair->match.old_of[node], old, "%%%d: %d", node, pair->match.old_of[node]);
    cr_expect_eq(pair->match.changed[node], changed, "%%%d", node);
}

static void finish(Pair *pair) {
    graph_free(pair->old_graph);
    graph_free(pair->new_graph);
    diagnostics_free(pair->diags);
}

Test(match, numbers_do_not_count) {
    Pair pair = match_texts("%0 = input{name=\"x\"} : f32[T, 4] @0:1:1:1\n"
                            "%1 = exp(%0) : f32[T, 4] @0:2:1:1\n"
                            "%2 = neg(%1) : f32[T, 4] @0:3:1:1\n"
                            "output \"y\" = %2\n",
                            "%0 = input{name=\"z\"} : f32[T, 4] @0:9:1:1\n"
                            "%1 = input{name=\"x\"} : f32[T, 4] @0:1:1:1\n"
                            "%2 = exp(%1) : f32[T, 4] @0:5:1:1\n"
                            "%3 = add(%0, %2) : f32[T, 4] @0:9:2:1\n"
                            "output \"y\" = %3\n");
    expect_old(&pair, 0, -1, false);
    expect_old(&pair, 1, 0, false);
    expect_old(&pair, 2, 1, false); /* its place moved, which is no change of structure */
    expect_old(&pair, 3, -1, false);
    cr_expect_eq(pair.match.new_of[2], -1);
    cr_expect_eq(pair.match.new_of[1], 2);
    finish(&pair);
}

Test(match, a_change_below_is_told_once) {
    Pair pair = match_texts("%0 = input{name=\"x\"} : f32[T, 4] @0:1:1:1\n"
                            "%1 = exp(%0) : f32[T, 4] @0:2:1:1\n"
                            "%2 = neg(%1) : f32[T, 4] @0:3:1:1\n"
                            "%3 = tanh(%2) : f32[T, 4] @0:4:1:1\n"
                            "output \"y\" = %3\n",
                            "%0 = input{name=\"x\"} : f32[T, 4] @0:1:1:1\n"
                            "%1 = tanh(%0) : f32[T, 4] @0:2:5:1\n"
                            "%2 = neg(%1) : f32[T, 4] @0:3:1:1\n"
                            "%3 = tanh(%2) : f32[T, 4] @0:4:1:1\n"
                            "output \"y\" = %3\n");
    expect_old(&pair, 1, -1, false);
    expect_old(&pair, 2, 2, true);  /* it reads another node */
    expect_old(&pair, 3, 3, false); /* it reads the same one, which has changed */
    cr_expect_eq(pair.match.new_of[1], -1);
    finish(&pair);
}

Test(match, a_type_may_change_and_kernels_do_not_count) {
    Pair pair = match_texts("%0 = input{name=\"x\"} : f32[T, 4] @0:1:1:1\n"
                            "%1 = exp(%0) : f32[T, 4] @0:2:1:1\n"
                            "output \"y\" = %1\n",
                            "kernel 1 map \"a\"\n"
                            "kernel 2 map \"b\"\n"
                            "%0 = input{name=\"x\"} : f32[S, 4] @0:1:1:1\n"
                            "%1 = exp(%0) : f32[S, 4] in 1 @0:2:1:1\n"
                            "%2 = exp(%0) : f32[S, 4] in 2 @0:2:1:1\n"
                            "output \"y\" = %1\n"
                            "output \"z\" = %2\n");
    expect_old(&pair, 0, 0, true);
    expect_old(&pair, 1, 1, true);
    cr_expect_eq(pair.match.new_of[1], 1);
    finish(&pair);
}

/* --- Graphviz ----------------------------------------------------------------------------------------------------- */

static int count(const char *text, const char *words) {
    int found = 0;
    for (const char *at = text; (at = strstr(at, words)); at++) found++;
    return found;
}

/* Braces close, and both ends of an edge are drawn. */
static void check_syntax(const char *dot) {
    int depth = 0, from, to;
    for (const char *line = dot; *line; line += strcspn(line, "\n") + 1) {
        const char *brace = line + strcspn(line, "{}[\n"); /* labels hold others */
        depth += *brace == '{' ? 1 : *brace == '}' ? -1 : 0;
        cr_assert(depth >= 0 && (depth > 0 || strcmp(brace, "}\n") == 0), "%.80s", line);
        if (sscanf(line, " n%d -> n%d", &from, &to) != 2) continue;
        char name[32];
        snprintf(name, sizeof name, " n%d [label=", from);
        cr_expect(strstr(dot, name), "%s", name);
        snprintf(name, sizeof name, " n%d [label=", to);
        cr_expect(strstr(dot, name), "%s", name);
    }
    cr_expect_eq(depth, 0);
}

static const char *const layers = "kernel 1 map \"first\"\n"
                                  "kernel 2 map \"second\"\n"
                                  "kernel 3 map \"third\"\n"
                                  "%0 = input{name=\"say \\\"x\\\"\"} : f32[T, 4] @0:1:1:1\n"
                                  "repeat i in 0..3 {\n"
                                  "  %1+3i = param{name=\"w.{i}\"} : f32[T, 4] @0:2:1:1\n"
                                  "  %2+3i = add(%0+3i, %1+3i) : f32[T, 4] in 1+i @0:3:1:1\n"
                                  "  %3+3i = exp(%2+3i) : f32[T, 4] in 1+i @0:3:1:1\n"
                                  "}\n"
                                  "output \"y\" = %9\n";

Test(dot, a_kernel_is_one_cluster) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = read_graph(diags, layers);
    char *dot = graph_dot(graph, false);
    check_syntax(dot);
    cr_expect_eq(count(dot, "subgraph cluster_kernel_"), 3);
    cr_expect_eq(count(dot, "[label=\""), 10 + 1, "the nodes and the output");
    cr_expect(strstr(dot, "label=\"say \\\"x\\\"\\nf32[T, 4]\\nline 1\""), "%s", dot);
    free(dot);
    graph_free(graph);
    diagnostics_free(diags);
}

Test(dot, layers_are_drawn_once) {
    Diagnostics *diags = diagnostics_new();
    Graph *graph = read_graph(diags, layers);
    char *dot = graph_dot(graph, true);
    check_syntax(dot);
    cr_expect_eq(count(dot, "subgraph cluster_repeat_"), 1);
    cr_expect_eq(count(dot, "subgraph cluster_kernel_"), 1);
    cr_expect(strstr(dot, "label=\"3 times\""));
    cr_expect(strstr(dot, "n0 -> n2;"), "%s", dot);
    cr_expect(strstr(dot, "n3 -> n2 [style=dashed"), "%s", dot);
    cr_expect(strstr(dot, "n3 -> output0"), "%s", dot);
    free(dot);
    graph_free(graph);
    diagnostics_free(diags);
}
