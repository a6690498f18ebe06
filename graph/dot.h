/* A graph in the language of Graphviz: operators as boxes, each kernel a cluster, a repeated stretch (roll.h) drawn
 * once as a cluster that says how often; what its first turn reads of the turn before is a dashed edge. */
#ifndef GRADC_GRAPH_DOT_H
#define GRADC_GRAPH_DOT_H

#include "graph/graph.h"

/* `rolled` as described; else every node. Caller frees with `free`. */
char *graph_dot(const Graph *graph, bool rolled);

#endif
