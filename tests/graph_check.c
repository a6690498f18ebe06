/* Graph check: an observer of the pipeline that compares each stage with the one before. */
#include "tests/graph_check.h"

#include <stdlib.h>
#include <string.h>

#include "passes/expand.h"
#include "passes/pipeline.h"
#include "tests/agreement.h"

typedef struct Watch {
    const RandomGraph *random;
    Diagnostics *diags;
    Graph *before; /* read back from text; NULL: no stage yet */
    Interpretation *values;
    const char *error;
} Watch;

static void fail(Watch *watch, const char *pass, const char *error) {
    if (!watch->error) watch->error = arena_printf(watch->random->arena, "%s: %s", pass, error);
}

/* parse(print(g)) is g: the graph that is read, or NULL. */
static Graph *read_back(Watch *watch, const char *pass, const Graph *graph) {
    char *text = graph_print(graph, false), *again = NULL;
    Graph *read = graph_read(diagnostics_file(watch->diags, "stage.gir", text), watch->diags);
    if (read) again = graph_print(read, false);
    if (!read || strcmp(text, again) != 0) fail(watch, pass, "the text does not read back");
    free(text);
    free(again);
    return read;
}

static void compare(Watch *watch, const char *pass, const Graph *graph, const Interpretation *got) {
    Reference reference = {watch->random, watch->before, watch->values};
    for (int i = 0; i < watch->before->outputs.count; i++) {
        const Output *output = &watch->before->outputs.items[i];
        const Node *node = graph_find_output(graph, output->name);
        if (!node || !type_equal(&node->type, &output->node->type)) {
            fail(watch, pass, arena_printf(watch->random->arena, "%s has another type", output->name));
            continue;
        }
        const char *error = disagreement(&reference, output->name, got->values[node->id]);
        if (error) fail(watch, pass, error);
    }
}

static void check_stage(void *user, int index, const char *pass, const Graph *graph) {
    (void)index;
    Watch *watch = user;
    const RandomGraph *r = watch->random;
    Graph *read = read_back(watch, pass, graph);
    if (!read) return;
    if (has_grad(read)) { /* cannot be evaluated before it is expanded */
        graph_free(read);
        return;
    }
    Interpretation *values = interpret(read, r->extents, r->bindings, r->n_bindings);
    if (values->error)
        fail(watch, pass, values->error);
    else if (watch->before)
        compare(watch, pass, read, values);
    interpretation_free(watch->values);
    graph_free(watch->before);
    watch->before = read;
    watch->values = values;
}

const char *check_passes(const RandomGraph *random, const char *passes) {
    Watch watch = {.random = random, .diags = diagnostics_new()};
    StageObserver observer = {check_stage, &watch};
    PipelineOptions options = {
        .wanted = random->params, .n_wanted = random->n_params, .passes = passes, .observer = &observer};
    Graph *grouped = pipeline_run(random->graph, &options, watch.diags);
    if (!grouped) fail(&watch, "pipeline", watch.diags->list.items[0].message);
    graph_free(grouped);
    interpretation_free(watch.values);
    graph_free(watch.before);
    diagnostics_free(watch.diags);
    return watch.error;
}

static void keep_ungrouped(void *user, int index, const char *pass, const Graph *graph) {
    (void)index, (void)pass;
    Graph **kept = user;
    if (graph->groups.count > 1) return;
    graph_free(*kept);
    *kept = graph_canonical(graph);
}

Graph *group_graph(const RandomGraph *random, const char *passes, bool rounds, Graph **before_fusion) {
    Diagnostics *diags = diagnostics_new();
    StageObserver observer = {keep_ungrouped, before_fusion};
    *before_fusion = NULL;
    PipelineOptions options = {.wanted = random->params,
                               .n_wanted = random->n_params,
                               .passes = passes,
                               .rounds = rounds,
                               .observer = &observer};
    Graph *grouped = pipeline_run(random->graph, &options, diags);
    diagnostics_free(diags);
    if (grouped) return grouped;
    graph_free(*before_fusion);
    *before_fusion = NULL;
    return NULL;
}
