/* The graph of distinct kernels. */
#include "passes/kernel_graph.h"

typedef struct Copier {
    const KernelList *list;
    Graph *to;
    Node **copies; /* [node of the list's graph]: within the kernel at hand */
} Copier;

static int count_calls(const KernelList *list, const Kernel *kernel) {
    int count = 0;
    for (int i = 0; i < list->launches.count; i++) count += list->launches.items[i].kernel == kernel;
    return count;
}

static bool is_first(const KernelList *list, int index) {
    for (int i = 0; i < index; i++) {
        if (list->launches.items[i].kernel == list->launches.items[index].kernel) return false;
    }
    return true;
}

static void copy_operands(const Copier *c, const Launch *launch, int group) {
    for (int i = 0; i < launch->n_operands; i++) {
        const Node *operand = launch->operands[i];
        NodeSpec leaf = {.op = OP_input, .type = operand->type, .pos = operand->pos};
        leaf.attrs.text = arena_printf(c->to->arena, "%d.%d", group, i);
        c->copies[operand->id] = graph_node(c->to, &leaf);
    }
}

/* Constants are no operands: they are part of the kernel. */
static Node *copy_input(const Copier *c, const Node *input) {
    bool is_own = input->op == OP_const || input->op == OP_iota;
    return is_own ? graph_clone(c->to, input, NULL) : c->copies[input->id];
}

static void copy_nodes(const Copier *c, int from_group, int group) {
    for (int i = 0; i < c->list->graph->nodes.count; i++) {
        Node copy = *c->list->graph->nodes.items[i], *inputs[MAX_OPERANDS];
        if (copy.group != from_group) continue;
        for (int j = 0; j < copy.n_inputs; j++) inputs[j] = copy_input(c, copy.inputs[j]);
        copy.group = group;
        c->copies[i] = graph_clone(c->to, &copy, inputs);
    }
}

static void copy_kernel(const Copier *c, const Launch *launch) {
    int from = launch->results[0]->group, calls = count_calls(c->list, launch->kernel);
    const char *name = c->list->graph->groups.items[from].name;
    name = arena_printf(c->to->arena, "%s, called %d time%s", name, calls, calls == 1 ? "" : "s");
    int group = graph_group(c->to, launch->kernel->kind, name);
    copy_operands(c, launch, group);
    copy_nodes(c, from, group);
    for (int i = 0; i < launch->n_results; i++) {
        graph_output(c->to, arena_printf(c->to->arena, "%d.%d", group, i), c->copies[launch->results[i]->id]);
    }
}

Graph *kernel_graph(const KernelList *list) {
    Copier c = {.list = list, .to = graph_new_like(list->graph)};
    c.copies = arena_array(c.to->arena, (size_t)list->graph->nodes.count + 1, sizeof *c.copies);
    for (int i = 0; i < list->launches.count; i++) {
        if (is_first(list, i)) copy_kernel(&c, &list->launches.items[i]);
    }
    Graph *graph = graph_canonical(c.to);
    graph_free(c.to);
    return graph;
}
