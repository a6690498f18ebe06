/* Attention: softmax(scores) v within sequences, never storing more than a block of
 * scores.
 *
 * For each block of queries and, in ascending order, each block of keys ("online softmax", Milakov
 * and Gimelshein 2018; Dao 2022):
 *
 *   s      = q (k scale)^T
 *   m'     = max(m, max of a row of s)         from -inf
 *   p      = exp(s - m')
 *   a      = exp(m - m')
 *   l      = l a + sum of a row of p           from 0
 *   out    = out a + drop(p) v                 from 0
 *   m      = m'
 *
 * where s is the score made of that product, if it is made at all. Blocks of keys start at multiples of BLOCK from the
 * sequence's first key. Keys that a query does not see have the score -inf, so p is +0 and changes nothing: blocks that
 * no query of a block sees are left out, with the same bits.
 *
 * and at the end out / l, and lse = m + log(l). A row's maximum and sum within a block go through
 * 16 lanes (key j to lane j % 16, in ascending order) and the fixed tree of emit_fold. Dropout's
 * factor 1 / (1 - dropout) is applied to out at the end. */
#include <math.h>

#include "codegen/attention.h"

typedef struct Forward {
    int out, lse; /* buffers; -1: not asked for */
    Tile queries, keys, keys_t, values, scores, sum_out;
    Tile max, new_max, row_sum, sum, rescale; /* f32[BLOCK] by query */
    Tile exists;                              /* f32[BLOCK] by key: 1, or 0 beyond the last one */
    /* The blocks at hand. */
    LLVMValueRef q_block, q_count, kv_block, kv_count; /* block: first row within the sequence */
    LLVMValueRef kv_start;                             /* the first block of keys */
} Forward;

static void make_tiles(Attention *a, Forward *f) {
    Tile *vectors[] = {&f->max, &f->new_max, &f->row_sum, &f->sum, &f->rescale, &f->exists};
    for (int i = 0; i < 6; i++) *vectors[i] = tile_new(a, 1, BLOCK);
    f->scores = tile_new(a, BLOCK, BLOCK);
    f->queries = tile_new(a, BLOCK, a->depth);
    f->keys = tile_new(a, BLOCK, a->depth);
    f->keys_t = tile_new(a, a->padded, BLOCK);
    f->values = tile_new(a, BLOCK, a->depth);
    f->sum_out = tile_new(a, BLOCK, a->depth);
}

static LLVMValueRef query_row(Attention *a, const Forward *f, LLVMValueRef query) {
    return emit_add(a->e, emit_add(a->e, a->q_first, f->q_block), query);
}

/* The score of a product; -inf at keys that are not seen. A product beyond the last key repeats that of the last, but a
 * score made of it depends on the position: it must not be seen either. */
static LLVMValueRef finish_score(Attention *a, PairLanes *lanes, KeyRange range) {
    LLVMValueRef score = lanes->score;
    if (!pair_is_product(a->node->inputs[ATTENTION_SCORE])) {
        range.end = range.end ? emit_min(a->e, range.end, a->kv_count) : a->kv_count;
        score = emit_open(a, ATTENTION_SCORE, lanes);
    }
    return emit_where_seen(a, lanes->key, range, score, -HUGE_VAL);
}

/* m' of one query, whose products become scores. */
static LLVMValueRef new_maximum(Attention *a, const Forward *f, LLVMValueRef query, KeyRange range, KeyRange seen) {
    Emitter *e = a->e;
    LLVMValueRef most = emit_local(e, e->f32x, emit_splat(e, emit_state_read(a, f->max, query)));
    LLVMValueRef row = query_row(a, f, query);
    Loop key = emit_for(e, seen.first, seen.end, LANES, "key");
    LLVMValueRef product = emit_tile_read(a, f->scores, query, key.i);
    PairLanes lanes = {row, emit_add(e, f->kv_block, key.i), product};
    LLVMValueRef score = finish_score(a, &lanes, range);
    if (score != product) emit_tile_write(a, f->scores, query, key.i, score);
    emit_set(e, most, emit_fold_step(e, OP_max, emit_get(e, e->f32x, most), score));
    emit_end_for(e, &key);
    LLVMValueRef value = emit_fold(e, OP_max, emit_get(e, e->f32x, most));
    emit_state_write(a, f->new_max, query, value);
    return value;
}

/* What is taken from scores: their maximum, or 0 when all are minus infinity, whose difference
 * would be no number. */
static LLVMValueRef finite_maximum(Emitter *e, LLVMValueRef value) {
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef least = type == e->f32x ? emit_f32x(e, -HUGE_VAL) : emit_f32(e, -HUGE_VAL);
    LLVMValueRef none = LLVMBuildFCmp(e->builder, LLVMRealOEQ, value, least, "");
    return LLVMBuildSelect(e->builder, none, LLVMConstNull(type), value, "");
}

/* Scores of one query become probabilities, after dropout but with their sum before it. */
static void soften_row(Attention *a, const Forward *f, LLVMValueRef query) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_f32x(e, 0), sum = emit_local(e, e->f32x, zero);
    KeyRange range = emit_range(a, query_row(a, f, query));
    KeyRange seen = emit_lanes_seen(a, range, f->kv_block, f->kv_count);
    LLVMValueRef most = emit_splat(e, finite_maximum(e, new_maximum(a, f, query, range, seen)));
    if (a->dropout > 0) emit_random_words(a, query_row(a, f, query), f->kv_block);
    Loop key = emit_for(e, seen.first, seen.end, LANES, "key");
    LLVMValueRef score = emit_tile_read(a, f->scores, query, key.i);
    LLVMValueRef p = emit_exp(e, LLVMBuildFSub(e->builder, score, most, ""));
    LLVMValueRef exists = emit_tile_read(a, f->exists, emit_i64(e, 0), key.i);
    emit_set(e, sum, emit_fma(e, p, exists, emit_get(e, e->f32x, sum))); /* exact products */
    if (a->dropout > 0) p = LLVMBuildSelect(e->builder, emit_kept(a, key.i), p, zero, "");
    emit_tile_write(a, f->scores, query, key.i, p);
    emit_end_for(e, &key);
    if (f->out >= 0) emit_clear_unseen(a, f->scores, query, seen, f->kv_count);
    emit_state_write(a, f->row_sum, query, emit_fold(e, OP_sum, emit_get(e, e->f32x, sum)));
}

static void mark_keys(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    Loop key = emit_for(e, emit_i64(e, 0), f->kv_count, LANES, "key");
    LLVMValueRef mask = emit_mask(e, coord_lanes(key.i, 0, LANES), f->kv_count);
    LLVMValueRef exists = LLVMBuildSelect(e->builder, mask, emit_f32x(e, 1), emit_f32x(e, 0), "");
    emit_tile_write(a, f->exists, emit_i64(e, 0), key.i, exists);
    emit_end_for(e, &key);
}

/* a, l and m of all queries, 16 at a time. */
static void update_states(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0);
    Loop query = emit_for(e, zero, f->q_count, LANES, "query");
    LLVMValueRef most = emit_tile_read(a, f->new_max, zero, query.i);
    LLVMValueRef old = emit_tile_read(a, f->max, zero, query.i);
    LLVMValueRef change = LLVMBuildFSub(e->builder, old, finite_maximum(e, most), "");
    LLVMValueRef rescale = emit_exp(e, change), row_sum = emit_tile_read(a, f->row_sum, zero, query.i);
    LLVMValueRef sum = emit_fma(e, emit_tile_read(a, f->sum, zero, query.i), rescale, row_sum);
    emit_tile_write(a, f->rescale, zero, query.i, rescale);
    emit_tile_write(a, f->sum, zero, query.i, sum);
    emit_tile_write(a, f->max, zero, query.i, most);
    emit_end_for(e, &query);
}

/* out a. The first block of keys finds zeros. */
static void rescale_out(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    LLVMValueRef later = LLVMBuildICmp(e->builder, LLVMIntNE, f->kv_block, f->kv_start, "");
    LLVMBasicBlockRef after = emit_if(e, later);
    Loop query = emit_for(e, emit_i64(e, 0), f->q_count, 1, "query");
    LLVMValueRef rescale = emit_splat(e, emit_state_read(a, f->rescale, query.i));
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, a->padded), LANES, "column");
    LLVMValueRef out = emit_tile_read(a, f->sum_out, query.i, column.i);
    emit_tile_write(a, f->sum_out, query.i, column.i, LLVMBuildFMul(e->builder, out, rescale, ""));
    emit_end_for(e, &column);
    emit_end_for(e, &query);
    emit_end_if(e, after);
}

static void emit_key_block(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    LLVMValueRef room = emit_key_room(a, f->kv_count), first = emit_add(e, a->kv_first, f->kv_block);
    emit_pack(a, f->keys, (HeadRows){attention_buffer(a, ATTENTION_K), first, f->kv_count}, room, a->scale);
    emit_transpose(a, f->keys_t, f->keys, room);
    mark_keys(a, f);
    emit_product(a, &(Product){.out = f->scores,
                               .left = f->queries,
                               .right = f->keys_t,
                               .rows = f->q_count,
                               .depth = emit_i64(e, a->depth),
                               .columns = room});
    Loop query = emit_for(e, emit_i64(e, 0), f->q_count, 1, "query");
    soften_row(a, f, query.i);
    emit_end_for(e, &query);
    update_states(a, f);
    if (f->out < 0) return;
    rescale_out(a, f);
    emit_pack(a, f->values, (HeadRows){attention_buffer(a, ATTENTION_V), first, f->kv_count}, f->kv_count, 1);
    emit_product(a, &(Product){.out = f->sum_out,
                               .left = f->scores,
                               .right = f->values,
                               .adds = true,
                               .rows = f->q_count,
                               .depth = f->kv_count});
}

/* Factors for out, in place of a, and lse, in place of m'. A query without keys has l = 0: out
 * is 0, lse minus infinity. */
static void finish_states(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0), nothing = emit_f32x(e, 0);
    Loop query = emit_for(e, zero, f->q_count, LANES, "query");
    LLVMValueRef sum = emit_tile_read(a, f->sum, zero, query.i);
    LLVMValueRef empty = LLVMBuildFCmp(e->builder, LLVMRealOEQ, sum, nothing, "");
    LLVMValueRef factor = LLVMBuildFDiv(e->builder, emit_f32x(e, a->kept_scale), sum, "");
    emit_tile_write(a, f->rescale, zero, query.i, LLVMBuildSelect(e->builder, empty, nothing, factor, ""));
    LLVMValueRef most = emit_tile_read(a, f->max, zero, query.i);
    LLVMValueRef lse = LLVMBuildFAdd(e->builder, most, emit_log(e, sum), "");
    lse = LLVMBuildSelect(e->builder, empty, emit_f32x(e, -HUGE_VAL), lse, "");
    emit_tile_write(a, f->new_max, zero, query.i, lse);
    emit_end_for(e, &query);
}

static void store_lse(Attention *a, const Forward *f, LLVMValueRef first) {
    Emitter *e = a->e;
    Loop query = emit_for(e, emit_i64(e, 0), f->q_count, 1, "query");
    LLVMValueRef row = emit_mul(e, emit_add(e, first, query.i), emit_i64(e, a->heads));
    LLVMValueRef address = emit_address(e, e->buffers[f->lse], emit_add(e, row, a->head));
    emit_write(e, f->lse, emit_state_read(a, f->new_max, query.i), address, WORD_BYTES);
    emit_end_for(e, &query);
}

/* Multiplies the rows of `sum_out` by their factors. */
static void normalize_out(Attention *a, const Forward *f) {
    Emitter *e = a->e;
    Loop query = emit_for(e, emit_i64(e, 0), f->q_count, 1, "query");
    LLVMValueRef factor = emit_splat(e, emit_state_read(a, f->rescale, query.i));
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, a->padded), LANES, "column");
    LLVMValueRef out = emit_tile_read(a, f->sum_out, query.i, column.i);
    emit_tile_write(a, f->sum_out, query.i, column.i, LLVMBuildFMul(e->builder, out, factor, ""));
    emit_end_for(e, &column);
    emit_end_for(e, &query);
}

static void emit_pair(Attention *a, void *context) {
    Emitter *e = a->e;
    Forward *f = context;
    LLVMValueRef zero = emit_i64(e, 0), one = emit_i64(e, 1);
    Loop q = emit_for(e, zero, a->q_count, BLOCK, "q_block");
    f->q_block = q.i, f->q_count = emit_block_count(a, q.i, a->q_count);
    LLVMValueRef room = emit_query_room(a, f->q_count), first = emit_add(e, a->q_first, q.i);
    emit_pack(a, f->queries, (HeadRows){attention_buffer(a, ATTENTION_Q), first, f->q_count}, room, 1);
    emit_tile_fill(a, f->max, one, BLOCK, -HUGE_VAL);
    emit_tile_fill(a, f->sum, one, BLOCK, 0);
    if (f->out >= 0) emit_tile_fill(a, f->sum_out, room, a->padded, 0);
    KeyRange seen = emit_wide_range(a, first, f->q_count);
    f->kv_start = emit_round_down(e, seen.first, BLOCK);
    Loop kv = emit_for(e, f->kv_start, seen.end, BLOCK, "kv_block");
    f->kv_block = kv.i, f->kv_count = emit_block_count(a, kv.i, seen.end);
    emit_key_block(a, f);
    emit_end_for(e, &kv);
    finish_states(a, f);
    if (f->lse >= 0) store_lse(a, f, first);
    if (f->out >= 0) {
        normalize_out(a, f);
        emit_unpack(a, f->sum_out, (HeadRows){f->out, first, f->q_count}, 1);
    }
    emit_end_for(e, &q);
}

void emit_attention(Emitter *e) {
    Forward f = {.out = -1, .lse = -1};
    const Node *node = NULL;
    for (int i = 0; i < e->body->outputs.count; i++) {
        node = e->body->outputs.items[i].node;
        *(node->attrs.ints[1] == 0 ? &f.out : &f.lse) = emit_result(e, i);
    }
    Attention a = attention_begin(e, node);
    make_tiles(&a, &f);
    emit_pairs(&a, emit_pair, &f);
}
