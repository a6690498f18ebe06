/* Extraction of kernel bodies. */
#include "passes/extract.h"

#include <string.h>

typedef struct Extractor {
    const Graph *graph;
    Graph *body;
    Launch *launch;
    Arena *arena;
    VEC(Node *) operands; /* nodes of `graph` */
    VEC(int32_t) symbols; /* symbols of `graph` */
    VEC(const char *) sites;
    struct Pair {
        const Node *from;
        Node *to;
    } *pairs; /* small: linear search */
    int n_pairs;
} Extractor;

static int32_t body_symbol(Extractor *x, int32_t symbol) {
    for (int i = 0; i < x->symbols.count; i++) {
        if (x->symbols.items[i] == symbol) return i;
    }
    vec_push(x->arena, &x->symbols, symbol);
    return graph_symbol(x->body, arena_printf(x->arena, "d%d", x->symbols.count - 1));
}

/* Names of sizes go: kernels are equal that differ in them only. */
static Dim body_dim(Extractor *x, Dim dim) {
    dim.name = NULL;
    if (dim.scale) dim.symbol = body_symbol(x, dim.symbol);
    return dim;
}

static Type body_type(Extractor *x, Type type) {
    for (int i = 0; i < type.rank; i++) type.dims[i] = body_dim(x, type.dims[i]);
    type.bound = body_dim(x, type.bound);
    return type;
}

static const char *body_site(Extractor *x, const char *site) {
    int index = 0;
    while (index < x->sites.count && strcmp(x->sites.items[index], site) != 0) index++;
    if (index == x->sites.count) vec_push(x->arena, &x->sites, site);
    return arena_printf(x->arena, "%d", index);
}

static Node *find(const Extractor *x, const Node *from) {
    for (int i = 0; i < x->n_pairs; i++) {
        if (x->pairs[i].from == from) return x->pairs[i].to;
    }
    return NULL;
}

static Node *remember(Extractor *x, const Node *from, Node *to) {
    x->pairs[x->n_pairs].from = from;
    x->pairs[x->n_pairs++].to = to;
    return to;
}

static bool has_site(const Node *node) {
    return strstr(op_attributes(node->op), "site:s") && node->attrs.text && *node->attrs.text;
}

static Node *body_node(Extractor *x, const Node *node, Node *const *inputs) {
    Node copy = *node;
    copy.type = body_type(x, node->type);
    copy.group = 0;
    if (has_site(node)) copy.attrs.text = body_site(x, node->attrs.text);
    return graph_clone(x->body, &copy, inputs);
}

/* A value from outside: constants are copied, everything else becomes the next input. */
static Node *operand(Extractor *x, Node *node) {
    Node *known = find(x, node);
    if (known) return known;
    if (op_is(node->op, IS_IN_CODE)) return remember(x, node, body_node(x, node, NULL));
    const char *name = arena_printf(x->arena, "%d", x->operands.count);
    vec_push(x->arena, &x->operands, node);
    return remember(x, node, graph_leaf(x->body, OP_input, name, body_type(x, node->type)));
}

static void add_result(Extractor *x, Node *node) {
    const char *name = arena_printf(x->arena, "%d", x->launch->n_results);
    graph_output(x->body, name, find(x, node));
    x->launch->results[x->launch->n_results++] = node;
}

static void finish(Extractor *x) {
    x->launch->operands = x->operands.items;
    x->launch->n_operands = x->operands.count;
    x->launch->symbols = x->symbols.items;
    x->launch->n_sites = x->sites.count;
    x->launch->sites = arena_array(x->arena, (size_t)x->sites.count + 1, sizeof(uint32_t));
    for (int i = 0; i < x->sites.count; i++) {
        x->launch->sites[i] = XXH32(x->sites.items[i], strlen(x->sites.items[i]), 0);
    }
}

Graph *extract_body(const Graph *graph, Node *const *nodes, int count, const bool *used_outside, Arena *arena,
                    Launch *launch) {
    Extractor x = {.graph = graph, .body = graph_new("kernel", NULL), .launch = launch, .arena = arena};
    int most = count;
    for (int i = 0; i < count; i++) most += nodes[i]->n_inputs;
    x.pairs = arena_array(arena, (size_t)most + 1, sizeof *x.pairs);
    launch->results = arena_array(arena, (size_t)count + 1, sizeof *launch->results);
    for (int i = 0; i < count; i++) {
        Node *inputs[MAX_OPERANDS];
        for (int j = 0; j < nodes[i]->n_inputs; j++) {
            Node *input = nodes[i]->inputs[j];
            inputs[j] = input->group == nodes[i]->group ? find(&x, input) : operand(&x, input);
        }
        remember(&x, nodes[i], body_node(&x, nodes[i], inputs));
    }
    for (int i = 0; i < count; i++) {
        if (used_outside[nodes[i]->id]) add_result(&x, nodes[i]);
    }
    finish(&x);
    return x.body;
}
