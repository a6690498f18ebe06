/* Model: a program compiled for this machine, with its parameters: what training, evaluation and prediction run on. */
#ifndef GRADC_RUNTIME_MODEL_MODEL_H
#define GRADC_RUNTIME_MODEL_MODEL_H

#include "passes/pipeline.h"
#include "runtime/data/batch.h"
#include "runtime/data/step.h"
#include "runtime/engine/code.h"
#include "runtime/engine/profile.h"
#include "runtime/model/parameters.h"

enum { MAX_OUTPUTS = 16 };

typedef struct OutputNames {
    const char *names[MAX_OUTPUTS];
    int count;
} OutputNames;

/* Its number; -1: it is not among them. */
int output_names_find(const OutputNames *names, const char *name);
/* Once; NULL, of an output that a task does not have, adds nothing. */
void output_names_add(OutputNames *names, const char *name);

typedef struct TaskModel {
    const Task *task;
    Executable *train, *eval; /* train is NULL in a model that only evaluates */
} TaskModel;

typedef struct Model Model;

typedef struct ModelOptions {
    bool training;             /* compile training graphs and the update */
    const char *const *freeze; /* patterns (graph/base/pattern.h) of parameter names that are not trained */
    int n_freeze;
    const double *rates; /* [program's parameters]: what the learning rate is multiplied with; NULL: 1 */
    const bool *tasks;   /* [program's tasks]: which are compiled; NULL: all */
    StepRule steps; /* that will be trained with: whether the graphs of all tasks are joined, and gradients added */
    /* bytes to keep outputs of a frozen part in, which are computed once (kept.h); 0: they are computed each time */
    size_t kept_room;
    const char *passes; /* see passes/pipeline.h; NULL: the usual ones */
    bool rounds;        /* products are bf16: team and target flush subnormal numbers */
    /* [program's tasks]: of the evaluation graphs, what model_evaluate gives; NULL: the prediction of all. The rest is
     * not computed. */
    const OutputNames *outputs;
    const Target *target;
    const Cache *cache; /* NULL: none */
    Team *team;
} ModelOptions;

/* Borrows program, target and team. NULL and diagnostics on failure. Parameters are zero. */
Model *model_new(const Program *program, const ModelOptions *options, Diagnostics *diags);
void model_free(Model *model);

/* Updates that were put off (deferred.h) are made first: all weights and states are as of the last step. */
Parameters *model_parameters(Model *model);
const TaskModel *model_task(const Model *model, int task);
/* The task that stands for these [program's tasks; NULL: for all], in `arena`; its training graph is what passes make
 * of those of these tasks. NULL when there are fewer than two, or a batch cannot join them: one has several texts. */
Task *joined_task(const Program *program, const bool *tasks, Arena *arena);
/* The number of the task that stands for all tasks in model_gradients and model_plan, with a joined batch
 * (batch.h); -1: they are not joined. */
int model_joined(const Model *model);
/* The loss of one task in the last joined batch, by its number among those that are joined, which are in the order of
 * the program. */
float model_task_loss(const Model *model, int task);
const Code *model_code(const Model *model);
/* Bytes of the activation slab so far. */
size_t model_slab_bytes(const Model *model);
/* Bytes that are needed to keep the outputs of the frozen part of a task for all rows of its data set; 0: nothing of it
 * is kept. */
size_t model_kept_bytes(const Model *model, int task, bool training, const Dataset *data);
/* Bytes of the slab that a batch needs, which is not run; and room for so many, exactly. False and a diagnostic when
 * there is none. */
size_t model_plan(Model *model, int task, bool training, Batch *batch);
bool model_reserve(Model *model, size_t bytes, Diagnostics *diags);

/* Weights and what the optimizer evaluates in their place change places, for an evaluation or a save, and back. */
void model_exchange(Model *model);

/* To be said after weights were changed by hand, other than fitted ones: nothing that was computed of them holds. */
void model_touch(Model *model);

/* Switches profiling on; what it found, of training, evaluation and update, in `arena`. */
void model_profile(Model *model, const int *step); /* see executable_profile */
Profile model_profile_rows(const Model *model, Arena *arena);
void model_trace(Model *model, Trace *trace); /* see executable_trace */

/* The numbers of one update. */
typedef struct UpdateSettings {
    double rate;
    double clip;   /* largest norm of all gradients of the step; 0: as they are */
    double decay;  /* of parameters that decay */
    double weight; /* of the loss, whose gradients are multiplied with it before they are clipped */
} UpdateSettings;

typedef struct StepResult {
    float loss;
    double norm; /* of the gradients before clipping */
} StepResult;

/* Runs a batch forward and back: its loss, and its gradients in place for model_update, instead of what was there. A
 * diagnostic and false when there is no memory for the batch, or the loss is not finite. */
bool model_gradients(Model *model, int task, Batch *batch, float *loss, Diagnostics *diags);

/* All gradients that are in place in the dense form too, in the slab of gradients; zero where there are none. */
void model_spread_gradients(Model *model);

/* One update from the gradients in place; `*norm` as in StepResult. A diagnostic and false when they are not finite;
 * then nothing is updated. */
bool model_update(Model *model, const UpdateSettings *settings, double *norm, Diagnostics *diags);

/* One after the other: an update from one batch. */
bool model_step(Model *model, int task, Batch *batch, const UpdateSettings *settings, StepResult *result,
                Diagnostics *diags);

typedef struct OutputValue {
    RowsOf of;
    int input;           /* of tokens or windows the text, of labels the task's value, whose they are */
    const float *values; /* [rows, columns] */
    int64_t rows, columns;
} OutputValue;

/* Evaluates a batch: `outputs` in the order of the task's list; the values are valid until the next run. A diagnostic
 * and false when there is no memory, or a value that has rows is not finite or a class beyond the last. */
bool model_evaluate(Model *model, int task, Batch *batch, OutputValue *outputs, Diagnostics *diags);
int model_outputs(const Model *model, int task); /* how many */
const OutputNames *model_output_names(const Model *model, int task);

#endif
