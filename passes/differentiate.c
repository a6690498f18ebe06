/* Differentiation: the walk. Rules of single operators are in differentiate_rules.c. */
#include "passes/differentiate.h"

#include <stdlib.h>
#include <string.h>

#include "passes/differentiate_rules.h"

enum { PATH_SHOWN = 8 }; /* nodes of a path that an error tells */

/* State by the ids of the forward nodes; nodes appended later need none. */
typedef struct Walk {
    Graph *graph;      /* under construction; its first nodes are the forward ones */
    bool *active;      /* is there a wanted parameter below? */
    Node **cotangents; /* NULL: none so far */
    const Node **user; /* the node that gave the first cotangent: the way back to the loss */
    Diagnostics *diags;
} Walk;

static bool is_wanted(const Node *node, const char *const *params, int n_params) {
    if (node->op != OP_param || node->type.elem != ELEM_F32) return false;
    for (int i = 0; i < n_params; i++) {
        if (strcmp(node->attrs.text, params[i]) == 0) return true;
    }
    return false;
}

static void find_active(Walk *walk, int count, const char *const *params, int n_params) {
    for (int i = 0; i < count; i++) {
        const Node *node = walk->graph->nodes.items[i];
        walk->active[i] = is_wanted(node, params, n_params);
        for (int j = 0; j < node->n_inputs; j++) {
            if (walk->active[node->inputs[j]->id] && gradient_flows(node, j))
                walk->active[i] = true;
        }
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
    diag_error(walk->diags, tape->code, node->pos, "%s, on the path %s%s <- loss", tape->error,
               path, at ? " <- ..." : "");
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
        tape.wanted[i] = walk->active[node->inputs[i]->id] && gradient_flows(node, i);
    }
    Node *dx[MAX_OPERANDS] = {0};
    if (!apply_gradient_rule(&tape, walk->cotangents[node->id], dx))
        return report(walk, node, &tape);
    for (int i = 0; i < node->n_inputs; i++) {
        if (tape.wanted[i] && dx[i]) accumulate(walk, node->inputs[i], dx[i], node);
    }
    return true;
}

static bool walk_back(Walk *walk, Node *loss) {
    walk->cotangents[loss->id] = graph_const(walk->graph, ELEM_F32, 1, loss);
    for (int i = loss->id; i >= 0; i--) {
        const Node *node = walk->graph->nodes.items[i];
        bool passed = walk->active[i] && walk->cotangents[i] && node->n_inputs;
        if (passed && !pull_back(walk, node)) return false;
    }
    return true;
}

static void add_outputs(Walk *walk, int count, const char *const *params, int n_params) {
    for (int i = 0; i < n_params; i++) {
        for (int j = 0; j < count; j++) {
            if (!walk->cotangents[j] || !is_wanted(walk->graph->nodes.items[j], params + i, 1))
                continue;
            graph_output(walk->graph, arena_printf(walk->graph->arena, "grad.%s", params[i]),
                         walk->cotangents[j]);
        }
    }
}

static Node *find_loss(const Graph *graph, Diagnostics *diags) {
    Node *loss = graph_find_output(graph, "loss");
    if (loss && loss->type.elem == ELEM_F32 && loss->type.rank == 0) return loss;
    const char *is = loss ? type_print(graph->arena, &loss->type, &graph->symbols) : "missing";
    diag_error(diags, "E0601", loss ? loss->pos : (Pos){0},
               "the output 'loss' of '%s' must be f32[]; it is %s", graph->name, is);
    diag_hint(diags,
              "give the graph one scalar output named 'loss', for instance a mean over rows");
    return NULL;
}

Graph *differentiate(const Graph *graph, const char *const *params, int n_params,
                     Diagnostics *diags) {
    Graph *work = graph_canonical(graph);
    int count = work->nodes.count;
    size_t n = (size_t)count + 1;
    Walk walk = {.graph = work, .diags = diags};
    walk.active = arena_array(work->arena, n, sizeof *walk.active);
    walk.cotangents = arena_array(work->arena, n, sizeof *walk.cotangents);
    walk.user = arena_array(work->arena, n, sizeof *walk.user);
    Node *loss = find_loss(work, diags);
    Graph *result = NULL;
    if (loss) {
        find_active(&walk, count, params, n_params);
        if (walk_back(&walk, loss)) {
            add_outputs(&walk, count, params, n_params);
            result = graph_canonical(work);
        }
    }
    graph_free(work);
    return result;
}
