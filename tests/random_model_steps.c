/* Steps of a random graph: what models do with rows of tokens and sequences. */
#include <math.h>

#include "tests/open_values.h"
#include "tests/random_maker.h"

static Node *ids(Maker *m) { return maker_index(m, "x.ids", m->tokens, dim_const(VOCAB), LEAF_BELOW); }

/* The rows of a table that a parameter or a product holds, or the first token of each sequence. */
Node *step_gather(Maker *m) {
    if (!(m->features & RANDOM_GATHER)) return NULL;
    Node *x = pick_rank(m, 2);
    if (dim_equal(x->type.dims[0], m->tokens)) {
        Node *first = maker_index(m, "x.first", m->sequences, m->tokens, LEAF_FIRST);
        return op2(m, OP_gather, x, first);
    }
    if (dim_equal(x->type.dims[0], m->sequences)) {
        Node *of = maker_index(m, "x.sequence", m->tokens, m->sequences, LEAF_SEQUENCE);
        return op2(m, OP_gather, x, of);
    }
    Node *table = maker_param(m, matrix(ELEM_F32, dim_const(VOCAB), dim_const(WIDTH)));
    return op2(m, OP_gather, table, ids(m));
}

/* The rows of tokens added up by sequence, or by id; or the largest of each for its tokens. */
Node *step_pool(Maker *m) {
    Node *x = pick_rank(m, 2);
    if (!(m->features & RANDOM_GATHER) || !dim_equal(x->type.dims[0], m->tokens)) return NULL;
    bool by_id = chance(m, 50), most = m->features & RANDOM_KINKS && chance(m, 30);
    Dim rows = by_id ? dim_const(VOCAB) : m->sequences;
    Node *of = by_id ? ids(m) : maker_index(m, "x.sequence", m->tokens, m->sequences, LEAF_SEQUENCE);
    Node *inputs[] = {of, x};
    NodeSpec spec = {.op = most ? OP_scatter_max : OP_scatter_add,
                     .n_inputs = 2,
                     .inputs = inputs,
                     .type = matrix(ELEM_F32, rows, x->type.dims[1])};
    Node *table = make(m, spec);
    /* The maximum of nothing is infinite: only rows that have one are read. */
    return most ? op2(m, OP_gather, table, of) : tame(m, table);
}

static const char *new_site(Maker *m) { return arena_printf(m->arena, "site.%d", m->sites++); }

/* select(random < 0.3, 0, x / 0.7) */
Node *step_dropout(Maker *m) {
    Node *x = pick_rank(m, 2);
    Node *coords = m->features & RANDOM_DROPOUT ? maker_coords(m, x->type.dims[0]) : NULL;
    if (!coords) return NULL;
    Node *inputs[] = {maker_key(m), coords};
    Node *uniform = make(
        m, (NodeSpec){.op = OP_random, .n_inputs = 2, .inputs = inputs, .attrs.text = new_site(m), .type = x->type});
    Node *dropped = op2(m, OP_less, uniform, constant_like(m, x, 0.3));
    return choose(m, dropped, constant_like(m, x, 0), op2(m, OP_div, x, constant_like(m, x, 0.7)));
}

static Node *project(Maker *m, Node *x) {
    Node *weight = maker_param(m, matrix(ELEM_F32, dim_const(WIDTH), x->type.dims[1]));
    return product(m, x, weight, false, true);
}

static Node *pick_rows(Maker *m, Dim rows) {
    for (int tries = 0; tries < 10; tries++) {
        Node *x = pick_rank(m, 2);
        if (dim_equal(x->type.dims[0], rows) && dim_is_const(x->type.dims[1])) return x;
    }
    return NULL;
}

/* Every token asks, or one row a sequence does. */
Node *step_attention(Maker *m) {
    bool few = chance(m, 35);
    Node *x = pick_rows(m, m->tokens), *asks = few ? pick_rows(m, m->sequences) : x;
    if (!(m->features & RANDOM_ATTENTION) || !x || !asks) return NULL;
    Dim extent = m->sequences;
    extent.offset = 1;
    Node *bounds = maker_bounds(m), *q_bounds = bounds;
    if (few) q_bounds = maker_index(m, "x.each", extent, dim_const(0), LEAF_COUNTING);
    Node *coords = maker_coords(m, asks->type.dims[0]);
    Node *inputs[ATTENTION_OPERANDS] = {project(m, asks), project(m, x), project(m, x), q_bounds,
                                        bounds,           maker_key(m),  coords};
    bool causal = chance(m, 30);
    open_operands(m->graph,
                  causal          ? OPEN_CAUSAL
                  : chance(m, 50) ? OPEN_PLAIN
                                  : (OpenKind)random_below(&m->state, OPEN_KINDS),
                  0, inputs + ATTENTION_FIRST);
    Attrs attrs = {.ints = {HEADS, 0}, .scale = chance(m, 20) ? 0.25 : 1 / sqrt(WIDTH / HEADS), .text = new_site(m)};
    attrs.number = m->features & RANDOM_DROPOUT && chance(m, 60) ? 0.25 : 0;
    return make(m, (NodeSpec){.op = OP_attention, .n_inputs = ATTENTION_OPERANDS, .inputs = inputs, .attrs = attrs});
}

/* (x - mean) / sqrt(variance + 0.1) along the columns */
Node *step_layer_norm(Maker *m) {
    Node *x = pick_rank(m, 2);
    if (!dim_is_const(x->type.dims[1])) return NULL;
    Node *sum = reduce(m, OP_sum, x, 1);
    Node *count = constant_like(m, sum, (double)x->type.dims[1].offset);
    Node *mean = graph_broadcast(m->graph, op2(m, OP_div, sum, count), &x->type, NULL);
    Node *centred = op2(m, OP_sub, x, mean);
    Node *squares = op2(m, OP_div, reduce(m, OP_sum, op2(m, OP_mul, centred, centred), 1), count);
    Node *scale = op1(m, OP_rsqrt, op2(m, OP_add, squares, constant_like(m, squares, 0.1)));
    return op2(m, OP_mul, centred, graph_broadcast(m->graph, scale, &x->type, NULL));
}

/* The probability of each row's class, for rows of sequences: softmax and a mask of iota. */
Node *step_classify(Maker *m) {
    Node *x = pick_rank(m, 2);
    if (!dim_equal(x->type.dims[0], m->sequences) || !dim_is_const(x->type.dims[1])) return NULL;
    Node *weight = maker_param(m, matrix(ELEM_F32, x->type.dims[1], dim_const(CLASSES)));
    Node *logits = product(m, op1(m, OP_tanh, x), weight, false, false);
    Node *most = op1(m, OP_stop_gradient, reduce(m, OP_max, logits, 1));
    Node *spread = graph_broadcast(m->graph, most, &logits->type, NULL);
    Node *e = op1(m, OP_exp, op2(m, OP_sub, logits, spread));
    Node *sum = graph_broadcast(m->graph, reduce(m, OP_sum, e, 1), &e->type, NULL);
    Type one = matrix(ELEM_I32, m->sequences, dim_const(1)), wide = matrix(ELEM_I32, m->sequences, dim_const(CLASSES));
    one.bound = dim_const(CLASSES);
    Node *label = maker_leaf(m, OP_input, "label", one, LEAF_BELOW);
    Node *class = make(m, (NodeSpec){.op = OP_iota, .attrs.ints[0] = 1, .type = wide});
    wide.bound = one.bound;
    Node *hit = op2(m, OP_equal, graph_broadcast(m->graph, label, &wide, NULL), class);
    return reduce(m, OP_sum, op2(m, OP_mul, op2(m, OP_div, e, sum), cast_to(m, hit, ELEM_F32)), 1);
}
