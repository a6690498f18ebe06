/* The pipeline: passes in a table, and the one place that runs, verifies, times and shows them.
 *
 * Most passes make a graph of a graph. One makes one of several (join), another two of one (cut): so a list of graphs
 * goes through the passes together.
 *
 * Passes are chosen by a text, as --passes takes it: names in the order in which they run, "simplify,fuse", or names
 * with a minus, "-fuse,-demand": the usual passes without these. NULL: the usual passes. */
#ifndef GRADC_PASSES_PIPELINE_H
#define GRADC_PASSES_PIPELINE_H

#include "passes/remark.h"

/* Called after each pass, for each of the graphs that it leaves, and before the first with pass "source". Graphs are
 * distinguished by their names. */
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

/* A graph that goes in, which is only read. */
typedef struct PipelineInput {
    const Graph *graph;
    const char *const *wanted; /* parameters, or outputs, to differentiate for; none: what the graph itself wants */
    int n_wanted;
    /* 'cut' may cut its frozen prefix off: what the parameters `changing` have no part in. None: what is wanted. */
    bool cuts;
    const char *const *changing;
    int n_changing;
} PipelineInput;

/* A graph that comes out. */
typedef struct PipelineGraph {
    Graph *graph;   /* the caller's to free */
    int input;      /* the number of what it comes from; of inputs that were joined, of the first */
    bool is_frozen; /* the prefix that was cut off */
} PipelineGraph;

typedef VEC(PipelineGraph) PipelineGraphs;
void pipeline_graphs_free(PipelineGraphs *graphs); /* a graph that is NULL has been taken out */

typedef struct PipelineOptions {
    const char *passes;            /* see above */
    bool joins;                    /* 'join' is among the usual passes */
    bool compacts;                 /* 'compact' is: the caller gives the inputs that it asks for (compact.h) */
    bool rounds;                   /* 'round_products' is: the run has bf16 products */
    const StageObserver *observer; /* NULL: nobody looks */
    Remarks *remarks;              /* NULL: nobody listens */
    PassTimes *times;              /* NULL: nobody asks */
    const char *const *wanted;     /* of the one graph of pipeline_run and pipeline_apply, as in PipelineInput */
    int n_wanted;
} PipelineOptions;

/* The passes, and what must be left of them for execution: grouped graphs with the wanted gradients, in `arena`, in the
 * order of the inputs, a frozen prefix before the rest. Without 'fuse' each node gets a kernel of its own; without
 * 'differentiate' a graph of which gradients are wanted is an error (E0613). False with diagnostics; then there is
 * nothing to free. */
bool pipeline_run_all(const PipelineInput *inputs, int count, const PipelineOptions *options, Arena *arena,
                      PipelineGraphs *results, Diagnostics *diags);
/* The passes alone, whatever they leave. */
bool pipeline_apply_all(const PipelineInput *inputs, int count, const PipelineOptions *options, Arena *arena,
                        PipelineGraphs *results, Diagnostics *diags);

/* The same for one graph, which is not cut. The caller frees the result; NULL with diagnostics. */
Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);
Graph *pipeline_apply(const Graph *graph, const PipelineOptions *options, Diagnostics *diags);

/* What the passes of these options are going to do: cut the frozen prefix off; make one graph of all. No more passes
 * are run than it takes. False too when there are diagnostics. */
bool pipeline_cuts(const PipelineInput *input, const PipelineOptions *options, Diagnostics *diags);
bool pipeline_joins(const PipelineInput *inputs, int count, const PipelineOptions *options, Diagnostics *diags);

/* Is the text a choice of passes? False with diagnostics: an unknown name (E0611), one of a form that there is not
 * (E0614). */
bool pipeline_check(const char *passes, Diagnostics *diags); /* NULL is one */
/* And one that rounds products where a run's setting has them rounded, and nowhere else? False with diagnostics
 * (E0614). */
bool pipeline_check_rounding(const char *passes, bool rounds, Diagnostics *diags);

/* What holds of a graph between passes: what a pass needs, gives and breaks. */
typedef struct Fact {
    const char *name, *means;
    bool (*holds)(const Graph *graph);
} Fact;
const Fact *pipeline_fact(int index);                /* NULL after the last */
bool fact_is_in(const Fact *fact, const char *list); /* of names with blanks between them */

/* A row of the table, for people and tests: `graphs` says how many go in and come out, the last three are lists of
 * facts. */
typedef struct PassInfo {
    const char *name, *does, *graphs, *needs, *gives, *breaks;
} PassInfo;
const PassInfo *pipeline_pass(int index); /* NULL after the last */

/* All usual passes, as a text that chooses them. */
const char *pipeline_usual(void);

/* Names with ", " between them, in the arena: of all passes; of the stages that there can be, "source" first. */
const char *pipeline_pass_names(Arena *arena);
const char *pipeline_stage_names(Arena *arena);
bool pipeline_has_stage(const char *name); /* is it among them? */

#endif
