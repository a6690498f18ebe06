/* Contract tile: the register tile, and how its size is chosen. */
#include <assert.h>
#include <stdio.h>

#include "codegen/contract.h"

/* --- Sizes ------------------------------------------------------------------------------------ */

/* Rows that fit beside `vectors` of B and two broadcasts of A in flight. */
static int rows_of(const Target *target, int vectors) { return (target->registers - vectors - 2) / vectors; }

/* The most accumulators (they hide the latency of an FMA) among tiles whose loads, one a row and
 * one a vector, leave the load ports idle a third of the time: 14 x 2 vectors of 32 registers, 6 x
 * 2 of 16. */
static void choose_tile(Tiling *t, const Target *target) {
    for (int vectors = 1; vectors <= 4; vectors *= 2) {
        int rows = rows_of(target, vectors);
        if (10 * (rows + vectors) > 7 * rows * vectors || rows * vectors <= t->rows * t->vectors) continue;
        t->rows = rows;
        t->vectors = vectors;
    }
}

/* Tiles for the last rows: few, for each is code to compile, but not one alone, for rows beyond the
 * matrix are wasted work. */
static void choose_heights(Tiling *t) {
    int step = (t->rows + 2) / 4, height = t->rows;
    while (height > step) height -= step;
    for (; height <= t->rows; height += step) t->heights[t->n_heights++] = height;
}

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }

Tiling contract_tiling(const Target *target, int64_t columns, int group) {
    Tiling t = {.lanes = target->lanes};
    choose_tile(&t, target);
    choose_heights(&t);
    if (columns && columns <= t.lanes) t.vectors = 1;
    t.columns = t.lanes * t.vectors;
    t.unit = t.columns > group ? t.columns : group;
    /* A's block takes half of the first-level cache, B's half of the second; past 384 a longer
     * block gains nothing, and costs columns. */
    int64_t depth = target->l1_bytes / 2 / (t.rows * WORD_BYTES) / 64 * 64;
    t.depth = at_most(at_least(depth, 64), 384);
    t.row_stride = t.depth + LANES;
    int64_t strip = target->l2_bytes / 2 / (t.depth * WORD_BYTES) / t.unit * t.unit;
    t.strip = at_most(at_least(strip, t.unit), 2048);
    t.sum_stride = (t.strip / LANES | 1) * LANES;
    t.sum_rows = SCRATCH_BYTES / 2 / (t.sum_stride * WORD_BYTES) / t.rows * t.rows;
    return t;
}

/* --- The tile --------------------------------------------------------------------------------- */

enum { MAX_ACCUMULATORS = 64 };

static const ParamType tile_params[TILE_PARAMS] = {
    [TILE_A] = PARAM_ADDRESS,         [TILE_B] = PARAM_ADDRESS,        [TILE_SUMS] = PARAM_ADDRESS,
    [TILE_STRIDE] = PARAM_NUMBER,     [TILE_DEPTH] = PARAM_NUMBER,     [TILE_FIRST] = PARAM_FLAG,
    [TILE_NEXT] = PARAM_ADDRESS,      [TILE_A_AHEAD] = PARAM_ADDRESS,  [TILE_A_ROW] = PARAM_NUMBER,
    [TILE_A_STEP] = PARAM_NUMBER,     [TILE_B_AHEAD] = PARAM_ADDRESS,  [TILE_B_ROW] = PARAM_NUMBER,
    [TILE_B_STEP] = PARAM_NUMBER,     [TILE_B_BESIDE] = PARAM_ADDRESS, [TILE_FROM] = PARAM_ADDRESS,
    [TILE_FROM_STRIDE] = PARAM_NUMBER};

/* What is brought into the second-level cache meanwhile, as parameters: one line each of sixteen rows `row` elements
 * of the operands apart, then of sixteen that begin 16 * `step` elements on: the next lines of these rows, or the next
 * rows. */
enum { STREAMS = 3 };
static const struct {
    int from, row, step;
} streams[STREAMS] = {{TILE_A_AHEAD, TILE_A_ROW, TILE_A_STEP},
                      {TILE_B_AHEAD, TILE_B_ROW, TILE_B_STEP},
                      {TILE_B_BESIDE, TILE_B_ROW, TILE_B_STEP}};

typedef struct TileCode {
    Emitter *e;
    const Contraction *c;
    int height, count; /* count: height * vectors accumulators */
    bool packs;
    LLVMValueRef p[TILE_PARAMS];
    LLVMValueRef sums[MAX_ACCUMULATORS]; /* locals, which become registers */
} TileCode;

static LLVMValueRef sum_address(TileCode *t, LLVMValueRef from, int i) {
    int row = i / t->c->tiling.vectors, vector = i % t->c->tiling.vectors;
    LLVMValueRef offset = emit_mul(t->e, t->p[TILE_STRIDE], emit_i64(t->e, row));
    offset = emit_add(t->e, offset, emit_i64(t->e, (int64_t)vector * t->c->tiling.lanes));
    return emit_address(t->e, from, offset);
}

/* The lines of the next tile's sums are asked for before this one's chain of multiply-adds, so that
 * they are here after it. */
static void begin_chains(TileCode *t) {
    Emitter *e = t->e;
    for (int i = 0; i < t->count; i++) {
        emit_prefetch(e, sum_address(t, t->p[TILE_NEXT], i), true, 3);
        t->sums[i] = emit_local(e, t->c->vector, LLVMConstNull(t->c->vector));
    }
}

static LLVMValueRef load_sum(TileCode *t, int i) {
    return load_lanes(t->e, t->c->vector, sum_address(t, t->p[TILE_SUMS], i), NULL);
}

static void store_sum(TileCode *t, int i, LLVMValueRef value) {
    store_lanes(t->e, value, sum_address(t, t->p[TILE_SUMS], i), NULL);
}

static LLVMValueRef broadcast(TileCode *t, LLVMValueRef address) {
    LLVMBuilderRef b = t->e->builder;
    LLVMValueRef scalar = LLVMBuildLoad2(b, t->e->f32, address, ""), poison = LLVMGetPoison(t->c->vector);
    LLVMSetAlignment(scalar, WORD_BYTES);
    LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(t->e->i32, (unsigned)t->c->tiling.lanes));
    LLVMValueRef first = LLVMBuildInsertElement(b, poison, scalar, emit_i64(t->e, 0), "");
    return LLVMBuildShuffleVector(b, first, poison, zeros, "");
}

/* Row k of the panel, from where it is or from where it comes. */
static void read_panel_row(TileCode *t, LLVMValueRef k, LLVMValueRef *columns) {
    Emitter *e = t->e;
    const Tiling *tiling = &t->c->tiling;
    LLVMValueRef panel = emit_address(e, t->p[TILE_B], emit_mul(e, k, emit_i64(e, tiling->columns))), from = NULL;
    if (t->packs) {
        LLVMValueRef stride = dim_or(e, t->c->n, t->p[TILE_FROM_STRIDE]);
        from = operand_address(e, t->c, t->p[TILE_FROM], emit_mul(e, k, stride));
    }
    for (int v = 0; v < tiling->vectors; v++) {
        LLVMValueRef offset = emit_i64(e, (int64_t)v * tiling->lanes);
        if (t->packs) {
            columns[v] = load_operand(e, t->c, t->c->vector, operand_address(e, t->c, from, offset), NULL);
            store_lanes(e, columns[v], emit_address(e, panel, offset), NULL);
        } else {
            columns[v] = load_lanes(e, t->c->vector, emit_address(e, panel, offset), NULL);
        }
    }
}

/* One step of every chain. */
static void emit_step(TileCode *t, LLVMValueRef k) {
    Emitter *e = t->e;
    const Tiling *tiling = &t->c->tiling;
    int64_t k_stride = t->c->ta ? tiling->rows : 1, row_stride = t->c->ta ? 1 : tiling->row_stride;
    LLVMValueRef columns[MAX_ACCUMULATORS];
    read_panel_row(t, k, columns);
    LLVMValueRef a = emit_address(e, t->p[TILE_A], emit_mul(e, k, emit_i64(e, k_stride)));
    for (int row = 0; row < t->height; row++) {
        LLVMValueRef x = broadcast(t, emit_address(e, a, emit_i64(e, row * row_stride)));
        for (int v = 0; v < tiling->vectors; v++) {
            LLVMValueRef sum = t->sums[row * tiling->vectors + v];
            emit_set(e, sum, emit_fma(e, x, columns[v], emit_get(e, t->c->vector, sum)));
        }
    }
}

/* Sixteen links of the chains, or what is left: k from `from` in `steps` below from + 16 * steps. Link i asks for one
 * line of row i of each stream, sixteen rows from `line` on. */
static void emit_links(TileCode *t, LLVMValueRef line, LLVMValueRef from, int steps) {
    Emitter *e = t->e;
    LLVMValueRef at[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        LLVMValueRef offset = emit_mul(e, line, t->p[streams[i].step]);
        at[i] = emit_local(e, e->ptr, operand_address(e, t->c, t->p[streams[i].from], offset));
    }
    LLVMValueRef to = emit_min(e, emit_add(e, from, emit_i64(e, (int64_t)LANES * steps)), t->p[TILE_DEPTH]);
    Loop loop = emit_for(e, from, to, steps, "k");
    emit_step(t, loop.i);
    for (int i = 0; i < STREAMS; i++) {
        LLVMValueRef address = emit_get(e, e->ptr, at[i]);
        emit_prefetch(e, address, false, 2);
        emit_set(e, at[i], operand_address(e, t->c, address, t->p[streams[i].row]));
    }
    emit_end_for(e, &loop);
}

/* One chain over all k: it waits in memory between blocks of K. */
static void emit_one_chain(TileCode *t) {
    Emitter *e = t->e;
    begin_chains(t);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, t->p[TILE_FIRST], ""));
    for (int i = 0; i < t->count; i++) emit_set(e, t->sums[i], load_sum(t, i));
    emit_end_if(e, after);
    Loop loop = emit_for(e, emit_i64(e, 0), t->p[TILE_DEPTH], LANES, "line");
    emit_links(t, loop.i, loop.i, 1);
    emit_end_for(e, &loop);
    for (int i = 0; i < t->count; i++) store_sum(t, i, emit_get(e, t->c->vector, t->sums[i]));
}

/* A block that is filled up ends each chain that misses a k with +0 * +0. That turns -0, which flushing may leave, to
 * +0; of the sum of the chains it is enough that the last one does. */
static void fill_up(TileCode *t, LLVMValueRef from) {
    Emitter *e = t->e;
    LLVMValueRef left = emit_sub(e, t->p[TILE_DEPTH], from), zero = LLVMConstNull(t->c->vector);
    LLVMBasicBlockRef after = emit_if(e, emit_less(e, left, emit_i64(e, t->c->order.block)));
    for (int i = 0; i < t->count; i++)
        emit_set(e, t->sums[i], LLVMBuildFAdd(e->builder, emit_get(e, t->c->vector, t->sums[i]), zero, ""));
    emit_end_if(e, after);
}

/* The chains of a block run one after the other in the same registers; the sum so far stays in memory. */
static void emit_block_of_chains(TileCode *t, LLVMValueRef from) {
    Emitter *e = t->e;
    const SumOrder *order = &t->c->order;
    LLVMValueRef totals[MAX_ACCUMULATORS];
    for (int chain = 0; chain < order->chains; chain++) {
        for (int i = 0; i < t->count; i++) emit_set(e, t->sums[i], LLVMConstNull(t->c->vector));
        LLVMValueRef line = emit_add(e, from, emit_i64(e, (int64_t)LANES * chain));
        emit_links(t, line, emit_add(e, from, emit_i64(e, chain)), order->chains);
        if (chain + 1 == order->chains) fill_up(t, from);
        for (int i = 0; i < t->count; i++) {
            LLVMValueRef links = emit_get(e, t->c->vector, t->sums[i]);
            totals[i] = chain ? LLVMBuildFAdd(e->builder, totals[i], links, "") : links;
        }
    }
    for (int i = 0; i < t->count; i++) store_sum(t, i, LLVMBuildFAdd(e->builder, load_sum(t, i), totals[i], ""));
}

static void emit_blocks_of_chains(TileCode *t) {
    Emitter *e = t->e;
    assert(t->c->order.block == LANES * t->c->order.chains); /* a chain has the links of emit_links */
    begin_chains(t);
    LLVMBasicBlockRef after = emit_if(e, t->p[TILE_FIRST]);
    for (int i = 0; i < t->count; i++) store_sum(t, i, LLVMConstNull(t->c->vector));
    emit_end_if(e, after);
    Loop loop = emit_for(e, emit_i64(e, 0), t->p[TILE_DEPTH], t->c->order.block, "block");
    emit_block_of_chains(t, loop.i);
    emit_end_for(e, &loop);
}

LLVMValueRef emit_tile(const Emitter *kernel, const Contraction *c, int height, bool packs) {
    char name[32];
    snprintf(name, sizeof name, packs ? "tile_%d_packs" : "tile_%d", height);
    TileCode t = {.c = c, .height = height, .count = height * c->tiling.vectors, .packs = packs};
    Emitter e = begin_function(kernel, name, tile_params, TILE_PARAMS, t.p);
    t.e = &e;
    (c->order.block ? emit_blocks_of_chains : emit_one_chain)(&t);
    return end_function(&e);
}

LLVMValueRef emit_tile_copy(const Emitter *kernel) {
    static const ParamType types[COPY_PARAMS] = {
        [COPY_TO] = PARAM_ADDRESS,         [COPY_TO_STRIDE] = PARAM_NUMBER, [COPY_FROM] = PARAM_ADDRESS,
        [COPY_FROM_STRIDE] = PARAM_NUMBER, [COPY_ROWS] = PARAM_NUMBER,      [COPY_COLUMNS] = PARAM_NUMBER};
    LLVMValueRef p[COPY_PARAMS];
    Emitter function = begin_function(kernel, "tile_copy", types, COPY_PARAMS, p), *e = &function;
    LLVMValueRef zero = emit_i64(e, 0);
    Loop row = emit_for(e, zero, p[COPY_ROWS], 1, "row");
    LLVMValueRef to = emit_address(e, p[COPY_TO], emit_mul(e, row.i, p[COPY_TO_STRIDE]));
    LLVMValueRef from = emit_address(e, p[COPY_FROM], emit_mul(e, row.i, p[COPY_FROM_STRIDE]));
    Loop column = emit_for(e, zero, p[COPY_COLUMNS], LANES, "column");
    LLVMValueRef mask = lanes_below(e, e->f32x, LLVMBuildSub(e->builder, p[COPY_COLUMNS], column.i, ""));
    LLVMValueRef value = load_lanes(e, e->f32x, emit_address(e, from, column.i), mask);
    store_lanes(e, value, emit_address(e, to, column.i), mask);
    emit_end_for(e, &column);
    emit_end_for(e, &row);
    return end_function(e);
}

LLVMValueRef emit_tile_ask(const Emitter *kernel, const Contraction *c, bool write) {
    static const ParamType types[ASK_PARAMS] = {
        [ASK_AT] = PARAM_ADDRESS, [ASK_STRIDE] = PARAM_NUMBER, [ASK_ROWS] = PARAM_NUMBER};
    LLVMValueRef p[ASK_PARAMS];
    Emitter function = begin_function(kernel, write ? "ask_to_write" : "ask_to_read", types, ASK_PARAMS, p);
    Emitter *e = &function;
    Loop row = emit_for(e, emit_i64(e, 0), p[ASK_ROWS], 1, "row");
    LLVMValueRef from = emit_address(e, p[ASK_AT], emit_mul(e, row.i, p[ASK_STRIDE]));
    for (int column = 0; column < c->tiling.columns; column += LANES)
        emit_prefetch(e, emit_address(e, from, emit_i64(e, column)), write, 3);
    emit_end_for(e, &row);
    return end_function(e);
}
