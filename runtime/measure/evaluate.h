/* Evaluation: predictions of a task's rows, in order, and the metrics of them. */
#ifndef GRADC_RUNTIME_MEASURE_EVALUATE_H
#define GRADC_RUNTIME_MEASURE_EVALUATE_H

#include "runtime/measure/scores.h"
#include "runtime/model/model.h"
#include "runtime/ranks/ranks.h"

enum { MAX_METRICS = 8, EVAL_BATCH = 64 /* rows at a time, where nothing else is asked for */ };

typedef struct Evaluation {
    int task;
    double metrics[MAX_METRICS]; /* in the order of the task's list */
    double loss;                 /* the task's, without dropout; NaN: it is no number */
    double score;                /* of the first one, from 0 to 1; NaN: undefined */
    int64_t rows;
} Evaluation;

/* The table rows of a task's metrics; false with "did you mean" for an unknown one. */
bool evaluate_check(const Program *program, const bool *tasks, Diagnostics *diags);

/* The outputs that an evaluation reads: prediction and loss, and the probabilities where a metric asks for them. */
OutputNames evaluate_outputs(const Task *task);
/* The same with the probabilities of what is predicted, where the task shows them as metrics read them. */
OutputNames evaluate_outputs_with_scores(const Task *task);

/* One output over all rows of a data set, in the order of the data set: of row i, `counts[i]` numbers from `values +
 * starts[i]`, in lines of `columns`: one line of a sequence, several of its labels or tokens. An output of the batch as
 * a whole is a share of the data set's: `sum` is all of it (a loss divided by update_rows; a term that is not divided
 * by what the update has counts once a batch). */
typedef struct Collected {
    RowsOf of;
    int input; /* of tokens the text, of labels the task's value, whose they are */
    int64_t columns;
    float *values;
    int64_t *starts, *counts;
    int64_t used, capacity;
    double sum;
} Collected;

/* How rows are gone through. */
typedef struct Pace {
    int64_t batch; /* rows at a time, at most */
    /* Asked before each batch, when so many rows of the data are done; false ends it there. NULL: all are done. */
    bool (*goes_on)(void *context, const Dataset *data, int64_t done);
    void *context;
    Ranks *ranks; /* that have some of the batches each; NULL: this process has all */
} Pace;

/* Runs the rows in batches of at most `pace->batch` rows and some thousand tokens, sorted by length, so that batches
 * are of even size. `outputs` [model_outputs], which the caller frees, also after a failure. False with a diagnostic;
 * without one when `pace->goes_on`, or another rank, ended it. */
bool collect_outputs(Model *model, int task, const Dataset *data, const Pace *pace, Collected *outputs,
                     Diagnostics *diags);
/* One of several models that go through the same batches, and where its outputs go. */
typedef struct ModelOutputs {
    Model *model;
    int task;
    Collected *outputs; /* [model_outputs] */
} ModelOutputs;
/* The same for all of them, a batch at a time. */
bool collect_all(const ModelOutputs *models, int count, const Dataset *data, const Pace *pace, Diagnostics *diags);
/* The bytes of the activation slab that the largest of these batches needs. */
size_t collect_plan(Model *model, int task, const Dataset *data, int64_t batch);
void collected_free(Collected *outputs, int count);

/* What classes and flags are taken for; nothing of other labels. */
typedef struct ClassTable {
    ClassReport *classes; /* [count] */
    int64_t *confusion;   /* [count, count]: labelled as the row, predicted as the column; NULL of flags */
    int64_t count;
} ClassTable;

/* Its arrays are the caller's to free. */
ClassTable class_table(const MetricInput *in, LabelKind kind);
void class_table_free(ClassTable *table);

/* Who wants more of the lines than metrics is shown them; they are valid until it returns. */
typedef struct LineVisitor {
    void (*visit)(void *user, const Dataset *data, const MetricInput *lines);
    void *user;
} LineVisitor;

/* `visitor` may be NULL. A metric that is undefined is NaN, with a warning. False as collect_outputs. */
bool evaluate(Model *model, int task, const Dataset *data, const Pace *pace, Evaluation *result,
              const LineVisitor *visitor, Diagnostics *diags);

/* The same of outputs that were collected: those of evaluate_outputs, or more, by their names. */
void evaluate_collected(const Dataset *data, const OutputNames *names, const Collected *outputs, Evaluation *result,
                        const LineVisitor *visitor, Diagnostics *diags);

/* The mean of the scores that are defined; NaN: none is. */
double overall_score(const Evaluation *evaluations, int count);

#endif
