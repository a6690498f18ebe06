/* Attention's gradient: probabilities computed again from lse, block by block (Dao,
 * "FlashAttention-2", 2023, algorithm 2).
 *
 * With dO the cotangent of out and, under dropout, m = 1 / (1 - dropout) where a probability was
 * kept, else 0:
 *
 *   p  = exp(score - lse)                the score made of q (k scale)^T, f its slope
 *   ds = p (m dO v^T - delta) f          delta = sum of a row of dO out
 *   dq = ds k scale                      summed over keys in ascending order
 *   dk = ds^T q scale                    summed over queries in ascending order
 *   dv = (m p)^T dO                      likewise
 *
 *   what a read with derivative g takes its element of gets the sum of p (m dO v^T - delta) g (attention_reads.c)
 *
 * where p is +0 at keys that a query does not see. Blocks of keys are the outer loop: dk and dv of a
 * block stay in the scratch, dq goes to and fro between its buffer and the scratch. A factor that all terms of a sum
 * have in common is applied to k (for dq) or at the end (for dk and dv). */
#include "codegen/attention.h"

typedef struct Backward {
    int dq, dk, dv; /* buffers; -1: not asked for */
    ReadSums reads[MAX_READS];
    int n_reads;
    bool wants_ds; /* for dq or dk */
    Tile queries, keys, keys_t, values, values_t, cotangents;
    Tile probabilities; /* scores; then p where it was kept */
    Tile slopes;        /* dO v^T; then ds */
    Tile sum_dq, sum_dk, sum_dv;
    Tile delta, lse; /* f32[BLOCK] by query */
    /* The blocks at hand. */
    LLVMValueRef q_block, q_count, kv_block, kv_count; /* block: first row within the sequence */
} Backward;

static void make_tiles(Attention *a, Backward *b) {
    b->delta = tile_new(a, 1, BLOCK);
    b->lse = tile_new(a, 1, BLOCK);
    b->probabilities = tile_new(a, BLOCK, BLOCK);
    b->slopes = tile_new(a, BLOCK, BLOCK);
    Tile *by_row[] = {&b->queries, &b->keys, &b->values, &b->cotangents, &b->sum_dq, &b->sum_dk, &b->sum_dv};
    for (int i = 0; i < 7; i++) *by_row[i] = tile_new(a, BLOCK, a->depth);
    b->keys_t = tile_new(a, a->padded, BLOCK);
    b->values_t = tile_new(a, a->padded, BLOCK);
}

static HeadRows query_rows(Attention *a, const Backward *b, int buffer) {
    return (HeadRows){buffer, emit_add(a->e, a->q_first, b->q_block), b->q_count};
}

static HeadRows key_rows(Attention *a, const Backward *b, int buffer) {
    return (HeadRows){buffer, emit_add(a->e, a->kv_first, b->kv_block), b->kv_count};
}

/* delta: column c goes to lane c % 16 in ascending order, by fused multiply-adds; then the tree.
 * Rows of out are packed where those of dq will be. */
static void emit_deltas(Attention *a, const Backward *b) {
    Emitter *e = a->e;
    emit_pack(a, b->sum_dq, query_rows(a, b, attention_given(a, GIVEN_OUT)), b->q_count, 1);
    LLVMValueRef sum = emit_local(e, e->f32x, NULL);
    Loop query = emit_for(e, emit_i64(e, 0), b->q_count, 1, "query");
    emit_set(e, sum, emit_f32x(e, 0));
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, a->padded), LANES, "column");
    LLVMValueRef cotangent = emit_tile_read(a, b->cotangents, query.i, column.i);
    LLVMValueRef out = emit_tile_read(a, b->sum_dq, query.i, column.i);
    emit_set(e, sum, emit_fma(e, cotangent, out, emit_get(e, e->f32x, sum)));
    emit_end_for(e, &column);
    emit_state_write(a, b->delta, query.i, emit_fold(e, OP_sum, emit_get(e, e->f32x, sum)));
    emit_end_for(e, &query);
}

static void pack_lse(Attention *a, const Backward *b) {
    Emitter *e = a->e;
    HeadRows rows = query_rows(a, b, attention_given(a, GIVEN_LSE));
    Loop query = emit_for(e, emit_i64(e, 0), b->q_count, 1, "query");
    LLVMValueRef row = emit_mul(e, emit_add(e, rows.first, query.i), emit_i64(e, a->heads));
    LLVMValueRef address = emit_address(e, e->buffers[rows.buffer], emit_add(e, row, a->head));
    emit_state_write(a, b->lse, query.i, emit_read(e, rows.buffer, e->f32, address, WORD_BYTES));
    emit_end_for(e, &query);
}

/* One query: scores become p where kept, slopes become ds. */
static void derive_row(Attention *a, const Backward *b, LLVMValueRef query) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_f32x(e, 0), lse = emit_splat(e, emit_state_read(a, b->lse, query)), kept = NULL;
    LLVMValueRef delta = b->wants_ds ? emit_splat(e, emit_state_read(a, b->delta, query)) : NULL;
    LLVMValueRef row = emit_add(e, emit_add(e, a->q_first, b->q_block), query);
    KeyRange range = emit_range(a, row);
    KeyRange seen = emit_lanes_seen(a, range, b->kv_block, b->kv_count);
    if (a->dropout > 0) emit_random_words(a, row, b->kv_block);
    Loop key = emit_for(e, seen.first, seen.end, LANES, "key");
    PairLanes lanes = {row, emit_add(e, b->kv_block, key.i), emit_tile_read(a, b->probabilities, query, key.i)};
    LLVMValueRef score = emit_open(a, ATTENTION_SCORE, &lanes);
    LLVMValueRef p = emit_exp(e, LLVMBuildFSub(e->builder, score, lse, ""));
    p = emit_where_seen(a, lanes.key, range, p, 0);
    if (a->dropout > 0) kept = emit_kept(a, key.i);
    if (b->dv >= 0) {
        LLVMValueRef left = kept ? LLVMBuildSelect(e->builder, kept, p, zero, "") : p;
        emit_tile_write(a, b->probabilities, query, key.i, left);
    }
    if (b->wants_ds) {
        LLVMValueRef slope = emit_tile_read(a, b->slopes, query, key.i);
        if (kept) {
            slope = LLVMBuildFMul(e->builder, slope, emit_f32x(e, a->kept_scale), "");
            slope = LLVMBuildSelect(e->builder, kept, slope, zero, "");
        }
        LLVMValueRef ds = LLVMBuildFMul(e->builder, p, LLVMBuildFSub(e->builder, slope, delta, ""), "");
        for (int i = 0; i < b->n_reads; i++) emit_note_terms(a, &b->reads[i], ds, &lanes, key.i);
        emit_tile_write(a, b->slopes, query, key.i, emit_times_open(a, ds, ATTENTION_SLOPE, &lanes));
    }
    emit_end_for(e, &key);
    for (int i = 0; i < b->n_reads; i++) emit_add_terms(a, &b->reads[i], row, b->kv_block, seen);
    if (b->dv >= 0) emit_clear_unseen(a, b->probabilities, query, seen, b->kv_count);
    if (b->wants_ds) emit_clear_unseen(a, b->slopes, query, seen, b->kv_count);
}

/* dq of a block of queries takes in one block of keys. */
static void add_to_dq(Attention *a, const Backward *b, LLVMValueRef q_room) {
    if (b->dq < 0) return;
    HeadRows rows = query_rows(a, b, b->dq);
    emit_pack(a, b->sum_dq, rows, q_room, 1);
    emit_product(a, &(Product){.out = b->sum_dq,
                               .left = b->slopes,
                               .right = b->keys,
                               .adds = true,
                               .rows = b->q_count,
                               .depth = b->kv_count});
    emit_unpack(a, b->sum_dq, rows, 1);
}

/* A sum over queries: of `left` (by query and key) and `right` (by query). */
static void add_over_queries(Attention *a, const Backward *b, Tile sum, Tile left, Tile right) {
    emit_product(a, &(Product){.out = sum,
                               .left = left,
                               .right = right,
                               .left_transposed = true,
                               .adds = true,
                               .rows = b->kv_count,
                               .depth = b->q_count});
}

static void emit_query_block(Attention *a, const Backward *b, LLVMValueRef kv_room) {
    Emitter *e = a->e;
    LLVMValueRef q_room = emit_query_room(a, b->q_count), depth = emit_i64(e, a->depth);
    emit_pack(a, b->queries, query_rows(a, b, attention_buffer(a, ATTENTION_Q)), q_room, 1);
    emit_pack(a, b->cotangents, query_rows(a, b, attention_given(a, GIVEN_OUT_COTANGENT)), q_room, 1);
    pack_lse(a, b);
    emit_product(a, &(Product){.out = b->probabilities,
                               .left = b->queries,
                               .right = b->keys_t,
                               .rows = b->q_count,
                               .depth = depth,
                               .columns = kv_room});
    if (b->wants_ds) {
        emit_deltas(a, b);
        emit_product(a, &(Product){.out = b->slopes,
                                   .left = b->cotangents,
                                   .right = b->values_t,
                                   .rows = b->q_count,
                                   .depth = depth,
                                   .columns = kv_room});
    }
    Loop query = emit_for(e, emit_i64(e, 0), b->q_count, 1, "query");
    derive_row(a, b, query.i);
    emit_end_for(e, &query);
    if (b->dv >= 0) add_over_queries(a, b, b->sum_dv, b->probabilities, b->cotangents);
    if (b->dk >= 0) add_over_queries(a, b, b->sum_dk, b->slopes, b->queries);
    add_to_dq(a, b, q_room);
}

/* Does any query of the block see any key of the block? */
static LLVMValueRef is_seen(Attention *a, const Backward *b) {
    Emitter *e = a->e;
    KeyRange range = emit_wide_range(a, emit_add(e, a->q_first, b->q_block), b->q_count);
    LLVMValueRef before = LLVMBuildICmp(e->builder, LLVMIntSLT, b->kv_block, range.end, "");
    if (a->from_start) return before;
    LLVMValueRef end = emit_add(e, b->kv_block, b->kv_count);
    return LLVMBuildAnd(e->builder, before, LLVMBuildICmp(e->builder, LLVMIntSGT, end, range.first, ""), "");
}

static void emit_key_block(Attention *a, Backward *b) {
    Emitter *e = a->e;
    LLVMValueRef zero = emit_i64(e, 0), room = emit_key_room(a, b->kv_count);
    emit_pack(a, b->keys, key_rows(a, b, attention_buffer(a, ATTENTION_K)), room, a->scale);
    emit_transpose(a, b->keys_t, b->keys, room);
    if (b->wants_ds) {
        emit_pack(a, b->values, key_rows(a, b, attention_buffer(a, ATTENTION_V)), room, 1);
        emit_transpose(a, b->values_t, b->values, room);
    }
    if (b->dk >= 0) emit_tile_fill(a, b->sum_dk, room, a->padded, 0);
    if (b->dv >= 0) emit_tile_fill(a, b->sum_dv, room, a->padded, 0);
    Loop q = emit_for(e, zero, a->q_count, BLOCK, "q_block");
    b->q_block = q.i, b->q_count = emit_block_count(a, q.i, a->q_count);
    LLVMBasicBlockRef after = emit_if(e, is_seen(a, b));
    emit_query_block(a, b, room);
    emit_end_if(e, after);
    emit_end_for(e, &q);
    if (b->dk >= 0) emit_unpack(a, b->sum_dk, key_rows(a, b, b->dk), a->scale);
    if (b->dv >= 0) emit_unpack(a, b->sum_dv, key_rows(a, b, b->dv), a->kept_scale);
}

static void emit_pair(Attention *a, void *context) {
    Emitter *e = a->e;
    Backward *b = context;
    if (b->dq >= 0) emit_clear_rows(a, (HeadRows){b->dq, a->q_first, a->q_count});
    for (int i = 0; i < b->n_reads; i++) emit_clear_sums(a, &b->reads[i]);
    Loop kv = emit_for(e, emit_i64(e, 0), a->kv_count, BLOCK, "kv_block");
    b->kv_block = kv.i, b->kv_count = emit_block_count(a, kv.i, a->kv_count);
    emit_key_block(a, b);
    emit_end_for(e, &kv);
}

void emit_attention_grad(Emitter *e) {
    Backward b = {.dq = -1, .dk = -1, .dv = -1};
    int *results[] = {&b.dq, &b.dk, &b.dv};
    const Node *node = e->body->outputs.items[0].node;
    Attention a = attention_begin(e, node);
    for (int i = 0; i < e->body->outputs.count; i++) {
        node = e->body->outputs.items[i].node;
        int64_t result = node->attrs.ints[1];
        if (result < READ_RESULTS)
            *results[result] = emit_result(e, i);
        else
            b.reads[b.n_reads++] = reads_begin(&a, node, emit_result(e, i));
    }
    b.wants_ds = b.dq >= 0 || b.dk >= 0 || b.n_reads > 0;
    make_tiles(&a, &b);
    emit_pairs(&a, emit_pair, &b);
}
