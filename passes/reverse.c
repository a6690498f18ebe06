/* The reverse walk. Rules of single operators are in differentiate_rules.c. */
#include "passes/reverse.h"

#include "passes/differentiate_rules.h"

enum { PATH_SHOWN = 8 }; /* nodes of a path that an error tells */

/* State by the ids of the forward nodes; nodes appended later need none. */
typedef struct Walk {
    Graph *graph;      /* under construction; its first nodes are the forward ones */
    const char *name;  /* of what is differentiated */
    bool *active;      /* is it wanted, or is there a wanted value below? */
    Node **cotangents; /* NULL: none so far */
    const Node **user; /* the node that gave the first cotangent: the way back to the loss */
    Diagnostics *diags;
} Walk;

static bool is_active_operand(const Walk *walk, const Node *node, int operand) {
    return walk->active[node->inputs[operand]->id] && gradient_flows(node, operand);
}

static bool has_active_operand(const Walk *walk, const Node *node) {
    for (int i = 0; i < node->n_inputs; i++) {
        if (is_active_operand(walk, node, i)) return true;
    }
    return false;
}

static void find_active(Walk *walk, Node *const *x, int n) {
    for (int i = 0; i < n; i++) {
        if (x[i]) walk->active[x[i]->id] = true;
    }
    for (int i = 0; i < walk->graph->nodes.count; i++) {
        if (has_active_operand(walk, walk->graph->nodes.items[i])) walk->active[i] = true;
    }
}

/* "attention <- matmul <- ... <- loss", and a note for each place on the way. */
static bool report(const Walk *walk, const Node *node, const Tape *tape) {
    Arena *arena = walk->graph->arena;
    const char *path = op_name(node->op);
    const Node *at = walk->user[node->id];
    for (int i = 0; at && i < PATH_SHOWN; i++, at = walk->user[at->id]) {
        path = arena_printf(arena, "%s <- %s", path, op_name(at->op));
    }
    diag_error(walk->diags, tape->code, node->pos, "%s, on the path %s%s <- %s", tape->error, path, at ? " <- ..." : "",
               walk->name);
    at = walk->user[node->id];
    for (int i = 0; at && i < PATH_SHOWN; i++, at = walk->user[at->id]) {
        if (at->pos.file) diag_note(walk->diags, at->pos, "used by this %s", op_name(at->op));
    }
    diag_hint(walk->diags, "%s", tape->hint);
    return false;
}

/* The order of additions is fixed: users in reverse order, their operands in order. */
static void accumulate(Walk *walk, const Node *to, Node *cotangent, const Node *user) {
    Node **sum = &walk->cotangents[to->id];
    if (!*sum) walk->user[to->id] = user;
    *sum = *sum ? graph_op2(walk->graph, OP_add, *sum, cotangent, to) : cotangent;
}

static bool pull_back(Walk *walk, const Node *node) {
    Tape tape = {.graph = walk->graph, .at = node};
    for (int i = 0; i < node->n_inputs; i++) {
        tape.wanted[i] = is_active_operand(walk, node, i);
    }
    Node *dx[MAX_OPERANDS] = {0};
    if (!apply_gradient_rule(&tape, walk->cotangents[node->id], dx)) return report(walk, node, &tape);
    for (int i = 0; i < node->n_inputs; i++) {
        if (tape.wanted[i] && dx[i]) accumulate(walk, node->inputs[i], dx[i], node);
    }
    for (int i = 0; i < tape.n_others; i++) {
        if (walk->active[tape.others[i]->id]) accumulate(walk, tape.others[i], tape.for_others[i], node);
    }
    return true;
}

static bool walk_back(Walk *walk, Node *y) {
    Node *one = graph_const(walk->graph, ELEM_F32, 1, y);
    walk->cotangents[y->id] = graph_broadcast(walk->graph, one, &y->type, y);
    for (int i = y->id; i >= 0; i--) {
        const Node *node = walk->graph->nodes.items[i];
        bool passed = walk->cotangents[i] && has_active_operand(walk, node);
        if (passed && !pull_back(walk, node)) return false;
    }
    return true;
}

bool reverse_walk(Graph *graph, Node *y, const char *name, Node *const *x, int n, Node **cotangents,
                  Diagnostics *diags) {
    Walk walk = {.graph = graph, .name = name, .diags = diags};
    Arena *arena = arena_new();
    size_t count = (size_t)graph->nodes.count + 1;
    walk.active = arena_array(arena, count, sizeof *walk.active);
    walk.cotangents = arena_array(arena, count, sizeof *walk.cotangents);
    walk.user = arena_array(arena, count, sizeof *walk.user);
    find_active(&walk, x, n);
    bool good = walk_back(&walk, y);
    for (int i = 0; i < n; i++) cotangents[i] = x[i] ? walk.cotangents[x[i]->id] : NULL;
    arena_free(arena);
    return good;
}
