/* Settled: (1) what each node's rows count, if it is settled; (2) where what changes reads what is settled; (3) two copies. */
#include "passes/settled.h"

#include <string.h>

#include "graph/pattern.h"

enum { CHANGES = -2, NO_ROWS = -1 }; /* or else the symbol that the node's rows count */

typedef struct Cutter {
    const Graph *graph;
    const char *const *trained;
    int n_trained;
    int *rows;     /* [nodes]: see above */
    bool *works;   /* [nodes]: settled, computed from a parameter by a product or attention */
    bool *is_kept; /* [nodes] */
    Arena *arena;
} Cutter;

/* --- (1) What is settled --------------------------------------------------------------------------------------------- */

static int rows_of_dim(const Cutter *c, Dim dim) {
    if (dim_is_const(dim) || dim.scale != 1 || dim.offset != 0) return CHANGES;
    const char *symbol = c->graph->symbols.names[dim.symbol];
    return strcmp(symbol, "S") == 0 || pattern_matches("*.T", symbol) || pattern_matches("*.R", symbol) ? dim.symbol : CHANGES;
}

/* Coordinates have the row's place in the update, and what is not a row counts the batch. */
static int rows_of_input(const Cutter *c, const Node *node) {
    bool is_place = pattern_matches("*.coords", node->attrs.text) || pattern_matches("*.rows", node->attrs.text) || pattern_matches("*.places", node->attrs.text);
    return node->type.rank == 0 || is_place ? CHANGES : rows_of_dim(c, node->type.dims[0]);
}

static bool is_trained(const Cutter *c, const char *param) {
    for (int i = 0; i < c->n_trained; i++) {
        if (strcmp(c->trained[i], param) == 0) return true;
    }
    return false;
}

static int rows_at(const Cutter *c, const Node *node, int operand) { return c->rows[node->inputs[operand]->id]; }

/* Of operands that agree. */
static int join(const Cutter *c, const Node *node) {
    int rows = NO_ROWS;
    for (int i = 0; i < node->n_inputs; i++) {
        int own = rows_at(c, node, i);
        if (own == CHANGES || (own != NO_ROWS && rows != NO_ROWS && own != rows)) return CHANGES;
        if (own != NO_ROWS) rows = own;
    }
    return rows;
}

/* Of a node along whose rows nothing moves. */
static int if_rows_stay(const Cutter *c, const Node *node, bool stay) {
    int rows = join(c, node);
    return rows == NO_ROWS || stay ? rows : CHANGES;
}

static bool same_rows(const Node *node) {
    const Type *from = &node->inputs[0]->type;
    return from->rank > 0 && node->type.rank > 0 && dim_equal(from->dims[0], node->type.dims[0]);
}

static bool is_constant_type(const Type *type) {
    for (int i = 0; i < type->rank; i++) {
        if (!dim_is_const(type->dims[i])) return false;
    }
    return true;
}

static int rows_of_broadcast(const Cutter *c, const Node *node) {
    int rows = rows_at(c, node, 0);
    if (rows >= 0) return same_rows(node) && node->inputs[0]->type.rank == node->type.rank ? rows : CHANGES;
    if (rows == CHANGES || is_constant_type(&node->type)) return rows;
    return rows_of_dim(c, node->type.dims[0]);
}

/* "x" of the input "x.first". NULL: it is none. */
static const char *stem(const Cutter *c, const Node *node, const char *part) {
    if (node->op != OP_input || !pattern_matches(arena_printf(c->arena, "*.%s", part), node->attrs.text)) return NULL;
    return arena_strndup(c->arena, node->attrs.text, strlen(node->attrs.text) - strlen(part) - 1);
}

/* Do these rows count the tokens of text `name`? */
static bool are_tokens(const Cutter *c, int rows, const char *name) {
    return rows >= 0 && name && strcmp(c->graph->symbols.names[rows], arena_printf(c->arena, "%s.T", name)) == 0;
}

static bool are_sequences(const Cutter *c, int rows) { return rows >= 0 && strcmp(c->graph->symbols.names[rows], "S") == 0; }

/* Rows of a table that is the same for all; or a step between tokens and sequences. */
static int rows_of_gather(const Cutter *c, const Node *node) {
    int table = rows_at(c, node, 0), index = rows_at(c, node, 1);
    if (table == NO_ROWS || table == CHANGES) return table == CHANGES ? CHANGES : index;
    bool first = are_tokens(c, table, stem(c, node->inputs[1], "first")) && are_sequences(c, index);
    bool spread = are_sequences(c, table) && are_tokens(c, index, stem(c, node->inputs[1], "sequence"));
    return first || spread ? index : CHANGES;
}

static int rows_of_scatter(const Cutter *c, const Node *node) {
    const Node *index = node->inputs[0];
    bool pools = are_tokens(c, rows_at(c, node, 1), stem(c, index, "sequence")) || (stem(c, index, "row") && are_sequences(c, rows_at(c, node, 1)));
    return pools ? rows_of_dim(c, node->type.dims[0]) : CHANGES;
}

/* Do the bounds cut rows by sequences: those of a text's tokens, or one row for each? */
static bool are_bounds(const Cutter *c, const Node *bounds, int rows) {
    return are_tokens(c, rows, stem(c, bounds, "bounds")) || (bounds->op == OP_iota && are_sequences(c, rows));
}

static int rows_of_attention(const Cutter *c, const Node *node) {
    int q = rows_at(c, node, 0), k = rows_at(c, node, 1);
    bool good = node->attrs.number == 0 && rows_at(c, node, 2) == k && are_bounds(c, node->inputs[3], q) && are_bounds(c, node->inputs[4], k);
    return good ? q : CHANGES;
}

static int rows_of_matmul(const Cutter *c, const Node *node) {
    int left = rows_at(c, node, 0), right = rows_at(c, node, 1);
    bool stay = right == NO_ROWS && (left == NO_ROWS || !node->attrs.ints[0]);
    return stay ? left : CHANGES;
}

static int rows_of(const Cutter *c, const Node *node) {
    switch (node->op) {
    case OP_input: return rows_of_input(c, node);
    case OP_param: return is_trained(c, node->attrs.text) ? CHANGES : NO_ROWS;
    case OP_const: return NO_ROWS;
    case OP_iota: return is_constant_type(&node->type) ? NO_ROWS : CHANGES;
    case OP_sum:
    case OP_max:
    case OP_slice:
    case OP_concat: return if_rows_stay(c, node, node->attrs.ints[0] > 0);
    case OP_transpose: return if_rows_stay(c, node, false);
    case OP_reshape: return if_rows_stay(c, node, same_rows(node));
    case OP_broadcast: return rows_of_broadcast(c, node);
    case OP_matmul: return rows_of_matmul(c, node);
    case OP_gather: return rows_of_gather(c, node);
    case OP_scatter_add:
    case OP_scatter_max: return rows_of_scatter(c, node);
    case OP_attention: return rows_of_attention(c, node);
    default: return op_kind(node->op) == KIND_ELEMENTWISE ? join(c, node) : CHANGES;
    }
}

static void find_settled(Cutter *c) {
    for (int i = 0; i < c->graph->nodes.count; i++) {
        const Node *node = c->graph->nodes.items[i];
        c->rows[i] = rows_of(c, node);
        c->works[i] = c->rows[i] >= 0 && (op_kind(node->op) == KIND_MATMUL || op_kind(node->op) == KIND_ATTENTION);
        for (int j = 0; j < node->n_inputs && c->rows[i] >= 0; j++) c->works[i] = c->works[i] || c->works[node->inputs[j]->id];
    }
}

/* --- (2) What is kept -------------------------------------------------------------------------------------------------- */

/* Moved elements are not worth keeping where they come from is. */
static bool can_be_kept(const Cutter *c, const Node *node) {
    const Type *type = &node->type;
    return c->works[node->id] && op_kind(node->op) != KIND_MOVE && type->elem == ELEM_F32 && type->rank == 2 && dim_is_const(type->dims[1]);
}

/* `read` [nodes]: read by what is computed anew. */
static void find_kept(Cutter *c) {
    bool *read = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *read);
    for (int i = 0; i < c->graph->outputs.count; i++) read[c->graph->outputs.items[i].node->id] = true;
    for (int i = c->graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = c->graph->nodes.items[i];
        c->is_kept[i] = read[i] && can_be_kept(c, node);
        for (int j = 0; j < node->n_inputs && read[i] && !c->is_kept[i]; j++) read[node->inputs[j]->id] = true;
    }
}

/* Of a matrix product, for each of its rows; other work is small beside it. */
static double flops_of_row(const Node *node) {
    const Type *right = node->op == OP_matmul ? &node->inputs[1]->type : NULL;
    return right && dim_is_const(right->dims[0]) && dim_is_const(right->dims[1]) ? 2.0 * (double)(right->dims[0].offset * right->dims[1].offset) : 0;
}

/* Is what it takes to compute the kept values much, for each number that has to be kept? A text is taken to have 16 tokens. */
static bool is_worth_it(const Cutter *c, double worth) {
    static const double tokens = 16;
    double flops = 0, floats = 0;
    bool *needed = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *needed);
    for (int i = c->graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = c->graph->nodes.items[i];
        double rows = are_sequences(c, c->rows[i]) ? 1 : tokens;
        needed[i] = needed[i] || c->is_kept[i];
        if (c->is_kept[i]) floats += rows * (double)node->type.dims[1].offset;
        if (needed[i] && c->rows[i] >= 0) flops += rows * flops_of_row(node);
        for (int j = 0; j < node->n_inputs && needed[i]; j++) needed[node->inputs[j]->id] = true;
    }
    return floats > 0 && flops >= worth * floats;
}

/* --- (3) The copies ---------------------------------------------------------------------------------------------------- */

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
    size_t n = (size_t)graph->nodes.count + 1;
    Cutter c = {.graph = graph, .trained = trained, .n_trained = n_trained, .arena = arena, .rows = arena_array(arena, n, sizeof *c.rows),
                .works = arena_array(arena, n, sizeof *c.works), .is_kept = arena_array(arena, n, sizeof *c.is_kept)};
    find_settled(&c);
    find_kept(&c);
    bool spares = graph->groups.count == 1 && is_worth_it(&c, worth);
    if (spares) {
        Graph *settled = graph_new(graph->name, &graph->symbols), *rest = graph_new_like(graph);
        copy_nodes(&c, settled, false);
        Node **copies = copy_nodes(&c, rest, true);
        for (int i = 0; i < graph->outputs.count; i++) graph_output(rest, graph->outputs.items[i].name, copies[graph->outputs.items[i].node->id]);
        *cut = (SettledCut){finish(settled), finish(rest)};
    }
    arena_free(arena);
    return spares;
}
