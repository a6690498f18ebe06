/* The reverse walk: cotangents of the values that a scalar depends on, built beside the forward
 * nodes. Parameter gradients (differentiate.c) and grad(y, x) (expand.c) are read off it. */
#ifndef GRADC_PASSES_REVERSE_H
#define GRADC_PASSES_REVERSE_H

#include "graph/graph.h"

/* Walks from `y` (f32, one element) back to the `n` values `x` and sets cotangents[i] to the
 * derivative of `y` for x[i] (f32; NULL is passed over), of x[i]'s type, or to NULL when `y` does
 * not depend on it. All are nodes of `graph`, which grows; its operands come first. The node of a
 * value is varied, whatever uses it. The order of additions is fixed: users in reverse order, their
 * operands in order. `name` is what errors call `y`. False and an error (E0602, E0603) with the path
 * when it leads through an operator that has no gradient. */
bool reverse_walk(Graph *graph, Node *y, const char *name, Node *const *x, int n, Node **cotangents,
                  Diagnostics *diags);

#endif
