/* Differentiation: reverse mode, graph to graph.
 *
 * The gradient of the loss for chosen parameters, or for any other value that is an output,
 * as nodes beside the forward ones. The walk (reverse.c) visits nodes in reverse order and owns
 * accumulation; it visits only nodes between the loss and a wanted value, so nothing is built below
 * a frozen part. What each operator does with a cotangent is the GRADIENT column of graph/ops.def
 * (differentiate_rules.c). A loss that depends on grad(...) is expanded first (expand.h). */
#ifndef GRADC_PASSES_DIFFERENTIATE_H
#define GRADC_PASSES_DIFFERENTIATE_H

#include "graph/graph.h"

/* A new canonical graph: the outputs of `graph`, then "grad.<name>" for each of the wanted names, in
 * this order, that the loss depends on; its type is that of the value. A name is a
 * parameter's, or else an output's: then the value of that node, whatever uses it, is varied. Gradient
 * nodes have their forward nodes' positions. Nothing more is wanted of the result. NULL and errors when there is no
 * such loss (E0601) or a path to a wanted value leads through an operator that has no gradient (E0602, E0603). */
Graph *differentiate(const Graph *graph, const char *const *wanted, int n_wanted, Diagnostics *diags);

#endif
