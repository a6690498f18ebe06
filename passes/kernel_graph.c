/* The graph of distinct kernels. */
#include "passes/kernel_graph.h"

#include "graph/base/count_text.h"
#include "graph/rewrite.h"

typedef struct Copier {
    const KernelList *list;
    Graph *to;
    Rewrite rewrite; /* of the kernel at hand */
    int group;       /* in `to` */
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

/* What comes from outside; but constants are part of the kernel. */
static void make_operands(Copier *c, const Launch *launch) {
    for (int i = 0; i < launch->n_operands; i++) {
        const Node *operand = launch->operands[i];
        NodeSpec leaf = {.op = OP_input, .type = operand->type, .pos = operand->pos};
        leaf.attrs.text = arena_printf(c->to->arena, "%d.%d", c->group, i);
        c->rewrite.copies[operand->id] = graph_node(c->to, &leaf);
    }
}

static Node *put_in_group(void *user, Graph *to, const Node *node, Node *const *inputs) {
    Node copy = *node;
    if (node->group) copy.group = ((Copier *)user)->group;
    return graph_clone(to, &copy, inputs);
}

static void copy_kernel(Copier *c, const Launch *launch) {
    int from = launch->results[0]->group, calls = count_calls(c->list, launch->kernel);
    const char *name = c->list->graph->groups.items[from].name;
    name = arena_printf(c->to->arena, "%s, called %s", name, count_text(calls, "time").text);
    c->group = graph_group(c->to, launch->kernel->kind, name);
    make_operands(c, launch);
    for (int i = 0; i < launch->n_results; i++) {
        Node *result = rewrite_value(&c->rewrite, launch->results[i]);
        graph_output(c->to, arena_printf(c->to->arena, "%d.%d", c->group, i), result);
    }
}

Graph *kernel_graph(const KernelList *list) {
    Copier c = {.list = list, .to = graph_new_like(list->graph)};
    c.rewrite = rewrite_begin(list->graph, c.to, put_in_group, &c);
    for (int i = 0; i < list->launches.count; i++) {
        if (is_first(list, i)) copy_kernel(&c, &list->launches.items[i]);
    }
    Graph *graph = graph_canonical(c.to);
    graph_free(c.to);
    return graph;
}
