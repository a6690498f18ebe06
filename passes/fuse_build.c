/* The grouped graph: every kernel's nodes under its own group, values that several kernels compute once in each. */
#include <stdlib.h>
#include <string.h>

#include "passes/fusion.h"
#include "passes/kernel_name.h"

typedef struct Builder {
    const Fusion *f;
    Graph *to;
    int *group;  /* [kernel]: its group in `to` */
    Node **root; /* [node]: the new node of a stored value or a leaf */
    Node **copy; /* [node]: the new node inside the kernel of stamp `stamp[node]` */
    int *stamp;  /* [node]: group of `copy` */
} Builder;

static Node *build(Builder *b, const Node *node, int kernel);

static Node *build_leaf(Builder *b, const Node *node) {
    if (!b->root[node->id]) b->root[node->id] = graph_clone(b->to, node, NULL);
    return b->root[node->id];
}

/* `node` with its operands, in the kernel's group. */
static Node *build_inside(Builder *b, const Node *node, int kernel) {
    Node *inputs[MAX_OPERANDS];
    for (int i = 0; i < node->n_inputs; i++) inputs[i] = build(b, node->inputs[i], kernel);
    Node with_group = *node;
    with_group.group = b->group[kernel];
    return graph_clone(b->to, &with_group, inputs);
}

static Node *build(Builder *b, const Node *node, int kernel) {
    if (fusion_is_leaf(node)) return build_leaf(b, node);
    if (b->f->stored[node->id]) {
        int own = fusion_kernel(b->f, node->id);
        if (!b->root[node->id]) b->root[node->id] = build_inside(b, node, own);
        return b->root[node->id];
    }
    if (b->stamp[node->id] != b->group[kernel]) {
        b->copy[node->id] = build_inside(b, node, kernel);
        b->stamp[node->id] = b->group[kernel];
    }
    return b->copy[node->id];
}

static Builder builder_new(const Fusion *f) {
    size_t n = (size_t)f->graph->nodes.count + 1;
    Builder b = {.f = f, .to = graph_new_like(f->graph)};
    b.group = arena_array(f->arena, n, sizeof *b.group);
    b.root = arena_array(f->arena, n, sizeof *b.root);
    b.copy = arena_array(f->arena, n, sizeof *b.copy);
    b.stamp = arena_array(f->arena, n, sizeof *b.stamp);
    for (int i = 0; i < f->graph->nodes.count; i++) {
        bool is_root = f->stored[i] && !fusion_is_view(f->graph->nodes.items[i]);
        if (is_root && fusion_kernel(f, i) == i)
            b.group[i] = graph_group(b.to, f->kind[i], op_name(f->graph->nodes.items[i]->op));
    }
    return b;
}

Graph *fusion_build(const Fusion *fusion) {
    Builder b = builder_new(fusion);
    /* In the order of ids the walk from a node down to what is built already stays short. */
    for (int i = 0; i < fusion->graph->nodes.count; i++) {
        if (fusion->stored[i]) build(&b, fusion->graph->nodes.items[i], fusion_kernel(fusion, i));
    }
    for (int i = 0; i < fusion->graph->outputs.count; i++) {
        const Output *output = &fusion->graph->outputs.items[i];
        const Node *node = output->node;
        graph_output_like(b.to, output, fusion_is_leaf(node) ? build_leaf(&b, node) : b.root[node->id]);
    }
    Graph *canonical = graph_canonical(b.to);
    graph_free(b.to);
    kernel_names(canonical);
    return canonical;
}
