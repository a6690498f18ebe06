/* Random graphs: a pool of f32 nodes grows operator by operator; at the end what is left in it is
 * summed into the loss. */
#include "tests/random_graph.h"

#include <string.h>

enum { WIDTH = 6, HEADS = 2, CLASSES = 5, VOCAB = 7, MAX_SEQUENCES = 4, MAX_LENGTH = 5 };

typedef struct Maker {
    RandomGraph *random;
    Graph *graph;
    Arena *arena;
    uint64_t state;
    unsigned features;
    VEC(Node *) pool;
    VEC(Binding) bindings;
    VEC(const char *) params;
    Dim tokens, sequences;
    int64_t lengths[MAX_SEQUENCES];
    int sites;
} Maker;

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

static bool chance(Maker *m, int percent) { return random_below(&m->state, 100) < percent; }

/* Leaves and their values. */

static double *bind(Maker *m, const Node *leaf) {
    int64_t count = type_count(&leaf->type, m->random->extents);
    double *values = arena_array(m->arena, (size_t)count + 1, sizeof *values);
    vec_push(m->arena, &m->bindings, ((Binding){leaf->attrs.text, values}));
    return values;
}

static bool is_bound(const Maker *m, const Node *leaf) {
    for (int i = 0; i < m->bindings.count; i++) {
        if (m->bindings.items[i].name == leaf->attrs.text) return true;
    }
    return false;
}

static Type matrix(ElemType elem, Dim rows, Dim columns) {
    return type_make(elem, 2, (Dim[]){rows, columns});
}

static Node *fill(Maker *m, Node *leaf, double low, double high) {
    double *values = bind(m, leaf);
    int64_t count = type_count(&leaf->type, m->random->extents);
    for (int64_t i = 0; i < count; i++) values[i] = random_between(&m->state, low, high);
    return leaf;
}

static Node *new_param(Maker *m, Type type) {
    const char *name = arena_printf(m->arena, "p%d", m->params.count);
    vec_push(m->arena, &m->params, name);
    return fill(m, graph_leaf(m->graph, OP_param, name, type), -1, 1);
}

static Node *integers(Maker *m, const char *name, Type type, Dim bound, double **values) {
    type.bound = bound;
    Node *leaf = graph_leaf(m->graph, OP_input, name, type);
    *values = is_bound(m, leaf) ? NULL : bind(m, leaf);
    return leaf;
}

static Node *bounds(Maker *m) {
    double *values;
    Dim extent = m->sequences;
    extent.offset = 1;
    Node *leaf = integers(m, "x.bounds", type_make(ELEM_I32, 1, &extent), dim_const(0), &values);
    for (int s = 0; values && s < m->random->extents[1]; s++)
        values[s + 1] = values[s] + (double)m->lengths[s];
    return leaf;
}

static Node *first_rows(Maker *m) {
    double *values;
    Node *leaf = integers(m, "x.first", type_make(ELEM_I32, 1, &m->sequences), m->tokens, &values);
    for (int s = 0; values && s + 1 < m->random->extents[1]; s++)
        values[s + 1] = values[s] + (double)m->lengths[s];
    return leaf;
}

static Node *coords(Maker *m) {
    double *values;
    Node *leaf =
        integers(m, "x.coords", matrix(ELEM_I32, m->tokens, dim_const(2)), dim_const(0), &values);
    int row = 0;
    for (int s = 0; values && s < m->random->extents[1]; s++) {
        for (int i = 0; i < m->lengths[s]; i++, row++) values[2 * row] = s, values[2 * row + 1] = i;
    }
    return leaf;
}

static Node *key(Maker *m) {
    double *values;
    Dim two = dim_const(2);
    Node *leaf = integers(m, "rng", type_make(ELEM_I32, 1, &two), dim_const(0), &values);
    if (values) values[0] = random_below(&m->state, 1000), values[1] = 3;
    return leaf;
}

static Node *any_below(Maker *m, const char *name, Type type, int bound) {
    double *values;
    Node *leaf = integers(m, name, type, dim_const(bound), &values);
    int64_t count = values ? type_count(&leaf->type, m->random->extents) : 0;
    for (int64_t i = 0; i < count; i++) values[i] = random_below(&m->state, bound);
    return leaf;
}

static Node *ids(Maker *m) {
    return any_below(m, "x.ids", type_make(ELEM_I32, 1, &m->tokens), VOCAB);
}

/* Picking operands. */

static Node *pick(Maker *m) {
    /* Newer nodes twice as often, so that graphs are deep as well as wide. */
    int count = m->pool.count, half = chance(m, 60) ? count / 2 : 0;
    return m->pool.items[half + random_below(&m->state, count - half)];
}

static Node *pick_rank(Maker *m, int rank) {
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

static Node *constant_like(Maker *m, const Node *x, double value) {
    return graph_broadcast(m->graph, graph_const(m->graph, ELEM_F32, value, NULL), &x->type, NULL);
}

/* A node that spreads to x's shape, spread. */
static Node *pick_like(Maker *m, const Node *x) {
    for (int tries = 0; tries < 6; tries++) {
        Node *node = pick(m);
        if (spreads_to(&node->type, &x->type))
            return graph_broadcast(m->graph, node, &x->type, NULL);
    }
    if (chance(m, 50) || x->type.rank == 0 || !dim_is_const(x->type.dims[x->type.rank - 1])) {
        static const double values[] = {0, 1, -1, 2, 0.5, 0.3};
        return constant_like(m, x, values[random_below(&m->state, 6)]);
    }
    Node *row = new_param(m, type_make(ELEM_F32, 1, &x->type.dims[x->type.rank - 1]));
    return graph_broadcast(m->graph, row, &x->type, NULL);
}

static Node *op1(Maker *m, Op op, Node *a) { return graph_op1(m->graph, op, a, NULL); }

static Node *op2(Maker *m, Op op, Node *a, Node *b) { return graph_op2(m->graph, op, a, b, NULL); }

static Node *make(Maker *m, NodeSpec spec) { return graph_node(m->graph, &spec); }

static Node *reduce(Maker *m, Op op, Node *x, int axis) {
    return make(m, (NodeSpec){.op = op, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis});
}

static Node *tame(Maker *m, Node *x) {
    return chance(m, 50) ? op1(m, OP_tanh, x) : op2(m, OP_mul, x, constant_like(m, x, 0.4));
}

static Node *positive(Maker *m, Node *x) {
    return op2(m, OP_add, op2(m, OP_mul, x, x), constant_like(m, x, 0.7));
}

/* Steps: each gives a node for the pool, or NULL when it does not apply. */

static Node *step_unary(Maker *m) {
    Node *x = pick(m);
    switch (random_below(&m->state, 14)) {
    case 0: return op1(m, OP_neg, x);
    case 1: return m->features & RANDOM_KINKS ? op1(m, OP_abs, x) : NULL;
    case 2: return op1(m, OP_exp, op1(m, OP_tanh, x));
    case 3: return op1(m, OP_expm1, op1(m, OP_sin, x));
    case 4: return op1(m, OP_log, positive(m, x));
    case 5: return op1(m, OP_log1p, op2(m, OP_mul, x, x));
    case 6: return op1(m, OP_tanh, x);
    case 7: return op1(m, OP_erf, x);
    case 8: return op1(m, OP_sin, x);
    case 9: return op1(m, OP_cos, x);
    case 10: return op1(m, OP_sqrt, positive(m, x));
    case 11: return op1(m, OP_rsqrt, positive(m, x));
    case 12:
        return op2(m, OP_add, x,
                   op1(m, OP_stop_gradient, op1(m, OP_neg, constant_like(m, x, 0.1))));
    default:
        return graph_clone(m->graph, &(Node){.op = OP_cast, .n_inputs = 1, .type = x->type}, &x);
    }
}

static Node *step_binary(Maker *m) {
    Node *a = pick(m), *b = pick_like(m, a);
    bool kinks = (m->features & RANDOM_KINKS) != 0;
    switch (random_below(&m->state, kinks ? 9 : 6)) {
    case 0: return op2(m, OP_add, a, b);
    case 1: return op2(m, OP_sub, a, b);
    case 2: return op2(m, OP_sub, b, a);
    case 3: return tame(m, op2(m, OP_mul, a, b));
    case 4: return op2(m, OP_div, a, positive(m, b));
    case 5: return op2(m, OP_div, a, constant_like(m, a, 2));
    case 6: return op2(m, OP_maximum, a, b);
    case 7: return op2(m, OP_minimum, a, b);
    default: {
        Node *inputs[] = {op2(m, OP_less, a, b), op2(m, OP_add, a, b), a};
        return make(m, (NodeSpec){.op = OP_select, .n_inputs = 3, .inputs = inputs});
    }
    }
}

static Node *step_reduce(Maker *m) {
    Node *x = pick(m);
    if (x->type.rank == 0) return NULL;
    int axis = random_below(&m->state, x->type.rank);
    if (m->features & RANDOM_KINKS && chance(m, 30)) return reduce(m, OP_max, x, axis);
    return tame(m, reduce(m, OP_sum, x, axis));
}

static Node *matmul(Maker *m, Node *a, Node *b, bool ta, bool tb) {
    return make(
        m, (NodeSpec){
               .op = OP_matmul, .n_inputs = 2, .inputs = (Node *[]){a, b}, .attrs.ints = {ta, tb}});
}

/* With a parameter on the right in either storage, or a product of two pool nodes over their rows.
 */
static Node *step_matmul(Maker *m) {
    Node *a = pick_rank(m, 2), *b = pick_rank(m, 2);
    if (chance(m, 35) && dim_equal(a->type.dims[0], b->type.dims[0]))
        return tame(m, matmul(m, a, b, true, false));
    if (chance(m, 25) && dim_equal(a->type.dims[1], b->type.dims[1]))
        return tame(m, matmul(m, a, b, false, true));
    if (!dim_is_const(a->type.dims[1])) return NULL;
    bool tb = chance(m, 50);
    Dim k = a->type.dims[1], n = dim_const(chance(m, 70) ? WIDTH : 1 + random_below(&m->state, 4));
    Node *weight = new_param(m, matrix(ELEM_F32, tb ? n : k, tb ? k : n));
    if (tb && chance(m, 50))
        return tame(m, matmul(m, a, op1(m, OP_transpose, weight), false, false));
    return tame(m, matmul(m, a, weight, false, tb));
}

static Node *step_move(Maker *m) {
    Node *x = pick_rank(m, 2);
    Dim rows = x->type.dims[0], columns = x->type.dims[1];
    int which = random_below(&m->state, 4);
    if (which == 0) return op1(m, OP_transpose, x);
    if (which == 1 && dim_is_const(columns) &&
        columns.offset > 1) { /* the columns from the second */
        Type type = matrix(ELEM_F32, rows, dim_const(columns.offset - 1));
        return make(
            m,
            (NodeSpec){
                .op = OP_slice, .n_inputs = 1, .inputs = &x, .attrs.ints = {1, 1}, .type = type});
    }
    if (which == 2 && rows.scale) { /* the rows from the second, of which there are one fewer */
        Dim fewer = rows;
        fewer.offset--;
        if (dim_value(fewer, m->random->extents) < 1)
            return NULL; /* the maximum of nothing is infinite */
        Type type = matrix(ELEM_F32, fewer, columns);
        return make(
            m,
            (NodeSpec){
                .op = OP_slice, .n_inputs = 1, .inputs = &x, .attrs.ints = {0, 1}, .type = type});
    }
    if (which == 3) {
        Dim flat;
        if (!type_count_dim(&x->type, &flat)) return NULL;
        Type type = type_make(ELEM_F32, 1, &flat);
        return graph_reshape(m->graph, x, &type, NULL);
    }
    return NULL;
}

static Node *step_concat(Maker *m) {
    Node *a = pick_rank(m, 2), *b = pick_rank(m, 2);
    bool fits = dim_equal(a->type.dims[0], b->type.dims[0]) && dim_is_const(a->type.dims[1]) &&
                dim_is_const(b->type.dims[1]) &&
                a->type.dims[1].offset + b->type.dims[1].offset < 4 * WIDTH;
    if (!fits) return NULL;
    return make(
        m,
        (NodeSpec){.op = OP_concat, .n_inputs = 2, .inputs = (Node *[]){a, b}, .attrs.ints[0] = 1});
}

static Node *step_gather(Maker *m) {
    if (!(m->features & RANDOM_GATHER)) return NULL;
    Node *x = pick_rank(m, 2);
    if (!dim_equal(x->type.dims[0], m->tokens)) {
        Node *table = new_param(m, matrix(ELEM_F32, dim_const(VOCAB), dim_const(WIDTH)));
        return op2(m, OP_gather, table, ids(m));
    }
    if (chance(m, 30)) {
        bool most = m->features & RANDOM_KINKS && chance(m, 40);
        Type type = matrix(ELEM_F32, dim_const(VOCAB), x->type.dims[1]);
        Node *table = make(m, (NodeSpec){.op = most ? OP_scatter_max : OP_scatter_add,
                                         .n_inputs = 2,
                                         .inputs = (Node *[]){ids(m), x},
                                         .type = type});
        /* The maximum of nothing is infinite: only rows that have one are read. */
        return most ? op2(m, OP_gather, table, ids(m)) : table;
    }
    return op2(m, OP_gather, x, first_rows(m));
}

static const char *new_site(Maker *m) { return arena_printf(m->arena, "site.%d", m->sites++); }

/* select(random < 0.3, 0, x / 0.7) */
static Node *step_dropout(Maker *m) {
    Node *x = pick_rank(m, 2);
    bool fits = m->features & RANDOM_DROPOUT && dim_equal(x->type.dims[0], m->tokens);
    if (!fits) return NULL;
    Node *uniform = make(m, (NodeSpec){.op = OP_random,
                                       .n_inputs = 2,
                                       .inputs = (Node *[]){key(m), coords(m)},
                                       .attrs.text = new_site(m),
                                       .type = x->type});
    Node *dropped = op2(m, OP_less, uniform, constant_like(m, x, 0.3));
    Node *inputs[] = {dropped, constant_like(m, x, 0), op2(m, OP_div, x, constant_like(m, x, 0.7))};
    return make(m, (NodeSpec){.op = OP_select, .n_inputs = 3, .inputs = inputs});
}

static Node *project(Maker *m, Node *x) {
    return matmul(m, x, new_param(m, matrix(ELEM_F32, dim_const(WIDTH), x->type.dims[1])), false,
                  true);
}

static Node *step_attention(Maker *m) {
    Node *x = pick_rank(m, 2);
    bool fits = m->features & RANDOM_ATTENTION && dim_equal(x->type.dims[0], m->tokens) &&
                dim_is_const(x->type.dims[1]);
    if (!fits) return NULL;
    Node *q = project(m, x), *k = project(m, x), *v = project(m, x);
    Node *inputs[] = {q, k, v, bounds(m), bounds(m), key(m), coords(m)};
    Attrs attrs = {.ints = {HEADS, 0}, .text = new_site(m)};
    attrs.number = m->features & RANDOM_DROPOUT && chance(m, 60) ? 0.25 : 0;
    return make(m, (NodeSpec){.op = OP_attention, .n_inputs = 7, .inputs = inputs, .attrs = attrs});
}

/* (x - mean) / sqrt(variance + 0.1) along the columns */
static Node *step_layer_norm(Maker *m) {
    Node *x = pick_rank(m, 2);
    if (!dim_is_const(x->type.dims[1])) return NULL;
    Node *sum = reduce(m, OP_sum, x, 1);
    Node *count = constant_like(m, sum, (double)x->type.dims[1].offset);
    Node *centred =
        op2(m, OP_sub, x, graph_broadcast(m->graph, op2(m, OP_div, sum, count), &x->type, NULL));
    Node *squares = op2(m, OP_div, reduce(m, OP_sum, op2(m, OP_mul, centred, centred), 1), count);
    Node *scale = op1(m, OP_rsqrt, op2(m, OP_add, squares, constant_like(m, squares, 0.1)));
    return op2(m, OP_mul, centred, graph_broadcast(m->graph, scale, &x->type, NULL));
}

/* The probability of each row's class, for rows of sequences: softmax and a mask of iota. */
static Node *step_classify(Maker *m) {
    Node *x = pick_rank(m, 2);
    if (!dim_equal(x->type.dims[0], m->sequences) || !dim_is_const(x->type.dims[1])) return NULL;
    Node *weight = new_param(m, matrix(ELEM_F32, x->type.dims[1], dim_const(CLASSES)));
    Node *logits = matmul(m, op1(m, OP_tanh, x), weight, false, false);
    Node *most = op1(m, OP_stop_gradient, reduce(m, OP_max, logits, 1));
    Node *e = op1(m, OP_exp,
                  op2(m, OP_sub, logits, graph_broadcast(m->graph, most, &logits->type, NULL)));
    Node *p = op2(m, OP_div, e, graph_broadcast(m->graph, reduce(m, OP_sum, e, 1), &e->type, NULL));
    Node *label = any_below(m, "label", matrix(ELEM_I32, m->sequences, dim_const(1)), CLASSES);
    Type wide = matrix(ELEM_I32, m->sequences, dim_const(CLASSES));
    Node *class = make(m, (NodeSpec){.op = OP_iota, .attrs.ints[0] = 1, .type = wide});
    Node *hit = op2(m, OP_equal, graph_broadcast(m->graph, label, &wide, NULL), class);
    Node *mask = make(
        m, (NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &hit, .type = type_scalar(ELEM_F32)});
    return reduce(m, OP_sum, op2(m, OP_mul, p, mask), 1);
}

static Node *step(Maker *m) {
    static Node *(*const steps[])(Maker *) = {
        step_unary,   step_unary,     step_binary,     step_binary,  step_binary,
        step_reduce,  step_matmul,    step_move,       step_concat,  step_gather,
        step_dropout, step_attention, step_layer_norm, step_classify};
    return steps[random_below(&m->state, (int)(sizeof steps / sizeof *steps))](m);
}

/* The ends. */

static void start_pool(Maker *m) {
    Type tokens = matrix(ELEM_F32, m->tokens, dim_const(WIDTH));
    Type sequences = matrix(ELEM_F32, m->sequences, dim_const(WIDTH));
    Node *features = fill(m, graph_leaf(m->graph, OP_input, "features", tokens), -1, 1);
    Node *weight = new_param(m, matrix(ELEM_F32, dim_const(WIDTH), dim_const(WIDTH)));
    vec_push(m->arena, &m->pool, matmul(m, features, weight, false, false));
    vec_push(m->arena, &m->pool,
             fill(m, graph_leaf(m->graph, OP_input, "summary", sequences), -1, 1));
    vec_push(m->arena, &m->pool, weight);
    vec_push(m->arena, &m->pool, op2(m, OP_gather, m->pool.items[0], first_rows(m)));
}

/* sum(sin(x)) as a scalar */
static Node *total(Maker *m, Node *x) {
    x = op1(m, OP_sin, x);
    for (int axis = x->type.rank - 1; axis >= 0; axis--) x = reduce(m, OP_sum, x, axis);
    Type scalar = type_scalar(ELEM_F32);
    return graph_reshape(m->graph, x, &scalar, NULL);
}

static void finish(Maker *m) {
    bool *used = arena_array(m->arena, (size_t)m->graph->nodes.count, sizeof *used);
    for (int i = 0; i < m->graph->nodes.count; i++) {
        const Node *node = m->graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) used[node->inputs[j]->id] = true;
    }
    Node *loss = total(m, m->pool.items[0]);
    for (int i = 1; i < m->pool.count; i++) {
        if (!used[m->pool.items[i]->id]) loss = op2(m, OP_add, loss, total(m, m->pool.items[i]));
    }
    graph_output(m->graph, "loss", loss);
}

static void choose_extents(Maker *m) {
    m->tokens = dim_symbol(graph_symbol(m->graph, "x.T"));
    m->sequences = dim_symbol(graph_symbol(m->graph, "S"));
    m->random->extents[1] = 1 + random_below(&m->state, MAX_SEQUENCES);
    for (int s = 0; s < m->random->extents[1]; s++) {
        m->lengths[s] = 1 + random_below(&m->state, MAX_LENGTH);
        m->random->extents[0] += m->lengths[s];
    }
}

RandomGraph *random_graph_new(uint64_t seed, int size, unsigned features) {
    Arena *arena = arena_new();
    RandomGraph *random = arena_alloc(arena, sizeof *random);
    random->arena = arena;
    Graph *graph = graph_new("random", NULL);
    Maker m = {
        .random = random, .graph = graph, .arena = arena, .state = seed, .features = features};
    choose_extents(&m);
    start_pool(&m);
    for (int made = 0, tries = 0; made < size && tries < 20 * size; tries++) {
        Node *node = step(&m);
        if (!node) continue;
        vec_push(arena, &m.pool, node);
        made++;
    }
    finish(&m);
    random->graph = graph_canonical(graph);
    for (int i = 0; i < m.bindings.count; i++) {
        m.bindings.items[i].name = arena_strdup(arena, m.bindings.items[i].name);
    }
    graph_free(graph);
    random->bindings = m.bindings.items;
    random->n_bindings = m.bindings.count;
    random->params = m.params.items;
    random->n_params = m.params.count;
    return random;
}

void random_graph_free(RandomGraph *random) {
    if (!random) return;
    graph_free(random->graph);
    arena_free(random->arena);
}

double *random_graph_values(const RandomGraph *random, const char *name, int64_t *count) {
    *count = 0; /* a parameter that the loss does not need is not in the graph */
    for (int i = 0; i < random->graph->nodes.count; i++) {
        const Node *node = random->graph->nodes.items[i];
        bool leaf = node->op == OP_input || node->op == OP_param;
        if (leaf && strcmp(node->attrs.text, name) == 0)
            *count = type_count(&node->type, random->extents);
    }
    for (int i = 0; i < random->n_bindings; i++) {
        if (strcmp(random->bindings[i].name, name) == 0)
            return (double *)random->bindings[i].values;
    }
    return NULL;
}
