/* Compact: gradients of tables as the rows that the batch touches.
 *
 *     grad.W = scatter_add(x.ids, dy) : f32[vocab, C]
 *
 * becomes
 *
 *     grad.W = scatter_add(x.ids.slots, dy) : f32[x.ids.U, C]
 *
 * where `x.ids.U` is the number of distinct indices and `x.ids.slots` : i32<x.ids.U>[M] the number of each index among
 * them: a new symbol and a new input, which the caller gives, in any order. Row u of the new gradient is the row of the
 * old one that the index numbered u names, added up in the same order; all other rows of the old one are zero.
 *
 * Only where the indices are an input themselves and the rows that are read of the table are those: then a step reads,
 * and changes, no other row. */
#ifndef GRADC_PASSES_COMPACT_H
#define GRADC_PASSES_COMPACT_H

#include "graph/graph.h"

/* Rows that are many, so that a step may well leave most of them alone, and whole vectors, so that each can be updated
 * by itself. */
bool compact_suits(const Type *table);

/* A new canonical graph, with the gradients of all parameters that suit and are read in no other way. */
Graph *compact(const Graph *graph);

typedef struct CompactGradient {
    const Node *index, *slots; /* inputs, as x.ids and x.ids.slots above */
    int32_t distinct;          /* the symbol x.ids.U */
    const char *output;        /* "grad.W" */
} CompactGradient;

/* The compact gradient of `table`; false when the graph has none. */
bool compact_find(const Graph *graph, const char *table, CompactGradient *found);

#endif
