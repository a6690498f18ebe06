/* Simplification: one walk over the nodes, operands first, each made anew in its simplest form
 * (simplify_rules.c). A rule's result is made in the same way, so nothing is left to do when the
 * walk ends. */
#include "passes/simplify.h"

#include "graph/rewrite.h"
#include "passes/expand.h"
#include "passes/simplify_rules.h"

static Node *make_simple(void *user, Graph *to, const Node *node, Node *const *inputs) {
    Simplifier *s = user;
    s->graph = to;
    s->at = node;
    NodeSpec spec = {.op = node->op,
                     .n_inputs = node->n_inputs,
                     .inputs = inputs,
                     .attrs = node->attrs,
                     .type = node->type,
                     .pos = node->pos};
    return simple_node(s, &spec);
}

Graph *simplify(const Graph *graph, Remarks *remarks) {
    Simplifier simplifier = {.remarks = remarks};
    if (graph->groups.count > 1 || has_grad(graph)) return graph_canonical(graph);
    return graph_rewrite(graph, make_simple, &simplifier);
}
