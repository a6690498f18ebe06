/* Expansion: grad(y, x) becomes the nodes that compute it, by the reverse walk from y to x; zeros
 * where y does not depend on x. The innermost is expanded first, so that gradients of gradients are
 * walks through gradients.
 *
 * What grad(y, x) means depends on x being the very node that y is computed from. So this is done
 * before any pass that replaces nodes by equal ones; those leave graphs with a grad in them alone. */
#ifndef GRADC_PASSES_EXPAND_H
#define GRADC_PASSES_EXPAND_H

#include "graph/graph.h"

/* A new canonical graph without grad. NULL and an error (E0602, E0603) when an operator on the way
 * has no gradient. */
Graph *expand(const Graph *graph, Diagnostics *diags);

/* Is there a grad? */
bool has_grad(const Graph *graph);

#endif
