/* Program: what the frontend makes of a source file: configuration, parameters, tasks with their graphs, and the update of
 * the optimizer. Plain data for `runtime/`; owned by the program's arena, graphs included. */
#ifndef GRADC_GRAPH_PROGRAM_H
#define GRADC_GRAPH_PROGRAM_H

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
    Pos pos;
} Param;

/* A text input gives these graph inputs, for input `x` with T = "x.T" tokens and S sequences (all declared, used or not):
 *   x.ids i32<vocab>[x.T]  x.segments i32<segments>[x.T]  x.positions i32<positions>[x.T]  x.bounds i32[S+1]
 *   x.first i32<x.T>[S] (row of each sequence's first token)  x.sequence i32<S>[x.T] (the sequence of each token)
 *   x.coords i32[x.T, 2] (row within the update, position)  x.rows i32[S, 2] (row within the update, 0) */
typedef struct TextInput {
    const char *name;
    const char *columns[2]; /* one text, or a pair encoded jointly */
    int n_columns;
    Pos pos;
} TextInput;

typedef enum LabelKind { LABEL_CLASS, LABEL_REAL } LabelKind;

/* Given to the graph as input NAME: i32<classes>[S, 1] or f32[S, 1]. Evaluation graphs do not take it unless they compute the loss. */
typedef struct Label {
    const char *name; /* also the column */
    LabelKind kind;
    int64_t classes;     /* LABEL_CLASS */
    double lowest, highest; /* LABEL_REAL: the declared range */
    Pos pos;
} Label;

typedef struct Task {
    const char *name;
    Pos pos;
    const char *data; /* "sst/ids-sst-{split}.csv" */
    Pos data_pos;
    char separator; /* '\t' or ',' ; 0: JSON lines */
    bool quoted;
    TextInput inputs[2];
    int n_inputs;
    Label label;
    const char *metrics[8]; /* names; the first one counts towards the overall score */
    Pos metric_pos[8];
    int n_metrics;
    /* Both: graph inputs as above; also "rng" i32[2] (seed, step) and "update.rows" f32[] (rows of the whole update) where used.
     * train has output "loss" f32[]; eval has "predict" f32[S, 1] or f32[S, C] (metrics read column 0), with dropout gone, and "hidden" outputs for `show`n values. */
    Graph *train;
    Graph *eval;
    int *params; /* indices into the program's parameters that `train` uses */
    int n_params;
} Task;

/* The optimizer's update as a graph over one flat run of N parameters: inputs "weight", "gradient" and each state, f32[N]; scalars f32[]
 * "rate", "decay", "step" (from 1), "scale" (of the gradient, from clipping); outputs "weight" and each state. */
typedef struct Optimizer {
    const char *name;
    Graph *update;
    const char *states[4]; /* "m", "v"; they start at zero */
    int n_states;
    double decay; /* weight decay of parameters that have it */
} Optimizer;

typedef struct Program {
    Arena *arena;
    const char *path;
    VEC(ConfigItem) configs;
    VEC(Param) params;
    VEC(Task) tasks;
    Optimizer optimizer;
    const char *checkpoint_prefix; /* "bert.": may be missing from tensor names of a checkpoint; "" for none */
    int64_t vocab, positions, segments; /* what `tokens` declares */
    const char *source; /* the whole program as one text, imports resolved: saved with a run */
} Program;

#endif
