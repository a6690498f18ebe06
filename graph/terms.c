/* Terms. */
#include "graph/terms.h"

static int n_symbols(const Type *type) {
    int count = 0;
    for (int i = 0; i < type->rank; i++) count += !dim_is_const(type->dims[i]);
    return count;
}

bool term_is_linear(Op op) {
    return op == OP_neg || op == OP_reshape || op == OP_broadcast || op == OP_transpose || op == OP_slice ||
           op == OP_sum || op == OP_stop_gradient;
}

/* a + b: what both are, or mixed. */
static TermKind kind_of_sum(TermKind a, TermKind b) { return a == b && a != TERM_BATCH ? a : TERM_MIXED; }

/* a * b, and a / b: what one is times what is fixed. */
static TermKind kind_of_product(TermKind a, TermKind b, bool quotient) {
    if (b == TERM_FIXED) return a;
    return a == TERM_FIXED && !quotient ? b : TERM_BATCH;
}

static TermKind kind_of(const TermKind *kind, const Node *node) {
    TermKind kinds[2] = {TERM_FIXED, TERM_FIXED};
    bool fixed = true, rows = false;
    if (n_symbols(&node->type)) return TERM_ROWS;
    for (int i = 0; i < node->n_inputs; i++) {
        TermKind own = kind[node->inputs[i]->id];
        if (i < 2) kinds[i] = own;
        fixed &= own == TERM_FIXED;
        rows |= own == TERM_ROWS;
    }
    if (fixed) return TERM_FIXED;
    if (node->op == OP_grad) return kinds[0]; /* as linear as the value is in its terms */
    if (rows) return node->op == OP_sum || node->op == OP_matmul || node->op == OP_scatter_add ? TERM_SUM : TERM_BATCH;
    if (term_is_linear(node->op)) return kinds[0];
    if (node->op == OP_add || node->op == OP_sub) return kind_of_sum(kinds[0], kinds[1]);
    if (node->op == OP_mul || node->op == OP_matmul) return kind_of_product(kinds[0], kinds[1], false);
    return node->op == OP_div ? kind_of_product(kinds[0], kinds[1], true) : TERM_BATCH;
}

TermKind *terms_classify(const Graph *graph, int count, Arena *arena) {
    TermKind *kind = arena_array(arena, (size_t)count + 1, sizeof *kind);
    for (int i = 0; i < count; i++) kind[i] = kind_of(kind, graph->nodes.items[i]);
    return kind;
}

/* --- Where rows meet ---------------------------------------------------------------------------------------------- */

/* Does the index lead from a row to what is its own: its sequence, its tokens? */
static bool stays_within(const Node *index) {
    RoleKind kind = index->attrs.role.kind;
    return index->op == OP_input &&
           (kind == ROLE_FIRST || kind == ROLE_SEQUENCE || kind == ROLE_ROW || kind == ROLE_AT);
}

/* A row of a value that has rows: is it computed from others' rows, or from what is the same for all but depends on
 * all? */
static bool meets_in_rows(const TermKind *kind, const Node *node) {
    if (n_symbols(&node->type) > 1) return true;
    if (node->op == OP_gather) return kind[node->inputs[0]->id] == TERM_ROWS && !stays_within(node->inputs[1]);
    if (op_kind(node->op) == KIND_SCATTER) return !stays_within(node->inputs[0]);
    for (int i = 0; i < node->n_inputs && node->op != OP_grad; i++) {
        TermKind own = kind[node->inputs[i]->id];
        if (own != TERM_FIXED && own != TERM_ROWS) return true;
    }
    return false;
}

static bool meets(const TermKind *kind, const Node *node) {
    return kind[node->id] == TERM_ROWS ? meets_in_rows(kind, node) : kind[node->id] == TERM_BATCH;
}

const Node *terms_meet(const Graph *graph, const Node *value) {
    Arena *scratch = arena_new();
    const TermKind *kind = terms_classify(graph, value->id + 1, scratch);
    bool *read = arena_array(scratch, (size_t)value->id + 1, sizeof *read);
    const Node *found = NULL;
    read[value->id] = true;
    for (int i = value->id; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        if (!read[i]) continue;
        if (meets(kind, node)) found = node;
        for (int j = 0; j < node->n_inputs; j++) read[node->inputs[j]->id] = true;
    }
    arena_free(scratch);
    return found;
}
