/* Contract tile: the register tile, and how its size is chosen. */
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

/* What is brought into the second-level cache meanwhile, as parameters: one line each of sixteen rows `row` floats
 * apart, then of sixteen that begin 16 * `step` floats on: the next lines of these rows, or the next rows. */
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
static void start_sums(TileCode *t) {
    Emitter *e = t->e;
    for (int i = 0; i < t->count; i++) {
        emit_prefetch(e, sum_address(t, t->p[TILE_NEXT], i), true, 3);
        t->sums[i] = emit_local(e, t->c->vector, LLVMConstNull(t->c->vector));
    }
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, t->p[TILE_FIRST], ""));
    for (int i = 0; i < t->count; i++)
        emit_set(e, t->sums[i], load_lanes(e, t->c->vector, sum_address(t, t->p[TILE_SUMS], i), NULL));
    emit_end_if(e, after);
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
    LLVMValueRef panel = emit_address(e, t->p[TILE_B], emit_mul(e, k, emit_i64(e, tiling->columns)));
    LLVMValueRef from = panel;
    if (t->packs) {
        LLVMValueRef stride = dim_or(e, t->c->n, t->p[TILE_FROM_STRIDE]);
        from = emit_address(e, t->p[TILE_FROM], emit_mul(e, k, stride));
    }
    for (int v = 0; v < tiling->vectors; v++) {
        LLVMValueRef offset = emit_i64(e, (int64_t)v * tiling->lanes);
        columns[v] = load_lanes(e, t->c->vector, emit_address(e, from, offset), NULL);
        if (t->packs) store_lanes(e, columns[v], emit_address(e, panel, offset), NULL);
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

/* Sixteen steps, or what is left: step i asks for one line of row i of each stream. */
static void emit_sixteen(TileCode *t, LLVMValueRef from) {
    Emitter *e = t->e;
    LLVMValueRef at[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        LLVMValueRef offset = emit_mul(e, from, t->p[streams[i].step]);
        at[i] = emit_local(e, e->ptr, emit_address(e, t->p[streams[i].from], offset));
    }
    LLVMValueRef to = emit_min(e, emit_add(e, from, emit_i64(e, LANES)), t->p[TILE_DEPTH]);
    Loop loop = emit_for(e, from, to, 1, "k");
    emit_step(t, loop.i);
    for (int i = 0; i < STREAMS; i++) {
        LLVMValueRef address = emit_get(e, e->ptr, at[i]);
        emit_prefetch(e, address, false, 2);
        emit_set(e, at[i], emit_address(e, address, t->p[streams[i].row]));
    }
    emit_end_for(e, &loop);
}

LLVMValueRef emit_tile(const Emitter *kernel, const Contraction *c, int height, bool packs) {
    char name[32];
    snprintf(name, sizeof name, packs ? "tile_%d_packs" : "tile_%d", height);
    TileCode t = {.c = c, .height = height, .count = height * c->tiling.vectors, .packs = packs};
    Emitter e = begin_function(kernel, name, tile_params, TILE_PARAMS, t.p);
    t.e = &e;
    start_sums(&t);
    Loop loop = emit_for(&e, emit_i64(&e, 0), t.p[TILE_DEPTH], LANES, "line");
    emit_sixteen(&t, loop.i);
    emit_end_for(&e, &loop);
    for (int i = 0; i < t.count; i++)
        store_lanes(&e, emit_get(&e, c->vector, t.sums[i]), sum_address(&t, t.p[TILE_SUMS], i), NULL);
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
