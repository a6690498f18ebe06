/* Which values are stored. Nodes are visited from the last to the first, so that the fate of every consumer is known.
 *
 * A value must be stored when it is an output, when a consumer reads it at places other than its own (an operand of a
 * product, of attention, of a gather or another move), or when its kind of kernel takes no consumers (attention,
 * scatter, column sums). Any other value lives inside the kernel of its users. A product or a row reduction lives there
 * only if there is one user and it works on the same rows; a cheap value is computed again in each of its users.
 *
 * What is cheap depends on what is stored below, which is decided later: so the choice is made twice, the second time
 * with the first result as the estimate of what can be read from memory. */
#include "passes/fusion.h"

enum { CHEAP_COST = 40, CHEAP_SMALL_COST = 4, COST_LIMIT = 1000 };

typedef struct Chooser {
    Fusion *f;
    int *cost;         /* [node]: operations to compute it from anchors and leaves */
    int *loads;        /* [node]: matrices that must be read for it */
    bool *same_shape;  /* [node]: elementwise from here to the root of its kernel */
    bool *row_aligned; /* [node]: row i of the root needs row i of it alone */
} Chooser;

static bool is_output(const Graph *graph, const Node *node) {
    for (int i = 0; i < graph->outputs.count; i++) {
        if (graph->outputs.items[i].node == node) return true;
    }
    return false;
}

/* One element for each row, or fewer. */
static bool is_small(const Node *node) {
    return node->type.rank == 0 || dim_is(node->type.dims[node->type.rank - 1], 1);
}

/* Open values have no memory: each attention computes them itself. */
static bool must_store(const Chooser *c, const Node *node) {
    if (node->is_open) return false;
    KernelKind kind = c->f->kind[node->id];
    if (kind != KERNEL_MAP && kind != KERNEL_ROW && kind != KERNEL_CONTRACT) return true;
    if (fusion_is_view(node)) return true;
    if (is_output(c->f->graph, node)) return true;
    const IntList *consumers = &c->f->consumers[node->id];
    for (int i = 0; i < consumers->count; i++) {
        if (fusion_reads_elsewhere(c->f->graph->nodes.items[consumers->items[i]], node)) return true;
    }
    return false;
}

static void add_user(const Chooser *c, int node, int root) {
    IntList *users = &c->f->users[node];
    for (int i = 0; i < users->count; i++) {
        if (users->items[i] == root) return;
    }
    vec_push(c->f->arena, users, root);
}

/* The roots that need this node, and how they reach it. */
static void collect_users(const Chooser *c, const Node *node) {
    const Fusion *f = c->f;
    bool same_shape = true, row_aligned = true;
    for (int i = 0; i < f->consumers[node->id].count; i++) {
        const Node *consumer = f->graph->nodes.items[f->consumers[node->id].items[i]];
        if (f->stored[consumer->id]) add_user(c, node->id, consumer->id);
        for (int j = 0; j < f->users[consumer->id].count; j++) add_user(c, node->id, f->users[consumer->id].items[j]);
        Access access = fusion_access(consumer, node);
        same_shape &= access.same_element && c->same_shape[consumer->id];
        row_aligned &= access.same_row && c->row_aligned[consumer->id];
    }
    c->same_shape[node->id] = same_shape;
    c->row_aligned[node->id] = row_aligned;
}

/* A product becomes the heart of its only user, if that is elementwise. */
static bool joins_as_product(const Chooser *c, const Node *node, int root) {
    if (c->f->kind[root] != KERNEL_MAP || !c->same_shape[node->id]) return false;
    c->f->kind[root] = KERNEL_CONTRACT;
    return true;
}

static bool joins_as_reduction(const Chooser *c, const Node *node, int root) {
    KernelKind kind = c->f->kind[root];
    if ((kind != KERNEL_MAP && kind != KERNEL_ROW) || !c->row_aligned[node->id]) return false;
    c->f->kind[root] = KERNEL_ROW;
    return true;
}

/* Computing it again beats a store and a load: at most one matrix is read for it, and few operations are done. */
static bool is_cheap(const Chooser *c, const Node *node) {
    if (is_small(node)) return c->cost[node->id] <= CHEAP_SMALL_COST;
    return c->loads[node->id] <= 1 && c->cost[node->id] <= CHEAP_COST;
}

static bool stays_inside(const Chooser *c, const Node *node) {
    const IntList *users = &c->f->users[node->id];
    bool is_light = c->f->kind[node->id] == KERNEL_MAP;
    if (is_light) return users->count <= 1 || is_cheap(c, node);
    if (users->count != 1) return false;
    bool is_product = op_kind(node->op) == KIND_MATMUL;
    return is_product ? joins_as_product(c, node, users->items[0]) : joins_as_reduction(c, node, users->items[0]);
}

static void store(const Chooser *c, const Node *node) {
    int id = node->id;
    c->f->stored[id] = true;
    c->f->users[id].count = 0;
    c->same_shape[id] = c->row_aligned[id] = true;
}

/* Upper estimates, in the order of the nodes: shared parts count twice, up to a limit. */
static void estimate(const Chooser *c, const Node *node) {
    int id = node->id, cost = op_cost(node->op), loads = 0;
    for (int i = 0; i < node->n_inputs; i++) {
        int from = node->inputs[i]->id;
        cost += c->cost[from];
        bool counted = i > 0 && node->inputs[i] == node->inputs[0];
        if (!counted) loads += c->loads[from];
    }
    bool is_anchor =
        c->f->kind[id] != KERNEL_MAP || fusion_is_leaf(node) || op_kind(node->op) == KIND_GATHER || c->f->stored[id];
    if (is_anchor) cost = 0;
    if (is_anchor) loads = !is_small(node);
    if (op_kind(node->op) == KIND_RANDOM || op_is(node->op, IS_IN_CODE)) loads = 0;
    /* A vector spread over rows is no matrix to read. */
    if (node->op == OP_broadcast && !dim_equal(node->type.dims[0], node->inputs[0]->type.dims[0])) loads = 0;
    c->cost[id] = cost < COST_LIMIT ? cost : COST_LIMIT;
    c->loads[id] = loads < COST_LIMIT ? loads : COST_LIMIT;
}

/* One round, with estimates from the round before. */
static void choose(const Chooser *c) {
    Fusion *f = c->f;
    int n = f->graph->nodes.count;
    for (int i = 0; i < n; i++) f->kind[i] = fusion_kind_alone(f->graph->nodes.items[i]);
    for (int i = 0; i < n; i++) estimate(c, f->graph->nodes.items[i]);
    for (int i = n - 1; i >= 0; i--) {
        const Node *node = f->graph->nodes.items[i];
        f->stored[i] = false;
        f->users[i].count = 0;
        if (fusion_is_leaf(node)) continue;
        collect_users(c, node);
        if (must_store(c, node) || !(node->is_open || stays_inside(c, node))) store(c, node);
    }
}

void fusion_choose_stored(Fusion *fusion) {
    int n = fusion->graph->nodes.count;
    Chooser c = {.f = fusion};
    c.cost = arena_array(fusion->arena, (size_t)n + 1, sizeof *c.cost);
    c.loads = arena_array(fusion->arena, (size_t)n + 1, sizeof *c.loads);
    c.same_shape = arena_array(fusion->arena, (size_t)n + 1, sizeof *c.same_shape);
    c.row_aligned = arena_array(fusion->arena, (size_t)n + 1, sizeof *c.row_aligned);
    for (int round = 0; round < 2; round++) choose(&c);
}
