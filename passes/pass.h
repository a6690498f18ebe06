/* A pass as the driver runs it: the rows of the table (pipeline.c), and plans, which are made of them. */
#ifndef GRADC_PASSES_PASS_H
#define GRADC_PASSES_PASS_H

#include "passes/pipeline.h"

/* What a pass over several graphs is given beside them. */
typedef struct PassCall {
    const PipelineInput *inputs; /* what each graph comes from */
    const PipelineOptions *options;
    Arena *arena; /* of the list that it makes */
} PassCall;

/* One of the two: `run` makes a graph of each, NULL after an error. `run_all` makes all graphs of all of them; false:
 * they stay as they are, and there is no stage to be shown. */
typedef struct Pass {
    PassInfo info;
    Graph *(*run)(const Graph *graph, Remarks *remarks, Diagnostics *diags);
    bool (*run_all)(const PassCall *call, const PipelineGraphs *from, PipelineGraphs *to);
} Pass;

enum { MAX_PLAN = 64 };

typedef struct Plan {
    const Pass *passes[MAX_PLAN];
    int count;
} Plan;

/* The passes that a text chooses (see pipeline.h). False with diagnostics. */
bool plan_read(Plan *plan, const char *text, const PipelineOptions *options, Diagnostics *diags);
/* Without what comes after the last of this pass: without anything where that is not among them. */
void plan_end_with(Plan *plan, const Pass *pass);
const Pass *pass_find(const char *name, size_t length); /* NULL: there is none */
/* The first thing that a pass needs and that does not hold of the graph; NULL: it can run. */
const Fact *pass_misses(const Pass *pass, const Graph *graph);

#endif
