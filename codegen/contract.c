/* Contract: matmul kernels. The picture is in contract.h. */
#include "codegen/contract.h"

#include <assert.h>

/* --- The kernel ------------------------------------------------------------------------------- */

/* The code while it is written: what is known where the builder stands. All values are i64 but the
 * pointers. */
typedef struct TileWriter {
    Emitter *e;
    Contraction c;
    Scope root;
    Type type;   /* of the sums: f32[M, N] */
    int sums;    /* the buffer they are kept in: the matmul's if it is a result, else any result's */
    bool alone;  /* the sums are the only result: no epilogue */
    int vectors; /* that the epilogue takes at once */
    LLVMValueRef m, n, k;
    LLVMValueRef a, b; /* operands */
    /* Parts of the scratch: a tile at an edge of C, A's copy, B's panels. */
    LLVMValueRef tile_place, a_place, b_place;
    LLVMValueRef pack_a, pack_b, copy, ask[2], tiles[MAX_HEIGHTS]; /* ask: to read, to write */
    LLVMValueRef packing_tile;                                     /* of all rows; NULL: B has to be transposed */
    /* This thread's rectangle. */
    LLVMValueRef row_from, row_to, column_from, column_to;
    /* Columns in a strip, depth of a block of K: evened out below their bounds. */
    LLVMValueRef strip, block;
    LLVMValueRef column, columns; /* this strip */
    /* This block of K; the depth of its panels; is it the first, the last? (i1) */
    LLVMValueRef depth_from, depth, padded, first, last;
    /* The block of B after this one. Empty after the last. */
    LLVMValueRef ahead_column, ahead_end, ahead_depth;
    LLVMValueRef row, rows; /* this tile's */
} TileWriter;

static LLVMValueRef less(TileWriter *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildICmp(w->e->builder, LLVMIntSLT, a, b, "");
}
static LLVMValueRef minus(TileWriter *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildNSWSub(w->e->builder, a, b, "");
}
static LLVMValueRef divide(TileWriter *w, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildUDiv(w->e->builder, a, b, "");
}
static LLVMValueRef divide_up(TileWriter *w, LLVMValueRef a, LLVMValueRef b) {
    return divide(w, minus(w, emit_add(w->e, a, b), emit_i64(w->e, 1)), b);
}
static LLVMValueRef times(TileWriter *w, LLVMValueRef a, int64_t b) { return emit_mul(w->e, a, emit_i64(w->e, b)); }
static LLVMValueRef choose(TileWriter *w, LLVMValueRef condition, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildSelect(w->e->builder, condition, a, b, "");
}
static LLVMValueRef at_least_one(TileWriter *w, LLVMValueRef a) {
    return emit_intrinsic(w->e, "llvm.smax", 1, &w->e->i64, 2, (LLVMValueRef[]){a, emit_i64(w->e, 1)});
}

static const Node *find_matmul(const Graph *body) {
    for (int i = 0; i < body->nodes.count; i++) {
        if (body->nodes.items[i]->op == OP_matmul) return body->nodes.items[i];
    }
    assert(false); /* a contract kernel has one */
    return NULL;
}

static void find_results(TileWriter *w) {
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
    Contraction c = {.matmul = matmul, .ta = matmul->attrs.ints[0] != 0, .tb = matmul->attrs.ints[1] != 0};
    c.m = matmul->type.dims[0];
    c.n = matmul->type.dims[1];
    c.k = matmul->inputs[0]->type.dims[c.ta ? 0 : 1];
    c.tiling = contract_tiling(e->target, dim_is_const(c.n) ? c.n.offset : 0, group);
    c.vector = LLVMVectorType(e->f32, (unsigned)c.tiling.lanes);
    return c;
}

/* The scratch: the tile at an edge, A's copy, B's panels, each from a new page. */
static void place_scratch(TileWriter *w) {
    const Tiling *t = &w->c.tiling;
    int64_t page = 4096 / WORD_BYTES;
    int64_t tile = ((int64_t)t->rows * t->columns + page) / page * page;
    int64_t a = (t->rows * t->row_stride + page) / page * page;
    assert((tile + a + (t->depth + LANES) * t->strip) * WORD_BYTES <= SCRATCH_BYTES);
    w->tile_place = w->e->scratch;
    w->a_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile));
    w->b_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile + a));
}

static void begin_writer(TileWriter *w) {
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
    for (int i = 0; i < 2 && !w->alone; i++) w->ask[i] = emit_tile_ask(e, &w->c, i);
    for (int i = 0; i < w->c.tiling.n_heights; i++) w->tiles[i] = emit_tile(e, &w->c, w->c.tiling.heights[i], false);
    w->packing_tile = w->c.tb ? NULL : emit_tile(e, &w->c, w->c.tiling.rows, true);
    place_scratch(w);
    scope_open(&w->root, NULL);
    emit_uniform_nodes(e, &w->root);
}

/* --- Threads ---------------------------------------------------------------------------------- */

/* The threads form a grid: `across` of them share the columns, threads / across the rows. The best
 * grid has the least work in the largest rectangle: multiply-adds, and what goes with them, told in
 * multiply-adds too. To copy a row of A costs as much as 4 columns, a column of B as 10 rows. A row
 * of C that threads share costs SHARED_ROW columns: where their parts meet, each thread's prefetcher
 * asks for lines that the other one writes, and cores without a common cache pass them to and fro. */
enum { A_ROW = 4, B_COLUMN = 10, SHARED_ROW = 24 };

static LLVMValueRef grid_cost(TileWriter *w, LLVMValueRef units, LLVMValueRef across) {
    Emitter *e = w->e;
    LLVMValueRef rows = divide_up(w, w->m, divide(w, e->threads, across));
    LLVMValueRef columns = times(w, divide_up(w, units, across), w->c.tiling.unit);
    LLVMValueRef shared = less(w, emit_i64(e, 1), across);
    LLVMValueRef row = choose(w, shared, emit_i64(e, A_ROW + SHARED_ROW), emit_i64(e, A_ROW));
    return emit_add(e, emit_mul(e, rows, emit_add(e, columns, row)), times(w, columns, B_COLUMN));
}

static LLVMValueRef choose_grid(TileWriter *w, LLVMValueRef units) {
    Emitter *e = w->e;
    LLVMValueRef best = emit_local(e, e->i64, emit_i64(e, INT64_MAX)), across = emit_local(e, e->i64, emit_i64(e, 1));
    Loop loop = emit_for(e, emit_i64(e, 1), emit_add(e, e->threads, emit_i64(e, 1)), 1, "across");
    LLVMValueRef cost = grid_cost(w, units, loop.i);
    LLVMValueRef old = emit_get(e, e->i64, best), better = less(w, cost, old);
    emit_set(e, best, choose(w, better, cost, old));
    LLVMValueRef kept = emit_get(e, e->i64, across);
    emit_set(e, across, choose(w, better, loop.i, kept));
    emit_end_for(e, &loop);
    return emit_get(e, e->i64, across);
}

/* Part `part` of `parts` of `items` things of `size` each, of which `extent` exist. A part past the
 * last is empty. */
static void share(TileWriter *w, LLVMValueRef items, LLVMValueRef part, LLVMValueRef parts, int64_t size,
                  LLVMValueRef extent, LLVMValueRef *from, LLVMValueRef *to) {
    Emitter *e = w->e;
    LLVMValueRef begin = emit_min(e, part, parts), end = emit_min(e, emit_add(e, part, emit_i64(e, 1)), parts);
    *from = times(w, divide(w, emit_mul(e, items, begin), parts), size);
    *to = emit_min(e, times(w, divide(w, emit_mul(e, items, end), parts), size), extent);
}

/* Rows are shared as row kernels share them, to the row, so that a thread finds in its cache what it
 * wrote there; the last tile of a part is one of the lower ones. */
static void emit_rectangle(TileWriter *w) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef units = emit_div_up(e, w->n, t->unit);
    LLVMValueRef across = choose_grid(w, units), down = divide(w, e->threads, across);
    LLVMValueRef row_part = divide(w, e->thread, across),
                 column_part = LLVMBuildURem(e->builder, e->thread, across, "");
    share(w, w->m, row_part, down, 1, w->m, &w->row_from, &w->row_to);
    share(w, units, column_part, across, t->unit, w->n, &w->column_from, &w->column_to);
}

/* --- From the rectangle down to the tile ------------------------------------------------------ */

static LLVMValueRef sum_address(TileWriter *w, LLVMValueRef row, LLVMValueRef column) {
    Emitter *e = w->e;
    return emit_address(e, e->buffers[w->sums], emit_add(e, emit_mul(e, row, w->n), column));
}

static LLVMValueRef a_address(TileWriter *w, LLVMValueRef row) {
    LLVMValueRef outer = w->c.ta ? w->depth_from : row, inner = w->c.ta ? row : w->depth_from;
    return emit_address(w->e, w->a, emit_add(w->e, emit_mul(w->e, outer, w->c.ta ? w->m : w->k), inner));
}

/* Between rows of B as it is stored. */
static LLVMValueRef b_stride(const TileWriter *w) { return w->c.tb ? w->k : w->n; }

static LLVMValueRef b_address(TileWriter *w, LLVMValueRef column, LLVMValueRef depth_from) {
    LLVMValueRef outer = w->c.tb ? column : depth_from, inner = w->c.tb ? depth_from : column;
    return emit_address(w->e, w->b, emit_add(w->e, emit_mul(w->e, outer, b_stride(w)), inner));
}

static LLVMValueRef choose_tile_function(TileWriter *w) {
    const Tiling *t = &w->c.tiling;
    LLVMValueRef function = w->tiles[t->n_heights - 1];
    for (int i = t->n_heights - 2; i >= 0; i--) {
        LLVMValueRef fits = less(w, w->rows, emit_i64(w->e, t->heights[i] + 1));
        function = choose(w, fits, w->tiles[i], function);
    }
    return function;
}

/* Where the streams of a tile begin, and how far apart their rows and lines are. */
typedef struct Ahead {
    LLVMValueRef a, a_row, a_step, b[2], b_row, b_step;
} Ahead;

/* A's next rows are asked for by the first tile of a row, or, where A is stored [K, M] and they lie
 * in up to two lines, by the first two. */
static void find_a_ahead(TileWriter *w, Ahead *ahead, LLVMValueRef along) {
    Emitter *e = w->e;
    LLVMValueRef next = emit_add(e, w->row, emit_i64(e, w->c.tiling.rows));
    LLVMValueRef useful = less(w, along, emit_i64(e, w->c.ta ? 2 : 1));
    useful = LLVMBuildAnd(e->builder, useful, less(w, next, w->row_to), "");
    if (w->c.ta) next = emit_add(e, next, emit_mul(e, along, emit_i64(e, w->c.tiling.rows - 1)));
    ahead->a = choose(w, useful, a_address(w, next), w->a_place);
    ahead->a_row = choose(w, useful, w->c.ta ? w->m : w->k, emit_i64(e, 0));
    ahead->a_step = choose(w, useful, w->c.ta ? w->m : emit_i64(e, 1), emit_i64(e, 0));
}

/* Sixteen columns of B at `column`, if they are below `end`. */
static LLVMValueRef b_stream(TileWriter *w, LLVMValueRef column, LLVMValueRef end, LLVMValueRef depth_from) {
    return choose(w, less(w, column, end), b_address(w, column, depth_from), w->b_place);
}

/* The first row of tiles asks for the next panel of this block, which is packed just before it is
 * used; the others, over all of them, for the next block. */
static void find_b_ahead(TileWriter *w, Ahead *ahead, LLVMValueRef along, LLVMValueRef panels) {
    Emitter *e = w->e;
    ahead->b_row = b_stride(w);
    ahead->b_step = w->c.tb ? emit_i64(e, 1) : w->n;
    LLVMValueRef rows_above = divide(w, minus(w, w->row, w->row_from), emit_i64(e, w->c.tiling.rows));
    LLVMValueRef top = LLVMBuildICmp(e->builder, LLVMIntEQ, rows_above, emit_i64(e, 0), "");
    LLVMValueRef number = emit_add(e, emit_mul(e, minus(w, rows_above, emit_i64(e, 1)), panels), along);
    LLVMValueRef here = emit_add(e, w->column, times(w, emit_add(e, along, emit_i64(e, 1)), w->c.tiling.columns));
    LLVMValueRef there = emit_add(e, w->ahead_column, times(w, number, 2 * LANES));
    LLVMValueRef column = choose(w, top, here, there);
    LLVMValueRef end = choose(w, top, emit_add(e, w->column, w->columns), w->ahead_end);
    LLVMValueRef depth_from = choose(w, top, w->depth_from, w->ahead_depth);
    ahead->b[0] = b_stream(w, column, end, depth_from);
    ahead->b[1] = b_stream(w, emit_add(e, column, emit_i64(e, LANES)), end, depth_from);
}

/* Where the sums after those at (row, column `offset` of the strip) lie, or this tile's if it is
 * the last. */
static LLVMValueRef next_sums(TileWriter *w, LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef beside = emit_add(e, offset, emit_i64(e, w->c.tiling.columns));
    LLVMValueRef fits = less(w, beside, w->columns);
    LLVMValueRef row =
        emit_min(e, emit_add(e, w->row, emit_i64(e, w->c.tiling.rows)), minus(w, w->row_to, emit_i64(e, 1)));
    row = choose(w, fits, w->row, row);
    return sum_address(w, row, emit_add(e, w->column, choose(w, fits, beside, emit_i64(e, 0))));
}

static bool is_like_sums(const TileWriter *w, const Node *node) { return type_equal(&node->type, &w->type); }

static void ask_for_tile(TileWriter *w, int buffer, bool write, LLVMValueRef column) {
    Emitter *e = w->e;
    LLVMValueRef offset = emit_add(e, emit_mul(e, w->row, w->n), column);
    LLVMValueRef address = emit_address(e, e->buffers[buffer], offset);
    emit_call(e, w->ask[write], 3, (LLVMValueRef[]){address, w->n, w->rows});
}

/* What the epilogue will read and write where this tile is. */
static void ask_for_epilogue(TileWriter *w, LLVMValueRef offset) {
    Emitter *e = w->e;
    if (w->alone) return;
    LLVMBasicBlockRef after = emit_if(e, w->last);
    LLVMValueRef column = emit_add(e, w->column, offset);
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = e->body->nodes.items[i];
        if (op_is(node->op, IS_GIVEN) && is_like_sums(w, node)) ask_for_tile(w, emit_operand(node), false, column);
    }
    for (int i = 0; i < e->body->outputs.count; i++) {
        bool other = emit_result(e, i) != w->sums;
        if (other && is_like_sums(w, e->body->outputs.items[i].node)) ask_for_tile(w, emit_result(e, i), true, column);
    }
    emit_end_if(e, after);
}

/* Runs the tile over a panel, which the first row of tiles packs: by itself, or with the tile
 * `packing` that does both. */
static void emit_one_tile(TileWriter *w, LLVMValueRef tile, LLVMValueRef packing, LLVMValueRef offset,
                          LLVMValueRef sums, LLVMValueRef stride) {
    Emitter *e = w->e;
    LLVMValueRef panel = emit_address(e, w->b_place, emit_mul(e, offset, w->padded));
    LLVMValueRef from = b_address(w, emit_add(e, w->column, offset), w->depth_from);
    LLVMValueRef top = LLVMBuildICmp(e->builder, LLVMIntEQ, w->row, w->row_from, "");
    if (packing) {
        tile = choose(w, top, packing, tile);
    } else {
        LLVMBasicBlockRef after = emit_if(e, top);
        LLVMValueRef columns = emit_min(e, minus(w, w->columns, offset), emit_i64(e, w->c.tiling.columns));
        emit_call(e, w->pack_b, 5, (LLVMValueRef[]){panel, from, b_stride(w), columns, w->depth});
        emit_end_if(e, after);
    }
    ask_for_epilogue(w, offset);
    Ahead ahead;
    LLVMValueRef along = divide(w, offset, emit_i64(e, w->c.tiling.columns));
    find_a_ahead(w, &ahead, along);
    find_b_ahead(w, &ahead, along, emit_div_up(e, w->columns, w->c.tiling.columns));
    emit_call(e, tile, 16,
              (LLVMValueRef[]){w->a_place, panel, sums, stride, w->depth, w->first, next_sums(w, offset), ahead.a,
                               ahead.a_row, ahead.a_step, ahead.b[0], ahead.b_row, ahead.b_step, ahead.b[1], from,
                               b_stride(w)});
}

/* A tile that C does not fill is computed aside. */
static void emit_edge_tile(TileWriter *w, LLVMValueRef tile, LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef sums = sum_address(w, w->row, emit_add(e, w->column, offset)),
                 stride = emit_i64(e, w->c.tiling.columns);
    LLVMValueRef columns = emit_min(e, minus(w, w->columns, offset), stride);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, w->first, ""));
    emit_call(e, w->copy, 6, (LLVMValueRef[]){w->tile_place, stride, sums, w->n, w->rows, columns});
    emit_end_if(e, after);
    emit_one_tile(w, tile, NULL, offset, w->tile_place, stride);
    emit_call(e, w->copy, 6, (LLVMValueRef[]){sums, w->n, w->tile_place, stride, w->rows, columns});
}

/* The tiles of these rows, over the panels of the strip. */
static void emit_row_of_tiles(TileWriter *w) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef tile = choose_tile_function(w), full = emit_round_down(e, w->columns, t->columns);
    LLVMValueRef short_of_rows = less(w, w->rows, emit_i64(e, t->rows));
    LLVMValueRef whole = choose(w, short_of_rows, emit_i64(e, 0), full);
    Loop loop = emit_for(e, emit_i64(e, 0), whole, t->columns, "tile");
    emit_one_tile(w, tile, w->packing_tile, loop.i, sum_address(w, w->row, emit_add(e, w->column, loop.i)), w->n);
    emit_end_for(e, &loop);
    Loop edge = emit_for(e, whole, w->columns, t->columns, "edge");
    emit_edge_tile(w, tile, edge.i);
    emit_end_for(e, &edge);
}

static void epilogue_chunk(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    TileWriter *w = context;
    Index index = {.at = {coord_splat(w->row), column}, .mask = mask};
    scope_bind(e, scope, w->c.matmul, &index, emit_load(e, w->sums, &w->type, &index));
    for (int i = 0; i < e->body->outputs.count; i++) {
        if (e->body->outputs.items[i].node != w->c.matmul || emit_result(e, i) != w->sums)
            emit_output(e, scope, i, &index);
    }
}

/* After the last block of K, while the rows' sums are in the first-level cache. Widths known to
 * divide N need no masks. */
static void emit_epilogue(TileWriter *w) {
    Emitter *e = w->e;
    if (w->alone) return;
    LLVMBasicBlockRef after = emit_if(e, w->last);
    TileWriter at_row = *w;
    Loop row = emit_for(e, w->row, emit_add(e, w->row, w->rows), 1, "row");
    at_row.row = row.i;
    int width = w->vectors * LANES;
    LLVMValueRef end = emit_add(e, w->column, w->columns);
    if (dim_is_const(w->c.n) && w->c.n.offset % width == 0) {
        Loop column = emit_for(e, w->column, end, width, "column");
        Scope scope;
        scope_open(&scope, &w->root);
        for (int i = 0; i < w->vectors; i++) {
            epilogue_chunk(e, &scope, &at_row, coord_lanes(column.i, (int64_t)i * LANES, width), NULL);
        }
        scope_close(&scope);
        emit_end_for(e, &column);
    } else {
        emit_chunks(e, &w->root, w->column, end, w->vectors, epilogue_chunk, &at_row);
    }
    emit_end_for(e, &row);
    emit_end_if(e, after);
}

static void emit_rows(TileWriter *w) {
    Emitter *e = w->e;
    Loop loop = emit_for(e, w->row_from, w->row_to, w->c.tiling.rows, "rows");
    w->row = loop.i;
    w->rows = emit_min(e, minus(w, w->row_to, w->row), emit_i64(e, w->c.tiling.rows));
    LLVMValueRef stride = w->c.ta ? w->m : w->k;
    emit_call(e, w->pack_a, 5, (LLVMValueRef[]){w->a_place, a_address(w, w->row), stride, w->rows, w->depth});
    emit_row_of_tiles(w);
    emit_epilogue(w);
    emit_end_for(e, &loop);
}

/* The next block of this strip, or the first one of the next strip. */
static void find_ahead(TileWriter *w) {
    Emitter *e = w->e;
    LLVMValueRef zero = emit_i64(e, 0), depth_from = emit_add(e, w->depth_from, w->depth);
    LLVMValueRef column = choose(w, w->last, emit_add(e, w->column, w->columns), w->column);
    depth_from = choose(w, w->last, zero, depth_from);
    w->ahead_column = column;
    w->ahead_end = emit_min(e, emit_add(e, column, w->strip), w->column_to);
    w->ahead_depth = depth_from;
}

/* At least one block, even of depth 0: the sum of nothing is +0, and has an epilogue. */
static void emit_blocks(TileWriter *w) {
    Emitter *e = w->e;
    Loop loop = emit_for(e, emit_i64(e, 0), at_least_one(w, divide_up(w, w->k, w->block)), 1, "block");
    w->depth_from = emit_mul(e, loop.i, w->block);
    w->depth = emit_min(e, minus(w, w->k, w->depth_from), w->block);
    w->padded = emit_round_down(e, emit_add(e, w->depth, emit_i64(e, LANES - 1)), LANES);
    w->first = LLVMBuildICmp(e->builder, LLVMIntEQ, loop.i, emit_i64(e, 0), "");
    w->last = LLVMBuildICmp(e->builder, LLVMIntEQ, emit_add(e, w->depth_from, w->depth), w->k, "");
    find_ahead(w);
    emit_rows(w);
    emit_end_for(e, &loop);
}

/* `extent` in the fewest parts of at most `most`, all but the last equal and multiples of `unit`;
 * at least one unit. */
static LLVMValueRef even_parts(TileWriter *w, LLVMValueRef extent, int64_t most, int64_t unit) {
    Emitter *e = w->e;
    LLVMValueRef parts = at_least_one(w, emit_div_up(e, extent, most));
    return times(w, at_least_one(w, emit_div_up(e, divide_up(w, extent, parts), unit)), unit);
}

static void emit_strips(TileWriter *w) {
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
    TileWriter writer = {.e = e}, *w = &writer;
    begin_writer(w);
    emit_rectangle(w);
    LLVMValueRef rows = less(w, w->row_from, w->row_to), columns = less(w, w->column_from, w->column_to);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildAnd(e->builder, rows, columns, ""));
    emit_strips(w);
    emit_end_if(e, after);
    scope_close(&w->root);
}
