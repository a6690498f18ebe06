/* Rewrite rules on shapes: moves of moves, of constants, and moves that move nothing. */
#include "passes/simplify_rules.h"

/* The same shape: reshape, broadcast, slice, concat of one. */
static Node *unmoved(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    return spec->n_inputs == 1 && type_same_shape(&spec->inputs[0]->type, &spec->type) ? spec->inputs[0] : NULL;
}

/* Any move of equal elements. Spreading a scalar constant is what a constant is. */
static Node *of_constant(Simplifier *s, const NodeSpec *spec) {
    double value, other;
    if (!is_constant(spec->inputs[0], &value)) return NULL;
    if (spec->op == OP_broadcast && spec->inputs[0]->type.rank == 0) return NULL;
    for (int i = 1; spec->op == OP_concat && i < spec->n_inputs; i++) {
        if (!is_constant(spec->inputs[i], &other) || other != value) return NULL;
    }
    return constant_of(s, spec, value);
}

/* broadcast(reshape(x)) where the reshape only puts axes of extent 1 in front, as broadcast does by
 * itself. */
static Node *spread_without_reshape(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0];
    if (x->op != OP_reshape) return NULL;
    const Type *from = &x->inputs[0]->type, *to = &x->type;
    int added = to->rank - from->rank;
    for (int axis = 0; axis < to->rank; axis++) {
        if (added < 0) return NULL;
        Dim wanted = axis < added ? dim_const(1) : from->dims[axis - added];
        if (!dim_equal(to->dims[axis], wanted)) return NULL;
    }
    return simple1(s, OP_broadcast, x->inputs[0], spec);
}

static Node *slice_from(Simplifier *s, Node *x, int64_t start, const NodeSpec *spec) {
    NodeSpec direct = *spec;
    direct.inputs = &x;
    direct.attrs.ints[1] = start;
    return simple_node(s, &direct);
}

static Node *slice_twice(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0];
    if (x->op != OP_slice || x->attrs.ints[0] != spec->attrs.ints[0]) return NULL;
    int64_t start = x->attrs.ints[1] + spec->attrs.ints[1];
    return start <= INT32_MAX ? slice_from(s, x->inputs[0], start, spec) : NULL;
}

/* A slice that lies in one operand of a concat, those before being of known extent. */
static Node *slice_of_concat(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0];
    int64_t axis = spec->attrs.ints[0], start = spec->attrs.ints[1], at = 0;
    if (x->op != OP_concat || x->attrs.ints[0] != axis) return NULL;
    Dim size = spec->type.dims[axis];
    for (int i = 0; i < x->n_inputs; i++) {
        Dim extent = x->inputs[i]->type.dims[axis];
        bool same_form = extent.scale == size.scale && (!extent.scale || extent.symbol == size.symbol);
        bool inside = same_form && start >= at && start - at + size.offset <= extent.offset;
        if (inside) return slice_from(s, x->inputs[i], start - at, spec);
        if (!dim_is_const(extent)) return NULL;
        at += extent.offset;
    }
    return NULL;
}

/* Operands without elements. */
static Node *concat_without_empty(Simplifier *s, const NodeSpec *spec) {
    Node *kept[MAX_OPERANDS];
    int n = 0;
    for (int i = 0; i < spec->n_inputs; i++) {
        if (!dim_is(spec->inputs[i]->type.dims[spec->attrs.ints[0]], 0)) kept[n++] = spec->inputs[i];
    }
    if (n == 0 || n == spec->n_inputs) return NULL;
    NodeSpec direct = *spec;
    direct.inputs = kept;
    direct.n_inputs = n;
    return simple_node(s, &direct);
}

/* Is `index` 0, 1, 2, ... over all `rows`? */
static bool is_every_row(const Node *index, Dim rows) {
    return index->op == OP_iota && dim_equal(index->type.dims[0], rows);
}

static Node *gather_every_row(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    return is_every_row(spec->inputs[1], spec->inputs[0]->type.dims[0]) ? spec->inputs[0] : NULL;
}

/* Row r of iota along the rows is r: the indices themselves. Along the columns every row is the
 * same. */
static Node *gather_iota(Simplifier *s, const NodeSpec *spec) {
    const Node *table = spec->inputs[0];
    if (table->op != OP_iota) return NULL;
    if (table->attrs.ints[0] == 1) {
        NodeSpec row = {.op = OP_iota, .attrs.ints[0] = 1, .type = spec->type, .pos = spec->pos};
        return graph_node(s->graph, &row);
    }
    NodeSpec column = {.type = spec->type, .pos = spec->pos};
    column.type.dims[1] = dim_const(1);
    return simple1(s, OP_broadcast, simple1(s, OP_reshape, spec->inputs[1], &column), spec);
}

static Node *scatter_every_row(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    return is_every_row(spec->inputs[0], spec->type.dims[0]) ? spec->inputs[1] : NULL;
}

static Node *add_zero_rows(Simplifier *s, const NodeSpec *spec) {
    double value;
    return is_constant(spec->inputs[1], &value) && value == 0 ? constant_of(s, spec, 0) : NULL;
}

const RuleRow move_rules[] = {
    {OP_reshape, unmoved, "the shape stays the same"},
    {OP_broadcast, unmoved, "the shape stays the same"},
    {OP_slice, unmoved, "all of it is taken"},
    {OP_concat, unmoved, "there is but one operand"},
    {OP_transpose, of_constant, "all elements are one constant"},
    {OP_reshape, of_constant, "all elements are one constant"},
    {OP_broadcast, of_constant, "all elements are one constant"},
    {OP_slice, of_constant, "all elements are one constant"},
    {OP_concat, of_constant, "all elements are one constant"},
    {OP_gather, of_constant, "all elements are one constant"},
    {OP_broadcast, spread_without_reshape, "a broadcast needs no axes put in front"},
    {OP_slice, slice_twice, "two slices are one"},
    {OP_slice, slice_of_concat, "the slice lies in one operand of a concat"},
    {OP_concat, concat_without_empty, "empty operands are left out"},
    {OP_gather, gather_every_row, "every row is taken in order"},
    {OP_gather, gather_iota, "a row of iota is its number"},
    {OP_scatter_add, scatter_every_row, "every row is put in its place"},
    {OP_scatter_max, scatter_every_row, "every row is put in its place"},
    {OP_scatter_add, add_zero_rows, "only zeros are added"},
};
const int n_move_rules = sizeof move_rules / sizeof *move_rules;
