/* Shape rules of attention, its derivatives, and the open values that they compute for a query and a key. */
#include <inttypes.h>

#include "graph/base/count_text.h"
#include "graph/infer_rule.h"
#include "graph/pair.h"

/* The type that the leaf's name has. */
const char *infer_pair(Rule *r) {
    PairLeaf leaf = pair_leaf(r->attrs->text);
    if (leaf == PAIR_LEAVES) FAIL(r, 1, "the name is one of %s, not '%s'", pair_leaf_names(), r->attrs->text);
    r->out = type_scalar(pair_leaf_type(leaf));
    return NULL;
}

/* f32[] out of f32[N, C] at i32[] and i32[]. */
const char *infer_lookup(Rule *r) {
    const Type *table = r->in[0];
    bool good = table->elem == ELEM_F32 && table->rank == 2;
    for (int i = 0; good && i < 2; i++) good = dim_is_const(table->dims[i]) && table->dims[i].offset > 0;
    if (!good)
        FAIL(r, 1,
             "the table must be f32[N, C] with constant N and C, unless it is read at a query's or key's own position, "
             "not %s",
             shown(r, table));
    for (int i = 1; i < 3; i++) {
        if (r->in[i]->rank || r->in[i]->elem != ELEM_I32)
            FAIL(r, 2, "row and column must be i32[], not %s", shown(r, r->in[i]));
    }
    r->out = type_scalar(ELEM_F32);
    return NULL;
}

/* f32[] of the row of a query or a key. */
const char *infer_cell(Rule *r) {
    const Node *row = r->nodes[0];
    PairLeaf leaf = row->op == OP_pair ? pair_leaf(row->attrs.text) : PAIR_LEAVES;
    if (leaf != PAIR_QUERY && leaf != PAIR_KEY) FAIL(r, 1, "the row is that of the query or of the key");
    if (r->in[1]->rank || r->in[1]->elem != ELEM_I32)
        FAIL(r, 2, "the column must be i32[], not %s", shown(r, r->in[1]));
    r->out = type_scalar(ELEM_F32);
    return NULL;
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
        good = good && !pair_is_read(cone->nodes[i]);
        PairLeaf leaf = cone->nodes[i]->op == OP_pair ? pair_leaf(cone->nodes[i]->attrs.text) : PAIR_QUERY;
        good = good && (leaf == PAIR_QUERY || leaf == PAIR_HEAD);
    }
    return good;
}

static const char *check_open_values(Rule *r, PairCone *all) {
    for (int i = ATTENTION_FIRST; i < attention_out_operand(r->op); i++) {
        bool range = i < ATTENTION_SCORE;
        const char *what = range ? "first and end" : "the score and its derivatives";
        const Node *bad = NULL;
        PairCone cone;
        pair_cone_begin(&cone);
        if (r->in[i]->rank || r->in[i]->elem != (range ? ELEM_I32 : ELEM_F32)) {
            FAIL(r, range ? 4 : 8, "%s must be %s, not %s", what, range ? "i32[]" : "f32[]", shown(r, r->in[i]));
        }
        if (!pair_cone_add(&cone, r->nodes[i], &bad) || !pair_cone_add(all, r->nodes[i], &bad)) {
            if (!bad) FAIL(r, 9, "%s must be computed by fewer operators: %d at most", what, MAX_PAIR_NODES);
            FAIL(r, 9, "%s cannot be computed by %s", what, op_name(bad->op));
        }
        if (range && !is_of_query(&cone)) FAIL(r, 4, "the keys that a query sees depend on its position alone");
    }
    return NULL;
}

/* What scores read of a query or a key: as many columns for each head. */
static bool suits_cells(Rule *r, const Type *rows, Dim count) {
    bool good = rows->elem == ELEM_F32 && rows->rank == 2 && dim_is_const(rows->dims[1]) && rows->dims[1].offset > 0;
    return good && dim_equal(rows->dims[0], count) && rows->dims[1].offset % r->attrs->ints[0] == 0;
}

/* The rows that cells read, if there are any, and cells only where there are. */
static const char *check_cells(Rule *r, const PairCone *all, int constraint) {
    int rows = attention_rows_operand(r->op, r->nodes, r->n);
    for (int i = 0; rows < 0 && i < all->count; i++) {
        if (all->nodes[i]->op == OP_cell) FAIL(r, constraint, "there are no rows for the score to read");
    }
    for (int i = 0; rows >= 0 && i < 2; i++) {
        Dim count = r->in[i == 0 ? ATTENTION_Q : ATTENTION_K]->dims[0];
        if (suits_cells(r, r->in[rows + i], count)) continue;
        FAIL(r, constraint, "what a score reads of each %s must be f32[%s, heads * B], not %s",
             i == 0 ? "query" : "key", dim_shown(r, count), shown(r, r->in[rows + i]));
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
    PairCone all; /* of the node: what computes them together */
    pair_cone_begin(&all);
    error = check_open_values(r, &all);
    if (!error) error = check_cells(r, &all, r->op == OP_attention ? 11 : 13);
    if (error) return error;
    if (!(r->attrs->number >= 0 && r->attrs->number < 1)) FAIL(r, 5, "dropout %g is not in [0, 1)", r->attrs->number);
    return check_coords(r, r->in[5], r->in[6], r->in[0]->dims[0], 6);
}

const char *infer_attention(Rule *r) {
    bool whole = r->n == ATTENTION_OPERANDS || attention_rows_operand(r->op, r->nodes, r->n) == ATTENTION_OPERANDS;
    if (!whole) FAIL(r, 11, "behind the score come two operands, rows of queries and of keys, or none");
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

/* Reads and derivatives behind the operands that there always are. */
static const char *check_reads(Rule *r) {
    bool rows = attention_rows_operand(r->op, r->nodes, r->n) >= 0;
    for (int i = 0; i < 2 * attention_reads(r->op, r->nodes, r->n); i++) {
        int at = ATTENTION_GRAD_OPERANDS + i;
        bool good = r->in[at]->rank == 0 && r->in[at]->elem == ELEM_F32 && (i % 2 || pair_is_read(r->nodes[at]));
        PairCone cone;
        pair_cone_begin(&cone);
        if (!good || !pair_cone_add(&cone, r->nodes[at], NULL))
            FAIL(r, 12, "behind the cotangent of out come lookups and cells, each with an f32[] that is open");
        if (!rows && r->nodes[at]->op == OP_cell) FAIL(r, 13, "there are no rows for the score to read");
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

/* What is read gets a cotangent: rows of their own shape, a table by sequences and heads. */
static Type read_cotangent(Rule *r, const Node *read) {
    if (read->op == OP_lookup) return lookup_partials(r, &read->inputs[0]->type);
    const Type *rows = r->in[attention_rows_operand(r->op, r->nodes, r->n) + cell_side(read)];
    return type_make(ELEM_F32, 2, rows->dims);
}

const char *infer_attention_grad(Rule *r) {
    int reads = attention_reads(r->op, r->nodes, r->n);
    bool rows = attention_rows_operand(r->op, r->nodes, r->n) >= 0;
    if (r->n != ATTENTION_GRAD_OPERANDS + 2 * reads + 2 * rows || reads < 0)
        FAIL(r, 12, "behind the cotangent of out come two operands for each read, or none");
    const char *error = check_attention_results(r);
    if (!error) error = check_reads(r);
    if (error) return error;
    int64_t result = r->attrs->ints[1];
    if (result < 0 || result >= READ_RESULTS + reads) FAIL(r, 11, "there is no result %" PRId64, result);
    if (result < READ_RESULTS)
        r->out = type_make(ELEM_F32, 2, r->in[result]->dims);
    else
        r->out = read_cotangent(r, r->nodes[attention_read_slope((int)result - READ_RESULTS) - 1]);
    return NULL;
}

const char *infer_attention_second(Rule *r) {
    int fixed = attention_out_operand(r->op) + 6, rows = attention_rows_operand(r->op, r->nodes, r->n);
    if (r->n != fixed && rows != fixed)
        FAIL(r, 13, "behind the cotangents come two operands, rows of queries and of keys, or none");
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
