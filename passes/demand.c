/* Demand: for one index after another, (1) find the nodes that only gathers by this index use, (2)
 * build the graph anew with those nodes over selected rows. Repeated until no gather can move; each
 * round moves at least one upwards. */
#include "passes/demand.h"

#include "graph/base/count_text.h"
#include "graph/rewrite.h"
#include "passes/expand.h"

/* One round. */
typedef struct Round {
    const Graph *from;
    const Node *index; /* i32[M]: the rows that are wanted */
    bool *moves;       /* [node] is computed on selected rows only */
    Graph *to;
    Node **copies; /* [node]: on selected rows where it moves, else whole */
} Round;

static bool is_first_rows(const Node *index) { return index->attrs.role.kind == ROLE_FIRST; }

/* Does the index select exactly one row in order from each of the sequences that `bounds` cut? */
static bool selects_one_of_each(const Node *index, const Node *bounds) {
    Role same_text = index->attrs.role;
    same_text.kind = ROLE_BOUNDS;
    return is_first_rows(index) && role_equal(&bounds->attrs.role, &same_text);
}

static bool is_selection(const Node *index, const Type *table) {
    Dim count = index->type.dims[0], rows = table->dims[0];
    if (dim_is_const(count) && dim_is_const(rows)) return count.offset <= rows.offset;
    return is_first_rows(index) && dim_equal(index->type.bound, rows);
}

/* Does row i of `node` need row i of this operand, a matrix, and no other? */
static bool is_row_operand(const Node *node, int operand) {
    Reads reads = node_reads(node, operand);
    return (reads == READS_ELEMENT || reads == READS_ROW) && node->inputs[operand]->type.rank == 2;
}

/* When rows of the node are computed alone, can this operand be given as they need it? */
static bool can_give(const Round *round, const Node *node, int operand) {
    switch (node_reads(node, operand)) {
    case READS_ELEMENT:
    case READS_ROW: return is_row_operand(node, operand);
    case READS_WHOLE:
    case READS_SEQUENCE: return true;
    case READS_BOUNDS: return selects_one_of_each(round->index, node->inputs[operand]);
    default: return false;
    }
}

/* Can rows of `node` be computed alone? */
static bool is_row_wise(const Round *round, const Node *node) {
    if (node->type.rank != 2 || op_kind(node->op) == KIND_LEAF) return false;
    if (node->op == OP_gather)
        return node->inputs[1] != round->index; /* its indices are a vector: see selected_gather */
    for (int i = 0; i < node->n_inputs; i++) {
        if (!can_give(round, node, i)) return false;
    }
    return true;
}

static bool is_gather_of_round(const Round *round, const Node *node) {
    return node->op == OP_gather && node->inputs[1] == round->index &&
           is_selection(round->index, &node->inputs[0]->type);
}

/* (1) Users come after their operands, so a walk from the end knows all users of a node when it
 * meets it. */
static bool find_moving(Round *round) {
    const Graph *graph = round->from;
    size_t n = (size_t)graph->nodes.count + 1;
    bool *wanted = arena_array(round->to->arena, n, sizeof *wanted);
    bool *blocked = arena_array(round->to->arena, n, sizeof *blocked);
    bool any = false;
    for (int i = 0; i < graph->outputs.count; i++) blocked[graph->outputs.items[i].node->id] = true;
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        bool by_round = is_gather_of_round(round, node);
        round->moves[i] = wanted[i] && !blocked[i] && is_row_wise(round, node);
        any = any || round->moves[i];
        for (int j = 0; j < node->n_inputs; j++) {
            bool selects = by_round ? j == 0 : round->moves[i] && is_row_operand(node, j);
            if (selects) wanted[node->inputs[j]->id] = true;
            if (!selects) blocked[node->inputs[j]->id] = true;
        }
    }
    return any;
}

static Node *to_whole(const Round *round, const Node *node) { return round->copies[node->id]; }

/* `type` over as many rows as the index has entries. */
static Type selected_type(const Round *round, const Type *type) {
    Type result = *type;
    result.dims[0] = round->index->type.dims[0];
    return result;
}

static Node *gather_rows(Round *round, Node *table, const Node *pos_of) {
    return graph_op2(round->to, OP_gather, table, to_whole(round, round->index), pos_of);
}

/* The selected rows of a node that may be needed whole as well: a spread value is spread again
 * rather than read. */
static Node *select_rows(Round *round, const Node *node) {
    if (round->moves[node->id]) return round->copies[node->id];
    if (node->op != OP_broadcast) return gather_rows(round, to_whole(round, node), node);
    Node *source = to_whole(round, node->inputs[0]);
    if (is_row_operand(node, 0)) source = gather_rows(round, source, node);
    Type type = selected_type(round, &node->type);
    return graph_broadcast(round->to, source, &type, node);
}

/* gather(gather(table, ids), index) = gather(table, gather(ids, index)), the ids as a matrix of one
 * column. */
static Node *selected_gather(Round *round, const Node *node) {
    Node *ids = to_whole(round, node->inputs[1]);
    Type column = type_make(ELEM_I32, 2, (Dim[]){ids->type.dims[0], dim_const(1)});
    Type flat = type_make(ELEM_I32, 1, round->index->type.dims);
    Node *rows = gather_rows(round, graph_reshape(round->to, ids, &column, node), node);
    return graph_op2(round->to, OP_gather, to_whole(round, node->inputs[0]),
                     graph_reshape(round->to, rows, &flat, node), node);
}

/* 0, 1, ..., S: one row in each sequence. */
static Node *one_in_each(Round *round, const Node *bounds) {
    NodeSpec spec = {.op = OP_iota, .type = type_make(ELEM_I32, 1, bounds->type.dims), .pos = bounds->pos};
    return graph_node(round->to, &spec);
}

static Node *select_node(Round *round, const Node *node) {
    if (node->op == OP_gather) return selected_gather(round, node);
    Node *inputs[MAX_OPERANDS];
    for (int i = 0; i < node->n_inputs; i++) {
        const Node *input = node->inputs[i];
        inputs[i] = is_row_operand(node, i) ? select_rows(round, input) : to_whole(round, input);
        if (node_reads(node, i) == READS_BOUNDS) inputs[i] = one_in_each(round, input);
    }
    NodeSpec spec = {.op = node->op,
                     .n_inputs = node->n_inputs,
                     .inputs = inputs,
                     .attrs = node->attrs,
                     .type = selected_type(round, &node->type),
                     .pos = node->pos};
    return graph_node(round->to, &spec);
}

static Node *move_node(void *user, Graph *to, const Node *node, Node *const *inputs) {
    Round *round = user;
    (void)to, (void)inputs;
    if (round->moves[node->id]) return select_node(round, node);
    return is_gather_of_round(round, node) ? select_rows(round, node->inputs[0]) : NULL;
}

/* (2) First the index and what it needs, so that any node can be selected by it. None of these moves: what moves is
 * needed through gathers by the index only. */
static void build(Round *round) {
    Rewrite rewrite = rewrite_begin(round->from, round->to, move_node, round);
    round->copies = rewrite.copies;
    rewrite_value(&rewrite, round->index);
    rewrite_nodes(&rewrite, round->from);
    rewrite_outputs(&rewrite, round->from);
}

static void remark_moves(const Round *round, Remarks *remarks) {
    const Node *gather = NULL;
    int moved = 0;
    for (int i = 0; remarks && i < round->from->nodes.count; i++) {
        const Node *node = round->from->nodes.items[i];
        moved += round->moves[i];
        if (!gather && is_gather_of_round(round, node)) gather = node;
    }
    if (moved)
        remark(remarks, gather, "gather moves up: %s %s the rows that are read, not all",
               count_text(moved, "operator").text, count_form(moved, "computes", "compute"));
}

/* One round for this index. NULL: no node moves. */
static Graph *run_round(const Graph *from, const Node *index, Remarks *remarks) {
    Round round = {.from = from, .index = index, .to = graph_new_like(from)};
    size_t n = (size_t)from->nodes.count + 1;
    round.moves = arena_array(round.to->arena, n, sizeof *round.moves);
    Graph *result = NULL;
    if (find_moving(&round)) {
        remark_moves(&round, remarks);
        build(&round);
        result = graph_canonical(round.to);
    }
    graph_free(round.to);
    return result;
}

static Graph *run_any_round(const Graph *graph, Remarks *remarks) {
    const Node *last = NULL;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        bool candidate = node->op == OP_gather && node->inputs[1] != last && op_kind(node->inputs[0]->op) != KIND_LEAF;
        if (!candidate) continue;
        last = node->inputs[1];
        Graph *next = run_round(graph, last, remarks);
        if (next) return next;
    }
    return NULL;
}

/* A user of `table` other than by gathers of these rows. NULL: none. */
static const Node *find_other_user(const Graph *graph, const Node *gather) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) {
            bool same_rows = node->op == OP_gather && j == 0 && node->inputs[1] == gather->inputs[1];
            if (node->inputs[j] == gather->inputs[0] && !same_rows) return node;
        }
    }
    return NULL;
}

static bool is_output(const Graph *graph, const Node *node) {
    for (int i = 0; i < graph->outputs.count; i++) {
        if (graph->outputs.items[i].node == node) return true;
    }
    return false;
}

/* Why the gather cannot move above the node that it takes rows of, in the arena. */
static const char *why_it_stays(const Graph *graph, const Node *gather, Arena *arena) {
    const Node *table = gather->inputs[0], *user = find_other_user(graph, gather);
    Round round = {.index = gather->inputs[1]};
    if (!is_selection(gather->inputs[1], &table->type)) return "it may take more rows than there are";
    if (!is_row_wise(&round, table))
        return arena_printf(arena, "%s makes a row from more than one row", op_name(table->op));
    if (is_output(graph, table)) return arena_printf(arena, "all rows of %s are an output", op_name(table->op));
    if (!user) return NULL;
    const char *line = user->pos.file ? arena_printf(arena, " in line %u", user->pos.line) : "";
    return arena_printf(arena, "all rows of %s are needed by %s%s", op_name(table->op), op_name(user->op), line);
}

static void remark_stays(const Graph *graph, Remarks *remarks) {
    for (int i = 0; remarks && i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op != OP_gather || op_kind(node->inputs[0]->op) == KIND_LEAF) continue;
        const char *why = why_it_stays(graph, node, remarks->arena);
        if (why) remark(remarks, node, "gather stays: %s", why);
    }
}

Graph *demand(const Graph *graph, Remarks *remarks) {
    Graph *current = graph_canonical(graph);
    if (graph->groups.count > 1 || has_grad(graph)) return current;
    for (Graph *next; (next = run_any_round(current, remarks)) != NULL;) {
        graph_free(current);
        current = next;
    }
    remark_stays(current, remarks);
    return current;
}
