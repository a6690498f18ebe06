/* Graph: building, hash-consing, canonical order. */
#include "graph/graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

Graph *graph_new(const char *name, const Symbols *symbols) {
    Arena *arena = arena_new();
    Graph *graph = arena_alloc(arena, sizeof *graph);
    graph->arena = arena;
    graph->name = arena_strdup(arena, name);
    for (int i = 0; symbols && i < symbols->count; i++) graph_symbol_as(graph, symbols->names[i], symbols->roles[i]);
    vec_push(arena, &graph->groups, ((Group){KERNEL_MAP, ""}));
    graph->table_size = 256;
    graph->table = arena_array(arena, (size_t)graph->table_size, sizeof *graph->table);
    return graph;
}

Graph *graph_new_like(const Graph *graph) {
    Graph *like = graph_new(graph->name, &graph->symbols);
    for (int i = 0; i < graph->wanted.count; i++) {
        vec_push(like->arena, &like->wanted, arena_strdup(like->arena, graph->wanted.items[i]));
    }
    return like;
}

void graph_free(Graph *graph) {
    if (graph) arena_free(graph->arena);
}

int32_t graph_symbol(Graph *graph, const char *name) {
    Symbols *symbols = &graph->symbols;
    for (int i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->names[i], name) == 0) return i;
    }
    assert(symbols->count < MAX_SYMBOLS);
    symbols->names[symbols->count] = arena_strdup(graph->arena, name);
    return symbols->count++;
}

static Role own_role(Graph *graph, Role role) {
    return (Role){role.kind, role.of ? arena_strdup(graph->arena, role.of) : NULL,
                  role.task ? arena_strdup(graph->arena, role.task) : NULL};
}

int32_t graph_symbol_as(Graph *graph, const char *name, Role role) {
    int32_t symbol = graph_symbol(graph, name);
    Role *known = &graph->symbols.roles[symbol];
    assert(known->kind == ROLE_NONE || role_equal(known, &role));
    if (known->kind == ROLE_NONE) *known = own_role(graph, role);
    return symbol;
}

/* 0.0 and -0.0 are different constants, a NaN is equal to itself: identity is of bits. */
static bool same_number(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_node(const Node *node, const NodeSpec *spec, const Type *type) {
    if (node->op != spec->op || node->group != spec->group || node->n_inputs != spec->n_inputs) return false;
    if (!type_equal(&node->type, type) || !same_number(node->attrs.number, spec->attrs.number)) return false;
    if (!same_number(node->attrs.scale, spec->attrs.scale)) return false;
    if (memcmp(node->attrs.ints, spec->attrs.ints, sizeof spec->attrs.ints) != 0) return false;
    if (!same_text(node->attrs.text, spec->attrs.text)) return false;
    if (!role_equal(&node->attrs.role, &spec->attrs.role)) return false;
    for (int i = 0; i < spec->n_inputs; i++) {
        if (node->inputs[i] != spec->inputs[i]) return false;
    }
    return true;
}

static uint64_t hash_dim(uint64_t seed, Dim dim) {
    int64_t words[] = {dim.scale, dim.offset, dim.scale ? dim.symbol : -1};
    return XXH3_64bits_withSeed(words, sizeof words, seed);
}

static uint64_t hash_text(uint64_t seed, const char *text) {
    return text ? XXH3_64bits_withSeed(text, strlen(text), seed) : seed;
}

static uint64_t hash_spec(const NodeSpec *spec, const Type *type) {
    const Attrs *attrs = &spec->attrs;
    int64_t head[] = {spec->op, spec->group, type->elem, type->rank, attrs->role.kind};
    uint64_t hash = XXH3_64bits_withSeed(head, sizeof head, 0);
    hash = XXH3_64bits_withSeed(attrs->ints, sizeof attrs->ints, hash);
    const double numbers[] = {attrs->number, attrs->scale};
    hash = XXH3_64bits_withSeed(numbers, sizeof numbers, hash);
    hash = hash_text(hash_text(hash_text(hash, attrs->text), attrs->role.of), attrs->role.task);
    for (int i = 0; i < type->rank; i++) hash = hash_dim(hash, type->dims[i]);
    hash = hash_dim(hash, type->bound);
    for (int i = 0; i < spec->n_inputs; i++) {
        int64_t id = spec->inputs[i]->id;
        hash = XXH3_64bits_withSeed(&id, sizeof id, hash);
    }
    return hash;
}

/* The slot of the equal node, or the empty slot where it belongs. */
static Node **find_slot(Graph *graph, const NodeSpec *spec, const Type *type, uint64_t hash) {
    uint64_t mask = (uint64_t)graph->table_size - 1;
    for (uint64_t i = hash & mask;; i = (i + 1) & mask) {
        Node *node = graph->table[i];
        if (!node || (node->hash == hash && same_node(node, spec, type))) return &graph->table[i];
    }
}

static void grow_table(Graph *graph) {
    graph->table_size *= 2;
    graph->table = arena_array(graph->arena, (size_t)graph->table_size, sizeof *graph->table);
    uint64_t mask = (uint64_t)graph->table_size - 1;
    for (int i = 0; i < graph->nodes.count; i++) {
        Node *node = graph->nodes.items[i];
        uint64_t slot = node->hash & mask;
        while (graph->table[slot]) slot = (slot + 1) & mask;
        graph->table[slot] = node;
    }
}

/* Names of dimensions belong to the graph: those of operands do already. */
static const char *own_name(Graph *graph, const NodeSpec *spec, const char *name) {
    for (int i = 0; name && i < spec->n_inputs; i++) {
        const Type *type = &spec->inputs[i]->type;
        for (int j = 0; j < type->rank; j++) {
            if (type->dims[j].name == name) return name;
        }
        if (type->bound.name == name) return name;
    }
    return name ? arena_strdup(graph->arena, name) : NULL;
}

/* Attention alone takes open values in and gives others. */
static bool is_open(const NodeSpec *spec) {
    bool open = spec->op == OP_pair || spec->op == OP_lookup || spec->op == OP_cell;
    for (int i = 0; i < spec->n_inputs && op_kind(spec->op) != KIND_ATTENTION; i++) open |= spec->inputs[i]->is_open;
    return open;
}

static Node *add_node(Graph *graph, const NodeSpec *spec, const Type *type, uint64_t hash) {
    Node *node = arena_alloc(graph->arena, sizeof *node);
    *node = (Node){.op = spec->op,
                   .id = graph->nodes.count,
                   .group = spec->group,
                   .n_inputs = spec->n_inputs,
                   .attrs = spec->attrs,
                   .type = *type,
                   .pos = spec->pos,
                   .hash = hash,
                   .is_open = is_open(spec)};
    if (spec->attrs.text) node->attrs.text = arena_strdup(graph->arena, spec->attrs.text);
    node->attrs.role = own_role(graph, spec->attrs.role);
    for (int i = 0; i < type->rank; i++) node->type.dims[i].name = own_name(graph, spec, type->dims[i].name);
    node->type.bound.name = own_name(graph, spec, type->bound.name);
    node->inputs = arena_array(graph->arena, (size_t)spec->n_inputs + 1, sizeof *node->inputs);
    for (int i = 0; i < spec->n_inputs; i++) node->inputs[i] = spec->inputs[i];
    vec_push(graph->arena, &graph->nodes, node);
    return node;
}

Node *graph_node(Graph *graph, const NodeSpec *spec) {
    Type type;
    const char *error = infer_type(graph, spec, &type);
    assert(!error);
    (void)error;
    uint64_t hash = hash_spec(spec, &type);
    Node **slot = find_slot(graph, spec, &type, hash);
    if (*slot) return *slot;
    Node *node = *slot = add_node(graph, spec, &type, hash);
    if (2 * graph->nodes.count > graph->table_size) grow_table(graph);
    return node;
}

static Pos pos_from(const Node *node) { return node ? node->pos : (Pos){0}; }

Node *graph_op1(Graph *graph, Op op, Node *a, const Node *pos_of) {
    NodeSpec spec = {.op = op, .n_inputs = 1, .inputs = (Node *[]){a}, .type = a->type, .pos = pos_from(pos_of)};
    return graph_node(graph, &spec);
}

Node *graph_op2(Graph *graph, Op op, Node *a, Node *b, const Node *pos_of) {
    NodeSpec spec = {.op = op, .n_inputs = 2, .inputs = (Node *[]){a, b}, .type = a->type, .pos = pos_from(pos_of)};
    return graph_node(graph, &spec);
}

Node *graph_const(Graph *graph, ElemType elem, double value, const Node *pos_of) {
    NodeSpec spec = {.op = OP_const, .attrs.number = value, .type = type_scalar(elem), .pos = pos_from(pos_of)};
    return graph_node(graph, &spec);
}

Node *graph_leaf(Graph *graph, Op op, const char *name, Type type) {
    NodeSpec spec = {.op = op, .attrs.text = name, .type = type};
    return graph_node(graph, &spec);
}

Node *graph_input_as(Graph *graph, const char *name, Role role, Type type) {
    NodeSpec spec = {.op = OP_input, .attrs = {.text = name, .role = role}, .type = type};
    return graph_node(graph, &spec);
}

static Node *to_shape(Graph *graph, Op op, Node *x, const Type *type, const Node *pos_of) {
    if (type_same_shape(&x->type, type)) return x;
    NodeSpec spec = {.op = op, .n_inputs = 1, .inputs = (Node *[]){x}, .type = *type, .pos = pos_from(pos_of)};
    return graph_node(graph, &spec);
}

Node *graph_reshape(Graph *graph, Node *x, const Type *type, const Node *pos_of) {
    return to_shape(graph, OP_reshape, x, type, pos_of);
}

Node *graph_broadcast(Graph *graph, Node *x, const Type *type, const Node *pos_of) {
    return to_shape(graph, OP_broadcast, x, type, pos_of);
}

Node *graph_clone(Graph *graph, const Node *node, Node *const *inputs) {
    NodeSpec spec = {.op = node->op,
                     .n_inputs = node->n_inputs,
                     .inputs = inputs,
                     .attrs = node->attrs,
                     .type = node->type,
                     .pos = node->pos,
                     .group = node->group};
    return graph_node(graph, &spec);
}

void graph_output_as(Graph *graph, const char *name, Role role, Node *node) {
    Output output = {arena_strdup(graph->arena, name), node, own_role(graph, role)};
    vec_push(graph->arena, &graph->outputs, output);
}

void graph_output(Graph *graph, const char *name, Node *node) { graph_output_as(graph, name, (Role){0}, node); }

void graph_output_like(Graph *graph, const Output *output, Node *node) {
    graph_output_as(graph, output->name, output->role, node);
}

const Output *graph_output_named(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->outputs.count; i++) {
        if (strcmp(graph->outputs.items[i].name, name) == 0) return &graph->outputs.items[i];
    }
    return NULL;
}

Node *graph_find_output(const Graph *graph, const char *name) {
    const Output *output = graph_output_named(graph, name);
    return output ? output->node : NULL;
}

const Node *graph_find_input(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_input && strcmp(node->attrs.text, name) == 0) return node;
    }
    return NULL;
}

const Node *graph_input_of(const Graph *graph, Role role) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_input && role_equal(&node->attrs.role, &role)) return node;
    }
    return NULL;
}

const Output *graph_output_of(const Graph *graph, Role role) {
    for (int i = 0; i < graph->outputs.count; i++) {
        if (role_equal(&graph->outputs.items[i].role, &role)) return &graph->outputs.items[i];
    }
    return NULL;
}

int graph_group(Graph *graph, KernelKind kind, const char *name) {
    vec_push(graph->arena, &graph->groups, ((Group){kind, arena_strdup(graph->arena, name)}));
    return graph->groups.count - 1;
}

bool graph_wants(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->wanted.count; i++) {
        if (strcmp(graph->wanted.items[i], name) == 0) return true;
    }
    return false;
}

void graph_want(Graph *graph, const char *name) {
    assert(!graph_wants(graph, name));
    vec_push(graph->arena, &graph->wanted, arena_strdup(graph->arena, name));
}

bool node_is_view(const Node *node) { return node->op == OP_reshape && !node->group; }

Node *node_storage(Node *node) {
    while (node_is_view(node)) node = node->inputs[0];
    return node;
}
