/* Attention tiles: packing, transposing and multiplying blocks in the scratch. */
#include <assert.h>

#include "codegen/attention.h"

enum { MAX_TILE_VECTORS = 4 };

/* One line is left free between tiles: rows of different tiles that are used together should not
 * all fall into the same sets of the cache. */
Tile tile_new(Attention *a, int64_t rows, int64_t columns) {
    Emitter *e = a->e;
    int64_t stride = (columns + LANES - 1) / LANES * LANES;
    Tile tile = {emit_address(e, e->scratch, emit_i64(e, a->scratch_used)), stride};
    a->scratch_used += rows * stride + LANES;
    assert(a->scratch_used * WORD_BYTES <= SCRATCH_BYTES);
    return tile;
}

LLVMValueRef emit_tile_address(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef column) {
    Emitter *e = a->e;
    LLVMValueRef start = emit_address(e, tile.base, emit_mul(e, row, emit_i64(e, tile.stride)));
    return emit_address(e, start, column);
}

LLVMValueRef emit_tile_read(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef column) {
    return emit_read(a->e, -1, a->e->f32x, emit_tile_address(a, tile, row, column), LANES * WORD_BYTES);
}

void emit_tile_write(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef column, LLVMValueRef value) {
    emit_write(a->e, -1, value, emit_tile_address(a, tile, row, column), LANES * WORD_BYTES);
}

LLVMValueRef emit_state_read(Attention *a, Tile states, LLVMValueRef query) {
    return emit_read(a->e, -1, a->e->f32, emit_address(a->e, states.base, query), WORD_BYTES);
}

void emit_state_write(Attention *a, Tile states, LLVMValueRef query, LLVMValueRef value) {
    emit_write(a->e, -1, value, emit_address(a->e, states.base, query), WORD_BYTES);
}

static LLVMValueRef round_up(Attention *a, LLVMValueRef count, int64_t power) {
    return emit_round_down(a->e, emit_add(a->e, count, emit_i64(a->e, power - 1)), power);
}

LLVMValueRef emit_block_count(Attention *a, LLVMValueRef first, LLVMValueRef total) {
    return emit_min(a->e, LLVMBuildSub(a->e->builder, total, first, ""), emit_i64(a->e, BLOCK));
}

LLVMValueRef emit_query_room(Attention *a, LLVMValueRef count) { return round_up(a, count, ROW_STEP); }
LLVMValueRef emit_key_room(Attention *a, LLVMValueRef count) { return round_up(a, count, LANES); }

void emit_tile_fill(Attention *a, Tile tile, LLVMValueRef rows, int64_t columns, double value) {
    Emitter *e = a->e;
    Loop row = emit_for(e, emit_i64(e, 0), rows, 1, "row");
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, columns), LANES, "column");
    emit_tile_write(a, tile, row.i, column.i, emit_f32x(e, value));
    emit_end_for(e, &column);
    emit_end_for(e, &row);
}

/* --- To and from buffers --- */

/* One row of this head that goes from a buffer to a tile, or the other way. */
typedef struct RowMove {
    Tile tile;
    LLVMValueRef tile_row, row; /* tile_row NULL: zeros go to the buffer */
    int buffer;
    bool to_tile;
    double scale;
} RowMove;

static LLVMValueRef scaled(Emitter *e, LLVMValueRef value, double scale) {
    return scale == 1 ? value : LLVMBuildFMul(e->builder, value, emit_f32x(e, scale), "");
}

static void move_vector(Attention *a, const RowMove *m, LLVMValueRef column, LLVMValueRef mask) {
    Emitter *e = a->e;
    LLVMValueRef start =
        emit_add(e, emit_mul(e, m->row, emit_i64(e, a->width)), emit_mul(e, a->head, emit_i64(e, a->depth)));
    LLVMValueRef address = emit_address(e, emit_address(e, e->buffers[m->buffer], start), column);
    if (m->to_tile) {
        LLVMValueRef value = emit_read_masked(e, m->buffer, e->f32x, address, mask);
        emit_tile_write(a, m->tile, m->tile_row, column, scaled(e, value, m->scale));
    } else {
        LLVMValueRef value = m->tile_row ? emit_tile_read(a, m->tile, m->tile_row, column) : emit_f32x(e, 0);
        emit_write_masked(e, m->buffer, scaled(e, value, m->scale), address, mask);
    }
}

static LLVMValueRef last_mask(const Attention *a) {
    LLVMValueRef lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = LLVMConstInt(a->e->i1, i < a->depth % LANES, false);
    return LLVMConstVector(lanes, LANES);
}

/* Vector by vector, in a loop when there are many; the last one with a mask of the columns that
 * exist. */
static void move_row(Attention *a, const RowMove *m) {
    Emitter *e = a->e;
    int64_t full = a->depth / LANES * LANES;
    if (full > MAX_TILE_VECTORS * LANES) {
        Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, full), LANES, "column");
        move_vector(a, m, column.i, NULL);
        emit_end_for(e, &column);
    } else {
        for (int64_t column = 0; column < full; column += LANES) move_vector(a, m, emit_i64(e, column), NULL);
    }
    if (full < a->depth) move_vector(a, m, emit_i64(e, full), last_mask(a));
}

void emit_pack(Attention *a, Tile tile, HeadRows rows, LLVMValueRef room, double scale) {
    Emitter *e = a->e;
    LLVMValueRef last = LLVMBuildSub(e->builder, rows.count, emit_i64(e, 1), "");
    Loop row = emit_for(e, emit_i64(e, 0), room, 1, "pack");
    LLVMValueRef from = emit_add(e, rows.first, emit_min(e, row.i, last));
    move_row(a, &(RowMove){tile, row.i, from, rows.buffer, true, scale});
    emit_end_for(e, &row);
}

void emit_unpack(Attention *a, Tile tile, HeadRows rows, double scale) {
    Emitter *e = a->e;
    Loop row = emit_for(e, emit_i64(e, 0), rows.count, 1, "unpack");
    move_row(a, &(RowMove){tile, row.i, emit_add(e, rows.first, row.i), rows.buffer, false, scale});
    emit_end_for(e, &row);
}

void emit_clear_rows(Attention *a, HeadRows rows) {
    Emitter *e = a->e;
    Loop row = emit_for(e, rows.first, emit_add(e, rows.first, rows.count), 1, "clear");
    move_row(a, &(RowMove){.row = row.i, .buffer = rows.buffer, .scale = 1});
    emit_end_for(e, &row);
}

/* --- Transposing --- */

/* A shuffle of two vectors that does the same in every group of four elements: 0..3 are those of
 * x, 4..7 those of y. */
static LLVMValueRef shuffle_fours(Emitter *e, LLVMValueRef x, LLVMValueRef y, const int pick[4]) {
    LLVMValueRef mask[LANES];
    for (int i = 0; i < LANES; i++) {
        int from = pick[i % 4], group = i / 4 * 4;
        mask[i] = emit_i32(e, from < 4 ? group + from : LANES + group + from - 4);
    }
    return LLVMBuildShuffleVector(e->builder, x, y, LLVMConstVector(mask, LANES), "");
}

static LLVMValueRef join(Emitter *e, LLVMValueRef low, LLVMValueRef high, int size) {
    LLVMValueRef mask[LANES];
    for (int i = 0; i < 2 * size; i++) mask[i] = emit_i32(e, i);
    return LLVMBuildShuffleVector(e->builder, low, high, LLVMConstVector(mask, (unsigned)(2 * size)), "");
}

/* Four columns of the rows m, 4 + m, 8 + m, 12 + m from `key`. */
static LLVMValueRef read_fours(Attention *a, Tile from, LLVMValueRef key, int m, LLVMValueRef column) {
    Emitter *e = a->e;
    LLVMValueRef start = emit_tile_address(a, from, key, column), quarter[4];
    for (int i = 0; i < 4; i++) {
        LLVMValueRef address = emit_address(e, start, emit_i64(e, (4 * i + m) * from.stride));
        quarter[i] = emit_read(e, -1, LLVMVectorType(e->f32, 4), address, 4 * WORD_BYTES);
    }
    return join(e, join(e, quarter[0], quarter[1], 4), join(e, quarter[2], quarter[3], 4), 8);
}

/* 16 keys by 4 columns: the rows are loaded so that what remains are four transpositions of 4 x 4,
 * side by side. */
static void transpose_fours(Attention *a, Tile to, Tile from, LLVMValueRef key, LLVMValueRef column) {
    static const int low[] = {0, 4, 1, 5}, high[] = {2, 6, 3, 7}, left[] = {0, 1, 4, 5}, right[] = {2, 3, 6, 7};
    Emitter *e = a->e;
    LLVMValueRef x[4], pairs[4];
    for (int m = 0; m < 4; m++) x[m] = read_fours(a, from, key, m, column);
    pairs[0] = shuffle_fours(e, x[0], x[1], low);
    pairs[1] = shuffle_fours(e, x[0], x[1], high);
    pairs[2] = shuffle_fours(e, x[2], x[3], low);
    pairs[3] = shuffle_fours(e, x[2], x[3], high);
    for (int m = 0; m < 4; m++) {
        LLVMValueRef row = shuffle_fours(e, pairs[m / 2], pairs[m / 2 + 2], m % 2 ? right : left);
        emit_tile_write(a, to, emit_add(e, column, emit_i64(e, m)), key, row);
    }
}

void emit_transpose(Attention *a, Tile to, Tile from, LLVMValueRef keys) {
    Emitter *e = a->e;
    Loop key = emit_for(e, emit_i64(e, 0), keys, LANES, "key");
    Loop column = emit_for(e, emit_i64(e, 0), emit_i64(e, a->depth), 4, "column");
    transpose_fours(a, to, from, key.i, column.i);
    emit_end_for(e, &column);
    emit_end_for(e, &key);
}

/* --- Products --- */

/* The accumulators of tile_rows rows by `vectors` vectors. */
typedef struct RegisterTile {
    const Product *p;
    int vectors;
    LLVMValueRef row, column; /* i64 */
    LLVMValueRef acc[ROW_STEP][MAX_TILE_VECTORS];
} RegisterTile;

static LLVMValueRef offset_by(Emitter *e, LLVMValueRef value, int64_t offset) {
    return offset ? emit_add(e, value, emit_i64(e, offset)) : value;
}

static LLVMValueRef left_address(Attention *a, const RegisterTile *t, LLVMValueRef k, int row) {
    Emitter *e = a->e;
    Tile left = t->p->left;
    LLVMValueRef start =
        t->p->left_transposed ? emit_tile_address(a, left, k, t->row) : emit_tile_address(a, left, t->row, k);
    return emit_address(e, start, emit_i64(e, row * (t->p->left_transposed ? 1 : left.stride)));
}

static void multiply_step(Attention *a, const RegisterTile *t, LLVMValueRef k) {
    Emitter *e = a->e;
    LLVMValueRef right[MAX_TILE_VECTORS];
    for (int v = 0; v < t->vectors; v++) {
        right[v] = emit_tile_read(a, t->p->right, k, offset_by(e, t->column, v * LANES));
    }
    for (int row = 0; row < a->tile_rows; row++) {
        LLVMValueRef left = emit_splat(e, emit_read(e, -1, e->f32, left_address(a, t, k, row), WORD_BYTES));
        for (int v = 0; v < t->vectors; v++) {
            LLVMValueRef acc = emit_get(e, e->f32x, t->acc[row][v]);
            emit_set(e, t->acc[row][v], emit_fma(e, left, right[v], acc));
        }
    }
}

static void begin_tile(Attention *a, RegisterTile *t) {
    Emitter *e = a->e;
    for (int row = 0; row < a->tile_rows; row++) {
        for (int v = 0; v < t->vectors; v++) {
            LLVMValueRef column = offset_by(e, t->column, v * LANES);
            LLVMValueRef start = emit_f32x(e, 0);
            if (t->p->adds) start = emit_tile_read(a, t->p->out, offset_by(e, t->row, row), column);
            t->acc[row][v] = emit_local(e, e->f32x, start);
        }
    }
}

static void end_tile(Attention *a, const RegisterTile *t) {
    Emitter *e = a->e;
    for (int row = 0; row < a->tile_rows; row++) {
        for (int v = 0; v < t->vectors; v++) {
            LLVMValueRef column = offset_by(e, t->column, v * LANES);
            emit_tile_write(a, t->p->out, offset_by(e, t->row, row), column, emit_get(e, e->f32x, t->acc[row][v]));
        }
    }
}

/* How many vectors wide: as many as divide the columns and as half of the registers hold. */
static int tile_vectors(const Attention *a, const Product *p) {
    const Target *target = a->e->target;
    int vectors = LANES / target->lanes, most = target->registers / (2 * a->tile_rows * vectors);
    if (most < 1) most = 1;
    if (most > MAX_TILE_VECTORS) most = MAX_TILE_VECTORS;
    int64_t columns = p->columns ? 1 : a->padded / LANES;
    while (columns % most) most--;
    return most;
}

void emit_product(Attention *a, const Product *p) {
    Emitter *e = a->e;
    RegisterTile t = {.p = p, .vectors = tile_vectors(a, p)};
    LLVMValueRef columns = p->columns ? p->columns : emit_i64(e, a->padded);
    Loop row = emit_for(e, emit_i64(e, 0), p->rows, a->tile_rows, "rows");
    Loop column = emit_for(e, emit_i64(e, 0), columns, t.vectors * LANES, "columns");
    t.row = row.i, t.column = column.i;
    begin_tile(a, &t);
    Loop k = emit_for(e, emit_i64(e, 0), p->depth, 1, "k");
    multiply_step(a, &t, k.i);
    emit_end_for(e, &k);
    end_tile(a, &t);
    emit_end_for(e, &column);
    emit_end_for(e, &row);
}
