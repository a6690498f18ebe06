/* Random graphs: valid graphs of many operators with values for their inputs, the same for the same
 * seed everywhere.
 *
 * The graphs look like a model: rows of T tokens in S ragged sequences, parameters of constant
 * extents, one output "loss" f32[]. Values stay small, so that finite differences and f32 code can
 * be compared. Inputs follow the names of graph/program.h for a text input "x". */
#ifndef GRADC_TESTS_RANDOM_GRAPH_H
#define GRADC_TESTS_RANDOM_GRAPH_H

#include "graph/interpret.h"

/* What a graph may contain, or'ed. */
enum {
    RANDOM_ATTENTION = 1,
    RANDOM_DROPOUT = 2, /* random masks, also within attention */
    RANDOM_KINKS = 4,   /* abs, max, maximum, minimum, select on a comparison */
    RANDOM_GATHER = 8,  /* gather, scatter_add, scatter_max */
    RANDOM_ALL = 15
};

typedef struct RandomGraph {
    Graph *graph; /* canonical */
    int64_t extents[MAX_SYMBOLS];
    Binding *bindings; /* one for each input and parameter; values are writable through
                          random_graph_values */
    int n_bindings;
    const char **params; /* names */
    int n_params;
    Arena *arena;
} RandomGraph;

/* About `size` operators, with composites counted as one. */
RandomGraph *random_graph_new(uint64_t seed, int size, unsigned features);
void random_graph_free(RandomGraph *random);

/* The values bound to `name`, and how many; NULL: no such name. */
double *random_graph_values(const RandomGraph *random, const char *name, int64_t *count);

/* The generator of pseudo-random numbers: SplitMix64 (Steele, Lea, Flood 2014). `state` is any
 * number. */
uint64_t random_word(uint64_t *state);
int random_below(uint64_t *state, int n);                        /* in [0, n) */
double random_between(uint64_t *state, double low, double high); /* rounded to f32 */

#endif
