/* The frozen prefix: is it worth it, and two copies. */
#include "passes/cut.h"

#include "graph/rewrite.h"
#include "passes/rowwise.h"

typedef struct Cutter {
    const Graph *graph;
    RowWise rows;       /* of the steady values */
    bool *is_kept;      /* [nodes] */
    const char **names; /* [nodes]: of the kept ones */
    Arena *arena;
} Cutter;

/* Of a matrix product, for each of its rows; other work is small beside it. */
static double flops_of_row(const Node *node) {
    const Type *right = node->op == OP_matmul ? &node->inputs[1]->type : NULL;
    return right && dim_is_const(right->dims[0]) && dim_is_const(right->dims[1])
               ? 2.0 * (double)(right->dims[0].offset * right->dims[1].offset)
               : 0;
}

/* Is what it takes to compute the kept values much, for each number that has to be kept? A text is taken to have 16
 * tokens. */
static bool is_worth_it(const Cutter *c, double worth) {
    static const double tokens = 16;
    double flops = 0, floats = 0;
    bool *needed = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *needed);
    for (int i = c->graph->nodes.count - 1; i >= 0; i--) {
        const Node *node = c->graph->nodes.items[i];
        int counts = c->rows.rows[i];
        double rows = counts >= 0 && c->graph->symbols.roles[counts].kind == ROLE_SEQUENCES ? 1 : tokens;
        needed[i] = needed[i] || c->is_kept[i];
        if (c->is_kept[i]) floats += rows * (double)node->type.dims[1].offset;
        if (needed[i] && counts >= 0) flops += rows * flops_of_row(node);
        for (int j = 0; j < node->n_inputs && needed[i]; j++) needed[node->inputs[j]->id] = true;
    }
    return floats > 0 && flops >= worth * floats;
}

static void name_kept(Cutter *c) {
    int kept = 0;
    c->names = arena_array(c->arena, (size_t)c->graph->nodes.count + 1, sizeof *c->names);
    for (int i = 0; i < c->graph->nodes.count; i++) {
        if (c->is_kept[i]) c->names[i] = arena_printf(c->arena, "kept.%d", kept++);
    }
}

static Graph *make_frozen(const Cutter *c) {
    Graph *work = graph_new(arena_printf(c->arena, "%s.frozen", c->graph->name), &c->graph->symbols);
    Rewrite copy = rewrite_begin(c->graph, work, NULL, NULL);
    for (int i = 0; i < c->graph->nodes.count; i++) {
        Role role = {.kind = ROLE_KEPT};
        if (c->names[i]) graph_output_as(work, c->names[i], role, rewrite_value(&copy, c->graph->nodes.items[i]));
    }
    Graph *canonical = graph_canonical(work);
    graph_free(work);
    return canonical;
}

static Node *read_kept(void *user, Graph *to, const Node *node, Node *const *inputs) {
    const Cutter *c = user;
    (void)inputs;
    Role role = {.kind = ROLE_KEPT};
    return c->names[node->id] ? graph_input_as(to, c->names[node->id], role, node->type) : NULL;
}

static void remark_kept(const Cutter *c, Remarks *remarks) {
    for (int i = 0; remarks && i < c->graph->nodes.count; i++) {
        const Node *node = c->graph->nodes.items[i];
        if (c->is_kept[i])
            remark(remarks, node, "%s is frozen: it is computed once for each row of the data, and kept",
                   op_name(node->op));
    }
}

bool frozen_cut(const Graph *graph, const char *const *trained, int n_trained, double worth, Remarks *remarks,
                FrozenCut *cut) {
    Arena *arena = arena_new();
    RowRules rules = {.excluded = trained, .n_excluded = n_trained, .steady = true};
    Cutter c = {.graph = graph, .rows = rowwise_find(graph, &rules, arena), .arena = arena};
    c.is_kept = rowwise_border(graph, &c.rows, NULL, arena);
    bool spares = graph->groups.count == 1 && is_worth_it(&c, worth);
    if (spares) {
        name_kept(&c);
        remark_kept(&c, remarks);
        *cut = (FrozenCut){make_frozen(&c), graph_rewrite(graph, read_kept, &c)};
    }
    arena_free(arena);
    return spares;
}
