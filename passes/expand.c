/* Expansion of grad: a copy of the graph in which a grad is walked instead of copied. */
#include "passes/expand.h"

#include "graph/rewrite.h"
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

typedef struct Expander {
    Diagnostics *diags;
    bool failed;
} Expander;

/* The copy is where y is walked: the grads below it are gone there. */
static Node *walk_grad(void *user, Graph *to, const Node *node, Node *const *inputs) {
    Expander *e = user;
    if (node->op != OP_grad) return NULL;
    Node *y = inputs[0], *x = inputs[1], *cotangent = NULL;
    if (!e->failed && !reverse_walk(to, y, "y", &x, 1, &cotangent, e->diags)) {
        e->failed = true;
        if (node->pos.file) diag_note(e->diags, node->pos, "y is differentiated here");
    }
    return cotangent ? cotangent : zeros_like(to, x);
}

Graph *expand(const Graph *graph, Diagnostics *diags) {
    Graph *canonical = graph_canonical(graph), *result;
    if (!has_grad(graph)) return canonical;
    Expander expander = {.diags = diags};
    result = graph_rewrite(canonical, walk_grad, &expander);
    graph_free(canonical);
    if (!expander.failed) return result;
    graph_free(result);
    return NULL;
}
