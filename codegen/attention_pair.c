/* Attention pairs: what is done for each sequence and head, who does it, and the random numbers of
 * its scores. */
#include <math.h>

#include "codegen/attention.h"

/* The highest register tile of one vector's width whose accumulators take half of the registers. */
static int tile_rows_of(const Target *target) {
    int rows = ROW_STEP, vectors = LANES / target->lanes;
    while (rows > 1 && 2 * rows * vectors > target->registers) rows /= 2;
    return rows;
}

int attention_buffer(const Attention *a, int operand) { return emit_operand(a->node->inputs[operand]); }

int attention_given(const Attention *a, int given) {
    return attention_buffer(a, attention_out_operand(a->node->op) + given);
}

LLVMValueRef attention_element(Attention *a, int operand, LLVMValueRef row, int64_t column) {
    Emitter *e = a->e;
    Index index = {.at = {coord_splat(row), coord_const(e, column)}};
    Scope scope;
    scope_open(&scope, NULL);
    LLVMValueRef value = emit_scalar(e, &scope, a->node->inputs[operand], &index);
    scope_close(&scope);
    return value;
}

Attention attention_begin(Emitter *e, const Node *node) {
    int64_t heads = node->attrs.ints[0], width = node->inputs[ATTENTION_Q]->type.dims[1].offset;
    Attention a = {.e = e, .node = node, .heads = heads, .width = width, .depth = width / heads};
    a.padded = (a.depth + LANES - 1) / LANES * LANES;
    a.tile_rows = tile_rows_of(e->target);
    a.scale = node->attrs.scale;
    a.from_start = pair_is_start(node->inputs[ATTENTION_FIRST]);
    a.to_end = pair_is_rest(node->inputs[ATTENTION_END]);
    a.dropout = (float)node->attrs.number;
    a.kept_scale = 1 / (1 - a.dropout);
    if (a.dropout == 0) return a;
    a.words = tile_new(&a, 4, LANES);
    for (int i = 0; i < 2; i++) a.key[i] = emit_splat(e, attention_element(&a, ATTENTION_KEY, emit_i64(e, i), 0));
    a.site = emit_splat(e, emit_site(e, node->attrs.text));
    return a;
}

/* [first, first + count) of sequence `s`. */
static void read_bounds(Attention *a, int operand, LLVMValueRef s, LLVMValueRef *first, LLVMValueRef *count) {
    Emitter *e = a->e;
    LLVMValueRef end = attention_element(a, operand, emit_add(e, s, emit_i64(e, 1)), 0);
    *first = LLVMBuildSExt(e->builder, attention_element(a, operand, s, 0), e->i64, "");
    *count = LLVMBuildSub(e->builder, LLVMBuildSExt(e->builder, end, e->i64, ""), *first, "");
}

/* What one head of the sequence costs, about, in scores; never zero. Reads the bounds of the
 * sequence. */
static LLVMValueRef read_work(Attention *a, LLVMValueRef s) {
    Emitter *e = a->e;
    read_bounds(a, ATTENTION_Q_BOUNDS, s, &a->q_first, &a->q_count);
    read_bounds(a, ATTENTION_KV_BOUNDS, s, &a->kv_first, &a->kv_count);
    LLVMValueRef row = emit_add(e, a->kv_count, emit_i64(e, LANES));
    LLVMValueRef packing = emit_add(e, emit_mul(e, a->kv_count, emit_i64(e, LANES)), emit_i64(e, 1));
    return emit_add(e, emit_mul(e, a->q_count, row), packing);
}

static LLVMValueRef total_work(Attention *a, LLVMValueRef sequences) {
    Emitter *e = a->e;
    LLVMValueRef total = emit_local(e, e->i64, emit_i64(e, 0));
    Loop s = emit_for(e, emit_i64(e, 0), sequences, 1, "sequence");
    emit_set(e, total, emit_add(e, emit_get(e, e->i64, total), read_work(a, s.i)));
    emit_end_for(e, &s);
    return emit_mul(e, emit_get(e, e->i64, total), emit_i64(e, a->heads));
}

/* Is this thread's share of the total the one in which work that starts at `start` lies? */
static LLVMValueRef is_mine(Emitter *e, LLVMValueRef start, LLVMValueRef total) {
    LLVMValueRef at = emit_mul(e, start, e->threads), next = emit_add(e, e->thread, emit_i64(e, 1));
    LLVMValueRef low = LLVMBuildICmp(e->builder, LLVMIntSGE, at, emit_mul(e, total, e->thread), "");
    LLVMValueRef high = LLVMBuildICmp(e->builder, LLVMIntSLT, at, emit_mul(e, total, next), "");
    return LLVMBuildAnd(e->builder, low, high, "");
}

void emit_pairs(Attention *a, PairBody *body, void *context) {
    Emitter *e = a->e;
    LLVMValueRef bounds = emit_dim(e, a->node->inputs[ATTENTION_Q_BOUNDS]->type.dims[0]);
    LLVMValueRef sequences = LLVMBuildSub(e->builder, bounds, emit_i64(e, 1), "");
    LLVMValueRef total = total_work(a, sequences), done = emit_local(e, e->i64, emit_i64(e, 0));
    Loop s = emit_for(e, emit_i64(e, 0), sequences, 1, "sequence");
    LLVMValueRef work = read_work(a, s.i);
    Loop head = emit_for(e, emit_i64(e, 0), emit_i64(e, a->heads), 1, "head");
    LLVMValueRef start = emit_get(e, e->i64, done);
    emit_set(e, done, emit_add(e, start, work));
    LLVMBasicBlockRef after = emit_if(e, is_mine(e, start, total));
    a->sequence = s.i, a->head = head.i;
    body(a, context);
    emit_end_if(e, after);
    emit_end_for(e, &head);
    emit_end_for(e, &s);
}

/* The counter is that of `random` with the key's position as column (see ops.def). */
void emit_random_words(Attention *a, LLVMValueRef row, LLVMValueRef block) {
    Emitter *e = a->e;
    LLVMBuilderRef b = e->builder;
    LLVMValueRef words[4], row_word = attention_element(a, ATTENTION_COORDS, row, 0);
    LLVMValueRef position = attention_element(a, ATTENTION_COORDS, row, 1);
    position = LLVMBuildMul(b, position, emit_i32(e, a->heads), "");
    position = LLVMBuildAdd(b, position, LLVMBuildTrunc(b, a->head, e->i32, ""), "");
    LLVMValueRef first = LLVMBuildTrunc(b, LLVMBuildLShr(b, block, emit_i64(e, 2), ""), e->i32, "");
    first = LLVMBuildAdd(b, emit_splat(e, first), emit_lane_numbers(e, e->i32), "");
    LLVMValueRef counter[] = {first, emit_splat(e, position), emit_splat(e, row_word), a->site};
    emit_philox(e, counter, a->key, words);
    for (int i = 0; i < 4; i++) emit_tile_write(a, a->words, emit_i64(e, i), emit_i64(e, 0), words[i]);
}

/* uniform >= dropout, as a comparison of whole words: the uniform number is a multiple of 2^-24. */
LLVMValueRef emit_kept(Attention *a, LLVMValueRef column) {
    Emitter *e = a->e;
    double least = ceil(a->dropout * 0x1p24) * 256;
    int64_t threshold = least < UINT32_MAX ? (int64_t)least : UINT32_MAX;
    LLVMValueRef address = emit_address(e, a->words.base, column);
    LLVMValueRef words = emit_read(e, -1, e->i32x, address, LANES * WORD_BYTES);
    return LLVMBuildICmp(e->builder, LLVMIntUGE, words, emit_i32x(e, (int32_t)(uint32_t)threshold), "");
}
