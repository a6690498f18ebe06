/* Compact: finds the gathers, gives them slots, and scatters into as many rows. */
#include "passes/compact.h"

#include <string.h>

#include "graph/rewrite.h"

/* Is the parameter read by nothing but gathers at `index`? */
static bool is_read_at(const Graph *graph, const char *table, const Node *index) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) {
            const Node *input = node->inputs[j];
            if (input->op != OP_param || strcmp(input->attrs.text, table) != 0) continue;
            if (node->op != OP_gather || j != 0 || node->inputs[1] != index) return false;
        }
    }
    return true;
}

static bool is_used(const Graph *graph, const Node *node) {
    for (int i = 0; i < graph->nodes.count; i++) {
        for (int j = 0; j < graph->nodes.items[i]->n_inputs; j++) {
            if (graph->nodes.items[i]->inputs[j] == node) return true;
        }
    }
    return false;
}

bool compact_suits(const Type *table) {
    enum { FEW_ROWS = 64, VECTOR = 16 };
    if (table->rank != 2 || !dim_is_const(table->dims[0]) || !dim_is_const(table->dims[1])) return false;
    return table->dims[0].offset >= FEW_ROWS && table->dims[1].offset % VECTOR == 0;
}

/* Is it the gradient of a table that can be made compact? */
static bool can_be_compact(const Graph *graph, const Output *output) {
    const Node *gradient = output->node;
    if (output->role.kind != ROLE_GRADIENT || gradient->op != OP_scatter_add) return false;
    if (gradient->inputs[0]->op != OP_input || !compact_suits(&gradient->type)) return false;
    if (graph->symbols.count == MAX_SYMBOLS || is_used(graph, gradient)) return false;
    return is_read_at(graph, output->role.of, gradient->inputs[0]);
}

/* The same rows, scattered to their slots. `index` and `rows` belong to `graph`. */
static Node *scatter_to_slots(Graph *graph, const Node *gradient, Node *index, Node *rows) {
    const char *name = index->attrs.text;
    Role distinct = {.kind = ROLE_DISTINCT, .of = name}, slots = {.kind = ROLE_SLOTS, .of = name};
    Dim count = dim_symbol(graph_symbol_as(graph, arena_printf(graph->arena, "%s.U", name), distinct));
    Type slots_type = index->type, type = gradient->type;
    slots_type.bound = type.dims[0] = count;
    Node *at = graph_input_as(graph, arena_printf(graph->arena, "%s.slots", name), slots, slots_type);
    NodeSpec spec = {
        .op = OP_scatter_add, .n_inputs = 2, .inputs = (Node *[]){at, rows}, .type = type, .pos = gradient->pos};
    return graph_node(graph, &spec);
}

Graph *compact(const Graph *graph) {
    if (graph->groups.count > 1) return graph_canonical(graph);
    Graph *work = graph_new_like(graph);
    Rewrite copy = rewrite_begin(graph, work, NULL, NULL);
    rewrite_nodes(&copy, graph);
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        Node *gradient = copy.copies[output->node->id];
        if (can_be_compact(graph, output))
            gradient = scatter_to_slots(work, output->node, gradient->inputs[0], gradient->inputs[1]);
        graph_output_like(work, output, gradient);
    }
    Graph *result = graph_canonical(work);
    graph_free(work);
    return result;
}

bool compact_find(const Graph *graph, const char *table, CompactGradient *found) {
    const Output *output = graph_output_of(graph, (Role){.kind = ROLE_GRADIENT, .of = table});
    if (!output || output->node->op != OP_scatter_add) return false;
    const Node *slots = output->node->inputs[0];
    if (slots->attrs.role.kind != ROLE_SLOTS) return false;
    const Node *index = graph_find_input(graph, slots->attrs.role.of);
    *found = (CompactGradient){index, slots, slots->type.bound.symbol, output->name};
    return index != NULL;
}
