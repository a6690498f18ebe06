/* Row-wise values: what the rows of each node count, from operands to results. */
#include "passes/rowwise.h"

#include <string.h>

#include "graph/pair.h"

typedef struct Finder {
    const Graph *graph;
    const RowRules *rules;
    int *rows;
    bool *works;
    Arena *arena;
} Finder;

static int rows_of_dim(const Finder *f, Dim dim) {
    if (dim_is_const(dim) || dim.scale != 1 || dim.offset != 0) return ROWS_MIXED;
    RoleKind counts = f->graph->symbols.roles[dim.symbol].kind;
    return counts == ROLE_SEQUENCES || counts == ROLE_TOKENS || counts == ROLE_ROWS ? dim.symbol : ROWS_MIXED;
}

/* What is not a row counts the batch, or is the key of all random numbers. */
static int rows_of_input(const Finder *f, const Node *node) {
    RoleValues values = role_info(node->attrs.role.kind)->values;
    bool steady = f->rules->steady;
    if (values == VALUES_KEY && !steady) return ROWS_NONE;
    return node->type.rank == 0 || (steady && values == VALUES_PLACE) ? ROWS_MIXED : rows_of_dim(f, node->type.dims[0]);
}

static bool is_excluded(const Finder *f, const char *param) {
    for (int i = 0; i < f->rules->n_excluded; i++) {
        if (strcmp(f->rules->excluded[i], param) == 0) return true;
    }
    return false;
}

static int rows_at(const Finder *f, const Node *node, int operand) { return f->rows[node->inputs[operand]->id]; }

static bool is_constant_type(const Type *type) {
    for (int i = 0; i < type->rank; i++) {
        if (!dim_is_const(type->dims[i])) return false;
    }
    return true;
}

/* Row by row of operands whose rows agree; what is not read so is the same for all rows. What is the same for all may
 * be spread over rows. */
static int rows_of_operands(const Finder *f, const Node *node) {
    int rows = ROWS_NONE;
    for (int i = 0; i < node->n_inputs; i++) {
        int own = rows_at(f, node, i);
        Reads reads = node_reads(node, i);
        bool stays = reads == READS_ELEMENT || reads == READS_ROW;
        if (own == ROWS_NONE) continue;
        if (own == ROWS_MIXED || !stays || (rows != ROWS_NONE && own != rows)) return ROWS_MIXED;
        rows = own;
    }
    return rows != ROWS_NONE || is_constant_type(&node->type) ? rows : rows_of_dim(f, node->type.dims[0]);
}

/* Is it an input of this kind, and do the rows count the tokens of its text? */
static bool is_of_tokens(const Finder *f, const Node *node, RoleKind kind, int rows) {
    const Role *role = &node->attrs.role;
    Role tokens = {ROLE_TOKENS, role->of, role->task};
    return role->kind == kind && rows >= 0 && role_equal(&f->graph->symbols.roles[rows], &tokens);
}

static bool are_sequences(const Finder *f, int rows) {
    return rows >= 0 && f->graph->symbols.roles[rows].kind == ROLE_SEQUENCES;
}

/* Rows of a table that is the same for all; or a step between tokens and sequences. */
static int rows_of_gather(const Finder *f, const Node *node) {
    int table = rows_at(f, node, 0), index = rows_at(f, node, 1);
    if (table == ROWS_NONE || table == ROWS_MIXED) return table == ROWS_MIXED ? ROWS_MIXED : index;
    bool first = is_of_tokens(f, node->inputs[1], ROLE_FIRST, table) && are_sequences(f, index);
    bool spread = are_sequences(f, table) && is_of_tokens(f, node->inputs[1], ROLE_SEQUENCE, index);
    return first || spread ? index : ROWS_MIXED;
}

static int rows_of_scatter(const Finder *f, const Node *node) {
    const Node *index = node->inputs[0];
    bool pools = is_of_tokens(f, index, ROLE_SEQUENCE, rows_at(f, node, 1)) ||
                 (index->attrs.role.kind == ROLE_ROW && are_sequences(f, rows_at(f, node, 1)));
    return pools ? rows_of_dim(f, node->type.dims[0]) : ROWS_MIXED;
}

/* Do the bounds cut rows by sequences: those of a text's tokens, or one row for each? */
static bool are_bounds(const Finder *f, const Node *bounds, int rows) {
    return is_of_tokens(f, bounds, ROLE_BOUNDS, rows) || (bounds->op == OP_iota && are_sequences(f, rows));
}

static int rows_of_attention(const Finder *f, const Node *node) {
    int q = rows_at(f, node, 0), k = rows_at(f, node, 1);
    bool places =
        f->rules->steady ? node->attrs.number == 0 : rows_at(f, node, 5) == ROWS_NONE && rows_at(f, node, 6) == q;
    bool good = rows_at(f, node, 2) == k && are_bounds(f, node->inputs[3], q) && are_bounds(f, node->inputs[4], k);
    int cells = attention_rows(node);
    if (cells >= 0) good = good && rows_at(f, node, cells) == q && rows_at(f, node, cells + 1) == k;
    return good && places && rows_at(f, node, ATTENTION_SCORE) == ROWS_NONE ? q : ROWS_MIXED;
}

static int rows_of_leaf(const Finder *f, const Node *node) {
    if (node->op == OP_input) return rows_of_input(f, node);
    if (node->op == OP_param) return is_excluded(f, node->attrs.text) ? ROWS_MIXED : ROWS_NONE;
    return is_constant_type(&node->type) ? ROWS_NONE : ROWS_MIXED;
}

/* Where rows meet by an index or by the bounds of sequences, these decide; elsewhere how operands are read. */
static int rows_of(const Finder *f, const Node *node) {
    switch (op_kind(node->op)) {
    case KIND_LEAF: return rows_of_leaf(f, node);
    case KIND_GATHER: return rows_of_gather(f, node);
    case KIND_SCATTER: return rows_of_scatter(f, node);
    case KIND_ATTENTION: return node->op == OP_attention ? rows_of_attention(f, node) : ROWS_MIXED;
    default: return rows_of_operands(f, node);
    }
}

static void find(Finder *f) {
    for (int i = 0; i < f->graph->nodes.count; i++) {
        const Node *node = f->graph->nodes.items[i];
        f->rows[i] = rows_of(f, node);
        f->works[i] = f->rows[i] >= 0 && (op_kind(node->op) == KIND_MATMUL || op_kind(node->op) == KIND_ATTENTION);
        for (int j = 0; j < node->n_inputs && f->rows[i] >= 0; j++)
            f->works[i] = f->works[i] || f->works[node->inputs[j]->id];
    }
}

RowWise rowwise_find(const Graph *graph, const RowRules *rules, Arena *arena) {
    size_t count = (size_t)graph->nodes.count + 1;
    Finder f = {.graph = graph,
                .rules = rules,
                .rows = arena_array(arena, count, sizeof *f.rows),
                .works = arena_array(arena, count, sizeof *f.works),
                .arena = arena};
    find(&f);
    return (RowWise){f.rows, f.works};
}

/* Moved elements are not worth keeping where they come from is. */
static bool can_be_kept(const RowWise *of, const Node *node) {
    const Type *type = &node->type;
    return of->works[node->id] && op_kind(node->op) != KIND_MOVE && type->elem == ELEM_F32 && type->rank == 2 &&
           dim_is_const(type->dims[1]);
}

bool *rowwise_border(const Graph *graph, const RowWise *of, const bool *within, Arena *arena) {
    size_t count = (size_t)graph->nodes.count + 1;
    bool *read = arena_array(arena, count, sizeof *read), *border = arena_array(arena, count, sizeof *border);
    for (int i = 0; i < graph->outputs.count; i++) read[graph->outputs.items[i].node->id] = true;
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        border[i] = read[i] && (!within || within[i]) && can_be_kept(of, node);
        for (int j = 0; j < node->n_inputs && read[i] && !border[i]; j++) read[node->inputs[j]->id] = true;
    }
    return border;
}
