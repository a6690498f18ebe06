/* Settled: is it worth it, and two copies. */
#include "passes/settled.h"

#include <string.h>

#include "passes/rowwise.h"

typedef struct Cutter {
    const Graph *graph;
    RowWise settled;
    bool *is_kept; /* [nodes] */
    Arena *arena;
} Cutter;

/* Of a matrix product, for each of its rows; other work is small beside it. */
static double flops_of_row(const Node *node) {
    const Type *right = node->op == OP_matmul ? &node->inputs[1]->type : NULL;
    return right && dim_is_const(right->dims[0]) && dim_is_const(right->dims[1])
               ? 2.0 * (double)(right->dims[0].offset * right->dims[1].offset)
               : 0;
}

/* Is what it takes to compute the kept values much, for each number that has to be kept? A text is taken to have 16
 * tokens. */
static bool is_worth_it(const Cutter *c, double worth) {
    static const double tokens = 16;
    double flops = 0, floats = 0;
    bool *needed = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *needed);
    for (int i = c->graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = c->graph->nodes.items[i];
        int counts = c->settled.rows[i];
        double rows = counts >= 0 && strcmp(c->graph->symbols.names[counts], "S") == 0 ? 1 : tokens;
        needed[i] = needed[i] || c->is_kept[i];
        if (c->is_kept[i]) floats += rows * (double)node->type.dims[1].offset;
        if (needed[i] && counts >= 0) flops += rows * flops_of_row(node);
        for (int j = 0; j < node->n_inputs && needed[i]; j++) needed[node->inputs[j]->id] = true;
    }
    return floats > 0 && flops >= worth * floats;
}

/* All of it, the kept values computed or as inputs; dead nodes go with the canonical copy. */
static Node **copy_nodes(const Cutter *c, Graph *to, bool as_inputs) {
    Node **copies = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *copies);
    int kept = 0;
    for (int i = 0; i < c->graph->nodes.count; i++) {
        const Node *node = c->graph->nodes.items[i];
        Node *inputs[MAX_OPERANDS];
        for (int j = 0; j < node->n_inputs; j++) inputs[j] = copies[node->inputs[j]->id];
        const char *name = c->is_kept[i] ? arena_printf(c->arena, "kept.%d", kept++) : NULL;
        copies[i] = name && as_inputs ? graph_leaf(to, OP_input, name, node->type) : graph_clone(to, node, inputs);
        if (name && !as_inputs) graph_output(to, name, copies[i]);
    }
    return copies;
}

static Graph *finish(Graph *graph) {
    Graph *canonical = graph_canonical(graph);
    graph_free(graph);
    return canonical;
}

bool settled_cut(const Graph *graph, const char *const *trained, int n_trained, double worth, SettledCut *cut) {
    Arena *arena = arena_new();
    RowRules rules = {.excluded = trained, .n_excluded = n_trained, .steady = true};
    Cutter c = {.graph = graph, .settled = rowwise_find(graph, &rules, arena), .arena = arena};
    c.is_kept = rowwise_border(graph, &c.settled, NULL, arena);
    bool spares = graph->groups.count == 1 && is_worth_it(&c, worth);
    if (spares) {
        Graph *settled = graph_new(graph->name, &graph->symbols), *rest = graph_new_like(graph);
        copy_nodes(&c, settled, false);
        Node **copies = copy_nodes(&c, rest, true);
        for (int i = 0; i < graph->outputs.count; i++)
            graph_output(rest, graph->outputs.items[i].name, copies[graph->outputs.items[i].node->id]);
        *cut = (SettledCut){finish(settled), finish(rest)};
    }
    arena_free(arena);
    return spares;
}
