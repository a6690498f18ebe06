/* Rewriting: a copy of a graph in which some nodes are replaced, which is what most passes make.
 *
 * A rewriter gives what stands in the copy, `to`, for a node of the original whose operands are `inputs` there; NULL: a
 * node like it over these operands. */
#ifndef GRADC_GRAPH_REWRITE_H
#define GRADC_GRAPH_REWRITE_H

#include "graph/graph.h"

typedef Node *Rewriter(void *user, Graph *to, const Node *node, Node *const *inputs);

/* A canonical graph, which the caller frees, with the name, the symbols, the outputs and what is wanted of `graph`,
 * whose nodes are in no kernel. */
Graph *graph_rewrite(const Graph *graph, Rewriter *replace, void *user);

/* The same step by step, where `to` gets, or has, something else as well. */
typedef struct Rewrite {
    Graph *to;
    Node **copies;     /* [nodes of the original]: what stands for each in `to`; NULL: nothing yet */
    Rewriter *replace; /* NULL: all nodes are copied */
    void *user;
} Rewrite;

/* Nothing is copied as yet. In `to`'s arena. */
Rewrite rewrite_begin(const Graph *from, Graph *to, Rewriter *replace, void *user);
/* Each fills in what is missing among `copies`: all nodes in their order; or `root` and what it needs, operands first.
 * What the caller has put there stays, and what only that needs is not looked at by the second. */
void rewrite_nodes(const Rewrite *rewrite, const Graph *from);
Node *rewrite_value(const Rewrite *rewrite, const Node *root);
/* The outputs of `from`, whose nodes are copied, for `to`. */
void rewrite_outputs(const Rewrite *rewrite, const Graph *from);

#endif
