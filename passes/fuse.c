/* Fusion: the three steps in order, and what they share. */
#include "passes/fuse.h"

#include "passes/fusion.h"

bool fusion_is_leaf(const Node *node) { return op_kind(node->op) == KIND_LEAF; }

bool fusion_is_view(const Node *node) { return node->op == OP_reshape; }

bool fusion_is_row_reduction(const Node *node) {
    return op_kind(node->op) == KIND_REDUCE && node->attrs.ints[0] == node->type.rank - 1;
}

int fusion_kernel(const Fusion *fusion, int root) {
    while (fusion->parent[root] != root) root = fusion->parent[root];
    return root;
}

KernelKind fusion_kind_alone(const Node *node) {
    switch (op_kind(node->op)) {
    case KIND_REDUCE: return fusion_is_row_reduction(node) ? KERNEL_ROW : KERNEL_COLUMN;
    case KIND_MATMUL: return KERNEL_CONTRACT;
    case KIND_SCATTER: return KERNEL_SCATTER;
    case KIND_ATTENTION:
        if (node->op == OP_attention_second) return KERNEL_ATTENTION_SECOND;
        return node->op == OP_attention ? KERNEL_ATTENTION : KERNEL_ATTENTION_GRAD;
    default: return KERNEL_MAP;
    }
}

static Fusion fusion_new(const Graph *graph) {
    size_t n = (size_t)graph->nodes.count + 1;
    Fusion fusion = {.graph = graph, .arena = arena_new()};
    fusion.consumers = arena_array(fusion.arena, n, sizeof *fusion.consumers);
    fusion.stored = arena_array(fusion.arena, n, sizeof *fusion.stored);
    fusion.kind = arena_array(fusion.arena, n, sizeof *fusion.kind);
    fusion.users = arena_array(fusion.arena, n, sizeof *fusion.users);
    fusion.parent = arena_array(fusion.arena, n, sizeof *fusion.parent);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        fusion.parent[i] = i;
        fusion.kind[i] = fusion_kind_alone(node);
        for (int j = 0; j < node->n_inputs; j++) {
            vec_push(fusion.arena, &fusion.consumers[node->inputs[j]->id], i);
        }
    }
    return fusion;
}

/* A constant or iota has no memory, only kernels that compute with it: as an output it needs one of its own. The graph with such
 * outputs behind an identity; the caller frees it. */
static Graph *store_outputs(const Graph *graph) {
    Graph *copy = graph_canonical(graph);
    for (int i = 0; i < copy->outputs.count; i++) {
        Node **node = &copy->outputs.items[i].node;
        if ((*node)->op == OP_const || (*node)->op == OP_iota) *node = graph_op1(copy, OP_stop_gradient, *node, *node);
    }
    return copy;
}

static Graph *group(const Graph *graph, bool alone) {
    Graph *stored = store_outputs(graph);
    Fusion fusion = fusion_new(stored);
    if (alone) {
        for (int i = 0; i < stored->nodes.count; i++) fusion.stored[i] = !fusion_is_leaf(stored->nodes.items[i]);
    } else {
        fusion_choose_stored(&fusion);
        fusion_merge(&fusion);
    }
    Graph *grouped = fusion_build(&fusion);
    arena_free(fusion.arena);
    graph_free(stored);
    return grouped;
}

Graph *fuse(const Graph *graph) { return group(graph, false); }

Graph *fuse_nothing(const Graph *graph) { return group(graph, true); }
