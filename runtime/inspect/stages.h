/* The stages of a program's graphs: each task's training and evaluation graph and the optimizer's update, after each
 * pass and as kernels. What `gradc dump` shows, compares and explains. */
#ifndef GRADC_RUNTIME_INSPECT_STAGES_H
#define GRADC_RUNTIME_INSPECT_STAGES_H

#include "passes/pipeline.h"
#include "passes/schedule.h"
#include "runtime/session/session.h"

/* One of the program's graphs, or several that go through the passes together. */
typedef struct Source {
    const char *name; /* "sentiment.train", "sentiment.eval", "adamw.update", "together.train" */
    const PipelineInput *inputs;
    int n_inputs;
} Source;

typedef VEC(Source) Sources;

/* Which of them are wanted. */
typedef struct SourceChoice {
    const char *graph; /* train, eval, update, together or all (of the first three); NULL: train */
    const char *task;  /* NULL: all */
    const char *show;  /* the one output of an evaluation graph that is compiled; NULL: predict */
} SourceChoice;

/* Those, in the arena. False after a message. */
bool sources_choose(Session *session, const SourceChoice *choice, Sources *sources);

/* Every stage of a source: index 0 and "source", then each pass, last "kernels", which alone comes with a `list`. Where
 * there are several graphs at a stage, each is visited, by its name. False after a message, or when `visit` gave false.
 */
typedef struct StageVisitor {
    bool (*visit)(void *user, int index, const char *stage, const Graph *graph, const KernelList *list);
    void *user;
    Remarks *remarks; /* NULL: nobody listens */
    PassTimes *times; /* NULL: nobody asks */
} StageVisitor;

bool stages_visit(Session *session, const Source *source, const StageVisitor *visitor);

/* All stages of a source, kept. */
typedef struct Stage {
    int index;
    const char *name;
    Graph *graph;
} Stage;

/* Those of one graph, from where it comes up: the source, or the pass that joined it or cut it off. */
typedef struct Stages {
    const char *name; /* the graph's */
    Stage *items;
    int count, capacity;
} Stages;

typedef VEC(Stages) StageLists;

bool stages_collect(Session *session, const Source *source, StageLists *lists);
void stages_free(StageLists *lists);

/* Is `name` that of the stage, its number, or "all"? */
bool stage_is(const char *name, int index, const char *stage);
/* The position of the first stage with this name or number among those collected; -1: none. */
int stage_find(const Stages *stages, const char *name);
bool stages_have(const StageLists *lists, const char *name, Diagnostics *diags); /* any of them; else a message */
bool stage_unknown(const char *name, Diagnostics *diags);                        /* the message; always false */

#endif
