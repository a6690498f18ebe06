/* Demand: compute only the rows that are used.
 *
 *     gather(f(x, w), index)  becomes  f(gather(x, index), w)
 *
 * for every f that makes each row of its result from the same row of its operands: elementwise
 * operators, reductions and moves within rows, products with x on the left, random, and attention
 * on the side of its queries. A node moves only when nothing but such gathers uses it, so no row is
 * computed twice; the gather comes to rest at a leaf or at a node whose other rows are needed as
 * well.
 *
 * Only a selection moves, an index known to have at most as many entries as the table has rows: by
 * constant extents, or an input with the role `first`, the row of each
 * sequence's first token. Attention asks for the latter, with the `bounds` of the same text cutting the queries:
 * exactly one query of each sequence, in order, so that the query's bounds become 0, 1, ..., S. Its coordinates go with
 * it, so dropout and causal attention know its position still.
 *
 * Runs before differentiation: the gradient of the selected rows is then cheap by itself. */
#ifndef GRADC_PASSES_DEMAND_H
#define GRADC_PASSES_DEMAND_H

#include "passes/remark.h"

/* A new canonical graph with outputs of the same values. A grouped graph is only copied. Remarks (may be NULL): what
 * moved, and why a gather stays where it is. */
Graph *demand(const Graph *graph, Remarks *remarks);

#endif
