/* Terms: what the values of a graph are of the rows of a batch. An update may be cut into several batches, or into
 * shards, whose losses and gradients are added: that is right for what is a sum over rows, times what is fixed. */
#ifndef GRADC_GRAPH_TERMS_H
#define GRADC_GRAPH_TERMS_H

#include "graph/graph.h"

typedef enum TermKind {
    TERM_FIXED, /* it does not depend on them */
    TERM_ROWS,  /* it has a row for each */
    TERM_SUM,   /* a sum over them, times what is fixed */
    TERM_BATCH, /* anything else that depends on all of them */
    TERM_MIXED  /* a sum of terms of several kinds, times what is fixed */
} TermKind;

/* Of the first `count` nodes, in `arena`. */
TermKind *terms_classify(const Graph *graph, int count, Arena *arena);

/* An operator of one operand whose result is a sum where the operand is. */
bool term_is_linear(Op op);

/* The first of the nodes that `value` is computed from in which rows meet otherwise than in such a sum: each sentence
 * is compared with all others, say. NULL: there is none, so that rows may be dealt into batches in any way. */
const Node *terms_meet(const Graph *graph, const Node *value);

#endif
