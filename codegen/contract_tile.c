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

/* What is brought into the second-level cache meanwhile: one line each of sixteen rows `row`
 * floats apart, then of sixteen that begin 16 * `step` floats on: the next lines of these rows, or
 * the next rows. */
typedef struct Stream {
    LLVMValueRef from, row, step;
} Stream;

enum { AHEAD = 3 };

typedef struct TileCode {
    Emitter *e;
    const Contraction *c;
    int height, count; /* count: height * vectors accumulators */
    bool packs;
    LLVMValueRef a, b, out, stride, depth, first, next, from, from_stride;
    Stream ahead[AHEAD];
    LLVMValueRef sums[MAX_ACCUMULATORS]; /* locals, which become registers */
} TileCode;

static LLVMValueRef sum_address(TileCode *t, LLVMValueRef from, int i) {
    int row = i / t->c->tiling.vectors, vector = i % t->c->tiling.vectors;
    LLVMValueRef offset = emit_mul(t->e, t->stride, emit_i64(t->e, row));
    offset = emit_add(t->e, offset, emit_i64(t->e, (int64_t)vector * t->c->tiling.lanes));
    return emit_address(t->e, from, offset);
}

/* The lines of the next tile's sums are asked for before this one's chain of multiply-adds, so that
 * they are here after it. */
static void start_sums(TileCode *t) {
    Emitter *e = t->e;
    for (int i = 0; i < t->count; i++) {
        emit_prefetch(e, sum_address(t, t->next, i), true, 3);
        t->sums[i] = emit_local(e, t->c->vector, LLVMConstNull(t->c->vector));
    }
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, t->first, ""));
    for (int i = 0; i < t->count; i++)
        emit_set(e, t->sums[i], load_lanes(e, t->c->vector, sum_address(t, t->out, i), NULL));
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
    LLVMValueRef panel = emit_address(e, t->b, emit_mul(e, k, emit_i64(e, tiling->columns)));
    LLVMValueRef from = t->packs ? emit_address(e, t->from, emit_mul(e, k, t->from_stride)) : panel;
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
    LLVMValueRef a = emit_address(e, t->a, emit_mul(e, k, emit_i64(e, k_stride)));
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
    LLVMValueRef at[AHEAD];
    for (int i = 0; i < AHEAD; i++) {
        LLVMValueRef offset = emit_mul(e, from, t->ahead[i].step);
        at[i] = emit_local(e, e->ptr, emit_address(e, t->ahead[i].from, offset));
    }
    LLVMValueRef to = emit_min(e, emit_add(e, from, emit_i64(e, LANES)), t->depth);
    Loop loop = emit_for(e, from, to, 1, "k");
    emit_step(t, loop.i);
    for (int i = 0; i < AHEAD; i++) {
        LLVMValueRef address = emit_get(e, e->ptr, at[i]);
        emit_prefetch(e, address, false, 2);
        emit_set(e, at[i], emit_address(e, address, t->ahead[i].row));
    }
    emit_end_for(e, &loop);
}

static Stream stream_of(LLVMValueRef from, const LLVMValueRef *strides) {
    return (Stream){from, strides[0], strides[1]};
}

LLVMValueRef emit_tile(const Emitter *kernel, const Contraction *c, int height, bool packs) {
    char name[32];
    snprintf(name, sizeof name, packs ? "tile_%d_packs" : "tile_%d", height);
    LLVMTypeRef p1 = kernel->ptr, i64 = kernel->i64;
    LLVMTypeRef params[] = {p1, p1, p1, i64, i64, kernel->i1, p1, p1, i64, i64, p1, i64, i64, p1, p1, i64};
    enum { COUNT = sizeof params / sizeof *params };
    Emitter e = begin_function(kernel, name, params, COUNT);
    LLVMValueRef p[COUNT];
    LLVMGetParams(e.function, p);
    TileCode t = {.e = &e,
                  .c = c,
                  .height = height,
                  .count = height * c->tiling.vectors,
                  .packs = packs,
                  .a = p[0],
                  .b = p[1],
                  .out = p[2],
                  .stride = p[3],
                  .depth = p[4],
                  .first = p[5],
                  .next = p[6],
                  .ahead = {stream_of(p[7], p + 8), stream_of(p[10], p + 11), stream_of(p[13], p + 11)},
                  .from = p[14],
                  .from_stride = dim_or(&e, c->n, p[15])};
    start_sums(&t);
    Loop loop = emit_for(&e, emit_i64(&e, 0), t.depth, LANES, "line");
    emit_sixteen(&t, loop.i);
    emit_end_for(&e, &loop);
    for (int i = 0; i < t.count; i++)
        store_lanes(&e, emit_get(&e, c->vector, t.sums[i]), sum_address(&t, t.out, i), NULL);
    return end_function(&e);
}

LLVMValueRef emit_tile_copy(const Emitter *kernel) {
    LLVMTypeRef params[] = {kernel->ptr, kernel->i64, kernel->ptr, kernel->i64, kernel->i64, kernel->i64};
    Emitter function = begin_function(kernel, "tile_copy", params, 6), *e = &function;
    LLVMValueRef p[6], zero = emit_i64(e, 0);
    LLVMGetParams(e->function, p);
    Loop row = emit_for(e, zero, p[4], 1, "row");
    LLVMValueRef to = emit_address(e, p[0], emit_mul(e, row.i, p[1]));
    LLVMValueRef from = emit_address(e, p[2], emit_mul(e, row.i, p[3]));
    Loop column = emit_for(e, zero, p[5], LANES, "column");
    LLVMValueRef mask = lanes_below(e, e->f32x, LLVMBuildSub(e->builder, p[5], column.i, ""));
    LLVMValueRef value = load_lanes(e, e->f32x, emit_address(e, from, column.i), mask);
    store_lanes(e, value, emit_address(e, to, column.i), mask);
    emit_end_for(e, &column);
    emit_end_for(e, &row);
    return end_function(e);
}

LLVMValueRef emit_tile_ask(const Emitter *kernel, const Contraction *c, bool write) {
    LLVMTypeRef params[] = {kernel->ptr, kernel->i64, kernel->i64};
    Emitter function = begin_function(kernel, write ? "ask_to_write" : "ask_to_read", params, 3);
    Emitter *e = &function;
    LLVMValueRef p[3];
    LLVMGetParams(e->function, p);
    Loop row = emit_for(e, emit_i64(e, 0), p[2], 1, "row");
    LLVMValueRef from = emit_address(e, p[0], emit_mul(e, row.i, p[1]));
    for (int column = 0; column < c->tiling.columns; column += LANES)
        emit_prefetch(e, emit_address(e, from, emit_i64(e, column)), write, 3);
    emit_end_for(e, &row);
    return end_function(e);
}
