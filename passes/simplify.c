/* Simplification: one walk over the nodes, operands first, each made anew in its simplest form
 * (simplify_rules.c). A rule's result is made in the same way, so nothing is left to do when the
 * walk ends. */
#include "passes/simplify.h"

#include <stdlib.h>

#include "passes/expand.h"
#include "passes/simplify_rules.h"

static Node *copy_simple(Simplifier *s, const Node *node, Node **copies) {
    s->at = node;
    Node *inputs[MAX_OPERANDS];
    for (int i = 0; i < node->n_inputs; i++) inputs[i] = copies[node->inputs[i]->id];
    NodeSpec spec = {.op = node->op,
                     .n_inputs = node->n_inputs,
                     .inputs = inputs,
                     .attrs = node->attrs,
                     .type = node->type,
                     .pos = node->pos};
    return simple_node(s, &spec);
}

Graph *simplify(const Graph *graph, Remarks *remarks) {
    if (graph->groups.count > 1 || has_grad(graph)) return graph_canonical(graph);
    Graph *work = graph_new_like(graph);
    Simplifier simplifier = {.graph = work, .remarks = remarks};
    Node **copies = arena_array(work->arena, (size_t)graph->nodes.count + 1, sizeof *copies);
    for (int i = 0; i < graph->nodes.count; i++) copies[i] = copy_simple(&simplifier, graph->nodes.items[i], copies);
    for (int i = 0; i < graph->outputs.count; i++) {
        Output output = graph->outputs.items[i];
        graph_output(work, output.name, copies[output.node->id]);
    }
    Graph *result = graph_canonical(work);
    graph_free(work);
    return result;
}
