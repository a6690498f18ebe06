/* Examples of operators, one function a shape rule. */
#include "tests/row_examples.h"

#include <math.h>
#include <string.h>

#include "tests/open_values.h"

#define C(n) {.offset = n, .symbol = -1}
#define T {.scale = 1, .symbol = 0}
#define S {.scale = 1, .symbol = 1}
#define LESS(n) {.scale = 1, .offset = -n} /* of T */

typedef struct Shape {
    int rank;
    Dim dims[MAX_RANK];
} Shape;

/* Scalars, vectors, tails, rows that are no multiple of a vector, nothing at all, three axes. */
static const Shape shapes[] = {{0, {C(0)}},          {1, {T}},          {2, {T, C(6)}},
                               {2, {C(1), C(5)}},    {2, {T, C(1)}},    {2, {S, T}},
                               {3, {C(2), T, C(3)}}, {2, {C(0), C(3)}}, {2, {S, C(37)}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static Type type_of(Shape shape, ElemType elem) { return type_make(elem, shape.rank, shape.dims); }

/* A new parameter, in [-1, 1). */
static Node *real(Maker *m, Shape shape) {
    const char *name = arena_printf(m->arena, "x%d", m->params.count);
    vec_push(m->arena, &m->params, name);
    return maker_leaf(m, OP_param, name, type_of(shape, ELEM_F32), LEAF_REAL);
}

static Node *integer(Maker *m, Shape shape) {
    Type type = type_of(shape, ELEM_I32);
    type.bound = dim_const(5);
    const char *name = arena_printf(m->arena, "i%d", m->leaves.count);
    return maker_leaf(m, OP_input, name, type, LEAF_BELOW);
}

static Node *operand(Maker *m, Shape shape, ElemType elem, bool in_domain) {
    if (elem == ELEM_I32) return integer(m, shape);
    if (elem == ELEM_BOOL) return op2(m, OP_less, real(m, shape), real(m, shape));
    Node *x = real(m, shape);
    return in_domain ? positive(m, x) : x;
}

/* NULL when the shape rule refuses it. */
static Node *checked(Maker *m, NodeSpec spec) {
    Type type;
    return infer_type(m->graph, &spec, &type) ? NULL : make(m, spec);
}

typedef struct Example {
    Op op;
    int number;
    bool positive;
} Example;

/* A shape, an element type; for casts the type that it becomes. Shapes come once more with operands
 * that are spread. */
static Node *elementwise(Maker *m, Example e, ElemType first) {
    int kind = e.number % 3, shape = e.number / 3 % (SHAPES + 1);
    ElemType elem = (ElemType)kind;
    bool spread = shape == SHAPES;
    Shape to = spread ? shapes[2] : shapes[shape], from = {2, {C(1), C(6)}};
    Node *inputs[3];
    for (int i = 0; i < op_arity(e.op); i++) {
        ElemType own = i == 0 && first != ELEM_F32 ? first : elem;
        Type type = type_of(to, own);
        inputs[i] = operand(m, spread && i == 0 ? from : to, own, e.positive);
        inputs[i] = graph_broadcast(m->graph, inputs[i], &type, NULL);
    }
    int round = e.number / (3 * (SHAPES + 1)); /* of the types that a cast gives */
    if (round > (e.op == OP_cast ? 1 : 0)) return NULL;
    ElemType becomes = e.op == OP_cast && round ? (ElemType)((kind + 1) % 3) : ELEM_F32;
    return checked(m,
                   (NodeSpec){.op = e.op, .n_inputs = op_arity(e.op), .inputs = inputs, .type = type_scalar(becomes)});
}

static Node *example_arithmetic(Maker *m, Example e) { return elementwise(m, e, ELEM_F32); }
static Node *example_real(Maker *m, Example e) { return elementwise(m, e, ELEM_F32); }
static Node *example_compare(Maker *m, Example e) { return elementwise(m, e, ELEM_F32); }
static Node *example_logic(Maker *m, Example e) { return elementwise(m, e, ELEM_F32); }
static Node *example_cast(Maker *m, Example e) { return elementwise(m, e, ELEM_F32); }
static Node *example_select(Maker *m, Example e) { return elementwise(m, e, ELEM_BOOL); }

static Node *example_given(Maker *m, Example e) {
    if (e.number >= SHAPES) return NULL;
    if (e.op == OP_param) return real(m, shapes[e.number]);
    return maker_leaf(m, e.op, "given", type_of(shapes[e.number], ELEM_F32), LEAF_REAL);
}

static Node *example_input(Maker *m, Example e) { return example_given(m, e); }

static Node *example_scalar(Maker *m, Example e) {
    static const double values[] = {0, -1, 0.1, 3};
    return e.number < 4 ? constant_like(m, real(m, shapes[2]), values[e.number]) : NULL;
}

static Node *example_iota(Maker *m, Example e) {
    int shape = e.number / 3, axis = e.number % 3;
    if (shape >= SHAPES || axis >= shapes[shape].rank) return NULL;
    Type type = type_of(shapes[shape], ELEM_I32);
    return make(m, (NodeSpec){.op = OP_iota, .attrs.ints[0] = axis, .type = type});
}

/* Along each axis. The maximum of nothing is infinite: nothing to compare. */
static Node *example_reduce(Maker *m, Example e) {
    int shape = e.number / 3, axis = e.number % 3;
    if (shape >= SHAPES || axis >= shapes[shape].rank) return NULL;
    Dim dim = shapes[shape].dims[axis];
    if (e.op != OP_sum && dim_is(dim, 0)) return NULL;
    if (e.op != OP_sum && !dim_is_const(dim)) m->random->least_tokens = 1;
    return reduce(m, e.op, real(m, shapes[shape]), axis);
}

/* Each storage of each operand; symbols in all three places; nothing to add up. */
static Node *example_matmul(Maker *m, Example e) {
    static const Dim sizes[][3] = {{T, C(6), C(2)},    {C(3), T, C(5)},    {S, C(4), T},     {T, T, C(2)},
                                   {C(1), C(1), C(1)}, {C(2), C(0), C(3)}, {T, C(37), C(33)}};
    int size = e.number / 4;
    bool ta = e.number & 1, tb = e.number & 2;
    if (size >= (int)(sizeof sizes / sizeof *sizes)) return NULL;
    const Dim *d = sizes[size];
    Node *a = real(m, (Shape){2, {d[ta ? 1 : 0], d[ta ? 0 : 1]}});
    Node *b = real(m, (Shape){2, {d[tb ? 2 : 1], d[tb ? 1 : 2]}});
    return product(m, a, b, ta, tb);
}

static Node *example_transpose(Maker *m, Example e) {
    if (e.number >= SHAPES || shapes[e.number].rank < 2) return NULL;
    return op1(m, OP_transpose, real(m, shapes[e.number]));
}

/* From one shape to another. */
typedef struct Move {
    Shape from, to;
    int axis, start;
} Move;

static Node *move(Maker *m, Example e, const Move *moves, int count) {
    if (e.number >= count) return NULL;
    const Move *way = &moves[e.number];
    Node *x = real(m, way->from);
    return checked(m, (NodeSpec){.op = e.op,
                                 .n_inputs = 1,
                                 .inputs = &x,
                                 .attrs.ints = {way->axis, way->start},
                                 .type = type_of(way->to, ELEM_F32)});
}

static Node *example_reshape(Maker *m, Example e) {
    static const Move moves[] = {{{2, {T, C(6)}}, {3, {T, C(2), C(3)}}, 0, 0},
                                 {{3, {T, C(2), C(3)}}, {2, {T, C(6)}}, 0, 0},
                                 {{1, {T}}, {2, {T, C(1)}}, 0, 0},
                                 {{2, {T, C(6)}}, {1, {{.scale = 6}}}, 0, 0},
                                 {{2, {S, T}}, {3, {S, C(1), T}}, 0, 0},
                                 {{2, {C(1), C(1)}}, {0, {C(0)}}, 0, 0}};
    return move(m, e, moves, sizeof moves / sizeof *moves);
}

static Node *example_broadcast(Maker *m, Example e) {
    static const Move moves[] = {
        {{0, {C(0)}}, {2, {T, C(4)}}, 0, 0},       {{1, {C(4)}}, {2, {T, C(4)}}, 0, 0},
        {{1, {C(1)}}, {2, {T, C(4)}}, 0, 0},       {{2, {T, C(1)}}, {2, {T, C(4)}}, 0, 0},
        {{2, {C(1), C(4)}}, {2, {T, C(4)}}, 0, 0}, {{2, {T, C(1)}}, {3, {C(2), T, C(3)}}, 0, 0},
        {{2, {S, T}}, {3, {C(2), S, T}}, 0, 0},    {{1, {C(1)}}, {2, {C(0), C(3)}}, 0, 0},
        {{2, {C(1), T}}, {2, {S, T}}, 0, 0}};
    return move(m, e, moves, sizeof moves / sizeof *moves);
}

static Node *example_slice(Maker *m, Example e) {
    static const Move moves[] = {
        {{2, {T, C(4)}}, {2, {T, C(2)}}, 1, 1},       {{2, {T, C(4)}}, {2, {T, C(2)}}, 1, 2},
        {{2, {T, C(4)}}, {2, {LESS(1), C(4)}}, 0, 0}, {{2, {T, C(4)}}, {2, {LESS(2), C(4)}}, 0, 1},
        {{2, {T, C(4)}}, {2, {T, C(4)}}, 1, 0},       {{2, {T, C(4)}}, {2, {T, C(0)}}, 1, 3}};
    m->random->least_tokens = 2;
    return move(m, e, moves, sizeof moves / sizeof *moves);
}

static Node *example_concat(Maker *m, Example e) {
    static const Shape columns[] = {{2, {T, C(2)}}, {2, {T, C(1)}}, {2, {T, C(0)}}},
                       rows[] = {{2, {C(2), T}}, {2, {C(3), T}}, {2, {C(1), T}}};
    if (e.number >= 6) return NULL;
    int axis = e.number / 3 ? 0 : 1, n = 1 + e.number % 3;
    Node *parts[3];
    for (int i = 0; i < n; i++) parts[i] = real(m, axis ? columns[i] : rows[i]);
    return make(m, (NodeSpec){.op = OP_concat, .n_inputs = n, .inputs = parts, .attrs.ints[0] = axis});
}

/* Indices of tokens: below a constant, their sequences; of sequences: their first tokens. */
static Node *index_of(Maker *m, int which, Dim *rows) {
    *rows = which == 0 ? dim_const(VOCAB) : which == 1 ? m->sequences : m->tokens;
    if (which == 0) return maker_index(m, "x.ids", m->tokens, *rows, LEAF_BELOW);
    if (which == 1) return maker_index(m, "x.sequence", m->tokens, *rows, LEAF_SEQUENCE);
    return maker_index(m, "x.first", m->sequences, *rows, LEAF_FIRST);
}

static Node *example_gather(Maker *m, Example e) {
    Dim rows, width = dim_const(e.number / 3 ? 1 : 6);
    if (e.number >= 6) return NULL;
    Node *index = index_of(m, e.number % 3, &rows);
    return op2(m, OP_gather, real(m, (Shape){2, {rows, width}}), index);
}

/* Of rows that no index names the maximum is infinite: those that one names are read. */
static Node *example_scatter(Maker *m, Example e) {
    Dim rows, width = dim_const(e.number / 3 ? 1 : 6);
    if (e.number >= 6) return NULL;
    Node *index = index_of(m, e.number % 3, &rows);
    Node *inputs[] = {index, real(m, (Shape){2, {index->type.dims[0], width}})};
    Node *y = make(m, (NodeSpec){.op = e.op, .n_inputs = 2, .inputs = inputs, .type = matrix(ELEM_F32, rows, width)});
    return e.op == OP_scatter_add ? y : op2(m, OP_gather, y, index);
}

static Node *example_random(Maker *m, Example e) {
    if (e.number >= 4) return NULL;
    Dim rows = e.number / 2 ? m->sequences : m->tokens;
    Node *inputs[] = {maker_key(m), maker_coords(m, rows)};
    return make(m, (NodeSpec){.op = OP_random,
                              .n_inputs = 2,
                              .inputs = inputs,
                              .attrs.text = "site",
                              .type = matrix(ELEM_F32, rows, dim_const(e.number % 2 ? 70 : 6))});
}

enum { ATTENTIONS = 16 };

/* Heads, dropout, one query a token or a sequence, ranges of keys and scores. */
static Node *attention(Maker *m, int number) {
    bool few = number & 1;
    Dim width = dim_const(6), ends = m->sequences, asks = few ? m->sequences : m->tokens;
    ends.offset = 1;
    Node *bounds = maker_bounds(m), *q_bounds = bounds;
    if (few) q_bounds = maker_index(m, "x.each", ends, dim_const(0), LEAF_COUNTING);
    Node *inputs[ATTENTION_OPERANDS] = {real(m, (Shape){2, {asks, width}}),
                                        real(m, (Shape){2, {m->tokens, width}}),
                                        real(m, (Shape){2, {m->tokens, width}}),
                                        q_bounds,
                                        bounds,
                                        maker_key(m),
                                        maker_coords(m, asks)};
    open_operands(m->graph, (OpenKind)(3 * number % OPEN_KINDS), 0, inputs + ATTENTION_FIRST);
    Attrs attrs = {.ints = {number & 4 ? 3 : 1, 0}, .scale = 1 / sqrt(number & 4 ? 2 : 6), .text = "site"};
    attrs.number = number & 2 ? 0.4 : 0;
    return make(m, (NodeSpec){.op = OP_attention, .n_inputs = ATTENTION_OPERANDS, .inputs = inputs, .attrs = attrs});
}

static Node *example_attention(Maker *m, Example e) { return e.number < ATTENTIONS ? attention(m, e.number) : NULL; }

/* An open value has a value within attention. */
static Node *example_pair(Maker *m, Example e) {
    return e.number < 3 ? attention(m, 1 + OPEN_KINDS * e.number) : NULL; /* OPEN_NEARBY */
}

/* The table is a parameter. */
static Node *example_lookup(Maker *m, Example e) {
    if (e.number >= 4) return NULL;
    Node *y = attention(m, e.number), *inputs[ATTENTION_OPERANDS];
    memcpy(inputs, y->inputs, sizeof inputs);
    Node *table = real(m, (Shape){2, {dim_const(7), dim_const(2)}});
    inputs[ATTENTION_SCORE] = open_by_table(m->graph, pair_node(m->graph, PAIR_SCORE, NULL), table);
    return make(m, (NodeSpec){.op = OP_attention, .n_inputs = y->n_inputs, .inputs = inputs, .attrs = y->attrs});
}

/* Three columns of queries and four of keys for each head. */
static Node *example_cell(Maker *m, Example e) {
    if (e.number >= ATTENTIONS / 2) return NULL;
    Node *y = attention(m, 2 * e.number + e.number % 2), *inputs[ATTENTION_OPERANDS + CELL_SIDES];
    memcpy(inputs, y->inputs, ATTENTION_OPERANDS * sizeof *inputs);
    inputs[ATTENTION_SCORE] = open_by_cells(m->graph, pair_node(m->graph, PAIR_SCORE, NULL));
    for (int side = 0; side < CELL_SIDES; side++) {
        Dim rows = inputs[side == CELL_QUERY ? ATTENTION_Q : ATTENTION_K]->type.dims[0];
        inputs[ATTENTION_OPERANDS + side] = real(m, (Shape){2, {rows, dim_const(y->attrs.ints[0] * (3 + side))}});
    }
    return make(
        m, (NodeSpec){
               .op = OP_attention, .n_inputs = ATTENTION_OPERANDS + CELL_SIDES, .inputs = inputs, .attrs = y->attrs});
}

/* The sum of y sin(y): f32[]. */
static Node *scalar_of(Maker *m, Node *y) {
    y = op2(m, OP_mul, y, op1(m, OP_sin, y));
    for (int axis = y->type.rank - 1; axis >= 0; axis--) y = reduce(m, OP_sum, y, axis);
    Type scalar = type_scalar(ELEM_F32);
    return graph_reshape(m->graph, y, &scalar, NULL);
}

static Node *example_grad(Maker *m, Example e) {
    if (e.number >= SHAPES) return NULL;
    Node *x = real(m, shapes[e.number]), *y = op1(m, OP_tanh, op2(m, OP_mul, x, x));
    return op2(m, OP_grad, scalar_of(m, y), x);
}

/* Attention's derivatives come into a graph by way of grad: for q, k and v. */
static Node *example_attention_grad(Maker *m, Example e) {
    if (e.number >= 3 * ATTENTIONS) return NULL;
    Node *y = attention(m, e.number % ATTENTIONS);
    return op2(m, OP_grad, scalar_of(m, y), y->inputs[e.number / ATTENTIONS]);
}

/* There is no third derivative: nothing is varied. */
static Node *example_attention_second(Maker *m, Example e) {
    if (e.number >= 3 * ATTENTIONS) return NULL;
    Node *y = attention(m, e.number % ATTENTIONS);
    Node *first = op2(m, OP_grad, scalar_of(m, y), y->inputs[(e.number / ATTENTIONS + 1) % 3]);
    m->params.count = 0;
    return op2(m, OP_grad, scalar_of(m, first), y->inputs[e.number / ATTENTIONS]);
}

Node *row_example(Maker *m, Op op, int number, bool in_domain) {
    static Node *(*const examples[])(Maker *, Example) = {
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, ...) [OP_##name] = example_##shape,
#include "graph/ops.def"
#undef OP
    };
    return examples[op](m, (Example){op, number, in_domain});
}
