/* The pipeline: passes in a table, and the one place that runs, verifies and shows them. */
#ifndef GRADC_PASSES_PIPELINE_H
#define GRADC_PASSES_PIPELINE_H

#include "graph/graph.h"

/* Called after each pass, and once before the first with pass "source". */
typedef struct StageObserver {
    void (*stage)(void *user, int index, const char *pass, const Graph *graph);
    void *user;
} StageObserver;

typedef struct PipelineOptions {
    const char *const *wanted; /* parameters, or outputs, to differentiate for; none: the graph is only evaluated */
    int n_wanted;
    bool no_fusion;
    const StageObserver *observer; /* NULL: nobody looks */
} PipelineOptions;

/* All passes over a task's graph: the grouped graph, which the caller frees, or NULL with diagnostics. */
Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);

/* One pass by name, for `gradc opt`. NULL with a diagnostic that lists the passes when there is none of this name. */
Graph *pipeline_pass(const char *name, const Graph *graph, const PipelineOptions *options, Diagnostics *diags);

/* What the table says of a pass; false when there is none of this name. */
bool pipeline_describe(const char *name, const char **needs, const char **gives);

#endif
