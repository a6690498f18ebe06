/* Decision: which values are smooth, which of them the output is decided from, and the graphs before and behind. */
#include "passes/decision.h"

#include <string.h>

#include "graph/rewrite.h"
#include "passes/differentiate_rules.h"

typedef struct Decider {
    const Graph *graph;
    const char *const *fixed;
    int n_fixed;
    bool *is_smooth;    /* [nodes]: it changes a little when weights change a little */
    bool *is_decided;   /* [nodes]: it is decided from */
    const char **names; /* [nodes]: of these, in their order; otherwise NULL */
    int count;
    Arena *arena;
} Decider;

static const char *value_name(Arena *arena, int number) { return arena_printf(arena, "decided.%d", number); }

static bool is_fixed(const Decider *d, const char *param) {
    for (int i = 0; i < d->n_fixed; i++) {
        if (strcmp(d->fixed[i], param) == 0) return true;
    }
    return false;
}

static void find_smooth(Decider *d) {
    for (int i = 0; i < d->graph->nodes.count; i++) {
        const Node *node = d->graph->nodes.items[i];
        d->is_smooth[i] = node->op == OP_param && !is_fixed(d, node->attrs.text);
        for (int j = 0; j < node->n_inputs; j++)
            d->is_smooth[i] |= d->is_smooth[node->inputs[j]->id] && gradient_flows(node, j);
    }
}

/* Walks back from the operands of a node to what is decided from. False where that leads to an input. With `grows`
 * smooth values are decided from, but for parameters, and the walk goes no further. */
static bool walk_back(Decider *d, const Node *from, bool grows) {
    bool *met = arena_array(d->arena, (size_t)from->id + 1, sizeof *met);
    for (int j = 0; j < from->n_inputs; j++) met[from->inputs[j]->id] = true;
    for (int i = from->id - 1; i >= 0; i--) {
        const Node *node = d->graph->nodes.items[i];
        if (met[i] && grows && d->is_smooth[i] && node->op != OP_param) d->is_decided[i] = true;
        if (!met[i] || d->is_decided[i]) continue;
        if (node->op == OP_input) return false;
        for (int j = 0; j < node->n_inputs; j++) met[node->inputs[j]->id] = true;
    }
    return true;
}

/* False: the decision reads an input. What can be computed from the others, as the largest logit can from all, is part
 * of the decision. */
static bool find_decided(Decider *d, const Node *root) {
    d->is_decided[root->id] = d->is_smooth[root->id];
    if (!d->is_smooth[root->id] && !walk_back(d, root, true)) return false;
    for (int i = d->graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = d->graph->nodes.items[i];
        if (d->is_decided[i] && walk_back(d, node, false)) d->is_decided[i] = false;
    }
    for (int i = 0; i < d->graph->nodes.count; i++) {
        if (d->is_decided[i]) d->names[i] = value_name(d->arena, d->count++);
    }
    return true;
}

/* Without the names of texts and columns: decisions are compared. What none of them counts is left out at the end. */
static Symbols plain_symbols(const Decider *d) {
    Symbols symbols = {0};
    for (int i = 0; i < d->graph->nodes.count; i++) {
        const Type *type = &d->graph->nodes.items[i]->type;
        for (int j = 0; d->names[i] && j < type->rank; j++) {
            if (!dim_is_const(type->dims[j]) && type->dims[j].symbol >= symbols.count)
                symbols.count = type->dims[j].symbol + 1;
        }
    }
    for (int i = 0; i < symbols.count; i++) symbols.names[i] = arena_printf(d->arena, "n%d", i);
    return symbols;
}

/* The output by itself, from what is decided from; what lies before that is not looked at. */
static Graph *make_behind(Decider *d, const Output *output) {
    Symbols symbols = plain_symbols(d);
    Graph *work = graph_new(output->name, &symbols);
    Rewrite copy = rewrite_begin(d->graph, work, NULL, NULL);
    for (int i = 0; i < d->graph->nodes.count; i++) {
        if (d->names[i]) copy.copies[i] = graph_leaf(work, OP_input, d->names[i], d->graph->nodes.items[i]->type);
    }
    graph_output_like(work, output, rewrite_value(&copy, output->node));
    Graph *canonical = graph_canonical(work);
    graph_free(work);
    return canonical;
}

static Graph *make_whole(Decider *d) {
    Graph *whole = graph_new_like(d->graph);
    Rewrite copy = rewrite_begin(d->graph, whole, NULL, NULL);
    rewrite_nodes(&copy, d->graph);
    rewrite_outputs(&copy, d->graph);
    for (int i = 0; i < d->graph->nodes.count; i++) {
        if (d->names[i]) graph_output(whole, d->names[i], copy.copies[i]);
    }
    Graph *canonical = graph_canonical(whole);
    graph_free(whole);
    return canonical;
}

/* Does it read the one value and nothing else that is given? */
static bool reads_one_value(const Decider *d, const Graph *graph) {
    const char *value = value_name(d->arena, 0);
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (op_is(node->op, IS_GIVEN) && (node->op != OP_input || strcmp(node->attrs.text, value) != 0)) return false;
    }
    return true;
}

static Graph *make_scores(Decider *d) {
    const Output *scores = graph_output_of(d->graph, probabilities_role);
    if (!scores) return NULL;
    Graph *graph = make_behind(d, scores);
    if (reads_one_value(d, graph)) return graph;
    graph_free(graph);
    return NULL;
}

bool decision_cut(const Graph *graph, const char *const *fixed, int n_fixed, DecisionCut *cut) {
    const Output *prediction = graph_output_of(graph, prediction_role);
    Arena *arena = arena_new();
    size_t nodes = (size_t)graph->nodes.count + 1;
    Decider d = {.graph = graph, .fixed = fixed, .n_fixed = n_fixed, .arena = arena};
    d.is_smooth = arena_array(arena, nodes, sizeof *d.is_smooth);
    d.is_decided = arena_array(arena, nodes, sizeof *d.is_decided);
    d.names = arena_array(arena, nodes, sizeof *d.names);
    find_smooth(&d);
    bool good = find_decided(&d, prediction->node);
    if (good) *cut = (DecisionCut){make_whole(&d), make_behind(&d, prediction), make_scores(&d), d.count};
    arena_free(arena);
    return good;
}

const Node *decision_input(const DecisionCut *cut, int number) {
    return graph_find_input(cut->decision, value_name(cut->decision->arena, number));
}

void decision_free(DecisionCut *cut) {
    graph_free(cut->whole);
    graph_free(cut->decision);
    graph_free(cut->scores);
    *cut = (DecisionCut){0};
}
