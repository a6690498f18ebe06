/* Embedded. */
#include "passes/embedded.h"

#include "graph/rewrite.h"
#include "passes/deciders.h"

static bool is_embedding(const Node *node) {
    return node->op == OP_gather && node->inputs[0]->op == OP_param && node->inputs[1]->op == OP_input &&
           node->inputs[1]->attrs.role.kind == ROLE_IDS;
}

/* The one embedding; NULL: there is none, or another one. */
static const Node *find_embedding(const Graph *graph) {
    const Node *found = NULL;
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (!is_embedding(node)) continue;
        if (found) return NULL;
        found = node;
    }
    return found;
}

/* Marks what is computed from `from`. */
static void mark_users(const Graph *graph, const Node *from, bool *users) {
    users[from->id] = true;
    for (int i = from->id; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) users[i] |= users[node->inputs[j]->id];
    }
}

/* The graph of one output, and of what decides it as outputs with the role `compared`. */
static Graph *deciding_graph(const Graph *eval, const char *output, Node *node) {
    Graph one = *eval;
    one.outputs.items = &(Output){.name = output, .node = node};
    one.outputs.count = one.outputs.capacity = 1;
    Graph *graph = graph_canonical(&one);
    deciders_add(graph);
    return graph;
}

/* The first in the order of the graph: of logits and their maximum the logits. */
static Node *find_score(const Graph *graph, const Node *embedding) {
    bool *users = arena_array(graph->arena, (size_t)graph->nodes.count + 1, sizeof(bool));
    Node *score = NULL;
    mark_users(graph, embedding, users);
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        bool counts = output->role.kind == ROLE_COMPARED && users[output->node->id];
        if (counts && (!score || output->node->id < score->id)) score = output->node;
    }
    return score ? score : graph->outputs.items[0].node;
}

static Node *replace_embedding(void *user, Graph *to, const Node *node, Node *const *inputs) {
    (void)user, (void)inputs;
    return is_embedding(node) ? graph_leaf(to, OP_input, "embedded", node->type) : NULL;
}

static Node *sum_over(Graph *graph, Node *x, int axis) {
    return graph_node(graph, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs = {.ints = {axis}}});
}

static void add_outputs(Graph *graph, Node *score, Node *embedded) {
    Node *chosen = graph_leaf(graph, OP_input, "chosen", score->type);
    Node *all = sum_over(graph, sum_over(graph, graph_op2(graph, OP_mul, score, chosen, score), 1), 0);
    Type scalar = type_make(ELEM_F32, 0, NULL);
    graph_output_as(graph, "score", (Role){.kind = ROLE_COMPARED}, score);
    graph_output_as(graph, "loss", loss_role, graph_reshape(graph, all, &scalar, score));
    graph_output(graph, "embedded", embedded);
    graph_want(graph, "embedded");
}

static void build(const Graph *from, const Node *embedding, Node *score, Embedded *embedded) {
    Graph *to = graph_new_like(from);
    Rewrite rewrite = rewrite_begin(from, to, replace_embedding, NULL);
    Node *copy = rewrite_value(&rewrite, score);
    add_outputs(to, copy, rewrite_value(&rewrite, embedding));
    embedded->graph = graph_canonical(to);
    embedded->table = arena_strdup(embedded->graph->arena, embedding->inputs[0]->attrs.text);
    embedded->type = copy->type;
    graph_free(to);
}

bool embedded_graph(const Graph *eval, const char *output, Embedded *embedded) {
    Node *predicted = graph_find_output(eval, output);
    if (!predicted) return false;
    Graph *graph = deciding_graph(eval, output, predicted);
    const Node *embedding = find_embedding(graph);
    Node *score = embedding ? find_score(graph, embedding) : NULL;
    bool good = score && score->type.elem == ELEM_F32 && score->type.rank == 2;
    if (good) build(graph, embedding, score, embedded);
    graph_free(graph);
    return good;
}
