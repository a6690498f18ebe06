/* Contract: matmul kernels. The picture is in contract.h. */
#include "codegen/contract.h"

#include <assert.h>

/* --- The kernel ------------------------------------------------------------------------------- */

/* The code while it is written: what is known where the builder stands. All values are i64 but the
 * pointers. */
typedef struct Writer {
    Emitter *e;
    Contraction c;
    Scope root;
    Type type;  /* of the sums: f32[M, N] */
    int sums;   /* the buffer they are kept in: the matmul's if it is a result, else any result's */
    bool alone; /* the sums are the only result: no epilogue */
    int vectors; /* that the epilogue takes at once */
    LLVMValueRef m, n, k;
    LLVMValueRef a, b; /* operands */
    /* Parts of the scratch: a tile at an edge of C, A's copy, B's panels. */
    LLVMValueRef tile_place, a_place, b_place;
    LLVMValueRef pack_a, pack_b, copy, tiles[MAX_HEIGHTS];
    /* This thread's rectangle. */
    LLVMValueRef row_from, row_to, column_from, column_to;
    /* Columns in a strip, depth of a block of K: evened out below their bounds. */
    LLVMValueRef strip, block;
    LLVMValueRef column, columns; /* this strip */
    /* This block of K; the depth of its panels; is it the first? (i1) */
    LLVMValueRef depth_from, depth, padded, first;
    /* The block of B after this one: where, and how many rows of it there are. */
    LLVMValueRef ahead, ahead_rows;
    LLVMValueRef row, rows; /* this tile's */
} Writer;

static LLVMValueRef less(Writer *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildICmp(w->e->builder, LLVMIntSLT, a, b, "");
}
static LLVMValueRef minus(Writer *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildNSWSub(w->e->builder, a, b, "");
}
static LLVMValueRef divide(Writer *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildUDiv(w->e->builder, a, b, "");
}
static LLVMValueRef divide_up(Writer *w, LLVMValueRef a, LLVMValueRef b) {
    return divide(w, minus(w, emit_add(w->e, a, b), emit_i64(w->e, 1)), b);
}
static LLVMValueRef times(Writer *w, LLVMValueRef a, int64_t b) {
    return emit_mul(w->e, a, emit_i64(w->e, b));
}
static LLVMValueRef at_least_one(Writer *w, LLVMValueRef a) {
    return emit_intrinsic(w->e, "llvm.smax", 1, &w->e->i64, 2,
                          (LLVMValueRef[]){a, emit_i64(w->e, 1)});
}

static const Node *find_matmul(const Graph *body) {
    for (int i = 0; i < body->nodes.count; i++) {
        if (body->nodes.items[i]->op == OP_matmul) return body->nodes.items[i];
    }
    assert(false); /* a contract kernel has one */
    return NULL;
}

static void find_results(Writer *w) {
    const Graph *body = w->e->body;
    w->sums = emit_result(w->e, 0);
    bool found = false;
    for (int i = 0; i < body->outputs.count; i++) {
        if (body->outputs.items[i].node != w->c.matmul) continue;
        w->sums = emit_result(w->e, i);
        found = true;
    }
    w->alone = found && body->outputs.count == 1;
}

static Contraction describe(const Emitter *e, int group) {
    const Node *matmul = find_matmul(e->body);
    Contraction c = {
        .matmul = matmul, .ta = matmul->attrs.ints[0] != 0, .tb = matmul->attrs.ints[1] != 0};
    c.m = matmul->type.dims[0];
    c.n = matmul->type.dims[1];
    c.k = matmul->inputs[0]->type.dims[c.ta ? 0 : 1];
    c.tiling = contract_tiling(e->target, dim_is_const(c.n) ? c.n.offset : 0, group);
    c.vector = LLVMVectorType(e->f32, (unsigned)c.tiling.lanes);
    return c;
}

/* The scratch: the tile at an edge, A's copy, B's panels, each from a new page. */
static void place_scratch(Writer *w) {
    const Tiling *t = &w->c.tiling;
    int64_t page = 4096 / ELEMENT_BYTES;
    int64_t tile = ((int64_t)t->rows * t->columns + page) / page * page;
    int64_t a = (t->rows * t->row_stride + page) / page * page;
    assert((tile + a + (t->depth + LANES) * t->strip) * ELEMENT_BYTES <= SCRATCH_BYTES);
    w->tile_place = w->e->scratch;
    w->a_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile));
    w->b_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile + a));
}

static void begin_writer(Writer *w) {
    Emitter *e = w->e;
    w->vectors = body_has(e->body, OP_random) ? 4 : 1; /* 64 columns share their random words */
    w->c = describe(e, w->vectors * LANES);
    w->type = w->c.matmul->type;
    find_results(w);
    w->m = emit_dim(e, w->c.m);
    w->n = emit_dim(e, w->c.n);
    w->k = emit_dim(e, w->c.k);
    w->a = e->buffers[emit_operand(w->c.matmul->inputs[0])];
    w->b = e->buffers[emit_operand(w->c.matmul->inputs[1])];
    w->pack_a = emit_pack_a(e, &w->c);
    w->pack_b = emit_pack_b(e, &w->c);
    w->copy = emit_tile_copy(e);
    for (int i = 0; i < w->c.tiling.n_heights; i++)
        w->tiles[i] = emit_tile(e, &w->c, w->c.tiling.heights[i]);
    place_scratch(w);
    scope_open(&w->root, NULL);
    emit_uniform_nodes(e, &w->root);
}

/* --- Threads ---------------------------------------------------------------------------------- */

/* The threads form a grid: `across` of them share the columns, threads / across the rows. The best
 * grid has the least work in the largest rectangle: multiply-adds, and the copies, a row of A
 * costing about as much as 4 columns of multiply-adds and a column of B as 10 rows. */
static LLVMValueRef choose_grid(Writer *w, LLVMValueRef tiles, LLVMValueRef units) {
    Emitter *e = w->e;
    LLVMValueRef best = emit_local(e, e->i64, emit_i64(e, INT64_MAX)),
                 across = emit_local(e, e->i64, emit_i64(e, 1));
    Loop loop = emit_for(e, emit_i64(e, 1), emit_add(e, e->threads, emit_i64(e, 1)), 1, "across");
    LLVMValueRef rows =
        times(w, divide_up(w, tiles, divide(w, e->threads, loop.i)), w->c.tiling.rows);
    LLVMValueRef columns = times(w, divide_up(w, units, loop.i), w->c.tiling.unit);
    LLVMValueRef cost = emit_add(e, emit_mul(e, rows, columns),
                                 emit_add(e, times(w, rows, 4), times(w, columns, 10)));
    LLVMValueRef old = emit_get(e, e->i64, best), better = less(w, cost, old);
    emit_set(e, best, LLVMBuildSelect(e->builder, better, cost, old, ""));
    LLVMValueRef kept = emit_get(e, e->i64, across);
    emit_set(e, across, LLVMBuildSelect(e->builder, better, loop.i, kept, ""));
    emit_end_for(e, &loop);
    return emit_get(e, e->i64, across);
}

/* Part `part` of `parts` of `items` things of `size` each, of which `extent` exist. A part past the
 * last is empty. */
static void share(Writer *w, LLVMValueRef items, LLVMValueRef part, LLVMValueRef parts,
                  int64_t size, LLVMValueRef extent, LLVMValueRef *from, LLVMValueRef *to) {
    Emitter *e = w->e;
    LLVMValueRef begin = emit_min(e, part, parts),
                 end = emit_min(e, emit_add(e, part, emit_i64(e, 1)), parts);
    *from = times(w, divide(w, emit_mul(e, items, begin), parts), size);
    *to = emit_min(e, times(w, divide(w, emit_mul(e, items, end), parts), size), extent);
}

static void emit_rectangle(Writer *w) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef tiles = emit_div_up(e, w->m, t->rows), units = emit_div_up(e, w->n, t->unit);
    LLVMValueRef across = choose_grid(w, tiles, units), down = divide(w, e->threads, across);
    LLVMValueRef row_part = divide(w, e->thread, across),
                 column_part = LLVMBuildURem(e->builder, e->thread, across, "");
    share(w, tiles, row_part, down, t->rows, w->m, &w->row_from, &w->row_to);
    share(w, units, column_part, across, t->unit, w->n, &w->column_from, &w->column_to);
}

/* --- From the rectangle down to the tile ------------------------------------------------------ */

static LLVMValueRef sum_address(Writer *w, LLVMValueRef row, LLVMValueRef column) {
    Emitter *e = w->e;
    return emit_address(e, e->buffers[w->sums], emit_add(e, emit_mul(e, row, w->n), column));
}

static LLVMValueRef a_address(Writer *w, LLVMValueRef row) {
    LLVMValueRef outer = w->c.ta ? w->depth_from : row, inner = w->c.ta ? row : w->depth_from;
    return emit_address(w->e, w->a,
                        emit_add(w->e, emit_mul(w->e, outer, w->c.ta ? w->m : w->k), inner));
}

static LLVMValueRef b_address(Writer *w, LLVMValueRef column, LLVMValueRef depth_from) {
    LLVMValueRef outer = w->c.tb ? column : depth_from, inner = w->c.tb ? depth_from : column;
    return emit_address(w->e, w->b,
                        emit_add(w->e, emit_mul(w->e, outer, w->c.tb ? w->k : w->n), inner));
}

static LLVMValueRef choose_tile_function(Writer *w) {
    const Tiling *t = &w->c.tiling;
    LLVMValueRef function = w->tiles[t->n_heights - 1];
    for (int i = t->n_heights - 2; i >= 0; i--) {
        LLVMValueRef fits = less(w, w->rows, emit_i64(w->e, t->heights[i] + 1));
        function = LLVMBuildSelect(w->e->builder, fits, w->tiles[i], function, "");
    }
    return function;
}

/* Runs the tile over the panel at column `offset` of the strip. Meanwhile what is packed next is
 * asked for from memory, so that it is packed from the second-level cache: by tile number i of a
 * block, the rows 2i and 2i + 1 of B's next block; of A's next rows, one by each of the first tiles
 * of a row, or, where A is stored [K, M], all by two of them (the pieces may lie in two cache
 * lines). */
static void emit_one_tile(Writer *w, LLVMValueRef tile, LLVMValueRef offset, LLVMValueRef sums,
                          LLVMValueRef stride) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef above = divide(w, minus(w, w->row, w->row_from), emit_i64(e, t->rows));
    LLVMValueRef panels = emit_div_up(e, w->columns, t->columns),
                 along = divide(w, offset, emit_i64(e, t->columns));
    LLVMValueRef number = emit_add(e, emit_mul(e, above, panels), along), ahead[3];
    for (int i = 0; i < 2; i++) {
        LLVMValueRef row = emit_add(e, times(w, number, 2), emit_i64(e, i));
        LLVMValueRef address = emit_address(e, w->ahead, emit_mul(e, row, w->c.tb ? w->k : w->n));
        ahead[i] =
            LLVMBuildSelect(e->builder, less(w, row, w->ahead_rows), address, w->a_place, "");
    }
    LLVMValueRef step = w->c.ta ? emit_i64(e, t->rows - 1) : emit_i64(e, 1);
    LLVMValueRef next =
        emit_add(e, emit_add(e, w->row, emit_i64(e, t->rows)), emit_mul(e, along, step));
    LLVMValueRef useful = less(w, along, emit_i64(e, w->c.ta ? 2 : t->rows));
    useful = LLVMBuildAnd(e->builder, useful, less(w, next, w->row_to), "");
    ahead[2] = LLVMBuildSelect(e->builder, useful, a_address(w, next), w->a_place, "");
    LLVMValueRef ahead_stride =
        LLVMBuildSelect(e->builder, useful, w->c.ta ? w->m : emit_i64(e, 1), emit_i64(e, 0), "");
    LLVMValueRef panel = emit_address(e, w->b_place, emit_mul(e, offset, w->padded));
    emit_call(e, tile, 10,
              (LLVMValueRef[]){w->a_place, panel, sums, stride, w->depth, w->first, ahead[0],
                               ahead[1], ahead[2], ahead_stride});
}

/* A tile that C does not fill is computed aside. */
static void emit_edge_tile(Writer *w, LLVMValueRef tile, LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef sums = sum_address(w, w->row, emit_add(e, w->column, offset)),
                 stride = emit_i64(e, w->c.tiling.columns);
    LLVMValueRef columns = emit_min(e, minus(w, w->columns, offset), stride);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, w->first, ""));
    emit_call(e, w->copy, 6, (LLVMValueRef[]){w->tile_place, stride, sums, w->n, w->rows, columns});
    emit_end_if(e, after);
    emit_one_tile(w, tile, offset, w->tile_place, stride);
    emit_call(e, w->copy, 6, (LLVMValueRef[]){sums, w->n, w->tile_place, stride, w->rows, columns});
}

/* The tiles of these rows, over the panels of the strip. */
static void emit_row_of_tiles(Writer *w) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef tile = choose_tile_function(w), full = emit_round_down(e, w->columns, t->columns);
    LLVMValueRef short_of_rows = less(w, w->rows, emit_i64(e, t->rows));
    LLVMValueRef whole = LLVMBuildSelect(e->builder, short_of_rows, emit_i64(e, 0), full, "");
    Loop loop = emit_for(e, emit_i64(e, 0), whole, t->columns, "tile");
    emit_one_tile(w, tile, loop.i, sum_address(w, w->row, emit_add(e, w->column, loop.i)), w->n);
    emit_end_for(e, &loop);
    Loop edge = emit_for(e, whole, w->columns, t->columns, "edge");
    emit_edge_tile(w, tile, edge.i);
    emit_end_for(e, &edge);
}

static void epilogue_chunk(Emitter *e, Scope *scope, void *context, Coord column,
                           LLVMValueRef mask) {
    Writer *w = context;
    Index index = {.at = {coord_splat(w->row), column}, .mask = mask};
    scope_bind(e, scope, w->c.matmul, &index, emit_load(e, w->sums, &w->type, &index));
    for (int i = 0; i < e->body->outputs.count; i++) {
        if (e->body->outputs.items[i].node != w->c.matmul || emit_result(e, i) != w->sums)
            emit_output(e, scope, i, &index);
    }
}

/* After the last block of K, while the rows' sums are in the first-level cache. Widths known to
 * divide N need no masks. */
static void emit_epilogue(Writer *w, LLVMValueRef last) {
    Emitter *e = w->e;
    if (w->alone) return;
    LLVMBasicBlockRef after = emit_if(e, last);
    Writer at_row = *w;
    Loop row = emit_for(e, w->row, emit_add(e, w->row, w->rows), 1, "row");
    at_row.row = row.i;
    int width = w->vectors * LANES;
    LLVMValueRef end = emit_add(e, w->column, w->columns);
    if (dim_is_const(w->c.n) && w->c.n.offset % width == 0) {
        Loop column = emit_for(e, w->column, end, width, "column");
        Scope scope;
        scope_open(&scope, &w->root);
        for (int i = 0; i < w->vectors; i++) {
            epilogue_chunk(e, &scope, &at_row, coord_lanes(column.i, (int64_t)i * LANES, width),
                           NULL);
        }
        scope_close(&scope);
        emit_end_for(e, &column);
    } else {
        emit_chunks(e, &w->root, w->column, end, w->vectors, epilogue_chunk, &at_row);
    }
    emit_end_for(e, &row);
    emit_end_if(e, after);
}

static void emit_rows(Writer *w, LLVMValueRef last) {
    Emitter *e = w->e;
    Loop loop = emit_for(e, w->row_from, w->row_to, w->c.tiling.rows, "rows");
    w->row = loop.i;
    w->rows = emit_min(e, minus(w, w->row_to, w->row), emit_i64(e, w->c.tiling.rows));
    LLVMValueRef stride = w->c.ta ? w->m : w->k;
    emit_call(e, w->pack_a, 5,
              (LLVMValueRef[]){w->a_place, a_address(w, w->row), stride, w->rows, w->depth});
    emit_row_of_tiles(w);
    emit_epilogue(w, last);
    emit_end_for(e, &loop);
}

/* The next block of this strip, or the first one of the next strip. */
static void find_ahead(Writer *w, LLVMValueRef last) {
    Emitter *e = w->e;
    LLVMValueRef zero = emit_i64(e, 0), depth_from = emit_add(e, w->depth_from, w->depth);
    LLVMValueRef column =
        LLVMBuildSelect(e->builder, last, emit_add(e, w->column, w->columns), w->column, "");
    depth_from = LLVMBuildSelect(e->builder, last, zero, depth_from, "");
    LLVMValueRef rows = w->c.tb ? emit_min(e, minus(w, w->column_to, column), w->strip)
                                : emit_min(e, minus(w, w->k, depth_from), w->block);
    w->ahead = b_address(w, column, depth_from);
    w->ahead_rows = LLVMBuildSelect(e->builder, less(w, column, w->column_to), rows, zero, "");
}

/* At least one block, even of depth 0: the sum of nothing is +0, and has an epilogue. */
static void emit_blocks(Writer *w) {
    Emitter *e = w->e;
    Loop loop =
        emit_for(e, emit_i64(e, 0), at_least_one(w, divide_up(w, w->k, w->block)), 1, "block");
    w->depth_from = emit_mul(e, loop.i, w->block);
    w->depth = emit_min(e, minus(w, w->k, w->depth_from), w->block);
    w->padded = emit_round_down(e, emit_add(e, w->depth, emit_i64(e, LANES - 1)), LANES);
    w->first = LLVMBuildICmp(e->builder, LLVMIntEQ, loop.i, emit_i64(e, 0), "");
    LLVMValueRef last =
        LLVMBuildICmp(e->builder, LLVMIntEQ, emit_add(e, w->depth_from, w->depth), w->k, "");
    LLVMValueRef stride = w->c.tb ? w->k : w->n;
    emit_call(e, w->pack_b, 5,
              (LLVMValueRef[]){w->b_place, b_address(w, w->column, w->depth_from), stride,
                               w->columns, w->depth});
    find_ahead(w, last);
    emit_rows(w, last);
    emit_end_for(e, &loop);
}

/* `extent` in the fewest parts of at most `most`, all but the last equal and multiples of `unit`;
 * at least one unit. */
static LLVMValueRef even_parts(Writer *w, LLVMValueRef extent, int64_t most, int64_t unit) {
    Emitter *e = w->e;
    LLVMValueRef parts = at_least_one(w, emit_div_up(e, extent, most));
    return times(w, at_least_one(w, emit_div_up(e, divide_up(w, extent, parts), unit)), unit);
}

static void emit_strips(Writer *w) {
    Emitter *e = w->e;
    LLVMValueRef all = minus(w, w->column_to, w->column_from);
    w->strip = even_parts(w, all, w->c.tiling.strip, w->c.tiling.unit);
    w->block = even_parts(w, w->k, w->c.tiling.depth, LANES);
    Loop loop = emit_for(e, emit_i64(e, 0), divide_up(w, all, w->strip), 1, "strip");
    w->column = emit_add(e, w->column_from, emit_mul(e, loop.i, w->strip));
    w->columns = emit_min(e, minus(w, w->column_to, w->column), w->strip);
    emit_blocks(w);
    emit_end_for(e, &loop);
}

void emit_contract(Emitter *e) {
    Writer writer = {.e = e}, *w = &writer;
    begin_writer(w);
    emit_rectangle(w);
    LLVMValueRef rows = less(w, w->row_from, w->row_to),
                 columns = less(w, w->column_from, w->column_to);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildAnd(e->builder, rows, columns, ""));
    emit_strips(w);
    emit_end_if(e, after);
    scope_close(&w->root);
}
