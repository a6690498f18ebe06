/* What a model is made of, for the files that make it up: model_build.c makes it, model.c runs batches. */
#ifndef GRADC_RUNTIME_MODEL_MODEL_STATE_H
#define GRADC_RUNTIME_MODEL_MODEL_STATE_H

#include "passes/compact.h"
#include "runtime/model/binding.h"
#include "runtime/model/kept.h"
#include "runtime/model/model.h"
#include "runtime/model/nonfinite.h"
#include "runtime/model/update.h"

/* A gradient that is the same value as another parameter's, or zero (`from` NULL): filled in after the run. */
typedef struct GradientCopy {
    float *to;
    const float *from;
    size_t bytes;
} GradientCopy;

/* A table whose gradient a task's training graph leaves in the form of rows, and what stands for them there. */
typedef struct TaskTable {
    int slot;           /* the parameter */
    CompactGradient in; /* the training graph */
    int32_t *numbers;   /* of slots */
    int64_t room;
} TaskTable;

/* A graph on its way to an executable. */
typedef struct LoweredGraph {
    Graph *graph; /* grouped */
    KernelList *list;
} LoweredGraph;

/* A graph whose frozen part, if it has one to be kept, is an executable of its own, run before the rest. */
typedef struct Frozen {
    LoweredGraph stage;
    Executable *exec; /* NULL: there is none */
    Bindings inputs;
    Kept *kept;
    bool is_trained; /* what a task's fits come after: it holds until the next update */
    int64_t updates; /* of the model, when `kept` was stored */
} Frozen;

typedef struct TaskState {
    TaskModel public;
    LoweredGraph train, eval;
    Frozen train_frozen, eval_frozen;
    OutputNames outputs; /* of eval */
    Bindings train_inputs, eval_inputs;
    VEC(GradientCopy) copies;
    VEC(TaskTable) tables;
    bool *active; /* [runs]: those that its training graph gives gradients for */
} TaskState;

struct Model {
    Arena *arena;
    const Program *program;
    ModelOptions options;
    Parameters *params;
    KernelSet *kernels;
    Code *code;
    TaskState *tasks; /* [program's tasks + 1]: the last one is the joined task's; without one its task is NULL */
    LoweredGraph *update_stages; /* [updates of the program's optimizer]: of those that some run has */
    LoweredGraph *norms;         /* [runs] */
    RunUpdate **runs;            /* [runs] */
    TableRows **tables; /* [program's parameters]: of those whose gradient some training graph leaves as rows; NULL */
    bool *active;       /* [runs]: whose gradients are in place for the next update */
    const TaskState *last; /* whose training graph ran last, with what batch */
    NonFiniteStep last_step;
    void *slab;
    size_t slab_bytes, kept_room;
    float *waiting; /* for the results of an update (update.h) */
    size_t waiting_bytes;
    int64_t updates; /* so far */
};

#endif
