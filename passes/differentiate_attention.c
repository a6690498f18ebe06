/* Gradient rules of attention. Scores are not stored: what is derived of them computes them again, from q, k and the
 * log-sum-exp of each row. The score's own derivatives are open values, which the usual walk finds. */
#include "graph/interpret.h"
#include "graph/pair.h"
#include "passes/differentiate_rules.h"
#include "passes/reverse.h"

static Node *result_of(Tape *g, Op op, Node *const *operands, int n, int64_t result) {
    NodeSpec spec = {.op = op, .n_inputs = n, .inputs = operands, .attrs = g->at->attrs, .pos = g->at->pos};
    spec.attrs.ints[1] = result;
    return graph_node(g->graph, &spec);
}

static Node *constant(Tape *g, double value) { return graph_const(g->graph, ELEM_F32, value, g->at); }

/* The nodes up to `root` that it needs; of tables themselves, not what they are computed from. */
static bool *find_needed(const Graph *graph, const Node *root, Arena *arena) {
    bool *needed = arena_array(arena, (size_t)root->id + 1, sizeof *needed);
    needed[root->id] = true;
    for (int i = root->id; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        for (int j = node->op == OP_lookup; j < node->n_inputs && needed[i]; j++) needed[node->inputs[j]->id] = true;
    }
    return needed;
}

/* An elementwise node over these operands; a constant where they are. */
static Node *folded_node(Tape *g, const Node *node, Node *const *inputs) {
    double operands[3] = {0}, result;
    bool constant = node->n_inputs > 0;
    for (int i = 0; i < node->n_inputs; i++) {
        constant = constant && inputs[i]->op == OP_const;
        operands[i] = elem_held(inputs[i]->type.elem, inputs[i]->attrs.number);
    }
    if (constant && interpret_element(node->op, node->type.elem, operands, &result))
        return graph_const(g->graph, node->type.elem, result, g->at);
    return graph_clone(g->graph, node, inputs);
}

/* The same with its constant parts computed: an open value is made of constants, not of what is computed of them. */
static Node *folded(Tape *g, Node *value) {
    Arena *arena = arena_new();
    bool *needed = find_needed(g->graph, value, arena);
    Node **to = arena_array(arena, (size_t)value->id + 1, sizeof *to), *inputs[3], *result;
    for (int i = 0; i <= value->id; i++) {
        const Node *node = g->graph->nodes.items[i];
        if (!needed[i]) continue;
        for (int j = 0; j < node->n_inputs; j++) {
            Node *copy = to[node->inputs[j]->id];
            inputs[j] = copy ? copy : node->inputs[j];
        }
        to[i] = folded_node(g, node, inputs);
    }
    result = to[value->id];
    arena_free(arena);
    return result;
}

/* The derivative of an open value by another, an open value too; NULL and a refusal when an operator on the way has
 * none. */
static Node *slope_by(Tape *g, Node *value, Node *by) {
    Node *slope = NULL;
    Diagnostics *quiet = diagnostics_new();
    bool good = !value->is_open || reverse_walk(g->graph, value, "score", &by, 1, &slope, quiet);
    diagnostics_free(quiet);
    if (good) return slope ? folded(g, slope) : constant(g, 0);
    tape_refuse(g, "E0602", "the score of attention has an operator without a gradient", "stop_gradient takes it out");
    return NULL;
}

/* By the product of query and key. */
static Node *slope_of(Tape *g, Node *value) { return slope_by(g, value, pair_node(g->graph, PAIR_SCORE, g->at)); }

static bool is_nothing(const Node *slope) { return slope->op == OP_const && slope->attrs.number == 0; }

/* The reads of the score, each with the score's derivative by it, behind `n` operands; how many operands there are
 * then, 0: a refusal. What the score does not change with is left out. */
static int add_reads(Tape *g, Node *score, Node **operands, int n) {
    PairCone cone;
    pair_cone_begin(&cone);
    pair_cone_add(&cone, score, NULL);
    for (int i = 0; i < cone.count; i++) {
        if (!pair_is_read(cone.nodes[i])) continue;
        Node *read = (Node *)cone.nodes[i], *slope = slope_by(g, score, read);
        if (!slope) return 0;
        if (is_nothing(slope)) continue;
        if (n + 2 > ATTENTION_GRAD_OPERANDS + 2 * MAX_READS) {
            tape_refuse(g, "E0602", "a score has gradients for 8 reads of tables and rows at most",
                        "stop_gradient takes some out");
            return 0;
        }
        operands[n++] = read;
        operands[n++] = slope;
    }
    return n;
}

/* A table gets the sum of what it gets of sequences and heads, in their order. */
static void give_to_table(Tape *g, const Node *table, Node *parts) {
    NodeSpec sum = {.op = OP_sum, .n_inputs = 1, .inputs = &parts, .pos = g->at->pos};
    g->others[g->n_others] = table;
    g->for_others[g->n_others++] = graph_reshape(g->graph, graph_node(g->graph, &sum), &table->type, g->at);
}

/* `rows`: the operand of attention that has those of queries. */
static void give_to_reads(Tape *g, Node *const *operands, int n, int reads, int rows, Node **dx) {
    for (int i = 0; i < reads; i++) {
        const Node *read = operands[attention_read_slope(i) - 1];
        if (read->op == OP_cell && !g->wanted[rows + (int)cell_side(read)]) continue;
        if (read->op == OP_lookup && !g->wanted[ATTENTION_SCORE]) continue;
        Node *own = result_of(g, OP_attention_grad, operands, n, READ_RESULTS + i);
        if (read->op == OP_lookup) {
            give_to_table(g, read->inputs[0], own);
        } else {
            Node **to = &dx[rows + (int)cell_side(read)];
            *to = *to ? graph_op2(g->graph, OP_add, *to, own, g->at) : own;
        }
    }
}

bool rule_attention(Tape *g, Node *dy, Operands x, Node **dx) {
    if (g->at->attrs.ints[1] != 0) {
        return tape_refuse(g, "E0602", "the log-sum-exp of attention has no gradient",
                           "differentiate only through the values of attention, or stop the gradient "
                           "with stop_gradient");
    }
    Node *operands[MAX_OPERANDS], *slope = slope_of(g, x[ATTENTION_SCORE]);
    int rows = attention_rows(g->at), n = ATTENTION_GRAD_OPERANDS;
    if (!slope) return false;
    for (int i = 0; i < ATTENTION_OPERANDS; i++) operands[i] = x[i];
    operands[ATTENTION_SLOPE] = slope;
    Node **given = operands + attention_out_operand(OP_attention_grad);
    given[0] = (Node *)g->at;
    given[1] = result_of(g, OP_attention, x, g->at->n_inputs, 1);
    given[2] = dy;
    bool reads = g->wanted[ATTENTION_SCORE] || (rows >= 0 && (g->wanted[rows] || g->wanted[rows + 1]));
    if (reads && (n = add_reads(g, x[ATTENTION_SCORE], operands, n)) == 0) return false;
    int count = (n - ATTENTION_GRAD_OPERANDS) / 2;
    for (int i = 0; rows >= 0 && i < CELL_SIDES; i++) operands[n++] = x[rows + i];
    for (int i = 0; i < 3; i++) {
        if (g->wanted[i]) dx[i] = result_of(g, OP_attention_grad, operands, n, i);
    }
    give_to_reads(g, operands, n, count, rows, dx);
    return true;
}

static Node *zeros_like(Tape *g, const Node *x) { return graph_broadcast(g->graph, constant(g, 0), &x->type, g->at); }

/* out and lse stand for what q, k and v make of them, so nothing flows to them by themselves. */
bool rule_attention_grad(Tape *g, Node *dy, Operands x, Node **dx) {
    int from = attention_out_operand(OP_attention_grad), to = attention_out_operand(OP_attention_second);
    int rows = attention_rows(g->at), n = to + 6;
    int64_t own = g->at->attrs.ints[1];
    bool read = g->wanted[ATTENTION_SCORE] || g->wanted[ATTENTION_SLOPE];
    if (own >= READ_RESULTS || read || (rows >= 0 && (g->wanted[rows] || g->wanted[rows + 1]))) {
        return tape_refuse(g, "E0602", "what attention's score reads has no second derivative",
                           "freeze it, or let stop_gradient(table) be read");
    }
    Node *operands[MAX_OPERANDS], *curvature = slope_of(g, x[ATTENTION_SLOPE]);
    if (!curvature) return false;
    for (int i = 0; i < from; i++) operands[i] = x[i];
    operands[ATTENTION_CURVATURE] = curvature;
    for (int i = 0; i < 3; i++) operands[to + i] = x[from + i];
    for (int i = 0; i < 3; i++) operands[to + 3 + i] = i == own ? dy : zeros_like(g, x[i]);
    for (int i = 0; rows >= 0 && i < CELL_SIDES; i++) operands[n++] = x[rows + i];
    for (int i = 0; i < 4; i++) {
        int operand = i == 3 ? from + 2 : i; /* the cotangent of out */
        if (g->wanted[operand]) dx[operand] = result_of(g, OP_attention_second, operands, n, i);
    }
    return true;
}

bool rule_attention_second(Tape *g, Node *dy, Operands x, Node **dx) {
    (void)dy, (void)x, (void)dx;
    return tape_refuse(g, "E0602", "attention has no third derivative",
                       "stop_gradient(grad(...)) uses a gradient as a number");
}
