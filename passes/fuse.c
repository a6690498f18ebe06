/* Fusion: the three steps in order, and what they share. */
#include "passes/fuse.h"

#include "passes/fusion.h"

bool fusion_is_leaf(const Node *node) { return op_kind(node->op) == KIND_LEAF; }

/* A constant or an iota is written into code; it has no memory that a view could look at. */
static bool has_memory(const Node *node) { return !op_is(node->op, IS_IN_CODE); }

bool fusion_is_view(const Node *node) {
    if (node->op != OP_reshape) return false;
    while (node->op == OP_reshape) node = node->inputs[0];
    return has_memory(node);
}

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

bool fusion_reads_elsewhere(const Node *consumer, const Node *node) {
    for (int i = 0; i < consumer->n_inputs; i++) {
        if (consumer->inputs[i] == node && !node_reads_in_place(consumer, i)) return true;
    }
    return false;
}

Access fusion_access(const Node *consumer, const Node *node) {
    Access access = {true, node->type.rank == 2 && consumer->type.rank == 2, true};
    for (int i = 0; i < consumer->n_inputs; i++) {
        if (consumer->inputs[i] != node) continue;
        Reads reads = node_reads(consumer, i);
        access.same_element &= reads == READS_ELEMENT;
        access.same_row &= (reads == READS_ELEMENT || reads == READS_ROW) && node_reads_in_place(consumer, i);
    }
    return access;
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

/* Every output has memory of its own, which whoever runs the graph may choose: an output that is a leaf, or a view of
 * one, is copied there. */
static Graph *with_computed_outputs(const Graph *graph) {
    Graph *copy = graph_canonical(graph);
    for (int i = 0; i < copy->outputs.count; i++) {
        Node **node = &copy->outputs.items[i].node;
        if (!fusion_is_leaf(node_storage(*node))) continue;
        NodeSpec spec = {.op = OP_broadcast, .n_inputs = 1, .inputs = node, .type = (*node)->type, .pos = (*node)->pos};
        *node = graph_node(copy, &spec);
    }
    return copy;
}

Graph *fuse(const Graph *graph, Remarks *remarks) {
    Graph *work = with_computed_outputs(graph);
    Fusion fusion = fusion_new(work);
    fusion_choose_stored(&fusion);
    fusion_merge(&fusion, remarks);
    Graph *grouped = fusion_build(&fusion);
    arena_free(fusion.arena);
    graph_free(work);
    return grouped;
}

Graph *fuse_nothing(const Graph *graph) {
    Graph *work = with_computed_outputs(graph);
    Fusion fusion = fusion_new(work);
    for (int i = 0; i < work->nodes.count; i++)
        fusion.stored[i] = !fusion_is_leaf(work->nodes.items[i]) && !work->nodes.items[i]->is_open;
    Graph *grouped = fusion_build(&fusion);
    arena_free(fusion.arena);
    graph_free(work);
    return grouped;
}
