/* The pipeline: passes in a table, and the one place that runs, verifies, times and shows them.
 *
 * Passes are chosen by a text, as --passes takes it: names in the order in which they run, "simplify,fuse", or names
 * with a minus, "-fuse,-demand": the usual passes without these. NULL: the usual passes. */
#ifndef GRADC_PASSES_PIPELINE_H
#define GRADC_PASSES_PIPELINE_H

#include "passes/remark.h"

/* Called after each pass, and once before the first with pass "source". */
typedef struct StageObserver {
    void (*stage)(void *user, int index, const char *pass, const Graph *graph);
    void *user;
} StageObserver;

/* Where the time of the passes goes; several runs are added up, pass by pass. */
typedef struct PassTime {
    const char *pass;
    int runs;
    double run_s, verify_s;
    int64_t nodes_before, nodes_after;
} PassTime;

typedef struct PassTimes {
    Arena *arena;
    VEC(PassTime) rows;
} PassTimes;

typedef struct PipelineOptions {
    const char *const *wanted; /* parameters, or outputs, to differentiate for; none: what the graph itself wants */
    int n_wanted;
    const char *passes; /* see above */
    bool training; /* 'compact' is among the usual passes: the caller gives the inputs that it asks for (compact.h) */
    const StageObserver *observer; /* NULL: nobody looks */
    Remarks *remarks;              /* NULL: nobody listens */
    PassTimes *times;              /* NULL: nobody asks */
} PipelineOptions;

/* The passes, and what must be left of them for execution: a grouped graph with the wanted gradients. Without 'fuse'
 * each node gets a kernel of its own; without 'differentiate' a graph of which gradients are wanted is an error
 * (E0613). The caller frees the result; NULL with diagnostics. */
Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);

/* The passes alone, whatever they leave. */
Graph *pipeline_apply(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);

/* Is the text a choice of passes? False with diagnostics: an unknown name (E0611), one of a form that there is not
 * (E0614). */
bool pipeline_check(const char *passes, Diagnostics *diags); /* NULL is one */

/* What holds of a graph between passes: what a pass needs, gives and breaks. */
typedef struct Fact {
    const char *name, *means;
    bool (*holds)(const Graph *graph);
} Fact;
const Fact *pipeline_fact(int index);                /* NULL after the last */
bool fact_is_in(const Fact *fact, const char *list); /* of names with blanks between them */

/* A row of the table, for people and tests; the last three are lists of facts. */
typedef struct PassInfo {
    const char *name, *does, *needs, *gives, *breaks;
} PassInfo;
const PassInfo *pipeline_pass(int index); /* NULL after the last */

/* The usual passes, as a text that chooses them. */
const char *pipeline_usual(bool training);

/* Names with ", " between them, in the arena: of all passes; of the stages that the usual passes of training show,
 * "source" first. */
const char *pipeline_pass_names(Arena *arena);
const char *pipeline_stage_names(Arena *arena);

#endif
