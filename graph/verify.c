/* The rules that every graph obeys after every pass. They are numbered; the verifier cites them. */
#include <string.h>

#include "graph/base/names.h"
#include "graph/graph.h"

/* Numbered from 1; the verifier cites them, docs/language.md lists them. */
static const char *const rules[] = {
    NULL,
    "an operand comes before its user",
    "an operand is of the same graph",
    "the shape rule holds",
    "a node has its inferred type",
    "a node's kernel exists",
    "kernels do not wait for each other",
    "an output's name is its own",
    "every computed node is in a kernel",
    "grad is expanded before there are kernels",
    "a symbol's or an output's role is one of theirs, and fits",
    "a role is played once",
    "a gradient has the type of what it is of, or that of its rows that are read",
    "an output has a value outside of attention",
};

const char *graph_rule(int number) {
    bool known = number > 0 && number < (int)(sizeof rules / sizeof *rules);
    return known ? rules[number] : NULL;
}

static const char *cite(Graph *graph, int rule) { return arena_printf(graph->arena, "rule %d: %s", rule, rules[rule]); }

/* `how`: what exactly is broken, or NULL. */
static const char *at_node(Graph *graph, const Node *node, int rule, const char *how) {
    const char *before = how ? ": " : "";
    return arena_printf(graph->arena, "%s%s%s (at %%%d, %s)", cite(graph, rule), before, how ? how : "", node->id,
                        op_name(node->op));
}

static bool is_leaf(const Node *node) { return op_kind(node->op) == KIND_LEAF; }

static const char *check_node(Graph *graph, Node *node) {
    for (int i = 0; i < node->n_inputs; i++) {
        Node *input = node->inputs[i];
        if (input->id >= node->id) return at_node(graph, node, 1, NULL);
        if (graph->nodes.items[input->id] != input) return at_node(graph, node, 2, NULL);
    }
    NodeSpec spec = {
        .op = node->op, .n_inputs = node->n_inputs, .inputs = node->inputs, .attrs = node->attrs, .type = node->type};
    Type type;
    const char *error = infer_type(graph, &spec, &type);
    if (error) return at_node(graph, node, 3, error);
    if (!type_equal(&type, &node->type)) return at_node(graph, node, 4, NULL);
    if (node->group < 0 || node->group >= graph->groups.count) return at_node(graph, node, 5, NULL);
    return NULL;
}

/* Groups form an acyclic order: a value of a group that is used outside never leads back into it. Checked by levels:
 * the level of a group is above that of every group it reads. With n groups a cycle shows as a level above n. */
static const char *check_groups(Graph *graph) {
    int n = graph->groups.count;
    int *level = arena_array(graph->arena, (size_t)n + 1, sizeof *level);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < graph->nodes.count; i++) {
            const Node *node = graph->nodes.items[i];
            for (int j = 0; node->group && j < node->n_inputs; j++) {
                int from = node_storage(node->inputs[j])->group;
                if (!from || from == node->group || level[from] < level[node->group]) continue;
                level[node->group] = level[from] + 1;
                if (level[node->group] > n) return at_node(graph, node, 6, NULL);
                changed = true;
            }
        }
    }
    return NULL;
}

static const char *check_outputs(Graph *graph) {
    Arena *scratch = arena_new();
    NameIndex known = {0};
    const char *error = NULL;
    bool good = true;
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        int first = name_index_find(&known, output->name);
        if (output->node->is_open) error = at_node(graph, output->node, 13, NULL);
        good = good && (first < 0 || graph->outputs.items[first].node == output->node);
        if (first < 0) name_index_put(scratch, &known, output->name, i);
    }
    arena_free(scratch);
    return error || good ? error : cite(graph, 7);
}

static const char *check_expanded(Graph *graph) {
    for (int i = 0; graph->groups.count > 1 && i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_grad) return at_node(graph, node, 9, NULL);
    }
    return NULL;
}

/* Once there are groups, every operator that computes belongs to one: leaves and views alone stand outside. */
static const char *check_grouped(Graph *graph) {
    for (int i = 0; graph->groups.count > 1 && i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (!node->group && !is_leaf(node) && !node_is_view(node)) return at_node(graph, node, 8, NULL);
    }
    return NULL;
}

/* --- Roles -------------------------------------------------------------------------------------------------------- */

static const char *at_role(Graph *graph, const Role *role, int rule) {
    return arena_printf(graph->arena, "%s (at %s)", cite(graph, rule), role_print(graph->arena, role));
}

static const char *check_suits(Graph *graph) {
    for (int i = 0; i < graph->symbols.count; i++) {
        if (!role_suits(&graph->symbols.roles[i], ON_SYMBOL)) return at_role(graph, &graph->symbols.roles[i], 10);
    }
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        bool good =
            role_suits(&output->role, ON_OUTPUT) && role_fits(&output->role, &output->node->type, &graph->symbols);
        if (!good) return at_role(graph, &output->role, 10);
    }
    return NULL;
}

static const char *check_once(Graph *graph) {
    for (int i = 0; i < graph->symbols.count; i++) {
        const Role *role = &graph->symbols.roles[i];
        for (int j = 0; role->kind && j < i; j++) {
            if (role_equal(role, &graph->symbols.roles[j])) return at_role(graph, role, 11);
        }
    }
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        const Role *role = &node->attrs.role;
        bool is_single = node->op == OP_input && role->kind && !role_info(role->kind)->many;
        if (is_single && graph_input_of(graph, *role) != node) return at_role(graph, role, 11);
    }
    for (int i = 0; i < graph->outputs.count; i++) {
        const Role *role = &graph->outputs.items[i].role;
        bool is_single = role->kind && !role_info(role->kind)->many;
        if (is_single && graph_output_of(graph, *role) != &graph->outputs.items[i]) return at_role(graph, role, 11);
    }
    return NULL;
}

static NameIndex index_params(const Graph *graph, Arena *scratch) {
    NameIndex params = {0};
    for (int i = graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_param) name_index_put(scratch, &params, node->attrs.text, i);
    }
    return params;
}

/* The value that a gradient is of; NULL: it is gone. */
static const Node *find_value(const Graph *graph, const NameIndex *params, const char *name) {
    int param = name_index_find(params, name);
    return param < 0 ? graph_find_output(graph, name) : graph->nodes.items[param];
}

static bool is_gradient_type(const Graph *graph, const Type *type, const Type *of) {
    Type rows = *of;
    Dim count = type->dims[0];
    bool compact = type->rank == 2 && count.scale && graph->symbols.roles[count.symbol].kind == ROLE_DISTINCT;
    if (compact) rows.dims[0] = count;
    return type_same_shape(type, &rows);
}

static const char *check_gradients(Graph *graph) {
    Arena *scratch = arena_new();
    NameIndex params = index_params(graph, scratch);
    const char *error = NULL;
    for (int i = 0; i < graph->outputs.count && !error; i++) {
        const Output *output = &graph->outputs.items[i];
        const Node *of = output->role.kind == ROLE_GRADIENT ? find_value(graph, &params, output->role.of) : NULL;
        if (of && !is_gradient_type(graph, &output->node->type, &of->type)) error = at_role(graph, &output->role, 12);
    }
    arena_free(scratch);
    return error;
}

const char *graph_verify(Graph *graph) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const char *error = check_node(graph, graph->nodes.items[i]);
        if (error) return error;
    }
    const char *error = check_grouped(graph);
    if (!error) error = check_expanded(graph);
    if (!error) error = check_groups(graph);
    if (!error) error = check_suits(graph);
    if (!error) error = check_once(graph);
    if (!error) error = check_gradients(graph);
    return error ? error : check_outputs(graph);
}
