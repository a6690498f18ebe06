/* Program: what the frontend makes of a source file: configuration, parameters, tasks with their graphs, and the update
 * of the optimizer. Plain data for `runtime/`; owned by the program's arena, graphs included. */
#ifndef GRADC_FRONTEND_PROGRAM_H
#define GRADC_FRONTEND_PROGRAM_H

#include <string.h>

#include "graph/graph.h"

typedef struct ConfigItem {
    const char *name; /* "hidden" */
    const char *key;  /* in config.json: "hidden_size"; NULL when there is none */
    double value;     /* the effective one */
    bool is_integer;
    Pos pos;
} ConfigItem;

typedef enum InitKind { INIT_CONSTANT, INIT_NORMAL, INIT_UNIFORM } InitKind;

typedef struct Param {
    const char *name; /* scope path: "bert.encoder.layer.0.output.dense.weight" */
    Type type;        /* f32, constant dimensions */
    InitKind init;
    double init_a, init_b; /* the constant | mean, deviation | lowest, highest */
    bool decay;            /* weight decay applies */
    bool frozen;           /* said in the text */
    bool fitted;           /* see Fit; frozen too */
    Pos pos;
} Param;

/* What stays of a text that is too long. */
typedef enum Truncation { KEEP_HEAD, KEEP_TAIL, KEEP_BOTH } Truncation;

/* A text input gives these graph inputs, for input `x` with T = "x.T" tokens and S sequences (all declared, used or
 * not). They are known by their roles, see graph/role.h, not by these names:
 *   x.ids i32<vocab>[x.T]  x.segments i32<segments>[x.T]  x.positions i32<positions>[x.T]  x.bounds i32[S+1]
 *   x.first i32<x.T>[S] (row of each sequence's first token)  x.sequence i32<S>[x.T] (the sequence of each token)
 *   x.coords i32[x.T, 2] (row within the update, position)  x.rows i32[S, 2] (row within the update, 0)
 * One with windows gives several sequences for each of the R = "x.R" rows; the label and the prediction have R rows
 * instead of S, and there are
 *   x.row i32<x.R>[S] (the row of each window)  x.places i32[x.R, 2] (row within the update, 0)
 * where x.coords and x.rows count windows. */
typedef struct TextInput {
    const char *name;
    const char *columns[2]; /* one text, or a pair encoded jointly */
    int n_columns;
    Truncation truncation;
    /* tokens of a window, special ones included, and from the beginning of one to that of the next; 0: no windows */
    int64_t window, stride;
    bool pools_max; /* of windows: how the text asks for them to be pooled; otherwise by their mean */
    Pos window_pos;
    bool words; /* the column holds a list of words, or a text to be split at blanks */
    Pos pos;
} TextInput;

typedef enum LabelKind { LABEL_NONE, LABEL_CLASS, LABEL_FLAGS, LABEL_REAL, LABEL_MASKED, LABEL_NUMBERS } LabelKind;

/* What a row of the data has beside its texts: what a task learns to tell or, of LABEL_NUMBERS, numbers that are given
 * to it. Input NAME of the graph has one row for each sequence (R = S) or, with `of`, for each of the W = "NAME.W"
 * labelled tokens of a text input: first pieces of words, masked positions.
 *   class, masked i32<classes>[R, 1]   flags i32<2>[R, classes]   real f32[R, 1]   numbers f32[R, width]
 *   NAME.at i32<x.T>[NAME.W] (with `of`: the token row that each label belongs to)
 *   NAME.given f32[R, width] (without `of`, where the text reads it: 1, or 0 in a gap, where NAME has 0)
 * Evaluation graphs need labels only for the loss, numbers always. A masked label has no column: its inputs' ids are
 * hidden from the graph, and are the label (Devlin et al. 2018). */
typedef struct Label {
    const char *name; /* NULL: none */
    LabelKind kind;
    int of; /* index of the input whose tokens it belongs to; -1: sequences */
    /* [n_columns]: one, or for flags and numbers perhaps one each; none when masked. Of several numbers one column NAME
     * is a list or, where the file has none, stands for NAME0, NAME1, ... */
    const char *const *columns;
    int n_columns;
    int64_t classes;          /* of class; flags: how many; masked: the vocabulary */
    int64_t width;            /* numbers in a row of the label */
    const char *const *names; /* [classes], as declared or as the data has them; NULL: numbers from 0 */
    const double *weights;    /* [classes], for the text to use; NULL: none */
    double lowest, highest;   /* real: the declared range */
    double share;             /* masked: of the tokens */
    bool optional;            /* rows may lack it: they are left out where labels are needed */
    bool may_lack;            /* rows may lack it, or some of it, and stay: the text reads NAME.given */
    Pos pos;
} Label;

/* How one file is made into train and dev; see runtime/data/split.h. */
typedef struct Split {
    double share;      /* of dev */
    int64_t folds;     /* 0: by the share */
    bool stratified;   /* classes have the same shares on both sides */
    const char *group; /* a column; NULL: rows with the same texts belong together */
    int64_t seed;
    Pos pos; /* no file: none is declared, each split is a file */
} Split;

/* Whether fields may stand in double quotes, as the data line says it. */
typedef enum Quoting { QUOTING_UNSAID, QUOTING_QUOTED, QUOTING_UNQUOTED } Quoting;

/* A text that config.json has under `key` where it has the key at all: otherwise it describes another model. */
typedef struct Expectation {
    const char *key, *value;
    Pos pos;
} Expectation;

typedef VEC(Expectation) Expectations;

typedef struct Rename {
    const char *from, *to; /* beginnings of names: "heads.sentiment.", "classifier." */
} Rename;

/* How the parameters become a model of another program. */
typedef struct Export {
    const char *format; /* "hf" or "sentence_transformers" */
    const char *head;   /* the class has such a head, which tasks call so; NULL: none, or none that has a name */
    /* the class in transformers; how sentence-transformers pools: "mean", "cls", "max"; NULL: it is none */
    const char *target;
    const char *const
        *names; /* [n_names]: patterns of the parameters that it knows; none: those of the program's export to hf */
    int n_names;
    const Rename *renames; /* [n_renames]: of a head that goes with them */
    int n_renames;
    Pos pos;
} Export;

typedef VEC(Export) Exports;

/* NULL: none to that format with such a head, or without one (`head` NULL). */
static inline Export *exports_find(const Exports *exports, const char *format, const char *head) {
    for (int i = 0; format && i < exports->count; i++) {
        Export *e = &exports->items[i];
        if (strcmp(e->format, format) != 0 || !e->head != !head) continue;
        if (!head || strcmp(e->head, head) == 0) return e;
    }
    return NULL;
}

/* How a parameter takes others in: graph, whose leaves are parameters by their names, has one output, of the
 * parameter's type. With that in its place a plainer model computes the same. */
typedef struct ParamMerge {
    int param; /* of the program */
    Graph *graph;
    Pos pos;
} ParamMerge;

/* A parameter that is fitted on the development set: "TASK.NAME", f32[] or a list. */
typedef struct Fit {
    const char *name;
    int param; /* of the program */
    bool is_list;
    int64_t count; /* numbers */
    double start, lowest, highest;
    const char *metric; /* that the fit is for */
    Pos metric_pos, pos;
} Fit;
enum { MAX_FITS = 4, MAX_FITTED = 1000 };

enum { MAX_TEXTS = 16, MAX_VALUES = 16 }; /* of a task */

typedef struct Task {
    const char *name;
    Pos pos;
    const char *data; /* "sst/ids-sst-{split}.csv" */
    Pos data_pos;
    const char *data_format; /* "tab": a row of runtime/data/table_formats.c */
    Pos format_pos;
    Quoting quoting;
    const char *const
        *data_columns; /* [n_data_columns]: what the file's columns are called; NULL: its header says it */
    int n_data_columns;
    Split split;
    TextInput inputs[MAX_TEXTS];
    int n_inputs;
    /* [n_values], at least one: first the label that predictions, metrics and fits are about (LABEL_NONE: the task has
     * none), then other labels and numbers in the order of the text. */
    Label values[MAX_VALUES];
    int n_values;
    const char *metrics[8]; /* names; the first one counts towards the overall score */
    Pos metric_pos[8];
    int n_metrics;
    Fit fits[MAX_FITS]; /* in the order in which they are made */
    int n_fits;
    Exports exports;
    /* Both: graph inputs as above; where used also "rng" i32[2] (seed, step) and, f32[], what losses are means over:
     * "update.rows", "update.sequences" (windows), "LABEL.update", "INPUT.update", the sequences, labels and tokens of
     * the whole update. Both have output "loss" f32[]; eval, with dropout gone, has "predict" f32[R, C], a row for each
     * of the label's (or for each sequence) and columns as its metrics take them, and outputs for `show`n values. */
    Graph *train;
    Graph *eval;
    int *params; /* indices into the program's parameters that `train` uses */
    int n_params;
    /* [n_tasks]: of a task that stands for several in one step (passes/join.h); its one input is their texts */
    const struct Task *const *tasks;
    int n_tasks;
} Task;

/* The number of the text input of this name; -1: there is none. */
static inline int task_input(const Task *task, const char *name) {
    for (int i = 0; i < task->n_inputs; i++) {
        if (strcmp(task->inputs[i].name, name) == 0) return i;
    }
    return -1;
}

/* What predictions are compared with. */
static inline const Label *task_label(const Task *task) { return &task->values[0]; }

/* The number of the label, or of the numbers, of this name; -1: there is none. */
static inline int task_value(const Task *task, const char *name) {
    for (int i = 0; i < task->n_values; i++) {
        if (task->values[i].name && strcmp(task->values[i].name, name) == 0) return i;
    }
    return -1;
}

static inline bool task_masks(const Task *task) {
    for (int i = 0; i < task->n_values; i++) {
        if (task->values[i].kind == LABEL_MASKED) return true;
    }
    return false;
}

/* The name of the output of the evaluation graph that plays this role; NULL: none does. */
static inline const char *task_output(const Task *task, Role role) {
    const Output *output = graph_output_of(task->eval, role);
    return output ? output->name : NULL;
}

/* Does the output of this name play it? */
static inline bool task_output_is(const Task *task, const char *name, Role role) {
    const char *plays = task_output(task, role);
    return plays && strcmp(plays, name) == 0;
}

/* The number, among the tasks that this one stands for, of the one that a role belongs to; -1: to none, or to all. */
static inline int task_of_role(const Task *task, const Role *role) {
    for (int i = 0; role->task && i < task->n_tasks; i++) {
        if (strcmp(task->tasks[i]->name, role->task) == 0) return i;
    }
    return -1;
}

/* The optimizer's update as a graph: inputs "weight", "gradient" and each state; scalars f32[] "rate", "decay", "step"
 * (from 1), "scale" (of the gradient, from clipping); outputs "weight" and each state. Either over a flat run of
 * parameters, all f32[N], or over one parameter, a matrix f32[rows, columns], of whose states some have one row or one
 * column. */
typedef struct OptimizerUpdate {
    int64_t rows, columns; /* 0: flat */
    Graph *graph;
} OptimizerUpdate;

enum { MAX_STATES = 4 };

typedef struct Optimizer {
    const char *name;
    bool whole;                     /* it sees one parameter at a time */
    VEC(OptimizerUpdate) updates;   /* one that is flat, or of each shape that the program's parameters have */
    const char *states[MAX_STATES]; /* "m", "v" */
    struct {
        bool one_row, one_column;
    } spans[MAX_STATES];               /* of the states, where it is whole */
    bool begins_as_weight[MAX_STATES]; /* of the states; others begin at zero */
    bool is_evaluated[MAX_STATES];     /* one at most, as large as the weight: evaluated and saved in its place */
    int n_states;
    double decay; /* weight decay of parameters that have it */
} Optimizer;

/* A parameter as a matrix: its last axis are the columns. */
static inline int64_t param_columns(const Type *type) { return type->rank ? type->dims[type->rank - 1].offset : 1; }
static inline int64_t param_rows(const Type *type) {
    int64_t rows = 1;
    for (int i = 0; i + 1 < type->rank; i++) rows *= type->dims[i].offset;
    return rows;
}

/* The number of the update for a parameter of this type; -1: there is none. */
static inline int optimizer_update(const Optimizer *optimizer, const Type *type) {
    for (int i = 0; i < optimizer->updates.count; i++) {
        const OptimizerUpdate *update = &optimizer->updates.items[i];
        bool fits = update->rows == param_rows(type) && update->columns == param_columns(type);
        if (!optimizer->whole || fits) return i;
    }
    return -1;
}

/* A value that the text gives a name, in one of the places where it has it: what `gradc run` can show. */
typedef struct Watched {
    const char *name; /* "q"; "return": what a definition gives; "loss", "predict" and what `show` lines say */
    const char *def;  /* the definition that it stands in; NULL: the task itself */
    bool prelude;     /* a definition of the prelude */
    /* of the graph: scope, name and line, "bert.encoder.layer.0.attention.self.q:52"; NULL: it is no tensor */
    const char *output;
    const char *text; /* of what is no tensor: "the number 4" */
    Pos pos;          /* of the name, with its scope */
} Watched;

/* A setting of the training that the text has, by the name of the command line's option with _ for -. */
typedef struct Setting {
    const char *name;
    Pos pos;
    const char *const *values; /* [n_values]: as the command line would have them; none: a flag */
    int n_values;
} Setting;

/* Names in the folder that parameters start from: what begins with the scope here ("bert.") begins with the prefix
 * there ("distilbert."; most often both are equal), or has no prefix at all. */
typedef struct ParamOrigin {
    const char *scope, *prefix;
    Pos pos;
} ParamOrigin;

typedef struct Program {
    Arena *arena;
    const char *path;
    VEC(ConfigItem) configs;
    VEC(Param) params;
    VEC(Task) tasks;
    Optimizer optimizer;
    VEC(Setting) settings;
    Expectations expects;
    Exports exports;          /* for tasks that do not say it themselves; at most one of a format and a head */
    VEC(ParamMerge) merges;   /* at most one of a parameter */
    VEC(Watched) watched;     /* of a probe, in the order of evaluation */
    VEC(ParamOrigin) origins; /* of scopes that differ */
    bool saves_overlay; /* `checkpoint apart`: a run saves what is not frozen; the rest comes from its base again */
    int64_t vocab, positions, segments; /* what `tokens` declares; segments 1 when it does not: all are 0 */
    const char *source;                 /* the whole program as one text, imports resolved: saved with a run */
} Program;

/* The number of the parameter of this name; -1: there is none. */
static inline int program_find_param(const Program *program, const char *name) {
    for (int i = 0; i < program->params.count; i++) {
        if (strcmp(program->params.items[i].name, name) == 0) return i;
    }
    return -1;
}

#endif
