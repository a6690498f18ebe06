/* Deciders: the operands of comparisons on the way to an output. */
#include "passes/deciders.h"

/* On the way from an output: what each row of it is made of. */
static bool is_on_the_way(const Node *node) {
    OpKind kind = op_kind(node->op);
    return kind == KIND_ELEMENTWISE || kind == KIND_REDUCE || kind == KIND_MOVE;
}

static void add_operands(Graph *graph, const Node *comparison, bool *taken) {
    for (int i = 0; i < comparison->n_inputs; i++) {
        Node *operand = comparison->inputs[i];
        bool plain = op_is(operand->op, IS_IN_CODE) || operand->op == OP_param;
        if (operand->type.elem != ELEM_F32 || plain || taken[operand->id]) continue;
        taken[operand->id] = true;
        const char *name = arena_printf(graph->arena, "compared.%d", operand->id);
        graph_output_as(graph, name, (Role){.kind = ROLE_COMPARED}, operand);
    }
}

void deciders_add(Graph *graph) {
    int outputs = graph->outputs.count;
    bool *reached = arena_array(graph->arena, (size_t)graph->nodes.count + 1, sizeof *reached),
         *taken = arena_array(graph->arena, (size_t)graph->nodes.count + 1, sizeof *taken);
    for (int i = 0; i < outputs; i++) {
        const Node *node = graph->outputs.items[i].node;
        if (node->type.rank) reached[node->id] = true;
    }
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        if (!reached[i] || !is_on_the_way(node)) continue;
        if (op_is(node->op, IS_COMPARISON)) add_operands(graph, node, taken);
        for (int j = 0; !op_is(node->op, IS_COMPARISON) && j < node->n_inputs; j++) reached[node->inputs[j]->id] = true;
    }
}
