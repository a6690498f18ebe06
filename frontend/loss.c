/* Elaboration: the terms of a loss. An update may be split into batches, whose losses and gradients are added, so a
 * batch's loss is to be a part of the update's:
 *
 *     sum over rows   -sum(picked, axis = 0) / update_rows(x)   a part already
 *     fixed           0.5 * log_variance                        the same in each batch
 *     of the batch    log(1 + sum(exp(pairs), axis = 0))        not the sum of what parts of it give
 *
 * The last two count for the batch's share of the update's rows: a fixed term once an update, one of the batch as the
 * mean of all batches. One of the batch that reads update_rows itself is left as it is written. */
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/terms.h"

typedef struct Terms {
    Elab *e;
    int count;            /* nodes, when the loss was made */
    const TermKind *kind; /* [count] */
    bool *counts;         /* [count]: reads how many rows the update has */
    bool *wanted;         /* [count]: a term, or what terms are mixed in */
    Node **shared;        /* [count]: of what is wanted */
    Node *share;          /* f32[] */
} Terms;

static bool is_count(const Node *node) {
    RoleKind kind = node->attrs.role.kind;
    return node->op == OP_input && (kind == ROLE_UPDATE_ROWS || kind == ROLE_UPDATE_SEQUENCES ||
                                    kind == ROLE_UPDATE_TOKENS || kind == ROLE_UPDATE_LABELS);
}

static void find_counts(Terms *t) {
    for (int i = 0; i < t->count; i++) {
        const Node *node = t->e->graph->nodes.items[i];
        t->counts[i] = is_count(node);
        for (int j = 0; j < node->n_inputs; j++) t->counts[i] |= t->counts[node->inputs[j]->id];
    }
}

/* Is the operand of what is mixed a term of it, and no factor? */
static bool is_term(const Terms *t, const Node *node, int operand) {
    bool sum = node->op == OP_add || node->op == OP_sub;
    return sum || t->kind[node->inputs[operand]->id] == TERM_MIXED;
}

/* grad(y, x) and the like are not looked into. */
static bool is_open(const Terms *t, const Node *node) {
    bool divides = node->op == OP_add || node->op == OP_sub || node->op == OP_mul || node->op == OP_div ||
                   node->op == OP_matmul || term_is_linear(node->op);
    return t->kind[node->id] == TERM_MIXED && divides;
}

static void find_terms(Terms *t, const Node *loss) {
    t->wanted[loss->id] = true;
    for (int i = loss->id; i >= 0; i--) {
        const Node *node = t->e->graph->nodes.items[i];
        for (int j = 0; t->wanted[i] && is_open(t, node) && j < node->n_inputs; j++) {
            if (is_term(t, node, j)) t->wanted[node->inputs[j]->id] = true;
        }
    }
}

/* The batch's rows / the update's rows. */
static Node *make_share(Elab *e, Pos pos) {
    Type column = type_make(ELEM_F32, 2, (Dim[]){e->tokens[0].n_rows, dim_const(1)}), scalar = type_scalar(ELEM_F32);
    Node *ones = to_shape(e, OP_broadcast, scalar_node(e, ELEM_F32, 1, pos), &column, pos);
    NodeSpec sum = {.op = OP_sum, .n_inputs = 1, .inputs = &ones, .attrs.ints[0] = 0};
    Node *rows = to_shape(e, OP_reshape, emit(e, sum, pos), &scalar, pos);
    Node *all = emit_input(e, "update.rows", (Role){.kind = ROLE_UPDATE_ROWS}, scalar, pos);
    return emit_op(e, OP_div, 2, (Node *[]){rows, all}, pos);
}

static Node *times_share(Terms *t, Node *node, Pos pos) {
    if (!t->share) t->share = make_share(t->e, pos);
    Node *share = to_shape(t->e, OP_broadcast, t->share, &node->type, pos);
    return emit_op(t->e, OP_mul, 2, (Node *[]){node, share}, pos);
}

static Node *shared(Terms *t, Node *node, Pos pos) {
    if (t->kind[node->id] == TERM_SUM || (t->kind[node->id] != TERM_FIXED && t->counts[node->id] && !is_open(t, node)))
        return node;
    if (!is_open(t, node)) return times_share(t, node, pos);
    Node **inputs = arena_array(t->e->arena, (size_t)node->n_inputs, sizeof *inputs);
    for (int i = 0; i < node->n_inputs; i++)
        inputs[i] = is_term(t, node, i) ? t->shared[node->inputs[i]->id] : node->inputs[i];
    return graph_clone(t->e->graph, node, inputs);
}

Node *share_terms(Elab *e, Node *loss, Pos pos) {
    size_t count = (size_t)e->graph->nodes.count;
    Arena *scratch = arena_new();
    Terms t = {.e = e, .count = (int)count};
    t.kind = terms_classify(e->graph, t.count, scratch);
    t.counts = arena_array(scratch, count, sizeof *t.counts);
    t.wanted = arena_array(scratch, count, sizeof *t.wanted);
    t.shared = arena_array(scratch, count, sizeof *t.shared);
    find_counts(&t);
    find_terms(&t, loss);
    for (int i = 0; i <= loss->id; i++) {
        if (t.wanted[i]) t.shared[i] = shared(&t, e->graph->nodes.items[i], pos);
    }
    Node *result = t.shared[loss->id];
    arena_free(scratch);
    return result;
}
