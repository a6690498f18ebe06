/* Random graphs: a pool of f32 nodes grows operator by operator; at the end what is left in it is
 * summed into the loss. Here: pool, leaves, ends. The operators are in random_steps.c, values in
 * random_batch.c. */
#include "tests/random_graph.h"

#include <string.h>

#include "tests/random_maker.h"

uint64_t random_word(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

int random_below(uint64_t *state, int n) { return (int)(random_word(state) % (uint64_t)n); }

double random_between(uint64_t *state, double low, double high) {
    double unit = (double)(random_word(state) >> 11) * 0x1p-53;
    return (double)(float)(low + unit * (high - low));
}

bool chance(Maker *m, int percent) { return random_below(&m->state, 100) < percent; }

/* Leaves. */

Type matrix(ElemType elem, Dim rows, Dim columns) { return type_make(elem, 2, (Dim[]){rows, columns}); }

Node *named_leaf(Graph *graph, Op op, const char *name, Type type) {
    static const struct {
        const char *name;
        RoleKind kind;
    } parts[] = {{"x.bounds", ROLE_BOUNDS},
                 {"x.first", ROLE_FIRST},
                 {"x.sequence", ROLE_SEQUENCE},
                 {"x.segments", ROLE_SEGMENTS},
                 {"x.coords", ROLE_COORDS},
                 {"x.rows", ROLE_SEQUENCE_COORDS},
                 {"rng", ROLE_RNG}};
    for (size_t i = 0; op == OP_input && i < sizeof parts / sizeof *parts; i++) {
        Role role = {.kind = parts[i].kind, .of = parts[i].kind == ROLE_RNG ? NULL : "x"};
        if (strcmp(parts[i].name, name) == 0 && role_fits(&role, &type, &graph->symbols))
            return graph_input_as(graph, name, role, type);
    }
    return graph_leaf(graph, op, name, type);
}

Dim tokens_of_x(Graph *graph) {
    return dim_symbol(graph_symbol_as(graph, "x.T", (Role){.kind = ROLE_TOKENS, .of = "x"}));
}

Dim sequences_of_batch(Graph *graph) { return dim_symbol(graph_symbol_as(graph, "S", (Role){.kind = ROLE_SEQUENCES})); }

Node *maker_leaf(Maker *m, Op op, const char *name, Type type, LeafKind kind) {
    Node *leaf = named_leaf(m->graph, op, name, type);
    for (int i = 0; i < m->leaves.count; i++) {
        if (strcmp(m->leaves.items[i].name, name) == 0) return leaf;
    }
    vec_push(m->arena, &m->leaves, ((RandomLeaf){arena_strdup(m->arena, name), type, kind}));
    return leaf;
}

static Node *find_param(const Maker *m, const Type *type) {
    for (int i = 0; i < m->graph->nodes.count; i++) {
        Node *node = m->graph->nodes.items[i];
        if (node->op == OP_param && type_equal(&node->type, type)) return node;
    }
    return NULL;
}

Node *maker_param(Maker *m, Type type) {
    Node *shared = chance(m, 20) ? find_param(m, &type) : NULL;
    if (shared) return shared;
    const char *name = arena_printf(m->arena, "p%d", m->params.count);
    vec_push(m->arena, &m->params, name);
    return maker_leaf(m, OP_param, name, type, LEAF_REAL);
}

Node *maker_index(Maker *m, const char *name, Dim count, Dim bound, LeafKind kind) {
    Type type = type_make(ELEM_I32, 1, &count);
    type.bound = bound;
    return maker_leaf(m, OP_input, name, type, kind);
}

Node *maker_bounds(Maker *m) {
    Dim extent = m->sequences;
    extent.offset = 1;
    return maker_index(m, "x.bounds", extent, dim_const(0), LEAF_BOUNDS);
}

Node *maker_key(Maker *m) { return maker_index(m, "rng", dim_const(2), dim_const(0), LEAF_KEY); }

Node *maker_coords(Maker *m, Dim rows) {
    Type type = matrix(ELEM_I32, rows, dim_const(2));
    if (dim_equal(rows, m->tokens)) return maker_leaf(m, OP_input, "x.coords", type, LEAF_COORDS);
    if (dim_equal(rows, m->sequences)) return maker_leaf(m, OP_input, "x.rows", type, LEAF_ROWS);
    return NULL;
}

/* Picking operands. */

Node *pick(Maker *m) {
    /* Newer nodes twice as often, so that graphs are deep as well as wide. */
    int count = m->pool.count, half = chance(m, 60) ? count / 2 : 0;
    return m->pool.items[half + random_below(&m->state, count - half)];
}

Node *pick_rank(Maker *m, int rank) {
    for (int tries = 0; tries < 20; tries++) {
        Node *node = pick(m);
        if (node->type.rank == rank) return node;
    }
    return m->pool.items[0]; /* a matrix */
}

static bool spreads_to(const Type *from, const Type *to) {
    if (from->rank > to->rank) return false;
    for (int i = 0; i < from->rank; i++) {
        Dim dim = from->dims[i];
        if (!dim_is(dim, 1) && !dim_equal(dim, to->dims[to->rank - from->rank + i])) return false;
    }
    return true;
}

Node *constant_like(Maker *m, const Node *x, double value) {
    return graph_broadcast(m->graph, graph_const(m->graph, ELEM_F32, value, NULL), &x->type, NULL);
}

Node *pick_like(Maker *m, const Node *x) {
    for (int tries = 0; tries < 6; tries++) {
        Node *node = pick(m);
        if (spreads_to(&node->type, &x->type)) return graph_broadcast(m->graph, node, &x->type, NULL);
    }
    if (chance(m, 50) || x->type.rank == 0 || !dim_is_const(x->type.dims[x->type.rank - 1])) {
        static const double values[] = {0, 1, -1, 2, 0.5, 0.3};
        return constant_like(m, x, values[random_below(&m->state, 6)]);
    }
    Node *row = maker_param(m, type_make(ELEM_F32, 1, &x->type.dims[x->type.rank - 1]));
    return graph_broadcast(m->graph, row, &x->type, NULL);
}

/* Nodes. */

Node *op1(Maker *m, Op op, Node *a) { return graph_op1(m->graph, op, a, NULL); }

Node *op2(Maker *m, Op op, Node *a, Node *b) { return graph_op2(m->graph, op, a, b, NULL); }

Node *make(Maker *m, NodeSpec spec) { return graph_node(m->graph, &spec); }

Node *reduce(Maker *m, Op op, Node *x, int axis) {
    return make(m, (NodeSpec){.op = op, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis});
}

Node *product(Maker *m, Node *a, Node *b, bool ta, bool tb) {
    Node *inputs[] = {a, b};
    return make(m, (NodeSpec){.op = OP_matmul, .n_inputs = 2, .inputs = inputs, .attrs.ints = {ta, tb}});
}

Node *choose(Maker *m, Node *condition, Node *yes, Node *no) {
    Node *inputs[] = {condition, yes, no};
    return make(m, (NodeSpec){.op = OP_select, .n_inputs = 3, .inputs = inputs});
}

Node *cast_to(Maker *m, Node *x, ElemType to) {
    return make(m, (NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = type_scalar(to)});
}

Node *tame(Maker *m, Node *x) {
    return chance(m, 50) ? op1(m, OP_tanh, x) : op2(m, OP_mul, x, constant_like(m, x, 0.4));
}

Node *positive(Maker *m, Node *x) { return op2(m, OP_add, op2(m, OP_mul, x, x), constant_like(m, x, 0.7)); }

/* The ends. */

static void start_pool(Maker *m) {
    Dim width = dim_const(WIDTH);
    Type tokens = matrix(ELEM_F32, m->tokens, width), sequences = matrix(ELEM_F32, m->sequences, width);
    Node *features = maker_leaf(m, OP_input, "features", tokens, LEAF_REAL);
    Node *weight = maker_param(m, matrix(ELEM_F32, width, width));
    vec_push(m->arena, &m->pool, product(m, features, weight, false, false));
    Node *summary = maker_leaf(m, OP_input, "summary", sequences, LEAF_REAL);
    vec_push(m->arena, &m->pool, summary);
    vec_push(m->arena, &m->pool, weight);
    if (!chance(m, 30)) return;
    Node *first = maker_index(m, "x.first", m->sequences, m->tokens, LEAF_FIRST);
    vec_push(m->arena, &m->pool, op2(m, OP_gather, m->pool.items[0], first));
}

/* The sum over all elements of sin(x), or of x tanh(x), as a scalar. */
static Node *total(Maker *m, Node *x) {
    x = chance(m, 50) ? op1(m, OP_sin, x) : op2(m, OP_mul, x, op1(m, OP_tanh, x));
    for (int axis = x->type.rank - 1; axis >= 0; axis--) x = reduce(m, OP_sum, x, axis);
    Type scalar = type_scalar(ELEM_F32);
    return graph_reshape(m->graph, x, &scalar, NULL);
}

/* tanh of the slope of `loss` along a value, squared and added up: what SMART-like losses do. */
static Node *slope_loss(Maker *m, Node *loss) {
    Node *x = op1(m, OP_tanh, op2(m, OP_grad, loss, pick(m)));
    x = op2(m, OP_mul, op2(m, OP_mul, x, x), constant_like(m, x, 0.3));
    for (int axis = x->type.rank - 1; axis >= 0; axis--) x = reduce(m, OP_sum, x, axis);
    return op2(m, OP_add, loss, graph_reshape(m->graph, x, &loss->type, NULL));
}

/* Several losses, added up; some of them and some other values are outputs too. */
static void finish(Maker *m) {
    bool *used = arena_array(m->arena, (size_t)m->graph->nodes.count, sizeof *used);
    for (int i = 0; i < m->graph->nodes.count; i++) {
        const Node *node = m->graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) used[node->inputs[j]->id] = true;
    }
    Node *loss = total(m, m->pool.items[0]), *other = NULL;
    for (int i = 1; i < m->pool.count; i++) {
        if (used[m->pool.items[i]->id]) continue;
        other = total(m, m->pool.items[i]);
        loss = op2(m, OP_add, loss, other);
    }
    if (m->features & RANDOM_GRADS && chance(m, 15)) loss = slope_loss(m, loss);
    graph_output_as(m->graph, "loss", loss_role, loss);
    if (chance(m, 30)) graph_output(m->graph, "value", pick(m));
    if (other && chance(m, 20)) graph_output(m->graph, "loss.last", other);
}

/* A maximum over rows needs one. */
static bool needs_a_row(const Graph *graph) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (op_kind(node->op) != KIND_REDUCE || node->op == OP_sum) continue;
        if (!dim_is_const(node->inputs[0]->type.dims[node->attrs.ints[0]])) return true;
    }
    return false;
}

static void keep_leaves(const Maker *m, RandomGraph *random) {
    RandomLeaf *leaves = arena_array(m->arena, (size_t)m->leaves.count + 1, sizeof *leaves);
    for (int i = 0; i < m->leaves.count; i++) leaves[i] = m->leaves.items[i];
    random->leaves = leaves;
    random->n_bindings = m->leaves.count;
    random->params = m->params.items;
    random->n_params = m->params.count;
    if (random->least_tokens == 0 && needs_a_row(random->graph)) random->least_tokens = 1;
}

Maker *maker_new(uint64_t seed, unsigned features) {
    Arena *arena = arena_new();
    Maker *m = arena_alloc(arena, sizeof *m);
    *m = (Maker){.arena = arena, .state = seed, .features = features};
    m->random = arena_alloc(arena, sizeof *m->random);
    *m->random = (RandomGraph){.arena = arena, .seed = seed};
    m->graph = graph_new("random", NULL);
    m->tokens = tokens_of_x(m->graph);
    m->sequences = sequences_of_batch(m->graph);
    return m;
}

void maker_drop(Maker *m) {
    graph_free(m->graph);
    arena_free(m->arena);
}

RandomGraph *maker_finish(Maker *m) {
    RandomGraph *random = m->random;
    random->graph = graph_canonical(m->graph);
    graph_free(m->graph);
    keep_leaves(m, random);
    random_graph_batch(random, random_word(&m->state), BATCH_SHORT);
    return random;
}

RandomGraph *random_graph_new(uint64_t seed, int size, unsigned features) {
    Maker *m = maker_new(seed, features);
    start_pool(m);
    for (int made = 0, tries = 0; made < size && tries < 20 * size; tries++) {
        Node *node = random_step(m);
        if (!node) continue;
        vec_push(m->arena, &m->pool, node);
        made++;
    }
    finish(m);
    return maker_finish(m);
}

void random_graph_free(RandomGraph *random) {
    if (!random) return;
    graph_free(random->graph);
    arena_free(random->arena);
}
