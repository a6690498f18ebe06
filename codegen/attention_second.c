/* Attention's second derivative: what the cotangents a, b and c of dq, dk and dv make of q, k, v and
 * dO (see attention_grad.c for p, m, f and delta; s = scale; f' the slope's own slope):
 *
 *   z = a (s k)^T + (s q) b^T          y  = dO c^T          dp = m dO v^T
 *   x = f z                            r  = sum over keys of p x
 *   w = sum over keys of p (dp x + m y) - 2 r delta
 *   dt = p (dp - delta)                u  = m p (x - r)
 *   ds = f dt                          g  = f p (dp x - dp r - delta x + m y - w) + f' z dt
 *   for q: s (g k + ds b)              for k: s (g^T q + ds^T a)
 *   for v: u^T dO                      for dO: u v + m p c
 *
 * Blocks of queries are the outer loop. Their keys are gone through twice: for r and w, then for the
 * results; what is for k and v goes to and fro between its buffer and the scratch. Sums over keys go
 * lane by lane and block by block in ascending order, those over queries in ascending order. */
#include "codegen/attention.h"

typedef struct Second {
    int for_q, for_k, for_v, for_out;        /* buffers; -1: not asked for */
    Tile queries, dq_cotangents, cotangents; /* s q, s a, dO: by query */
    Tile keys, dk_cotangents, values, dv_cotangents, keys_t, dk_cotangents_t, values_t, dv_cotangents_t;
    Tile p, x, dp, y; /* by query and key, x as z; then m p, g, ds and u */
    Tile sum, sum_q, sum_out;
    Tile delta, lse, mean, products;                   /* f32[BLOCK] by query; mean: r; products: p (dp x + m y) */
    LLVMValueRef q_block, q_count, kv_block, kv_count; /* block: first row within the sequence */
} Second;

static void make_tiles(Attention *a, Second *d) {
    Tile *states[] = {&d->delta, &d->lse, &d->mean, &d->products};
    Tile *scores[] = {&d->p, &d->x, &d->dp, &d->y};
    Tile *by_row[] = {&d->queries, &d->dq_cotangents, &d->cotangents, &d->keys,  &d->dk_cotangents,
                      &d->values,  &d->dv_cotangents, &d->sum,        &d->sum_q, &d->sum_out};
    Tile *transposed[] = {&d->keys_t, &d->dk_cotangents_t, &d->values_t, &d->dv_cotangents_t};
    for (int i = 0; i < 4; i++) *states[i] = tile_new(a, 1, BLOCK);
    for (int i = 0; i < 4; i++) *scores[i] = tile_new(a, BLOCK, BLOCK);
    for (int i = 0; i < 10; i++) *by_row[i] = tile_new(a, BLOCK, a->depth);
    for (int i = 0; i < 4; i++) *transposed[i] = tile_new(a, a->padded, BLOCK);
}

static HeadRows query_rows(Attention *a, const Second *d, int buffer) {
    return (HeadRows){buffer, emit_add(a->e, a->q_first, d->q_block), d->q_count};
}

static HeadRows key_rows(Attention *a, const Second *d, int buffer) {
    return (HeadRows){buffer, emit_add(a->e, a->kv_first, d->kv_block), d->kv_count};
}

/* One query: delta as in attention_grad.c, with `sum` holding rows of out; lse. */
static void begin_row(Attention *a, const Second *d, LLVMValueRef query) {
    Emitter *e = a->e;
    LLVMValueRef sum = emit_local(e, e->f32x, emit_f32x(e, 0));
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, a->padded), LANES, "column");
    LLVMValueRef cotangent = emit_tile_read(a, d->cotangents, query, column.i);
    LLVMValueRef out = emit_tile_read(a, d->sum, query, column.i);
    emit_set(e, sum, emit_fma(e, cotangent, out, emit_get(e, e->f32x, sum)));
    emit_end_for(e, &column);
    emit_state_write(a, d->delta, query, emit_fold(e, OP_sum, emit_get(e, e->f32x, sum)));
    int buffer = attention_given(a, GIVEN_LSE);
    LLVMValueRef row = emit_add(e, emit_add(e, a->q_first, d->q_block), query);
    LLVMValueRef at = emit_add(e, emit_mul(e, row, emit_i64(e, a->heads)), a->head);
    LLVMValueRef lse = emit_read(e, buffer, e->f32, emit_address(e, e->buffers[buffer], at), WORD_BYTES);
    emit_state_write(a, d->lse, query, lse);
}

static void begin_queries(Attention *a, const Second *d, LLVMValueRef room) {
    Emitter *e = a->e;
    LLVMValueRef one = emit_i64(e, 1);
    emit_pack(a, d->queries, query_rows(a, d, attention_buffer(a, ATTENTION_Q)), room, a->scale);
    emit_pack(a, d->dq_cotangents, query_rows(a, d, attention_given(a, GIVEN_DQ_COTANGENT)), room, a->scale);
    emit_pack(a, d->cotangents, query_rows(a, d, attention_given(a, GIVEN_OUT_COTANGENT)), room, 1);
    emit_pack(a, d->sum, query_rows(a, d, attention_given(a, GIVEN_OUT)), d->q_count, 1);
    Loop query = emit_for(e, emit_i64(e, 0), d->q_count, 1, "query");
    begin_row(a, d, query.i);
    emit_end_for(e, &query);
    emit_tile_fill(a, d->mean, one, BLOCK, 0);
    emit_tile_fill(a, d->products, one, BLOCK, 0);
    emit_tile_fill(a, d->sum_q, room, a->padded, 0);
    emit_tile_fill(a, d->sum_out, room, a->padded, 0);
}

static void pack_keys(Attention *a, const Second *d, int buffer, Tile rows, Tile transposed) {
    LLVMValueRef room = emit_key_room(a, d->kv_count);
    emit_pack(a, rows, key_rows(a, d, buffer), room, 1);
    emit_transpose(a, transposed, rows, room);
}

static void multiply_heads(Attention *a, const Second *d, Tile out, Tile left, Tile right, bool adds) {
    emit_product(a, &(Product){.out = out,
                               .left = left,
                               .right = right,
                               .adds = adds,
                               .rows = d->q_count,
                               .depth = emit_i64(a->e, a->depth),
                               .columns = emit_key_room(a, d->kv_count)});
}

/* Scores in p, x, dO v^T in dp, y. */
static void multiply_block(Attention *a, const Second *d) {
    pack_keys(a, d, attention_buffer(a, ATTENTION_K), d->keys, d->keys_t);
    pack_keys(a, d, attention_buffer(a, ATTENTION_V), d->values, d->values_t);
    pack_keys(a, d, attention_given(a, GIVEN_DK_COTANGENT), d->dk_cotangents, d->dk_cotangents_t);
    pack_keys(a, d, attention_given(a, GIVEN_DV_COTANGENT), d->dv_cotangents, d->dv_cotangents_t);
    multiply_heads(a, d, d->p, d->queries, d->keys_t, false);
    multiply_heads(a, d, d->x, d->dq_cotangents, d->keys_t, false);
    multiply_heads(a, d, d->x, d->queries, d->dk_cotangents_t, true);
    multiply_heads(a, d, d->dp, d->cotangents, d->values_t, false);
    multiply_heads(a, d, d->y, d->cotangents, d->dv_cotangents_t, false);
}

/* 16 keys of one query: p, x, dp, m y, and m p; z, and what open values of them are made of. */
typedef struct Lane {
    LLVMValueRef p, x, dp, my, mp, z;
    PairLanes pair;
} Lane;

/* One query, and the keys that it sees. */
typedef struct QueryRow {
    LLVMValueRef query, row; /* in the block; of all rows */
    KeyRange range;
} QueryRow;

static LLVMValueRef dropped(Attention *a, LLVMValueRef kept, LLVMValueRef value) {
    Emitter *e = a->e;
    if (!kept) return value;
    LLVMValueRef scaled = LLVMBuildFMul(e->builder, value, emit_f32x(e, a->kept_scale), "");
    return LLVMBuildSelect(e->builder, kept, scaled, emit_f32x(e, 0), "");
}

/* Probabilities of keys that do not exist, or are not seen, are 0. */
static Lane read_lane(Attention *a, const Second *d, const QueryRow *q, LLVMValueRef key) {
    Emitter *e = a->e;
    LLVMValueRef query = q->query, z = emit_tile_read(a, d->x, query, key);
    PairLanes pair = {q->row, emit_add(e, d->kv_block, key), emit_tile_read(a, d->p, query, key)};
    LLVMValueRef lse = emit_splat(e, emit_state_read(a, d->lse, query));
    LLVMValueRef kept = a->dropout > 0 ? emit_kept(a, key) : NULL;
    LLVMValueRef p = emit_exp(e, LLVMBuildFSub(e->builder, emit_open(a, ATTENTION_SCORE, &pair), lse, ""));
    LLVMValueRef exists = emit_mask(e, coord_lanes(key, 0, LANES), d->kv_count);
    p = LLVMBuildSelect(e->builder, exists, p, emit_f32x(e, 0), "");
    p = emit_where_seen(a, pair.key, q->range, p, 0);
    LLVMValueRef x = emit_times_open(a, z, ATTENTION_SLOPE, &pair);
    return (Lane){.p = p,
                  .x = x == z ? x : LLVMBuildSelect(e->builder, exists, x, emit_f32x(e, 0), ""),
                  .dp = dropped(a, kept, emit_tile_read(a, d->dp, query, key)),
                  .my = dropped(a, kept, emit_tile_read(a, d->y, query, key)),
                  .mp = dropped(a, kept, p),
                  .z = z,
                  .pair = pair};
}

static QueryRow begin_lanes(Attention *a, const Second *d, LLVMValueRef query) {
    LLVMValueRef row = emit_add(a->e, emit_add(a->e, a->q_first, d->q_block), query);
    if (a->dropout > 0) emit_random_words(a, row, d->kv_block);
    return (QueryRow){query, row, emit_range(a, row)};
}

static void add_to_state(Attention *a, Tile state, LLVMValueRef query, LLVMValueRef lanes) {
    Emitter *e = a->e;
    LLVMValueRef sum = emit_fold(e, OP_sum, emit_get(e, e->f32x, lanes));
    emit_state_write(a, state, query, LLVMBuildFAdd(e->builder, emit_state_read(a, state, query), sum, ""));
}

/* First time: r and the products of one query over a block of keys. */
static void sum_row(Attention *a, const Second *d, LLVMValueRef query) {
    Emitter *e = a->e;
    LLVMValueRef mean = emit_local(e, e->f32x, emit_f32x(e, 0)), products = emit_local(e, e->f32x, emit_f32x(e, 0));
    QueryRow row = begin_lanes(a, d, query);
    Loop key = emit_for(e, emit_i64(e, 0), d->kv_count, LANES, "key");
    Lane l = read_lane(a, d, &row, key.i);
    emit_set(e, mean, emit_fma(e, l.p, l.x, emit_get(e, e->f32x, mean)));
    LLVMValueRef term = emit_fma(e, l.dp, l.x, l.my);
    emit_set(e, products, emit_fma(e, l.p, term, emit_get(e, e->f32x, products)));
    emit_end_for(e, &key);
    add_to_state(a, d->mean, query, mean);
    add_to_state(a, d->products, query, products);
}

/* f g + f' z dt */
static LLVMValueRef bent(Attention *a, const Lane *l, LLVMValueRef g, LLVMValueRef dt) {
    const Node *curvature = a->node->inputs[ATTENTION_CURVATURE];
    LLVMValueRef straight = emit_times_open(a, g, ATTENTION_SLOPE, &l->pair);
    if (curvature->op == OP_const && curvature->attrs.number == 0) return straight;
    LLVMValueRef change = LLVMBuildFMul(a->e->builder, l->z, dt, "");
    return emit_fma(a->e, emit_open(a, ATTENTION_CURVATURE, &l->pair), change, straight);
}

/* Second time: m p, g, ds and u in the places of p, x, dp and y. */
static void derive_row(Attention *a, const Second *d, LLVMValueRef query) {
    Emitter *e = a->e;
    LLVMBuilderRef b = e->builder;
    LLVMValueRef r = emit_splat(e, emit_state_read(a, d->mean, query));
    LLVMValueRef delta = emit_splat(e, emit_state_read(a, d->delta, query));
    LLVMValueRef w = emit_splat(e, emit_state_read(a, d->products, query));
    w = emit_fma(e, LLVMBuildFMul(b, emit_f32x(e, -2), r, ""), delta, w);
    QueryRow row = begin_lanes(a, d, query);
    Loop key = emit_for(e, emit_i64(e, 0), d->kv_count, LANES, "key");
    Lane l = read_lane(a, d, &row, key.i);
    LLVMValueRef centred_x = LLVMBuildFSub(b, l.x, r, ""), centred_dp = LLVMBuildFSub(b, l.dp, delta, "");
    /* dp x - dp r - delta x + m y - w = dp (x - r) - delta x + (m y - w) */
    LLVMValueRef slope = emit_fma(e, l.dp, centred_x, LLVMBuildFSub(b, l.my, w, ""));
    slope = LLVMBuildFSub(b, slope, LLVMBuildFMul(b, delta, l.x, ""), "");
    emit_tile_write(a, d->p, query, key.i, l.mp);
    LLVMValueRef dt = LLVMBuildFMul(b, l.p, centred_dp, ""), g = LLVMBuildFMul(b, l.p, slope, "");
    emit_tile_write(a, d->x, query, key.i, bent(a, &l, g, dt));
    emit_tile_write(a, d->dp, query, key.i, emit_times_open(a, dt, ATTENTION_SLOPE, &l.pair));
    emit_tile_write(a, d->y, query, key.i, LLVMBuildFMul(b, l.mp, centred_x, ""));
    emit_end_for(e, &key);
}

static void add_over_keys(Attention *a, const Second *d, Tile sum, Tile left, Tile right) {
    emit_product(
        a,
        &(Product){.out = sum, .left = left, .right = right, .adds = true, .rows = d->q_count, .depth = d->kv_count});
}

static void add_over_queries(Attention *a, const Second *d, Tile left, Tile right) {
    emit_product(a, &(Product){.out = d->sum,
                               .left = left,
                               .right = right,
                               .left_transposed = true,
                               .adds = true,
                               .rows = d->kv_count,
                               .depth = d->q_count});
}

static void add_results(Attention *a, const Second *d) {
    LLVMValueRef room = emit_key_room(a, d->kv_count);
    add_over_keys(a, d, d->sum_q, d->x, d->keys);
    add_over_keys(a, d, d->sum_q, d->dp, d->dk_cotangents);
    add_over_keys(a, d, d->sum_out, d->y, d->values);
    add_over_keys(a, d, d->sum_out, d->p, d->dv_cotangents);
    if (d->for_k >= 0) {
        emit_pack(a, d->sum, key_rows(a, d, d->for_k), room, 1);
        add_over_queries(a, d, d->x, d->queries);
        add_over_queries(a, d, d->dp, d->dq_cotangents);
        emit_unpack(a, d->sum, key_rows(a, d, d->for_k), 1);
    }
    if (d->for_v >= 0) {
        emit_pack(a, d->sum, key_rows(a, d, d->for_v), room, 1);
        add_over_queries(a, d, d->y, d->cotangents);
        emit_unpack(a, d->sum, key_rows(a, d, d->for_v), 1);
    }
}

typedef void RowBody(Attention *a, const Second *d, LLVMValueRef query);

/* All blocks of keys for the block of queries at hand. */
static void emit_key_blocks(Attention *a, Second *d, RowBody *body, bool gives_results) {
    Emitter *e = a->e;
    KeyRange seen = emit_wide_range(a, emit_add(e, a->q_first, d->q_block), d->q_count);
    Loop kv = emit_for(e, emit_round_down(e, seen.first, BLOCK), seen.end, BLOCK, "kv_block");
    d->kv_block = kv.i, d->kv_count = emit_block_count(a, kv.i, seen.end);
    multiply_block(a, d);
    Loop query = emit_for(e, emit_i64(e, 0), d->q_count, 1, "query");
    body(a, d, query.i);
    emit_end_for(e, &query);
    if (gives_results) add_results(a, d);
    emit_end_for(e, &kv);
}

static void emit_pair(Attention *a, void *context) {
    Emitter *e = a->e;
    Second *d = context;
    if (d->for_k >= 0) emit_clear_rows(a, (HeadRows){d->for_k, a->kv_first, a->kv_count});
    if (d->for_v >= 0) emit_clear_rows(a, (HeadRows){d->for_v, a->kv_first, a->kv_count});
    Loop q = emit_for(e, emit_i64(e, 0), a->q_count, BLOCK, "q_block");
    d->q_block = q.i, d->q_count = emit_block_count(a, q.i, a->q_count);
    begin_queries(a, d, emit_query_room(a, d->q_count));
    emit_key_blocks(a, d, sum_row, false);
    emit_key_blocks(a, d, derive_row, true);
    if (d->for_q >= 0) emit_unpack(a, d->sum_q, query_rows(a, d, d->for_q), a->scale);
    if (d->for_out >= 0) emit_unpack(a, d->sum_out, query_rows(a, d, d->for_out), 1);
    emit_end_for(e, &q);
}

void emit_attention_second(Emitter *e) {
    Second d = {.for_q = -1, .for_k = -1, .for_v = -1, .for_out = -1};
    int *results[] = {&d.for_q, &d.for_k, &d.for_v, &d.for_out};
    const Node *node = NULL;
    for (int i = 0; i < e->body->outputs.count; i++) {
        node = e->body->outputs.items[i].node;
        *results[node->attrs.ints[1]] = emit_result(e, i);
    }
    Attention a = attention_begin(e, node);
    make_tiles(&a, &d);
    emit_pairs(&a, emit_pair, &d);
}
