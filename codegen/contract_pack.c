/* Contract packing: blocks of the operands, copied to where the register tile reads them one after
 * another. */
#include "codegen/contract.h"

static const ParamType pack_params[PACK_PARAMS] = {[PACK_TO] = PARAM_ADDRESS,
                                                   [PACK_FROM] = PARAM_ADDRESS,
                                                   [PACK_STRIDE] = PARAM_NUMBER,
                                                   [PACK_COUNT] = PARAM_NUMBER,
                                                   [PACK_DEPTH] = PARAM_NUMBER};

/* --- A stored [M, K]: rows -------------------------------------------------------------------- */

/* The last row stands in for those beyond it, so that the tile reads numbers. */
static void emit_pack_rows(Emitter *e, const Contraction *c, const LLVMValueRef *p) {
    LLVMValueRef stride = dim_or(e, c->k, p[PACK_STRIDE]);
    LLVMValueRef full = emit_round_down(e, p[PACK_DEPTH], LANES);
    LLVMValueRef last = LLVMBuildSub(e->builder, p[PACK_COUNT], emit_i64(e, 1), "");
    Loop row = emit_for(e, emit_i64(e, 0), emit_i64(e, c->tiling.rows), 1, "row");
    LLVMValueRef from = operand_address(e, c, p[PACK_FROM], emit_mul(e, emit_min(e, row.i, last), stride));
    LLVMValueRef to = emit_address(e, p[PACK_TO], emit_mul(e, row.i, emit_i64(e, c->tiling.row_stride)));
    Loop k = emit_for(e, emit_i64(e, 0), full, LANES, "k");
    store_lanes(e, load_operand(e, c, e->f32x, operand_address(e, c, from, k.i), NULL), emit_address(e, to, k.i), NULL);
    emit_end_for(e, &k);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildICmp(e->builder, LLVMIntNE, full, p[PACK_DEPTH], ""));
    LLVMValueRef mask = lanes_below(e, e->f32x, LLVMBuildSub(e->builder, p[PACK_DEPTH], full, ""));
    store_lanes(e, load_operand(e, c, e->f32x, operand_address(e, c, from, full), mask), emit_address(e, to, full),
                NULL);
    emit_end_if(e, after);
    emit_end_for(e, &row);
}

/* --- A stored [K, M]: a panel ----------------------------------------------------------------- */

/* Vector v of a whole tile's rows, of which the last may be short. */
static LLVMValueRef load_tile_rows(Emitter *e, const Contraction *c, LLVMValueRef address, int v) {
    int lanes = c->tiling.lanes, left = c->tiling.rows - v * lanes;
    if (left >= lanes) return load_operand(e, c, c->vector, address, NULL);
    LLVMValueRef some = load_operand(e, c, LLVMVectorType(e->f32, (unsigned)left), address, NULL), order[LANES];
    for (int i = 0; i < lanes; i++) order[i] = emit_i32(e, i < left ? i : 0);
    return LLVMBuildShuffleVector(e->builder, some, LLVMGetPoison(LLVMTypeOf(some)),
                                  LLVMConstVector(order, (unsigned)lanes), "");
}

/* Rows 0 to `depth` of the panel; `masks` of its vectors, NULL: all of a tile's rows are there. Whole vectors are
 * stored: what one step writes past its rows, the next step writes anew. */
static void pack_panel_rows(Emitter *e, const Contraction *c, const LLVMValueRef *p, LLVMValueRef depth,
                            const LLVMValueRef *masks) {
    int lanes = c->tiling.lanes, vectors = (c->tiling.rows + lanes - 1) / lanes;
    LLVMValueRef stride = dim_or(e, c->m, p[PACK_STRIDE]), values[LANES];
    Loop k = emit_for(e, emit_i64(e, 0), depth, 1, "k");
    LLVMValueRef from = operand_address(e, c, p[PACK_FROM], emit_mul(e, k.i, stride));
    LLVMValueRef to = emit_address(e, p[PACK_TO], emit_mul(e, k.i, emit_i64(e, c->tiling.rows)));
    for (int v = 0; v < vectors; v++) {
        LLVMValueRef address = operand_address(e, c, from, emit_i64(e, (int64_t)v * lanes));
        values[v] = masks ? load_operand(e, c, c->vector, address, masks[v]) : load_tile_rows(e, c, address, v);
    }
    for (int v = 0; v < vectors; v++) {
        store_lanes(e, values[v], emit_address(e, to, emit_i64(e, (int64_t)v * lanes)), NULL);
    }
    emit_end_for(e, &k);
}

/* There are masked loads of words; of less than a word they would be a branch for each lane, so that a whole tile's
 * rows are loaded by their number. */
static void emit_pack_columns(Emitter *e, const Contraction *c, const LLVMValueRef *p) {
    int lanes = c->tiling.lanes, vectors = (c->tiling.rows + lanes - 1) / lanes;
    LLVMValueRef depth = p[PACK_DEPTH], masks[LANES];
    for (int v = 0; v < vectors; v++) {
        LLVMValueRef left = LLVMBuildSub(e->builder, p[PACK_COUNT], emit_i64(e, (int64_t)v * lanes), "");
        masks[v] = lanes_below(e, c->vector, left);
    }
    if (elem_bytes(c->elem) < WORD_BYTES) {
        LLVMValueRef short_of_rows = emit_less(e, p[PACK_COUNT], emit_i64(e, c->tiling.rows));
        pack_panel_rows(e, c, p, emit_select(e, short_of_rows, emit_i64(e, 0), depth), NULL);
        depth = emit_select(e, short_of_rows, depth, emit_i64(e, 0));
    }
    pack_panel_rows(e, c, p, depth, masks);
}

LLVMValueRef emit_pack_a(const Emitter *kernel, const Contraction *c) {
    LLVMValueRef p[PACK_PARAMS];
    Emitter e = begin_function(kernel, "pack_a", pack_params, PACK_PARAMS, p);
    (c->ta ? emit_pack_columns : emit_pack_rows)(&e, c, p);
    return end_function(&e);
}

/* --- B stored [K, N]: columns are copied ------------------------------------------------------ */

/* Where row k of the panel that begins at column `column` lies. */
static LLVMValueRef panel_address(Emitter *e, const Contraction *c, const LLVMValueRef *p, LLVMValueRef column,
                                  LLVMValueRef k) {
    LLVMValueRef padded = emit_round_down(e, emit_add(e, p[PACK_DEPTH], emit_i64(e, LANES - 1)), LANES);
    LLVMValueRef offset = emit_add(e, emit_mul(e, column, padded), emit_mul(e, k, emit_i64(e, c->tiling.columns)));
    return emit_address(e, p[PACK_TO], offset);
}

static void copy_panel_row(Emitter *e, const Contraction *c, LLVMValueRef to, LLVMValueRef from, LLVMValueRef count) {
    for (int v = 0; v < c->tiling.vectors; v++) {
        LLVMValueRef offset = emit_i64(e, (int64_t)v * c->tiling.lanes), mask = NULL;
        if (count) mask = lanes_below(e, c->vector, LLVMBuildSub(e->builder, count, offset, ""));
        LLVMValueRef columns = load_operand(e, c, c->vector, operand_address(e, c, from, offset), mask);
        store_lanes(e, columns, emit_address(e, to, offset), NULL);
    }
}

/* May the last panel be narrower than the others? */
static bool has_narrow_panel(const Contraction *c) {
    return !dim_is_const(c->n) || c->n.offset % c->tiling.columns != 0;
}

/* A row of B is read from end to end, for the sake of the prefetcher; the panels are in the
 * second-level cache. */
static void emit_copy_panels(Emitter *e, const Contraction *c, const LLVMValueRef *p) {
    LLVMValueRef full = emit_round_down(e, p[PACK_COUNT], c->tiling.columns), stride = dim_or(e, c->n, p[PACK_STRIDE]);
    Loop k = emit_for(e, emit_i64(e, 0), p[PACK_DEPTH], 1, "k");
    LLVMValueRef from = operand_address(e, c, p[PACK_FROM], emit_mul(e, k.i, stride));
    Loop column = emit_for(e, emit_i64(e, 0), full, c->tiling.columns, "column");
    copy_panel_row(e, c, panel_address(e, c, p, column.i, k.i), operand_address(e, c, from, column.i), NULL);
    emit_end_for(e, &column);
    if (has_narrow_panel(c)) {
        LLVMBasicBlockRef after = emit_if(e, LLVMBuildICmp(e->builder, LLVMIntNE, full, p[PACK_COUNT], ""));
        LLVMValueRef count = LLVMBuildSub(e->builder, p[PACK_COUNT], full, "");
        copy_panel_row(e, c, panel_address(e, c, p, full, k.i), operand_address(e, c, from, full), count);
        emit_end_if(e, after);
    }
    emit_end_for(e, &k);
}

/* --- B stored [N, K]: squares are transposed -------------------------------------------------- */

/* Lanes of (a, b): pieces of `width` lanes, every other one, from a and b by turns. `odd`:
 * beginning with the second piece. */
static LLVMValueRef interleave(Emitter *e, int lanes, int width, bool odd, LLVMValueRef a, LLVMValueRef b) {
    LLVMValueRef lane[LANES];
    for (int i = 0; i < lanes; i++) {
        int piece = i / width, from_b = piece % 2;
        lane[i] = emit_i32(e, (piece - from_b + odd) * width + i % width + from_b * lanes);
    }
    return LLVMBuildShuffleVector(e->builder, a, b, LLVMConstVector(lane, (unsigned)lanes), "");
}

/* Transposes a square of vectors in place: a square of squares, whose off-diagonal quarters change
 * places, from single lanes up to halves of the vector. */
static void transpose_square(Emitter *e, int lanes, LLVMValueRef *rows) {
    for (int width = 1; width < lanes; width *= 2) {
        for (int i = 0; i < lanes; i++) {
            if (i & width) continue;
            LLVMValueRef a = rows[i], b = rows[i + width];
            rows[i] = interleave(e, lanes, width, false, a, b);
            rows[i + width] = interleave(e, lanes, width, true, a, b);
        }
    }
}

/* The square at column `column` and depth k. `careful`: columns beyond the last are read as the
 * last, and a depth beyond the block as 0. */
static void emit_square(Emitter *e, const Contraction *c, const LLVMValueRef *p, LLVMValueRef column, LLVMValueRef k,
                        bool careful) {
    int lanes = c->tiling.lanes;
    LLVMValueRef stride = dim_or(e, c->k, p[PACK_STRIDE]), rows[LANES], mask = NULL;
    LLVMValueRef from = operand_address(e, c, p[PACK_FROM], k),
                 last = LLVMBuildSub(e->builder, p[PACK_COUNT], emit_i64(e, 1), "");
    if (careful) mask = lanes_below(e, c->vector, LLVMBuildSub(e->builder, p[PACK_DEPTH], k, ""));
    for (int i = 0; i < lanes; i++) {
        LLVMValueRef row = emit_add(e, column, emit_i64(e, i));
        if (careful) row = emit_min(e, row, last);
        LLVMValueRef address = operand_address(e, c, from, emit_mul(e, row, stride));
        LLVMValueRef ahead = emit_mul(e, stride, emit_i64(e, lanes));
        if (!careful) emit_prefetch(e, operand_address(e, c, address, ahead), false, 2);
        rows[i] = load_operand(e, c, c->vector, address, mask);
    }
    transpose_square(e, lanes, rows);
    LLVMValueRef panel = emit_round_down(e, column, c->tiling.columns);
    LLVMValueRef to = panel_address(e, c, p, panel, k);
    to = emit_address(e, to, LLVMBuildSub(e->builder, column, panel, ""));
    for (int i = 0; i < lanes; i++) {
        store_lanes(e, rows[i], emit_address(e, to, emit_i64(e, (int64_t)i * c->tiling.columns)), NULL);
    }
}

static bool has_narrow_square(const Contraction *c) {
    bool k = !dim_is_const(c->k) || c->k.offset % c->tiling.lanes != 0;
    return k || !dim_is_const(c->n) || c->n.offset % c->tiling.lanes != 0;
}

/* A whole panel is filled even where it is wider than what is left, so that the tile reads numbers.
 */
static void emit_transpose_panels(Emitter *e, const Contraction *c, const LLVMValueRef *p) {
    int lanes = c->tiling.lanes;
    LLVMValueRef wide = emit_mul(e, emit_div_up(e, p[PACK_COUNT], c->tiling.columns), emit_i64(e, c->tiling.columns));
    LLVMValueRef inner = emit_round_down(e, p[PACK_DEPTH], lanes);
    Loop column = emit_for(e, emit_i64(e, 0), wide, lanes, "column");
    LLVMValueRef end = emit_add(e, column.i, emit_i64(e, lanes));
    LLVMValueRef whole = LLVMBuildICmp(e->builder, LLVMIntSLE, end, p[PACK_COUNT], "");
    LLVMValueRef easy = LLVMBuildSelect(e->builder, whole, inner, emit_i64(e, 0), "");
    Loop k = emit_for(e, emit_i64(e, 0), easy, lanes, "k");
    emit_square(e, c, p, column.i, k.i, false);
    emit_end_for(e, &k);
    if (has_narrow_square(c) || has_narrow_panel(c)) {
        Loop rest = emit_for(e, easy, p[PACK_DEPTH], lanes, "rest");
        emit_square(e, c, p, column.i, rest.i, true);
        emit_end_for(e, &rest);
    }
    emit_end_for(e, &column);
}

LLVMValueRef emit_pack_b(const Emitter *kernel, const Contraction *c) {
    LLVMValueRef p[PACK_PARAMS];
    Emitter e = begin_function(kernel, "pack_b", pack_params, PACK_PARAMS, p);
    (c->tb ? emit_transpose_panels : emit_copy_panels)(&e, c, p);
    return end_function(&e);
}
