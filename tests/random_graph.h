/* Random graphs: valid graphs of many operators with values for their inputs, the same for the same
 * seed everywhere.
 *
 * The graphs look like a model: rows of T tokens in S ragged sequences, parameters of constant
 * extents, a loss and now and then other outputs. Values stay small, so that finite
 * differences and f32 code can be compared. Inputs follow the names of frontend/program.h for a text
 * input "x". A graph can be given batches of other shapes without being made anew. */
#ifndef GRADC_TESTS_RANDOM_GRAPH_H
#define GRADC_TESTS_RANDOM_GRAPH_H

#include "graph/interpret.h"

/* What a graph may contain, or'ed. */
enum {
    RANDOM_ATTENTION = 1,
    RANDOM_DROPOUT = 2, /* random masks, also within attention */
    RANDOM_KINKS = 4,   /* what has no slope somewhere: abs, maxima, comparisons, casts */
    RANDOM_GATHER = 8,  /* gather, scatter_add, scatter_max */
    RANDOM_STOPS = 16,  /* stop_gradient: slopes that differences do not have */
    RANDOM_ALL = 31,
    RANDOM_GRADS = 32 /* grad(...), which only the pass `expand` makes something to evaluate of */
};

/* Lengths of the sequences of a batch. */
typedef enum BatchShape {
    BATCH_SHORT,  /* 1 to 4 sequences of 1 to 5 */
    BATCH_SINGLE, /* one sequence */
    BATCH_ONES,   /* all of length 1 */
    BATCH_EQUAL,  /* all of one length */
    BATCH_LONG,   /* long and short ones, up to 75 */
    BATCH_EMPTY,  /* no sequence; as BATCH_SHORT where a graph needs a row */
    BATCH_SHAPES
} BatchShape;

/* How the values of a leaf are made. */
typedef enum LeafKind {
    LEAF_REAL,     /* in [-1, 1) */
    LEAF_BELOW,    /* integers below the type's constant bound */
    LEAF_BOUNDS,   /* [S + 1] where sequences begin */
    LEAF_FIRST,    /* [S] the row of each sequence's first token */
    LEAF_SEQUENCE, /* [T] the sequence of each token */
    LEAF_COUNTING, /* 0, 1, 2, ...: bounds of sequences of one row each */
    LEAF_COORDS,   /* [T, 2] sequence and position of each token */
    LEAF_ROWS,     /* [S, 2] sequence and 0 */
    LEAF_KEY       /* [2] seed and step */
} LeafKind;

typedef struct RandomLeaf {
    const char *name;
    Type type;
    LeafKind kind;
} RandomLeaf;

typedef struct RandomGraph {
    Graph *graph; /* canonical */
    int64_t extents[MAX_SYMBOLS];
    Binding *bindings; /* one for each input and parameter; values are writable through
                          random_graph_values */
    int n_bindings;
    const char **params; /* names */
    int n_params;
    Arena *arena;
    const RandomLeaf *leaves; /* in the order of the bindings */
    int least_tokens;         /* fewer make an extent negative, or a maximum of nothing */
    uint64_t seed;
} RandomGraph;

/* An input or a parameter. One that is called like a part of the text x, or "rng", has its role where the type fits. */
Node *named_leaf(Graph *graph, Op op, const char *name, Type type);
/* Symbols x.T and S with their roles. */
Dim tokens_of_x(Graph *graph);
Dim sequences_of_batch(Graph *graph);

/* About `size` operators, with composites counted as one. The batch is BATCH_SHORT. */
RandomGraph *random_graph_new(uint64_t seed, int size, unsigned features);
void random_graph_free(RandomGraph *random);

/* Gives the graph another batch: extents and the values of all leaves. */
void random_graph_batch(RandomGraph *random, uint64_t seed, BatchShape shape);

/* The values bound to `name`, and how many; NULL: no such name. */
double *random_graph_values(const RandomGraph *random, const char *name, int64_t *count);

/* The generator of pseudo-random numbers: SplitMix64 (Steele, Lea, Flood 2014). `state` is any
 * number. */
uint64_t random_word(uint64_t *state);
int random_below(uint64_t *state, int n);                        /* in [0, n) */
double random_between(uint64_t *state, double low, double high); /* rounded to f32 */

#endif
