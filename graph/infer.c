/* Shape rules: the type of a node from its operands and attributes, or the constraint that is broken. One function
 * infer_<shape> for each name in the shape column of ops.def; those of attention are in infer_attention.c. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/infer_rule.h"
#include "graph/op_docs.h"

const char *broken_constraint(Rule *r, int constraint, const char *format, ...) {
    assert(op_shape_doc(r->op)->constraints[constraint - 1]);
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(r->graph->arena, format, args);
    va_end(args);
    return arena_printf(r->graph->arena, "%s: %s (constraint %d)", op_name(r->op), text, constraint);
}

const char *shown(Rule *r, const Type *type) { return type_print(r->graph->arena, type, &r->graph->symbols); }

const char *dim_shown(Rule *r, Dim dim) { return dim_print(r->graph->arena, dim, &r->graph->symbols); }

static bool unbounded(const Type *type) { return dim_is(type->bound, 0); }

/* Leaves have the type that they are given. */
const char *infer_given(Rule *r) {
    if (!unbounded(r->given) && r->given->elem != ELEM_I32) FAIL(r, 1, "only i32 has a bound");
    r->out = *r->given;
    return NULL;
}

/* An input's type is also its role's. */
const char *infer_input(Rule *r) {
    const Role *role = &r->attrs->role;
    const char *error = infer_given(r);
    if (error) return error;
    if (!role_suits(role, ON_INPUT)) FAIL(r, 2, "this is no role of an input: %s", role_print(r->graph->arena, role));
    if (!role_fits(role, r->given, &r->graph->symbols))
        FAIL(r, 3, "%s has the type %s, not %s", role_print(r->graph->arena, role), role_info(role->kind)->type,
             shown(r, r->given));
    return NULL;
}

const char *infer_scalar(Rule *r) {
    if (r->given->rank != 0) FAIL(r, 1, "a constant is a scalar, not %s", shown(r, r->given));
    r->out = type_scalar(r->given->elem);
    return NULL;
}

/* i32, bounded by its extent. */
const char *infer_iota(Rule *r) {
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

const char *infer_arithmetic(Rule *r) {
    const char *error = same_operands(r, 0, 1);
    if (error) return error;
    if (!elem_is_number(r->in[0]->elem)) FAIL(r, 2, "operands must be numbers, not %s", shown(r, r->in[0]));
    r->out = type_make(r->in[0]->elem, r->in[0]->rank, r->in[0]->dims);
    return NULL;
}

const char *infer_real(Rule *r) {
    const char *error = infer_arithmetic(r);
    if (error) return error;
    if (r->in[0]->elem != ELEM_F32) FAIL(r, 2, "operands must be f32, not %s", shown(r, r->in[0]));
    return NULL;
}

const char *infer_compare(Rule *r) {
    const char *error = infer_arithmetic(r);
    if (error) return error;
    r->out.elem = ELEM_BOOL;
    return NULL;
}

const char *infer_logic(Rule *r) {
    const char *error = same_operands(r, 0, 1);
    if (error) return error;
    if (r->in[0]->elem != ELEM_BOOL) FAIL(r, 2, "operands must be bool, not %s", shown(r, r->in[0]));
    r->out = type_make(ELEM_BOOL, r->in[0]->rank, r->in[0]->dims);
    return NULL;
}

const char *infer_select(Rule *r) {
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
const char *infer_cast(Rule *r) {
    r->out = type_make(r->given->elem, r->in[0]->rank, r->in[0]->dims);
    if (r->in[0]->elem == ELEM_BOOL && r->given->elem == ELEM_I32) r->out.bound = dim_const(2);
    return NULL;
}

const char *infer_reduce(Rule *r) {
    int64_t axis = r->attrs->ints[0];
    if (r->in[0]->elem != ELEM_F32) FAIL(r, 1, "the operand must be f32, not %s", shown(r, r->in[0]));
    if (axis < 0 || axis >= r->in[0]->rank) {
        FAIL(r, 2, "there is no axis %" PRId64 " in %s", axis, shown(r, r->in[0]));
    }
    r->out = *r->in[0];
    r->out.dims[axis] = dim_const(1);
    return NULL;
}

const char *infer_matmul(Rule *r) {
    const Type *a = r->in[0], *b = r->in[1];
    for (int i = 0; i < 2; i++) {
        if (!elem_sum_order(r->in[i]->elem).chains || r->in[i]->rank != 2)
            FAIL(r, 1, "operands must be f32 or bf16 matrices, not %s", shown(r, r->in[i]));
    }
    if (a->elem != b->elem) FAIL(r, 2, "operands differ: %s and %s", shown(r, a), shown(r, b));
    bool ta = r->attrs->ints[0] != 0, tb = r->attrs->ints[1] != 0;
    Dim inner_a = a->dims[ta ? 0 : 1], inner_b = b->dims[tb ? 1 : 0];
    if (!dim_equal(inner_a, inner_b)) {
        Type left = *a, right = *b;
        left.dims[0] = a->dims[ta ? 1 : 0], left.dims[1] = inner_a;
        right.dims[0] = inner_b, right.dims[1] = b->dims[tb ? 0 : 1];
        FAIL(r, 3, "inner dimensions differ: %s and %s, of %s and %s", dim_shown(r, inner_a), dim_shown(r, inner_b),
             shown(r, &left), shown(r, &right));
    }
    Dim dims[] = {a->dims[ta ? 1 : 0], b->dims[tb ? 0 : 1]};
    r->out = type_make(ELEM_F32, 2, dims);
    return NULL;
}

const char *infer_transpose(Rule *r) {
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
const char *infer_reshape(Rule *r) {
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
const char *infer_broadcast(Rule *r) {
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
const char *infer_slice(Rule *r) {
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

const char *infer_concat(Rule *r) {
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

const char *infer_gather(Rule *r) {
    if (r->in[0]->rank != 2) FAIL(r, 1, "the table must have two axes, not %s", shown(r, r->in[0]));
    const char *error = check_index(r, r->in[1], r->in[0]->dims[0], 2);
    if (error) return error;
    r->out = *r->in[0];
    r->out.dims[0] = r->in[1]->dims[0];
    return NULL;
}

/* The type that is given: f32[N, C]. */
const char *infer_scatter(Rule *r) {
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

const char *infer_grad(Rule *r) {
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

const char *check_coords(Rule *r, const Type *key, const Type *coords, Dim rows, int base) {
    bool good = key->elem == ELEM_I32 && key->rank == 1 && dim_is(key->dims[0], 2);
    if (!good) FAIL(r, base, "the key must be i32[2], not %s", shown(r, key));
    good =
        coords->elem == ELEM_I32 && coords->rank == 2 && dim_equal(coords->dims[0], rows) && dim_is(coords->dims[1], 2);
    if (!good) FAIL(r, base + 1, "the coordinates must be i32[%s, 2], not %s", dim_shown(r, rows), shown(r, coords));
    return NULL;
}

/* The type that is given: f32[R, C]. */
const char *infer_random(Rule *r) {
    if (r->given->rank != 2) FAIL(r, 1, "the type must have two axes, not %s", shown(r, r->given));
    r->out = type_make(ELEM_F32, 2, r->given->dims);
    return check_coords(r, r->in[0], r->in[1], r->given->dims[0], 2);
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
