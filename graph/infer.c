/* Shape rules: the type of a node from its operands and attributes, or the constraint that is broken. One function
 * infer_<shape> for each name in the shape column of ops.def. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/op_docs.h"
#include "graph/pair.h"

/* What a rule works on. `in` are the operands' types, `given` the type the caller asks for, `out` the result. */
typedef struct Rule {
    Graph *graph;
    Op op;
    int n;
    const Type *in[MAX_OPERANDS];
    Node *const *nodes; /* the operands */
    const Attrs *attrs;
    const Type *given;
    Type out;
} Rule;

/* `constraint`: its number among those of the shape rule in op_docs.c, which is cited; in a function that several rules
 * share, the number of its first one comes as `base`. */
#define FAIL(rule, constraint, ...) return broken(rule, constraint, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static const char *broken(Rule *r, int constraint, const char *format, ...) {
    assert(op_shape_doc(r->op)->constraints[constraint - 1]);
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(r->graph->arena, format, args);
    va_end(args);
    return arena_printf(r->graph->arena, "%s: %s (constraint %d)", op_name(r->op), text, constraint);
}

static const char *shown(Rule *r, const Type *type) { return type_print(r->graph->arena, type, &r->graph->symbols); }

static const char *dim_shown(Rule *r, Dim dim) { return dim_print(r->graph->arena, dim, &r->graph->symbols); }

static bool unbounded(const Type *type) { return dim_is(type->bound, 0); }

/* Leaves have the type that they are given. */
static const char *infer_given(Rule *r) {
    if (!unbounded(r->given) && r->given->elem != ELEM_I32) FAIL(r, 1, "only i32 has a bound");
    r->out = *r->given;
    return NULL;
}

/* An input's type is also its role's. */
static const char *infer_input(Rule *r) {
    const Role *role = &r->attrs->role;
    const char *error = infer_given(r);
    if (error) return error;
    if (!role_suits(role, ON_INPUT)) FAIL(r, 2, "this is no role of an input: %s", role_print(r->graph->arena, role));
    if (!role_fits(role, r->given, &r->graph->symbols))
        FAIL(r, 3, "%s has the type %s, not %s", role_print(r->graph->arena, role), role_info(role->kind)->type,
             shown(r, r->given));
    return NULL;
}

static const char *infer_scalar(Rule *r) {
    if (r->given->rank != 0) FAIL(r, 1, "a constant is a scalar, not %s", shown(r, r->given));
    r->out = type_scalar(r->given->elem);
    return NULL;
}

/* i32, bounded by its extent. */
static const char *infer_iota(Rule *r) {
    int64_t axis = r->attrs->ints[0];
    if (r->given->elem != ELEM_I32) FAIL(r, 1, "the type must be i32, not %s", shown(r, r->given));
    if (axis < 0 || axis >= r->given->rank) FAIL(r, 2, "axis %" PRId64 " of %s", axis, shown(r, r->given));
    r->out = type_make(ELEM_I32, r->given->rank, r->given->dims);
    r->out.bound = r->given->dims[axis];
    return NULL;
}

static const char *same_operands(Rule *r, int from, int base) {
    for (int i = from + 1; i < r->n; i++) {
        if (r->in[i]->elem != r->in[from]->elem || !type_same_shape(r->in[i], r->in[from])) {
            FAIL(r, base, "operands differ: %s and %s", shown(r, r->in[from]), shown(r, r->in[i]));
        }
    }
    return NULL;
}

static const char *infer_arithmetic(Rule *r) {
    const char *error = same_operands(r, 0, 1);
    if (error) return error;
    if (!elem_is_number(r->in[0]->elem)) FAIL(r, 2, "operands must be numbers, not %s", shown(r, r->in[0]));
    r->out = type_make(r->in[0]->elem, r->in[0]->rank, r->in[0]->dims);
    return NULL;
}

static const char *infer_real(Rule *r) {
    const char *error = infer_arithmetic(r);
    if (error) return error;
    if (r->in[0]->elem != ELEM_F32) FAIL(r, 2, "operands must be f32, not %s", shown(r, r->in[0]));
    return NULL;
}

static const char *infer_compare(Rule *r) {
    const char *error = infer_arithmetic(r);
    if (error) return error;
    r->out.elem = ELEM_BOOL;
    return NULL;
}

static const char *infer_logic(Rule *r) {
    const char *error = same_operands(r, 0, 1);
    if (error) return error;
    if (r->in[0]->elem != ELEM_BOOL) FAIL(r, 2, "operands must be bool, not %s", shown(r, r->in[0]));
    r->out = type_make(ELEM_BOOL, r->in[0]->rank, r->in[0]->dims);
    return NULL;
}

static const char *infer_select(Rule *r) {
    if (r->in[0]->elem != ELEM_BOOL) FAIL(r, 1, "the condition must be bool, not %s", shown(r, r->in[0]));
    const char *error = same_operands(r, 1, 2);
    if (error) return error;
    if (!type_same_shape(r->in[0], r->in[1])) {
        FAIL(r, 3, "condition and choices differ: %s and %s", shown(r, r->in[0]), shown(r, r->in[1]));
    }
    r->out = type_make(r->in[1]->elem, r->in[1]->rank, r->in[1]->dims);
    return NULL;
}

/* The shape of the operand, the element type that is given. */
static const char *infer_cast(Rule *r) {
    r->out = type_make(r->given->elem, r->in[0]->rank, r->in[0]->dims);
    if (r->in[0]->elem == ELEM_BOOL && r->given->elem == ELEM_I32) r->out.bound = dim_const(2);
    return NULL;
}

static const char *infer_reduce(Rule *r) {
    int64_t axis = r->attrs->ints[0];
    if (r->in[0]->elem != ELEM_F32) FAIL(r, 1, "the operand must be f32, not %s", shown(r, r->in[0]));
    if (axis < 0 || axis >= r->in[0]->rank) {
        FAIL(r, 2, "there is no axis %" PRId64 " in %s", axis, shown(r, r->in[0]));
    }
    r->out = *r->in[0];
    r->out.dims[axis] = dim_const(1);
    return NULL;
}

static const char *infer_matmul(Rule *r) {
    const Type *a = r->in[0], *b = r->in[1];
    for (int i = 0; i < 2; i++) {
        if (r->in[i]->elem != ELEM_F32 || r->in[i]->rank != 2) {
            FAIL(r, 1, "operands must be f32 matrices, not %s", shown(r, r->in[i]));
        }
    }
    bool ta = r->attrs->ints[0] != 0, tb = r->attrs->ints[1] != 0;
    Dim inner_a = a->dims[ta ? 0 : 1], inner_b = b->dims[tb ? 1 : 0];
    if (!dim_equal(inner_a, inner_b)) {
        Type left = *a, right = *b;
        left.dims[0] = a->dims[ta ? 1 : 0], left.dims[1] = inner_a;
        right.dims[0] = inner_b, right.dims[1] = b->dims[tb ? 0 : 1];
        FAIL(r, 2, "inner dimensions differ: %s and %s, of %s and %s", dim_shown(r, inner_a), dim_shown(r, inner_b),
             shown(r, &left), shown(r, &right));
    }
    Dim dims[] = {a->dims[ta ? 1 : 0], b->dims[tb ? 0 : 1]};
    r->out = type_make(ELEM_F32, 2, dims);
    return NULL;
}

static const char *infer_transpose(Rule *r) {
    if (r->in[0]->rank < 2) FAIL(r, 1, "the operand must have two axes, not %s", shown(r, r->in[0]));
    r->out = *r->in[0];
    int last = r->out.rank - 1;
    r->out.dims[last - 1] = r->in[0]->dims[last];
    r->out.dims[last] = r->in[0]->dims[last - 1];
    return NULL;
}

/* Removes from both what they have in common: [S, S, 4] and [2, S, 2, S] leave [4] and [2, 2]. */
static void cancel_dims(Type *a, Type *b) {
    for (int i = a->rank - 1; i >= 0; i--) {
        for (int j = 0; j < b->rank; j++) {
            if (!dim_equal(a->dims[i], b->dims[j])) continue;
            a->dims[i] = a->dims[--a->rank];
            b->dims[j] = b->dims[--b->rank];
            break;
        }
    }
}

/* The shape that is given, with as many elements. */
static const char *infer_reshape(Rule *r) {
    Type a = *r->in[0], b = *r->given;
    Dim from, to;
    cancel_dims(&a, &b);
    if (!type_count_dim(&a, &from) || !type_count_dim(&b, &to) || !dim_equal(from, to)) {
        FAIL(r, 1, "%s has not as many elements as %s", shown(r, r->in[0]), shown(r, r->given));
    }
    r->out = type_make(r->in[0]->elem, r->given->rank, r->given->dims);
    r->out.bound = r->in[0]->bound;
    return NULL;
}

/* The shape that is given; each axis of the operand, aligned at the right, is equal or 1. */
static const char *infer_broadcast(Rule *r) {
    const Type *x = r->in[0], *to = r->given;
    bool fits = x->rank <= to->rank;
    for (int i = 0; fits && i < x->rank; i++) {
        Dim from = x->dims[i], wanted = to->dims[to->rank - x->rank + i];
        fits = dim_is(from, 1) || dim_equal(from, wanted);
    }
    if (!fits) FAIL(r, x->rank > to->rank ? 1 : 2, "%s does not spread to %s", shown(r, x), shown(r, to));
    r->out = type_make(x->elem, to->rank, to->dims);
    r->out.bound = x->bound;
    return NULL;
}

/* The given extent along `axis`, constant where the operand's is, from the constant `start`. */
static const char *infer_slice(Rule *r) {
    int64_t axis = r->attrs->ints[0], start = r->attrs->ints[1];
    if (axis < 0 || axis >= r->in[0]->rank || r->given->rank != r->in[0]->rank) {
        FAIL(r, 1, "there is no axis %" PRId64 " in %s", axis, shown(r, r->in[0]));
    }
    Dim from = r->in[0]->dims[axis], size = r->given->dims[axis];
    if (start < 0 || start > INT32_MAX) FAIL(r, 2, "start is %" PRId64, start);
    bool alike = from.scale == size.scale && (from.scale == 0 || from.symbol == size.symbol);
    if (!alike) FAIL(r, 3, "%s is not a part of %s", dim_shown(r, size), dim_shown(r, from));
    bool inside = size.offset + start <= from.offset && (from.scale != 0 || size.offset >= 0);
    if (!inside) FAIL(r, 4, "%s from %" PRId64 " is not inside %s", dim_shown(r, size), start, dim_shown(r, from));
    r->out = *r->in[0];
    r->out.dims[axis] = size;
    return NULL;
}

static const char *infer_concat(Rule *r) {
    int64_t axis = r->attrs->ints[0];
    r->out = *r->in[0];
    if (axis < 0 || axis >= r->out.rank) FAIL(r, 1, "there is no axis %" PRId64 " in %s", axis, shown(r, r->in[0]));
    for (int i = 1; i < r->n; i++) {
        Type aligned = *r->in[i];
        if (aligned.rank == r->out.rank) aligned.dims[axis] = r->in[0]->dims[axis];
        if (aligned.elem != r->out.elem || !type_same_shape(&aligned, r->in[0])) {
            FAIL(r, 2, "operands differ: %s and %s", shown(r, r->in[0]), shown(r, r->in[i]));
        }
        if (!dim_add(r->out.dims[axis], r->in[i]->dims[axis], &r->out.dims[axis])) {
            FAIL(r, 3, "extents of two symbols do not add up: %s and %s", shown(r, r->in[0]), shown(r, r->in[i]));
        }
        if (!dim_equal(r->in[i]->bound, r->out.bound)) r->out.bound = dim_const(0);
    }
    return NULL;
}

/* Is an index with this bound safe for a table with so many rows? */
static bool bound_fits(Dim bound, Dim rows) {
    if (dim_is(bound, 0)) return false;
    return dim_equal(bound, rows) || (dim_is_const(bound) && dim_is_const(rows) && bound.offset <= rows.offset);
}

static const char *check_index(Rule *r, const Type *index, Dim rows, int base) {
    if (index->elem != ELEM_I32 || index->rank != 1) {
        FAIL(r, base, "the indices must be i32 with one axis, not %s", shown(r, index));
    }
    if (!bound_fits(index->bound, rows)) {
        FAIL(r, base + 1, "indices of type %s are not known to be inside a table of %s rows", shown(r, index),
             dim_shown(r, rows));
    }
    return NULL;
}

static const char *infer_gather(Rule *r) {
    if (r->in[0]->rank != 2) FAIL(r, 1, "the table must have two axes, not %s", shown(r, r->in[0]));
    const char *error = check_index(r, r->in[1], r->in[0]->dims[0], 2);
    if (error) return error;
    r->out = *r->in[0];
    r->out.dims[0] = r->in[1]->dims[0];
    return NULL;
}

/* The type that is given: f32[N, C]. */
static const char *infer_scatter(Rule *r) {
    const Type *index = r->in[0], *updates = r->in[1];
    if (index->elem == ELEM_I32 && index->rank == 1 && unbounded(index)) {
        FAIL(r, 2, "the indices must be bounded by the rows of the result, not %s", shown(r, index));
    }
    if (updates->rank != 2 || updates->elem != ELEM_F32) {
        FAIL(r, 3, "the rows must be f32 with two axes, not %s", shown(r, updates));
    }
    if (r->given->rank != 2 || !dim_equal(r->given->dims[1], updates->dims[1])) {
        FAIL(r, 5, "rows of %s do not fit into %s", shown(r, updates), shown(r, r->given));
    }
    if (!dim_equal(index->dims[0], updates->dims[0])) {
        FAIL(r, 4, "%s indices for %s", shown(r, index), shown(r, updates));
    }
    r->out = type_make(ELEM_F32, 2, r->given->dims);
    return check_index(r, index, r->given->dims[0], 1);
}

static const char *infer_grad(Rule *r) {
    for (int i = 0; i < 2; i++) {
        if (r->in[i]->elem != ELEM_F32) FAIL(r, 1, "operands must be f32, not %s", shown(r, r->in[i]));
    }
    Dim count;
    if (!type_count_dim(r->in[0], &count) || !dim_is(count, 1)) {
        FAIL(r, 2, "what is differentiated must have one element, not %s", shown(r, r->in[0]));
    }
    r->out = *r->in[1];
    return NULL;
}

/* The type that the leaf's name has. */
static const char *infer_pair(Rule *r) {
    PairLeaf leaf = pair_leaf(r->attrs->text);
    if (leaf == PAIR_LEAVES) FAIL(r, 1, "the name is one of %s, not '%s'", pair_leaf_names(), r->attrs->text);
    r->out = type_scalar(pair_leaf_type(leaf));
    return NULL;
}

/* f32[] out of f32[N, C] at i32[] and i32[]. */
static const char *infer_lookup(Rule *r) {
    const Type *table = r->in[0];
    bool good = table->elem == ELEM_F32 && table->rank == 2;
    for (int i = 0; good && i < 2; i++) good = dim_is_const(table->dims[i]) && table->dims[i].offset > 0;
    if (!good) FAIL(r, 1, "the table must be f32[N, C] with constant N and C, not %s", shown(r, table));
    for (int i = 1; i < 3; i++) {
        if (r->in[i]->rank || r->in[i]->elem != ELEM_I32)
            FAIL(r, 2, "row and column must be i32[], not %s", shown(r, r->in[i]));
    }
    r->out = type_scalar(ELEM_F32);
    return NULL;
}

static const char *check_coords(Rule *r, const Type *key, const Type *coords, Dim rows, int base) {
    bool good = key->elem == ELEM_I32 && key->rank == 1 && dim_is(key->dims[0], 2);
    if (!good) FAIL(r, base, "the key must be i32[2], not %s", shown(r, key));
    good =
        coords->elem == ELEM_I32 && coords->rank == 2 && dim_equal(coords->dims[0], rows) && dim_is(coords->dims[1], 2);
    if (!good) FAIL(r, base + 1, "the coordinates must be i32[%s, 2], not %s", dim_shown(r, rows), shown(r, coords));
    return NULL;
}

/* The type that is given: f32[R, C]. */
static const char *infer_random(Rule *r) {
    if (r->given->rank != 2) FAIL(r, 1, "the type must have two axes, not %s", shown(r, r->given));
    r->out = type_make(ELEM_F32, 2, r->given->dims);
    return check_coords(r, r->in[0], r->in[1], r->given->dims[0], 2);
}

static const char *check_attention_matrices(Rule *r) {
    for (int i = 0; i < 3; i++) {
        const Type *x = r->in[i];
        if (x->elem != ELEM_F32 || x->rank != 2 || !dim_is_const(x->dims[1])) {
            FAIL(r, 1, "q, k and v must be f32[rows, heads * D], not %s", shown(r, x));
        }
    }
    int64_t heads = r->attrs->ints[0], width = r->in[0]->dims[1].offset;
    if (heads < 1 || width % heads)
        FAIL(r, 2, "%s %s not divide into %s", count_text(width, "column").text, count_form(width, "does", "do"),
             count_text(heads, "head").text);
    if (!type_same_shape(r->in[1], r->in[2]) || !dim_equal(r->in[0]->dims[1], r->in[1]->dims[1])) {
        FAIL(r, 1, "q, k and v do not fit: %s, %s and %s", shown(r, r->in[0]), shown(r, r->in[1]), shown(r, r->in[2]));
    }
    return NULL;
}

/* Does the range of keys depend on the query alone? */
static bool is_of_query(const PairCone *cone) {
    bool good = true;
    for (int i = 0; i < cone->count; i++) {
        good = good && cone->nodes[i]->op != OP_lookup;
        PairLeaf leaf = cone->nodes[i]->op == OP_pair ? pair_leaf(cone->nodes[i]->attrs.text) : PAIR_QUERY;
        good = good && (leaf == PAIR_QUERY || leaf == PAIR_HEAD);
    }
    return good;
}

static const char *check_open_values(Rule *r) {
    PairCone all; /* of the node: what computes them together */
    pair_cone_begin(&all);
    for (int i = ATTENTION_FIRST; i < attention_out_operand(r->op); i++) {
        bool range = i < ATTENTION_SCORE;
        const char *what = range ? "first and end" : "the score and its derivatives";
        const Node *bad = NULL;
        PairCone cone;
        pair_cone_begin(&cone);
        if (r->in[i]->rank || r->in[i]->elem != (range ? ELEM_I32 : ELEM_F32)) {
            FAIL(r, range ? 4 : 8, "%s must be %s, not %s", what, range ? "i32[]" : "f32[]", shown(r, r->in[i]));
        }
        if (!pair_cone_add(&cone, r->nodes[i], &bad) || !pair_cone_add(&all, r->nodes[i], &bad)) {
            if (!bad) FAIL(r, 9, "%s must be computed by fewer operators: %d at most", what, MAX_PAIR_NODES);
            FAIL(r, 9, "%s cannot be computed by %s", what, op_name(bad->op));
        }
        if (range && !is_of_query(&cone)) FAIL(r, 4, "the keys that a query sees depend on its position alone");
    }
    return NULL;
}

static const char *check_attention(Rule *r) {
    const char *error = check_attention_matrices(r);
    if (error) return error;
    const Type *qb = r->in[3], *kb = r->in[4];
    if (qb->elem != ELEM_I32 || qb->rank != 1 || !type_same_shape(qb, kb)) {
        FAIL(r, 3, "the bounds must both be i32[sequences + 1], not %s and %s", shown(r, qb), shown(r, kb));
    }
    error = check_open_values(r);
    if (error) return error;
    if (!(r->attrs->number >= 0 && r->attrs->number < 1)) FAIL(r, 5, "dropout %g is not in [0, 1)", r->attrs->number);
    return check_coords(r, r->in[5], r->in[6], r->in[0]->dims[0], 6);
}

static const char *infer_attention(Rule *r) {
    const char *error = check_attention(r);
    if (error) return error;
    int64_t result = r->attrs->ints[1];
    if (result < 0 || result > 1) FAIL(r, 10, "there is no result %" PRId64, result);
    r->out = type_make(ELEM_F32, 2, r->in[0]->dims);
    if (result == 1) r->out.dims[1] = dim_const(r->attrs->ints[0]);
    return NULL;
}

/* What attention gave, and the cotangent of out. */
static const char *check_attention_results(Rule *r) {
    const char *error = check_attention(r);
    if (error) return error;
    const Type *const *given = r->in + attention_out_operand(r->op), *lse = given[1];
    if (!type_same_shape(given[0], r->in[0]) || !type_same_shape(given[2], r->in[0])) {
        FAIL(r, 10, "out and its cotangent must be of q's shape, not %s and %s", shown(r, given[0]),
             shown(r, given[2]));
    }
    bool columns =
        lse->rank == 2 && dim_equal(lse->dims[0], r->in[0]->dims[0]) && dim_is(lse->dims[1], r->attrs->ints[0]);
    if (!columns) FAIL(r, 10, "lse must have one column for each head, not %s", shown(r, lse));
    return NULL;
}

/* Lookups and derivatives behind the operands that there always are. */
static const char *check_lookups(Rule *r) {
    for (int i = ATTENTION_GRAD_OPERANDS; i < r->n; i++) {
        bool is_lookup = (i - ATTENTION_GRAD_OPERANDS) % 2 == 0;
        bool good = r->in[i]->rank == 0 && r->in[i]->elem == ELEM_F32 && (!is_lookup || r->nodes[i]->op == OP_lookup);
        PairCone cone;
        pair_cone_begin(&cone);
        if (!good || !pair_cone_add(&cone, r->nodes[i], NULL))
            FAIL(r, 12, "behind the cotangent of out come lookups, each with an f32[] that is open");
    }
    return NULL;
}

/* Of each sequence and head what the whole table gets. */
static Type lookup_partials(Rule *r, const Type *table) {
    Dim bounds = r->in[ATTENTION_Q_BOUNDS]->dims[0];
    int64_t heads = r->attrs->ints[0];
    Dim rows = {.scale = bounds.scale * heads, .offset = (bounds.offset - 1) * heads, .symbol = bounds.symbol};
    const Dim dims[] = {rows, dim_const(table->dims[0].offset * table->dims[1].offset)};
    return type_make(ELEM_F32, 2, dims);
}

static const char *infer_attention_grad(Rule *r) {
    bool whole = r->n >= ATTENTION_GRAD_OPERANDS && (r->n - ATTENTION_GRAD_OPERANDS) % 2 == 0;
    if (!whole) FAIL(r, 12, "behind the cotangent of out come two operands for each lookup, or none");
    const char *error = check_attention_results(r);
    if (!error) error = check_lookups(r);
    if (error) return error;
    int64_t result = r->attrs->ints[1], lookups = (r->n - ATTENTION_GRAD_OPERANDS) / 2;
    if (result < 0 || result >= LOOKUP_RESULTS + lookups) FAIL(r, 11, "there is no result %" PRId64, result);
    if (result < LOOKUP_RESULTS) {
        r->out = type_make(ELEM_F32, 2, r->in[result]->dims);
    } else {
        const Node *lookup = r->nodes[attention_lookup_slope((int)result - LOOKUP_RESULTS) - 1];
        r->out = lookup_partials(r, &lookup->inputs[0]->type);
    }
    return NULL;
}

static const char *infer_attention_second(Rule *r) {
    const char *error = check_attention_results(r);
    if (error) return error;
    int64_t result = r->attrs->ints[1];
    if (result < 0 || result > 3) FAIL(r, 11, "there is no result %" PRId64, result);
    for (int i = 0; i < 3; i++) {
        const Type *cotangent = r->in[attention_out_operand(r->op) + 3 + i];
        if (type_same_shape(cotangent, r->in[i])) continue;
        FAIL(r, 12, "the cotangents must be of the shapes of q, k and v, not %s", shown(r, cotangent));
    }
    r->out = type_make(ELEM_F32, 2, r->in[result == 3 ? 0 : result]->dims);
    return NULL;
}

const char *infer_type(Graph *graph, const NodeSpec *spec, Type *type) {
    static const char *(*const rules[])(Rule *) = {
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, ...) [OP_##name] = infer_##shape,
#include "graph/ops.def"
#undef OP
    };
    Rule rule = {.graph = graph, .op = spec->op, .n = spec->n_inputs, .attrs = &spec->attrs, .given = &spec->type};
    rule.nodes = spec->inputs;
    int arity = op_arity(spec->op), needed = arity < 0 ? 1 : arity;
    if (arity >= 0 ? spec->n_inputs != arity : spec->n_inputs < 1) {
        return arena_printf(graph->arena, "%s: %s %s needed, not %d", op_name(spec->op),
                            count_text(needed, "operand").text, count_form(needed, "is", "are"), spec->n_inputs);
    }
    if (spec->n_inputs > MAX_OPERANDS) {
        return arena_printf(graph->arena, "%s: %s are too many, %d the most", op_name(spec->op),
                            count_text(spec->n_inputs, "operand").text, MAX_OPERANDS);
    }
    for (int i = 0; i < spec->n_inputs; i++) {
        rule.in[i] = &spec->inputs[i]->type;
        if (spec->inputs[i]->is_open && !op_takes_open(spec->op, i))
            return arena_printf(graph->arena, "%s: a value that attention computes for a query and a key is not for it",
                                op_name(spec->op));
    }
    const char *error = rules[spec->op](&rule);
    if (!error) *type = rule.out;
    return error;
}
