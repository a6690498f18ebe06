/* Matching: which node of one graph is which node of another, by structure and place and never by number. For the eyes
 * of people: what a pass changed, what became of a node.
 *
 * Nodes are the same when operator, attributes, type and, in turn, their operands are; the kernels that they are in do
 * not count. Of the rest, a node is changed when its like in the other graph stands at the same place of the source
 * (the text of its line, not the number; and the same instance of it) with the same operator. What reads a changed node
 * is not changed by that. */
#ifndef GRADC_GRAPH_MATCH_H
#define GRADC_GRAPH_MATCH_H

#include "graph/graph.h"

typedef struct GraphMatch {
    int *old_of;   /* [nodes of the new graph]: the node of the old one; -1: added */
    int *new_of;   /* [nodes of the old graph]: the first such node of the new one; -1: removed */
    bool *changed; /* [nodes of the new graph]: has a like that is not the same */
} GraphMatch;

/* In the arena. */
GraphMatch graph_match(const Graph *old_graph, const Graph *new_graph, Arena *arena);

#endif
