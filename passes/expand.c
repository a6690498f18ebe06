/* Expansion of grad: a copy of the graph, node by node in order, in which a grad is walked instead of
 * copied. What it is walked in is the copy, where the grads below it are gone. */
#include "passes/expand.h"

#include "passes/reverse.h"

bool has_grad(const Graph *graph) {
    for (int i = 0; i < graph->nodes.count; i++) {
        if (graph->nodes.items[i]->op == OP_grad) return true;
    }
    return false;
}

static Node *zeros_like(Graph *graph, const Node *x) {
    return graph_broadcast(graph, graph_const(graph, ELEM_F32, 0, x), &x->type, x);
}

/* NULL after an error. */
static Node *walk_grad(Graph *to, const Node *grad, Node *const *inputs, Diagnostics *diags) {
    Node *y = inputs[0], *x = inputs[1], *cotangent;
    if (reverse_walk(to, y, "y", &x, 1, &cotangent, diags)) {
        return cotangent ? cotangent : zeros_like(to, x);
    }
    if (grad->pos.file) diag_note(diags, grad->pos, "y is differentiated here");
    return NULL;
}

static bool expand_into(Graph *to, const Graph *from, Diagnostics *diags) {
    Node **copies = arena_array(to->arena, (size_t)from->nodes.count + 1, sizeof *copies);
    for (int i = 0; i < from->nodes.count; i++) {
        const Node *node = from->nodes.items[i];
        Node *inputs[MAX_OPERANDS];
        for (int j = 0; j < node->n_inputs; j++) inputs[j] = copies[node->inputs[j]->id];
        bool walks = node->op == OP_grad;
        copies[i] = walks ? walk_grad(to, node, inputs, diags) : graph_clone(to, node, inputs);
        if (!copies[i]) return false;
    }
    for (int i = 0; i < from->outputs.count; i++) {
        Output output = from->outputs.items[i];
        graph_output(to, output.name, copies[output.node->id]);
    }
    return true;
}

Graph *expand(const Graph *graph, Diagnostics *diags) {
    if (!has_grad(graph)) return graph_canonical(graph);
    Graph *work = graph_new_like(graph), *canonical = graph_canonical(graph);
    Graph *result = expand_into(work, canonical, diags) ? graph_canonical(work) : NULL;
    graph_free(canonical);
    graph_free(work);
    return result;
}
