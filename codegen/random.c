/* Random: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011), 16 counters at a time. What the counter and the key are is said in ops.def at `random`.
 */
#include <stdlib.h>

#include "codegen/lower.h"

/* 16 products of 32 by 32 bits as 2 x 8 products in 64-bit lanes: the even elements in place, the
 * odd ones shifted down. */
static void multiply(Emitter *e, LLVMValueRef x, uint32_t factor, LLVMValueRef *high, LLVMValueRef *low) {
    LLVMBuilderRef b = e->builder;
    LLVMTypeRef wide = LLVMVectorType(e->i64, LANES / 2);
    LLVMValueRef factors[LANES / 2], lows[LANES / 2], highs[LANES / 2], halves[LANES / 2];
    for (int i = 0; i < LANES / 2; i++) {
        factors[i] = LLVMConstInt(e->i64, factor, false);
        lows[i] = LLVMConstInt(e->i64, 0xFFFFFFFFu, false);
        highs[i] = LLVMConstInt(e->i64, 0xFFFFFFFF00000000u, false);
        halves[i] = LLVMConstInt(e->i64, 32, false);
    }
    LLVMValueRef m = LLVMConstVector(factors, LANES / 2), low_mask = LLVMConstVector(lows, LANES / 2);
    LLVMValueRef high_mask = LLVMConstVector(highs, LANES / 2), half = LLVMConstVector(halves, LANES / 2);
    LLVMValueRef pairs = LLVMBuildBitCast(b, x, wide, "");
    LLVMValueRef even = LLVMBuildMul(b, LLVMBuildAnd(b, pairs, low_mask, ""), m, "");
    LLVMValueRef odd = LLVMBuildMul(b, LLVMBuildLShr(b, pairs, half, ""), m, "");
    LLVMValueRef lo = LLVMBuildOr(b, LLVMBuildAnd(b, even, low_mask, ""), LLVMBuildShl(b, odd, half, ""), "");
    LLVMValueRef hi = LLVMBuildOr(b, LLVMBuildLShr(b, even, half, ""), LLVMBuildAnd(b, odd, high_mask, ""), "");
    *low = LLVMBuildBitCast(b, lo, e->i32x, "");
    *high = LLVMBuildBitCast(b, hi, e->i32x, "");
}

void emit_philox(Emitter *e, const LLVMValueRef counter[4], const LLVMValueRef key[2], LLVMValueRef words[4]) {
    LLVMBuilderRef b = e->builder;
    LLVMValueRef x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
    for (uint32_t round = 0; round < 10; round++) {
        LLVMValueRef k0 = LLVMBuildAdd(b, key[0], emit_i32x(e, (int32_t)(0x9E3779B9u * round)), "");
        LLVMValueRef k1 = LLVMBuildAdd(b, key[1], emit_i32x(e, (int32_t)(0xBB67AE85u * round)), "");
        LLVMValueRef high0, low0, high1, low1;
        multiply(e, x0, 0xD2511F53u, &high0, &low0);
        multiply(e, x2, 0xCD9E8D57u, &high1, &low1);
        x0 = LLVMBuildXor(b, LLVMBuildXor(b, high1, x1, ""), k0, "");
        x1 = low1;
        x2 = LLVMBuildXor(b, LLVMBuildXor(b, high0, x3, ""), k1, "");
        x3 = low0;
    }
    words[0] = x0, words[1] = x1, words[2] = x2, words[3] = x3;
}

LLVMValueRef emit_unit_interval(Emitter *e, LLVMValueRef word) {
    LLVMValueRef bits = LLVMBuildLShr(e->builder, word, emit_i32x(e, 8), "");
    LLVMValueRef whole = LLVMBuildSIToFP(e->builder, bits, e->f32x, ""); /* below 2^24: exact */
    return LLVMBuildFMul(e->builder, whole, emit_f32x(e, 0x1p-24), "");
}

LLVMValueRef emit_site(Emitter *e, const char *site) {
    LLVMValueRef address = emit_address(e, e->sites, emit_i64(e, atoi(site)));
    LLVMValueRef load = LLVMBuildLoad2(e->builder, e->i32, address, "site");
    LLVMSetAlignment(load, WORD_BYTES);
    unsigned id = LLVMGetMDKindIDInContext(e->context, "invariant.load", 14);
    LLVMMetadataRef none = LLVMMDNodeInContext2(e->context, NULL, 0);
    LLVMSetMetadata(load, id, LLVMMetadataAsValue(e->context, none));
    return load;
}

/* --- The operator `random` --- */

static LLVMValueRef operand_at(Emitter *e, Scope *scope, const Node *node, Coord row, int64_t column,
                               LLVMValueRef mask) {
    Index index = {.at = {row, coord_const(e, column)}, .mask = mask};
    if (node->type.rank == 1) index.at[0] = index.at[1];
    return emit_vector(e, scope, node, &index);
}

/* The four words at counters `first` (i32x) of the row at index->at[0]. */
static void words_at(Emitter *e, Scope *scope, const Node *node, const Index *index, LLVMValueRef first,
                     LLVMValueRef words[4]) {
    Coord row = index->at[0];
    LLVMValueRef key[] = {operand_at(e, scope, node->inputs[0], row, 0, index->mask),
                          operand_at(e, scope, node->inputs[0], row, 1, index->mask)};
    LLVMValueRef counter[] = {first, operand_at(e, scope, node->inputs[1], row, 1, index->mask),
                              operand_at(e, scope, node->inputs[1], row, 0, index->mask),
                              emit_splat(e, emit_site(e, node->attrs.text))};
    emit_philox(e, counter, key, words);
}

/* The words of the 64 columns that `base` (i64) lies in, remembered by `base`. */
static void words_of_block(Emitter *e, Scope *scope, const Node *node, const Index *index, LLVMValueRef base,
                           LLVMValueRef words[4]) {
    Index place = *index;
    place.at[1] = coord_splat(base);
    words[0] = scope_find(scope, node, &place, 0);
    for (int i = 1; i < 4 && words[0]; i++) words[i] = scope_find(scope, node, &place, i);
    if (words[0]) return;
    LLVMValueRef block = LLVMBuildLShr(e->builder, base, emit_i64(e, 6), "");
    LLVMValueRef first = LLVMBuildTrunc(e->builder, LLVMBuildShl(e->builder, block, emit_i64(e, 4), ""), e->i32, "");
    first = LLVMBuildAdd(e->builder, emit_splat(e, first), emit_lane_numbers(e, e->i32), "");
    Index unmasked = *index;
    words_at(e, scope, node, &unmasked, first, words);
    for (int i = 0; i < 4; i++) scope_add(scope, node, &place, i, words[i]);
}

/* words[number % 4], number known at run time: a scalar or 16 of them. */
static LLVMValueRef pick_word(Emitter *e, const LLVMValueRef words[4], LLVMValueRef number) {
    LLVMBuilderRef b = e->builder;
    LLVMTypeRef type = LLVMTypeOf(number);
    bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
    LLVMValueRef one = LLVMConstInt(e->i64, 1, false), two = LLVMConstInt(e->i64, 2, false);
    if (vector) one = emit_splat(e, one), two = emit_splat(e, two);
    LLVMValueRef odd = LLVMBuildICmp(b, LLVMIntNE, LLVMBuildAnd(b, number, one, ""), LLVMConstNull(type), "");
    LLVMValueRef upper = LLVMBuildICmp(b, LLVMIntNE, LLVMBuildAnd(b, number, two, ""), LLVMConstNull(type), "");
    LLVMValueRef low = LLVMBuildSelect(b, odd, words[1], words[0], "");
    LLVMValueRef high = LLVMBuildSelect(b, odd, words[3], words[2], "");
    return LLVMBuildSelect(b, upper, high, low, "");
}

/* Lanes anywhere: each lane has a counter and a word of its own. */
static LLVMValueRef word_anywhere(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    LLVMBuilderRef b = e->builder;
    LLVMValueRef column = emit_coord(e, index->at[1]);
    LLVMValueRef four = emit_splat(e, emit_i64(e, 4)), six = emit_splat(e, emit_i64(e, 6));
    LLVMValueRef block = LLVMBuildShl(b, LLVMBuildLShr(b, column, six, ""), four, "");
    LLVMValueRef lane = LLVMBuildAnd(b, column, emit_splat(e, emit_i64(e, 15)), "");
    LLVMValueRef first = LLVMBuildTrunc(b, LLVMBuildOr(b, block, lane, ""), e->i32x, "");
    LLVMValueRef words[4];
    words_at(e, scope, node, index, first, words);
    return pick_word(e, words, LLVMBuildLShr(b, column, four, ""));
}

/* A block of 64 columns shares one evaluation as far as the position is known to lie in it. */
static LLVMValueRef word_of_lanes(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Coord at = index->at[1];
    LLVMValueRef words[4];
    if (at.align == 64) {
        int64_t block = at.offset / 64 * 64;
        LLVMValueRef base = block ? emit_add(e, at.base, emit_i64(e, block)) : at.base;
        words_of_block(e, scope, node, index, base, words);
        return words[at.offset % 64 / LANES];
    }
    if (at.align == 32 && at.offset < 32) {
        words_of_block(e, scope, node, index, at.base, words);
        LLVMValueRef bit = LLVMBuildAnd(e->builder, at.base, emit_i64(e, 32), "");
        LLVMValueRef upper = LLVMBuildICmp(e->builder, LLVMIntNE, bit, emit_i64(e, 0), "");
        int which = at.offset >= LANES;
        return LLVMBuildSelect(e->builder, upper, words[2 + which], words[which], "");
    }
    LLVMValueRef position = emit_coord_scalar(e, at);
    words_of_block(e, scope, node, index, position, words);
    return pick_word(e, words, LLVMBuildLShr(e->builder, position, emit_i64(e, 4), ""));
}

LLVMValueRef element_random(Emitter *e, Scope *scope, const Node *node, const Index *index) {
    Coord at = index->at[1];
    bool blocks = at.kind == COORD_LANES && at.align >= LANES && at.offset % LANES == 0 && at.offset >= 0;
    LLVMValueRef word = (blocks ? word_of_lanes : word_anywhere)(e, scope, node, index);
    return emit_unit_interval(e, word);
}
