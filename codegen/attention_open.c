/* Attention's open values: the keys that a query sees, and what scores are made of products, positions and heads. Each
 * is emitted as any other element is, with the leaves of the pair bound to what they are where the builder stands. */
#include <limits.h>

#include "codegen/attention.h"

static LLVMValueRef position_of(Attention *a, LLVMValueRef row) {
    return attention_element(a, ATTENTION_COORDS, row, 1);
}

static LLVMValueRef number_of(Attention *a, LLVMValueRef number) {
    return LLVMBuildTrunc(a->e->builder, number, a->e->i32, "");
}

/* 16 lanes of a leaf. */
static LLVMValueRef leaf_value(Attention *a, PairLeaf leaf, const PairLanes *lanes) {
    Emitter *e = a->e;
    if (leaf == PAIR_QUERY) return emit_splat(e, position_of(a, lanes->row));
    if (leaf == PAIR_HEAD) return emit_splat(e, number_of(a, a->head));
    if (leaf == PAIR_SCORE) return lanes->score;
    return LLVMBuildAdd(e->builder, emit_splat(e, number_of(a, lanes->key)), emit_lane_numbers(e, e->i32), "");
}

LLVMValueRef emit_open_node(Attention *a, const Node *root, const PairLanes *lanes) {
    PairCone cone;
    pair_cone_begin(&cone);
    const Index nowhere = {0};
    Scope scope;
    pair_cone_add(&cone, root, NULL);
    scope_open(&scope, NULL);
    for (int i = 0; i < cone.count; i++) {
        const Node *node = cone.nodes[i];
        LLVMValueRef value = NULL;
        if (node->op == OP_pair) value = leaf_value(a, pair_leaf(node->attrs.text), lanes);
        if (node->op == OP_cell)
            value = emit_cell(a, node, emit_vector(a->e, &scope, node->inputs[1], &nowhere), lanes);
        if (value) scope_bind(a->e, &scope, node, &nowhere, value);
    }
    LLVMValueRef value = emit_vector(a->e, &scope, root, &nowhere);
    scope_close(&scope);
    return value;
}

LLVMValueRef emit_open(Attention *a, int operand, const PairLanes *lanes) {
    return emit_open_node(a, a->node->inputs[operand], lanes);
}

static bool is_one(const Node *node) { return node->op == OP_const && node->attrs.number == 1; }

LLVMValueRef emit_times_open(Attention *a, LLVMValueRef value, int operand, const PairLanes *lanes) {
    if (is_one(a->node->inputs[operand])) return value;
    return LLVMBuildFMul(a->e->builder, value, emit_open(a, operand, lanes), "");
}

/* --- Ranges ------------------------------------------------------------------------------------------------------- */

static LLVMValueRef end_of_range(Attention *a, int operand, LLVMValueRef row) {
    LLVMValueRef value = emit_open(a, operand, &(PairLanes){.row = row});
    return LLVMBuildSExt(a->e->builder, emit_lane(a->e, value, 0), a->e->i64, "");
}

KeyRange emit_range(Attention *a, LLVMValueRef row) {
    return (KeyRange){.first = a->from_start ? NULL : end_of_range(a, ATTENTION_FIRST, row),
                      .end = a->to_end ? NULL : end_of_range(a, ATTENTION_END, row)};
}

static LLVMValueRef choose(Emitter *e, LLVMIntPredicate which, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildSelect(e->builder, LLVMBuildICmp(e->builder, which, a, b, ""), a, b, "");
}

KeyRange emit_wide_range(Attention *a, LLVMValueRef first, LLVMValueRef count) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0);
    if (a->from_start && a->to_end) return (KeyRange){zero, a->kv_count};
    LLVMValueRef least = emit_local(e, e->i64, emit_i64(e, INT_MAX)), most = emit_local(e, e->i64, zero);
    Loop query = emit_for(e, zero, count, 1, "query");
    KeyRange range = emit_range(a, emit_add(e, first, query.i));
    if (range.first) emit_set(e, least, choose(e, LLVMIntSLT, range.first, emit_get(e, e->i64, least)));
    if (range.end) emit_set(e, most, choose(e, LLVMIntSGT, range.end, emit_get(e, e->i64, most)));
    emit_end_for(e, &query);
    return (KeyRange){range.first ? choose(e, LLVMIntSGT, emit_get(e, e->i64, least), zero) : zero,
                      range.end ? emit_min(e, emit_get(e, e->i64, most), a->kv_count) : a->kv_count};
}

/* Within 0 .. most. */
static LLVMValueRef clamp(Emitter *e, LLVMValueRef value, LLVMValueRef most) {
    return emit_min(e, choose(e, LLVMIntSGT, value, emit_i64(e, 0)), most);
}

KeyRange emit_lanes_seen(Attention *a, KeyRange range, LLVMValueRef block, LLVMValueRef count) {
    Emitter *e = a->e;
    KeyRange lanes = {emit_i64(e, 0), count};
    if (range.first) {
        LLVMValueRef first = clamp(e, LLVMBuildSub(e->builder, range.first, block, ""), count);
        lanes.first = emit_round_down(e, first, LANES);
    }
    if (range.end) lanes.end = clamp(e, LLVMBuildSub(e->builder, range.end, block, ""), count);
    return lanes;
}

static void clear_lanes(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef from, LLVMValueRef to) {
    Emitter *e = a->e;
    Loop key = emit_for(e, from, to, LANES, "key");
    emit_tile_write(a, tile, row, key.i, emit_f32x(e, 0));
    emit_end_for(e, &key);
}

void emit_clear_unseen(Attention *a, Tile tile, LLVMValueRef row, KeyRange lanes, LLVMValueRef count) {
    if (!a->from_start) clear_lanes(a, tile, row, emit_i64(a->e, 0), lanes.first);
    if (!a->to_end) clear_lanes(a, tile, row, emit_key_room(a, lanes.end), count);
}

LLVMValueRef emit_where_seen(Attention *a, LLVMValueRef key, KeyRange range, LLVMValueRef value, double other) {
    Emitter *e = a->e;
    Coord lanes = coord_lanes(key, 0, LANES);
    LLVMValueRef nothing = emit_f32x(e, other);
    if (range.end) value = LLVMBuildSelect(e->builder, emit_mask(e, lanes, range.end), value, nothing, "");
    if (range.first) value = LLVMBuildSelect(e->builder, emit_mask(e, lanes, range.first), nothing, value, "");
    return value;
}
