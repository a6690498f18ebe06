/* Extraction: the body of a group as a graph of its own (see graph/kernel.h), and what binds it to its place. */
#ifndef GRADC_PASSES_EXTRACT_H
#define GRADC_PASSES_EXTRACT_H

#include "graph/kernel.h"

/* Fills all of `launch` but `kernel` and `barrier`, in `arena`; returns the body, which the caller owns.
 * `nodes`: the group's nodes in order. `used_outside`: [node id] a value is read by another group or is an output. */
Graph *extract_body(const Graph *graph, Node *const *nodes, int count, const bool *used_outside, Arena *arena,
                    Launch *launch);

#endif
