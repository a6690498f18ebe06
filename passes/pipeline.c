/* The pipeline. The table reads from top to bottom; the driver alone verifies and shows. */
#include "passes/pipeline.h"

#include <string.h>

#include "passes/demand.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "passes/fuse.h"
#include "passes/simplify.h"

typedef struct Pass {
    const char *name;
    const char *needs, *gives; /* for people: what must hold before, what holds after */
    Graph *(*run)(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);
} Pass;

static Graph *run_expand(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    (void)options;
    return expand(graph, diags);
}

static Graph *run_simplify(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    (void)options, (void)diags;
    return simplify(graph);
}

static Graph *run_demand(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    (void)options, (void)diags;
    return demand(graph);
}

static Graph *run_differentiate(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    if (options->n_wanted == 0) return graph_canonical(graph);
    return differentiate(graph, options->wanted, options->n_wanted, diags);
}

static Graph *run_fuse(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    (void)diags;
    return options->no_fusion ? fuse_nothing(graph) : fuse(graph);
}

static const Pass passes[] = {
    {"expand", "the source's own nodes", "no grad(y, x): what computes it instead", run_expand},
    {"simplify", "any graph", "no foldable constants, products with flags instead of transposes", run_simplify},
    {"demand", "no groups", "rows that nobody reads are not computed", run_demand},
    {"differentiate", "a loss f32[]", "an output grad.NAME for each wanted parameter", run_differentiate},
    {"simplify", "any graph", "no foldable constants, products with flags instead of transposes", run_simplify},
    {"fuse", "no groups", "every computed node in a kernel", run_fuse},
};

enum { PASSES = sizeof passes / sizeof *passes };

static Graph *run_checked(const Pass *pass, const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    Graph *result = pass->run(graph, options, diags);
    const char *broken = result ? graph_verify(result) : NULL;
    if (!broken) return result;
    diag_error(diags, "E0610", (Pos){0}, "internal: pass '%s' made a graph that breaks %s", pass->name, broken);
    graph_free(result);
    return NULL;
}

static void show(const PipelineOptions *options, int index, const char *pass, const Graph *graph) {
    if (options->observer) options->observer->stage(options->observer->user, index, pass, graph);
}

Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    Graph *current = graph_canonical(graph);
    show(options, 0, "source", current);
    for (int i = 0; i < PASSES; i++) {
        Graph *next = run_checked(&passes[i], current, options, diags);
        graph_free(current);
        if (!next) return NULL;
        current = next;
        show(options, i + 1, passes[i].name, current);
    }
    return current;
}

Graph *pipeline_pass(const char *name, const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    for (int i = 0; i < PASSES; i++) {
        if (strcmp(passes[i].name, name) == 0) return run_checked(&passes[i], graph, options, diags);
    }
    diag_error(diags, "E0611", (Pos){0}, "there is no pass '%s'", name);
    diag_hint(diags, "the passes are expand, simplify, demand, differentiate and fuse");
    return NULL;
}

bool pipeline_describe(const char *name, const char **needs, const char **gives) {
    for (int i = 0; i < PASSES; i++) {
        if (strcmp(passes[i].name, name) != 0) continue;
        *needs = passes[i].needs;
        *gives = passes[i].gives;
        return true;
    }
    return false;
}
