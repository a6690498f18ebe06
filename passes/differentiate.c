/* Differentiation: the walk. Rules of single operators are in differentiate_rules.c. */
#include "passes/differentiate.h"

#include <stdlib.h>
#include <string.h>

#include "passes/differentiate_rules.h"

enum { PATH_SHOWN = 8 }; /* nodes of a path that an error tells */

/* State by the ids of the forward nodes; nodes appended later need none. */
typedef struct Walk {
    Graph *graph;      /* under construction; its first nodes are the forward ones */
    Node **wanted;     /* [n_wanted] the node of each name; NULL: there is none that can have a gradient */
    int n_wanted;
    bool *active;      /* is it wanted, or is there a wanted value below? */
    Node **cotangents; /* NULL: none so far */
    const Node **user; /* the node that gave the first cotangent: the way back to the loss */
    Diagnostics *diags;
} Walk;

/* The value of a name: a parameter, or else an output. */
static Node *find_value(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->nodes.count; i++) {
        Node *node = graph->nodes.items[i];
        if (node->op == OP_param && strcmp(node->attrs.text, name) == 0) return node;
    }
    return graph_find_output(graph, name);
}

static void find_wanted(Walk *walk, const char *const *names) {
    walk->wanted = arena_array(walk->graph->arena, (size_t)walk->n_wanted + 1, sizeof *walk->wanted);
    for (int i = 0; i < walk->n_wanted; i++) {
        Node *node = find_value(walk->graph, names[i]);
        if (node && node->type.elem == ELEM_F32) walk->wanted[i] = node;
    }
}

static bool is_active_operand(const Walk *walk, const Node *node, int operand) {
    return walk->active[node->inputs[operand]->id] && gradient_flows(node, operand);
}

static bool has_active_operand(const Walk *walk, const Node *node) {
    for (int i = 0; i < node->n_inputs; i++) {
        if (is_active_operand(walk, node, i)) return true;
    }
    return false;
}

static void find_active(Walk *walk, int count) {
    for (int i = 0; i < walk->n_wanted; i++) {
        if (walk->wanted[i]) walk->active[walk->wanted[i]->id] = true;
    }
    for (int i = 0; i < count; i++) {
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
        tape.wanted[i] = is_active_operand(walk, node, i);
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
        bool passed = walk->cotangents[i] && has_active_operand(walk, node);
        if (passed && !pull_back(walk, node)) return false;
    }
    return true;
}

static void add_outputs(Walk *walk, const char *const *names) {
    for (int i = 0; i < walk->n_wanted; i++) {
        Node *gradient = walk->wanted[i] ? walk->cotangents[walk->wanted[i]->id] : NULL;
        const char *name = arena_printf(walk->graph->arena, "grad.%s", names[i]);
        if (gradient) graph_output(walk->graph, name, gradient);
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

Graph *differentiate(const Graph *graph, const char *const *wanted, int n_wanted,
                     Diagnostics *diags) {
    Graph *work = graph_canonical(graph);
    int count = work->nodes.count;
    size_t n = (size_t)count + 1;
    Walk walk = {.graph = work, .n_wanted = n_wanted, .diags = diags};
    walk.active = arena_array(work->arena, n, sizeof *walk.active);
    walk.cotangents = arena_array(work->arena, n, sizeof *walk.cotangents);
    walk.user = arena_array(work->arena, n, sizeof *walk.user);
    Node *loss = find_loss(work, diags);
    Graph *result = NULL;
    if (loss) {
        find_wanted(&walk, wanted);
        find_active(&walk, count);
        if (walk_back(&walk, loss)) {
            add_outputs(&walk, wanted);
            result = graph_canonical(work);
        }
    }
    graph_free(work);
    return result;
}
