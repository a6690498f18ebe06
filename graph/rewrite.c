/* Rewriting. */
#include "graph/rewrite.h"

#include <stdlib.h>

#include "graph/base/memory.h"

Rewrite rewrite_begin(const Graph *from, Graph *to, Rewriter *replace, void *user) {
    Node **copies = arena_array(to->arena, (size_t)from->nodes.count + 1, sizeof *copies);
    return (Rewrite){to, copies, replace, user};
}

/* Its operands are there. */
static void copy_node(const Rewrite *r, const Node *node) {
    Node *inputs[MAX_OPERANDS], *copy = NULL;
    for (int i = 0; i < node->n_inputs; i++) inputs[i] = r->copies[node->inputs[i]->id];
    if (r->replace) copy = r->replace(r->user, r->to, node, inputs);
    r->copies[node->id] = copy ? copy : graph_clone(r->to, node, inputs);
}

void rewrite_nodes(const Rewrite *r, const Graph *from) {
    for (int i = 0; i < from->nodes.count; i++) {
        if (!r->copies[i]) copy_node(r, from->nodes.items[i]);
    }
}

static const Node *missing_operand(const Rewrite *r, const Node *node) {
    for (int i = 0; i < node->n_inputs; i++) {
        if (!r->copies[node->inputs[i]->id]) return node->inputs[i];
    }
    return NULL;
}

/* With an explicit stack: graphs are deep. A node on it has a smaller number than the one below. */
Node *rewrite_value(const Rewrite *r, const Node *root) {
    if (r->copies[root->id]) return r->copies[root->id];
    const Node **stack = memory_new((size_t)root->id + 1, sizeof *stack), *missing;
    int top = 0;
    for (stack[top++] = root; top;) {
        if ((missing = missing_operand(r, stack[top - 1])))
            stack[top++] = missing;
        else
            copy_node(r, stack[--top]);
    }
    free(stack);
    return r->copies[root->id];
}

void rewrite_outputs(const Rewrite *r, const Graph *from) {
    for (int i = 0; i < from->outputs.count; i++) {
        const Output *output = &from->outputs.items[i];
        graph_output_like(r->to, output, r->copies[output->node->id]);
    }
}

Graph *graph_rewrite(const Graph *graph, Rewriter *replace, void *user) {
    Graph *to = graph_new_like(graph);
    Rewrite rewrite = rewrite_begin(graph, to, replace, user);
    rewrite_nodes(&rewrite, graph);
    rewrite_outputs(&rewrite, graph);
    Graph *canonical = graph_canonical(to);
    graph_free(to);
    return canonical;
}

Graph *graph_canonical(const Graph *graph) {
    Graph *to = graph_new_like(graph);
    for (int i = 1; i < graph->groups.count; i++)
        graph_group(to, graph->groups.items[i].kind, graph->groups.items[i].name);
    Node **copies = memory_new((size_t)graph->nodes.count, sizeof *copies);
    Rewrite copy = {.to = to, .copies = copies};
    for (int i = 0; i < graph->outputs.count; i++) rewrite_value(&copy, graph->outputs.items[i].node);
    rewrite_outputs(&copy, graph);
    free(copies);
    return to;
}
