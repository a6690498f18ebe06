/* Cost: counted on a kernel's body. */
#include "runtime/engine/cost.h"

#include "graph/pair.h"

#include <stdlib.h>

static double product_flops(const Node *node, const int64_t *extents) {
    Dim depth = node->inputs[0]->type.dims[node->attrs.ints[0] ? 0 : 1];
    return 2.0 * (double)type_count(&node->type, extents) * (double)dim_value(depth, extents);
}

/* Entry i of attention's bounds: an input of the kernel, or 0, 1, 2, ... where each sequence has one query. */
static int64_t bound_at(const Node *bounds, int64_t i, void *const *buffers) {
    while (bounds->op != OP_input && bounds->n_inputs) bounds = bounds->inputs[0];
    return bounds->op == OP_input ? ((const int32_t *)buffers[atoi(bounds->attrs.text)])[i] : i;
}

static int64_t length_at(const Node *bounds, int64_t i, void *const *buffers) {
    return bound_at(bounds, i + 1, buffers) - bound_at(bounds, i, buffers);
}

/* Pairs of a query and a key that see each other, of the first head; queries stand at 0, 1, ... in their sequence. */
static double pairs_at(const Node *node, int64_t sequence, void *const *buffers) {
    const Node *first = node->inputs[ATTENTION_FIRST], *end = node->inputs[ATTENTION_END];
    int64_t queries = length_at(node->inputs[ATTENTION_Q_BOUNDS], sequence, buffers),
            keys = length_at(node->inputs[ATTENTION_KV_BOUNDS], sequence, buffers), seen = 0;
    PairCone cone;
    pair_cone_begin(&cone);
    if (pair_is_start(first) && pair_is_rest(end)) return (double)queries * (double)keys;
    if (!pair_cone_add(&cone, first, NULL) || !pair_cone_add(&cone, end, NULL)) return 0; /* impossible: verified */
    for (int64_t i = 0; i < queries; i++) {
        PairRange range = pair_range(node, &cone, i, 0, keys);
        seen += range.first < range.end ? range.end - range.first : 0;
    }
    return (double)seen;
}

/* Pairs times the width of a row, for each of its products. */
static double attention_flops(const Node *node, const int64_t *extents, void *const *buffers) {
    int64_t sequences = dim_value(node->inputs[ATTENTION_Q_BOUNDS]->type.dims[0], extents) - 1;
    double pairs = 0;
    for (int64_t i = 0; i < sequences; i++) pairs += pairs_at(node, i, buffers);
    double width = (double)dim_value(node->inputs[0]->type.dims[1], extents);
    return 2 * pairs * width * op_products(node->op);
}

static double body_flops(const Graph *body, const int64_t *extents, void *const *buffers) {
    double flops = 0;
    bool attention = false; /* its results are nodes of their own, of one computation */
    for (int i = 0; i < body->nodes.count; i++) {
        const Node *node = body->nodes.items[i];
        if (op_kind(node->op) == KIND_MATMUL) flops += product_flops(node, extents);
        if (op_kind(node->op) == KIND_ATTENTION && !attention) flops += attention_flops(node, extents, buffers);
        attention |= op_kind(node->op) == KIND_ATTENTION;
    }
    return flops;
}

static double value_bytes(const Node *node, const int64_t *extents) { return (double)type_bytes(&node->type, extents); }

/* A table that is only gathered from is read where the rows are. */
static double input_bytes(const Graph *body, const Node *input, const int64_t *extents) {
    double gathered = 0;
    for (int i = 0; i < body->nodes.count; i++) {
        const Node *node = body->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) {
            if (node->inputs[j] != input) continue;
            if (node->op != OP_gather || j != 0) return value_bytes(input, extents);
            gathered += value_bytes(node, extents);
        }
    }
    return gathered;
}

Cost launch_cost(const Kernel *kernel, const int64_t *extents, void *const *buffers) {
    const Graph *body = kernel->body;
    Cost cost = {.flops = body_flops(body, extents, buffers)};
    for (int i = 0; i < body->nodes.count; i++) {
        const Node *node = body->nodes.items[i];
        if (node->op == OP_input) cost.bytes += input_bytes(body, node, extents);
    }
    for (int i = 0; i < body->outputs.count; i++) cost.bytes += value_bytes(body->outputs.items[i].node, extents);
    return cost;
}

bool cost_reads_buffers(const Kernel *kernel) {
    return kernel->kind == KERNEL_ATTENTION || kernel->kind == KERNEL_ATTENTION_GRAD ||
           kernel->kind == KERNEL_ATTENTION_SECOND;
}

static bool counts_tokens(const Graph *graph, Dim dim) {
    return !dim_is_const(dim) && graph->symbols.roles[dim.symbol].kind == ROLE_TOKENS;
}

static bool reads_parameter(const Node *node) {
    while (node->op == OP_transpose || node->op == OP_reshape) node = node->inputs[0];
    return node->op == OP_param;
}

double token_flops(const Graph *graph, const int64_t *extents) {
    double flops = 0;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        bool counts = op_kind(node->op) == KIND_MATMUL && counts_tokens(graph, node->type.dims[0]) &&
                      reads_parameter(node->inputs[1]);
        if (counts) flops += product_flops(node, extents);
    }
    return flops;
}
