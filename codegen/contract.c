/* Contract: matmul kernels. The picture is in contract.h. */
#include "codegen/contract.h"

#include <assert.h>

/* --- The kernel ------------------------------------------------------------------------------- */

enum { SCRATCH = -1 }; /* in place of a buffer, as emit_read has it */

/* What is the same all over the kernel. All values are i64 but the pointers. */
typedef struct ContractCode {
    Emitter *e;
    Contraction c;
    Scope root;
    Type type;   /* of the sums: f32[M, N] */
    int sums;    /* the buffer they are kept in: the matmul's if it is a result, else any of words, or SCRATCH */
    bool alone;  /* the sums are the only result: no epilogue */
    int vectors; /* that the epilogue takes at once */
    LLVMValueRef m, n, k;
    LLVMValueRef a, b; /* operands */
    /* Regions of the scratch: a tile at an edge of C, A's copy, B's panels, sums. */
    LLVMValueRef tile_place, a_place, b_place, sum_place;
    LLVMValueRef pack_a, pack_b, copy, ask[2], tiles[MAX_HEIGHTS]; /* ask: to read, to write */
    LLVMValueRef packing_tile;                                     /* of all rows; NULL: B has to be transposed */
} ContractCode;

/* A block of K: where it begins, its depth, that of its panels; is it the first, the last? (i1) */
typedef struct DepthBlock {
    LLVMValueRef from, depth, padded, first, last;
} DepthBlock;

/* The block of B after this one: columns [column, end) of C, from a depth on. Empty after the last. */
typedef struct NextBlock {
    LLVMValueRef column, end, depth_from;
} NextBlock;

/* Where the builder stands, from the outermost loop inwards. A loop gives its body a copy with its own
 * fields filled in. */
typedef struct TilePlace {
    Rectangle all; /* this thread's */
    /* Columns in a strip, depth of a block of K: evened out below their bounds. */
    LLVMValueRef strip_columns, block_depth;
    LLVMValueRef column, columns; /* of the strip */
    DepthBlock block;
    NextBlock next;
    LLVMValueRef row, rows; /* of the tiles beside each other */
} TilePlace;

static LLVMValueRef times(Emitter *e, LLVMValueRef a, int64_t b) { return emit_mul(e, a, emit_i64(e, b)); }
static LLVMValueRef at_least_one(Emitter *e, LLVMValueRef a) {
    return emit_intrinsic(e, "llvm.smax", 1, &e->i64, 2, (LLVMValueRef[]){a, emit_i64(e, 1)});
}

static const Node *find_matmul(const Graph *body) {
    for (int i = 0; i < body->nodes.count; i++) {
        if (body->nodes.items[i]->op == OP_matmul) return body->nodes.items[i];
    }
    assert(false); /* a contract kernel has one */
    return NULL;
}

static void find_results(ContractCode *w) {
    const Graph *body = w->e->body;
    w->sums = SCRATCH;
    bool found = false;
    for (int i = 0; i < body->outputs.count; i++) {
        const Node *node = body->outputs.items[i].node;
        bool has_room = elem_bytes(node->type.elem) == WORD_BYTES && w->sums == SCRATCH;
        if (node == w->c.matmul || has_room) w->sums = emit_result(w->e, i);
        found = found || node == w->c.matmul;
        if (found) break;
    }
    w->alone = found && body->outputs.count == 1;
}

static Contraction describe(const Emitter *e, int group) {
    const Node *matmul = find_matmul(e->body);
    Contraction c = {.matmul = matmul, .ta = matmul->attrs.ints[0] != 0, .tb = matmul->attrs.ints[1] != 0};
    c.m = matmul->type.dims[0];
    c.n = matmul->type.dims[1];
    c.k = matmul->inputs[0]->type.dims[c.ta ? 0 : 1];
    c.elem = matmul->inputs[0]->type.elem;
    c.order = elem_sum_order(c.elem);
    c.tiling = contract_tiling(e->target, dim_is_const(c.n) ? c.n.offset : 0, group);
    c.vector = LLVMVectorType(e->f32, (unsigned)c.tiling.lanes);
    return c;
}

/* The scratch: the tile at an edge, A's copy, B's panels, sums, each from a new page. */
static void place_scratch(ContractCode *w) {
    const Tiling *t = &w->c.tiling;
    int64_t page = 4096 / WORD_BYTES;
    int64_t tile = ((int64_t)t->rows * t->columns + page) / page * page;
    int64_t a = (t->rows * t->row_stride + page) / page * page;
    int64_t b = ((t->depth + LANES) * t->strip + page) / page * page;
    assert((tile + a + b + t->sum_rows * t->sum_stride) * WORD_BYTES <= SCRATCH_BYTES);
    w->tile_place = w->e->scratch;
    w->a_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile));
    w->b_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile + a));
    w->sum_place = emit_address(w->e, w->e->scratch, emit_i64(w->e, tile + a + b));
}

static void prepare(ContractCode *w) {
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

/* --- From the rectangle down to the tile ------------------------------------------------------ */

static bool sums_are_apart(const ContractCode *w) { return w->sums == SCRATCH; }

/* Between rows of the sums, in floats. */
static LLVMValueRef sum_stride(const ContractCode *w) {
    return sums_are_apart(w) ? emit_i64(w->e, w->c.tiling.sum_stride) : w->n;
}

/* At a row and column of C: in a result, or in the scratch, which has them from the first row and the strip's first
 * column on. */
static LLVMValueRef sum_address(const ContractCode *w, const TilePlace *at, LLVMValueRef row, LLVMValueRef column) {
    Emitter *e = w->e;
    LLVMValueRef base = sums_are_apart(w) ? w->sum_place : e->buffers[w->sums];
    if (sums_are_apart(w)) {
        row = emit_sub(e, row, at->all.row_from);
        column = emit_sub(e, column, at->column);
    }
    return emit_address(e, base, emit_add(e, emit_mul(e, row, sum_stride(w)), column));
}

static LLVMValueRef a_address(const ContractCode *w, LLVMValueRef row, LLVMValueRef depth_from) {
    LLVMValueRef outer = w->c.ta ? depth_from : row, inner = w->c.ta ? row : depth_from;
    LLVMValueRef offset = emit_add(w->e, emit_mul(w->e, outer, w->c.ta ? w->m : w->k), inner);
    return operand_address(w->e, &w->c, w->a, offset);
}

/* Between rows of B as it is stored. */
static LLVMValueRef b_stride(const ContractCode *w) { return w->c.tb ? w->k : w->n; }

static LLVMValueRef b_address(const ContractCode *w, LLVMValueRef column, LLVMValueRef depth_from) {
    LLVMValueRef outer = w->c.tb ? column : depth_from, inner = w->c.tb ? depth_from : column;
    return operand_address(w->e, &w->c, w->b, emit_add(w->e, emit_mul(w->e, outer, b_stride(w)), inner));
}

static LLVMValueRef choose_tile_function(const ContractCode *w, LLVMValueRef rows) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef function = w->tiles[t->n_heights - 1];
    for (int i = t->n_heights - 2; i >= 0; i--) {
        LLVMValueRef fits = emit_less(e, rows, emit_i64(e, t->heights[i] + 1));
        function = emit_select(e, fits, w->tiles[i], function);
    }
    return function;
}

/* A's next rows are asked for by the first tile of a row, or, where A is stored [K, M] and they lie
 * in up to two lines, by the first two. */
static void find_a_ahead(const ContractCode *w, const TilePlace *at, LLVMValueRef along, LLVMValueRef *args) {
    Emitter *e = w->e;
    LLVMValueRef next = emit_add(e, at->row, emit_i64(e, w->c.tiling.rows));
    LLVMValueRef useful = emit_less(e, along, emit_i64(e, w->c.ta ? 2 : 1));
    useful = LLVMBuildAnd(e->builder, useful, emit_less(e, next, at->all.row_to), "");
    if (w->c.ta) next = emit_add(e, next, emit_mul(e, along, emit_i64(e, w->c.tiling.rows - 1)));
    args[TILE_A_AHEAD] = emit_select(e, useful, a_address(w, next, at->block.from), w->a_place);
    args[TILE_A_ROW] = emit_select(e, useful, w->c.ta ? w->m : w->k, emit_i64(e, 0));
    args[TILE_A_STEP] = emit_select(e, useful, w->c.ta ? w->m : emit_i64(e, 1), emit_i64(e, 0));
}

/* Sixteen columns of B at `column`, if they are below `end`. */
static LLVMValueRef b_stream(const ContractCode *w, LLVMValueRef column, LLVMValueRef end, LLVMValueRef depth_from) {
    Emitter *e = w->e;
    return emit_select(e, emit_less(e, column, end), b_address(w, column, depth_from), w->b_place);
}

/* The first row of tiles asks for the next panel of this block, which is packed just before it is
 * used; the others, over all of them, for the next block. */
static void find_b_ahead(const ContractCode *w, const TilePlace *at, LLVMValueRef along, LLVMValueRef *args) {
    Emitter *e = w->e;
    LLVMValueRef panels = emit_div_up(e, at->columns, w->c.tiling.columns);
    args[TILE_B_ROW] = b_stride(w);
    args[TILE_B_STEP] = w->c.tb ? emit_i64(e, 1) : w->n;
    LLVMValueRef rows_above = emit_div(e, emit_sub(e, at->row, at->all.row_from), emit_i64(e, w->c.tiling.rows));
    LLVMValueRef top = LLVMBuildICmp(e->builder, LLVMIntEQ, rows_above, emit_i64(e, 0), "");
    LLVMValueRef number = emit_add(e, emit_mul(e, emit_sub(e, rows_above, emit_i64(e, 1)), panels), along);
    LLVMValueRef here = emit_add(e, at->column, times(e, emit_add(e, along, emit_i64(e, 1)), w->c.tiling.columns));
    LLVMValueRef there = emit_add(e, at->next.column, times(e, number, 2 * LANES));
    LLVMValueRef column = emit_select(e, top, here, there);
    LLVMValueRef end = emit_select(e, top, emit_add(e, at->column, at->columns), at->next.end);
    LLVMValueRef depth_from = emit_select(e, top, at->block.from, at->next.depth_from);
    args[TILE_B_AHEAD] = b_stream(w, column, end, depth_from);
    args[TILE_B_BESIDE] = b_stream(w, emit_add(e, column, emit_i64(e, LANES)), end, depth_from);
}

/* Where the sums after those at (row, column `offset` of the strip) lie, or this tile's if it is
 * the last. */
static LLVMValueRef next_sums(const ContractCode *w, const TilePlace *at, LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef beside = emit_add(e, offset, emit_i64(e, w->c.tiling.columns));
    LLVMValueRef fits = emit_less(e, beside, at->columns);
    LLVMValueRef row =
        emit_min(e, emit_add(e, at->row, emit_i64(e, w->c.tiling.rows)), emit_sub(e, at->all.row_to, emit_i64(e, 1)));
    row = emit_select(e, fits, at->row, row);
    return sum_address(w, at, row, emit_add(e, at->column, emit_select(e, fits, beside, emit_i64(e, 0))));
}

static bool is_like_sums(const ContractCode *w, const Node *node) { return type_equal(&node->type, &w->type); }

static void ask_for_tile(const ContractCode *w, const TilePlace *at, int buffer, bool write, LLVMValueRef column) {
    Emitter *e = w->e;
    LLVMValueRef offset = emit_add(e, emit_mul(e, at->row, w->n), column);
    LLVMValueRef address = emit_address(e, e->buffers[buffer], offset);
    emit_call(e, w->ask[write], ASK_PARAMS,
              (LLVMValueRef[ASK_PARAMS]){[ASK_AT] = address, [ASK_STRIDE] = w->n, [ASK_ROWS] = at->rows});
}

/* What the epilogue will read and write where this tile is. */
static void ask_for_epilogue(const ContractCode *w, const TilePlace *at, LLVMValueRef offset) {
    Emitter *e = w->e;
    if (w->alone) return;
    LLVMBasicBlockRef after = emit_if(e, at->block.last);
    LLVMValueRef column = emit_add(e, at->column, offset);
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = e->body->nodes.items[i];
        if (op_is(node->op, IS_GIVEN) && is_like_sums(w, node)) ask_for_tile(w, at, emit_operand(node), false, column);
    }
    for (int i = 0; i < e->body->outputs.count; i++) {
        bool other = emit_result(e, i) != w->sums;
        if (other && is_like_sums(w, e->body->outputs.items[i].node))
            ask_for_tile(w, at, emit_result(e, i), true, column);
    }
    emit_end_if(e, after);
}

/* Copies B to the panel, but the last columns of C may be fewer than a panel has. */
static void emit_pack_panel(const ContractCode *w, const TilePlace *at, LLVMValueRef panel, LLVMValueRef from,
                            LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef columns = emit_min(e, emit_sub(e, at->columns, offset), emit_i64(e, w->c.tiling.columns));
    LLVMValueRef args[PACK_PARAMS] = {[PACK_TO] = panel,
                                      [PACK_FROM] = from,
                                      [PACK_STRIDE] = b_stride(w),
                                      [PACK_COUNT] = columns,
                                      [PACK_DEPTH] = at->block.depth};
    emit_call(e, w->pack_b, PACK_PARAMS, args);
}

/* What a tile is run on besides: one of the functions, the columns that it begins at, where its sums lie. */
typedef struct TileRun {
    LLVMValueRef tile;
    LLVMValueRef packing; /* the tile that packs its panel, or NULL: packing is a call of its own */
    LLVMValueRef offset, sums, stride;
} TileRun;

/* Runs the tile over a panel, which the first row of tiles packs. */
static void emit_one_tile(const ContractCode *w, const TilePlace *at, const TileRun *run) {
    Emitter *e = w->e;
    LLVMValueRef tile = run->tile, offset = run->offset;
    LLVMValueRef panel = emit_address(e, w->b_place, emit_mul(e, offset, at->block.padded));
    LLVMValueRef from = b_address(w, emit_add(e, at->column, offset), at->block.from);
    LLVMValueRef top = LLVMBuildICmp(e->builder, LLVMIntEQ, at->row, at->all.row_from, "");
    if (run->packing) {
        tile = emit_select(e, top, run->packing, tile);
    } else {
        LLVMBasicBlockRef after = emit_if(e, top);
        emit_pack_panel(w, at, panel, from, offset);
        emit_end_if(e, after);
    }
    ask_for_epilogue(w, at, offset);
    LLVMValueRef args[TILE_PARAMS] = {[TILE_A] = w->a_place,
                                      [TILE_B] = panel,
                                      [TILE_SUMS] = run->sums,
                                      [TILE_STRIDE] = run->stride,
                                      [TILE_DEPTH] = at->block.depth,
                                      [TILE_FIRST] = at->block.first,
                                      [TILE_FROM] = from,
                                      [TILE_FROM_STRIDE] = b_stride(w)};
    LLVMValueRef along = emit_div(e, offset, emit_i64(e, w->c.tiling.columns));
    find_a_ahead(w, at, along, args);
    find_b_ahead(w, at, along, args);
    args[TILE_NEXT] = next_sums(w, at, offset);
    emit_call(e, tile, TILE_PARAMS, args);
}

static void emit_copy(const ContractCode *w, const TilePlace *at, const LLVMValueRef to[2], const LLVMValueRef from[2],
                      LLVMValueRef columns) {
    LLVMValueRef args[COPY_PARAMS] = {
        [COPY_TO] = to[0],      [COPY_TO_STRIDE] = to[1], [COPY_FROM] = from[0], [COPY_FROM_STRIDE] = from[1],
        [COPY_ROWS] = at->rows, [COPY_COLUMNS] = columns};
    emit_call(w->e, w->copy, COPY_PARAMS, args);
}

/* A tile that C does not fill is computed aside; but where sums are apart there is room for whole ones. */
static void emit_edge_tile(const ContractCode *w, const TilePlace *at, LLVMValueRef tile, LLVMValueRef offset) {
    Emitter *e = w->e;
    LLVMValueRef sums = sum_address(w, at, at->row, emit_add(e, at->column, offset));
    if (sums_are_apart(w)) {
        emit_one_tile(w, at, &(TileRun){.tile = tile, .offset = offset, .sums = sums, .stride = sum_stride(w)});
        return;
    }
    LLVMValueRef stride = emit_i64(e, w->c.tiling.columns);
    LLVMValueRef there[] = {sums, w->n}, aside[] = {w->tile_place, stride};
    LLVMValueRef columns = emit_min(e, emit_sub(e, at->columns, offset), stride);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildNot(e->builder, at->block.first, ""));
    emit_copy(w, at, aside, there, columns);
    emit_end_if(e, after);
    emit_one_tile(w, at, &(TileRun){.tile = tile, .offset = offset, .sums = w->tile_place, .stride = stride});
    emit_copy(w, at, there, aside, columns);
}

/* The tiles of these rows, over the panels of the strip. */
static void emit_row_of_tiles(const ContractCode *w, const TilePlace *at) {
    Emitter *e = w->e;
    const Tiling *t = &w->c.tiling;
    LLVMValueRef tile = choose_tile_function(w, at->rows), full = emit_round_down(e, at->columns, t->columns);
    LLVMValueRef short_of_rows = emit_less(e, at->rows, emit_i64(e, t->rows));
    LLVMValueRef whole = emit_select(e, short_of_rows, emit_i64(e, 0), full);
    Loop loop = emit_for(e, emit_i64(e, 0), whole, t->columns, "tile");
    LLVMValueRef sums = sum_address(w, at, at->row, emit_add(e, at->column, loop.i));
    emit_one_tile(w, at, &(TileRun){tile, w->packing_tile, loop.i, sums, sum_stride(w)});
    emit_end_for(e, &loop);
    Loop edge = emit_for(e, whole, at->columns, t->columns, "edge");
    emit_edge_tile(w, at, tile, edge.i);
    emit_end_for(e, &edge);
}

/* The epilogue along one row of C. */
typedef struct EpilogueRow {
    const ContractCode *w;
    const TilePlace *at;
    LLVMValueRef row;
} EpilogueRow;

static LLVMValueRef load_sums(const EpilogueRow *row, const Index *index) {
    Emitter *e = row->w->e;
    if (!sums_are_apart(row->w)) return emit_load(e, row->w->sums, &row->w->type, index);
    LLVMValueRef address = sum_address(row->w, row->at, row->row, emit_coord_scalar(e, index->at[1]));
    return emit_read_masked(e, SCRATCH, e->f32x, address, index->mask);
}

static void epilogue_chunk(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask) {
    const EpilogueRow *at = context;
    const ContractCode *w = at->w;
    Index index = {.at = {coord_splat(at->row), column}, .mask = mask};
    scope_bind(e, scope, w->c.matmul, &index, load_sums(at, &index));
    for (int i = 0; i < e->body->outputs.count; i++) {
        if (e->body->outputs.items[i].node != w->c.matmul || emit_result(e, i) != w->sums)
            emit_output(e, scope, i, &index);
    }
}

/* After the last block of K, while the rows' sums are in the first-level cache. Widths known to divide N need no
 * masks. */
static void emit_epilogue(const ContractCode *w, const TilePlace *at) {
    Emitter *e = w->e;
    if (w->alone) return;
    LLVMBasicBlockRef after = emit_if(e, at->block.last);
    Loop row = emit_for(e, at->row, emit_add(e, at->row, at->rows), 1, "row");
    EpilogueRow this_row = {w, at, row.i};
    int width = w->vectors * LANES;
    LLVMValueRef end = emit_add(e, at->column, at->columns);
    if (dim_is_const(w->c.n) && w->c.n.offset % width == 0) {
        Loop column = emit_for(e, at->column, end, width, "column");
        Scope scope;
        scope_open(&scope, &w->root);
        for (int i = 0; i < w->vectors; i++) {
            epilogue_chunk(e, &scope, &this_row, coord_lanes(column.i, (int64_t)i * LANES, width), NULL);
        }
        scope_close(&scope);
        emit_end_for(e, &column);
    } else {
        emit_chunks(e, &w->root, at->column, end, w->vectors, epilogue_chunk, &this_row);
    }
    emit_end_for(e, &row);
    emit_end_if(e, after);
}

static void emit_pack_rows_of_a(const ContractCode *w, const TilePlace *at) {
    LLVMValueRef args[PACK_PARAMS] = {[PACK_TO] = w->a_place,
                                      [PACK_FROM] = a_address(w, at->row, at->block.from),
                                      [PACK_STRIDE] = w->c.ta ? w->m : w->k,
                                      [PACK_COUNT] = at->rows,
                                      [PACK_DEPTH] = at->block.depth};
    emit_call(w->e, w->pack_a, PACK_PARAMS, args);
}

static void emit_rows(const ContractCode *w, TilePlace at) {
    Emitter *e = w->e;
    Loop loop = emit_for(e, at.all.row_from, at.all.row_to, w->c.tiling.rows, "rows");
    at.row = loop.i;
    at.rows = emit_min(e, emit_sub(e, at.all.row_to, at.row), emit_i64(e, w->c.tiling.rows));
    emit_pack_rows_of_a(w, &at);
    emit_row_of_tiles(w, &at);
    emit_epilogue(w, &at);
    emit_end_for(e, &loop);
}

/* The next block of this strip, or the first one of the next strip. */
static NextBlock find_next(const ContractCode *w, const TilePlace *at) {
    Emitter *e = w->e;
    LLVMValueRef zero = emit_i64(e, 0), depth_from = emit_add(e, at->block.from, at->block.depth);
    LLVMValueRef column = emit_select(e, at->block.last, emit_add(e, at->column, at->columns), at->column);
    depth_from = emit_select(e, at->block.last, zero, depth_from);
    LLVMValueRef end = emit_min(e, emit_add(e, column, at->strip_columns), at->all.column_to);
    return (NextBlock){column, end, depth_from};
}

/* At least one block, even of depth 0: the sum of nothing is +0, and has an epilogue. */
static void emit_blocks(const ContractCode *w, TilePlace at) {
    Emitter *e = w->e;
    LLVMValueRef most = at.block_depth;
    Loop loop = emit_for(e, emit_i64(e, 0), at_least_one(e, emit_div_up_by(e, w->k, most)), 1, "block");
    DepthBlock *block = &at.block;
    block->from = emit_mul(e, loop.i, most);
    block->depth = emit_min(e, emit_sub(e, w->k, block->from), most);
    block->padded = emit_round_down(e, emit_add(e, block->depth, emit_i64(e, LANES - 1)), LANES);
    block->first = LLVMBuildICmp(e->builder, LLVMIntEQ, loop.i, emit_i64(e, 0), "");
    block->last = LLVMBuildICmp(e->builder, LLVMIntEQ, emit_add(e, block->from, block->depth), w->k, "");
    at.next = find_next(w, &at);
    emit_rows(w, at);
    emit_end_for(e, &loop);
}

/* Where sums are apart, as many rows at a time as there is room for: each packs the panels anew. */
static void emit_blocks_of_rows(const ContractCode *w, TilePlace at) {
    Emitter *e = w->e;
    if (!sums_are_apart(w)) {
        emit_blocks(w, at);
        return;
    }
    Loop loop = emit_for(e, at.all.row_from, at.all.row_to, w->c.tiling.sum_rows, "sums");
    at.all.row_from = loop.i;
    at.all.row_to = emit_min(e, emit_add(e, loop.i, emit_i64(e, w->c.tiling.sum_rows)), at.all.row_to);
    emit_blocks(w, at);
    emit_end_for(e, &loop);
}

/* `extent` in the fewest blocks of at most `most`: all but the last equal, multiples of `unit`; at least one unit. */
static LLVMValueRef even_blocks(Emitter *e, LLVMValueRef extent, int64_t most, int64_t unit) {
    LLVMValueRef blocks = at_least_one(e, emit_div_up(e, extent, most));
    return times(e, at_least_one(e, emit_div_up(e, emit_div_up_by(e, extent, blocks), unit)), unit);
}

static void emit_strips(const ContractCode *w, Rectangle all) {
    Emitter *e = w->e;
    LLVMValueRef columns = emit_sub(e, all.column_to, all.column_from);
    TilePlace at = {.all = all};
    at.strip_columns = even_blocks(e, columns, w->c.tiling.strip, w->c.tiling.unit);
    at.block_depth = even_blocks(e, w->k, w->c.tiling.depth, w->c.order.block ? w->c.order.block : LANES);
    Loop loop = emit_for(e, emit_i64(e, 0), emit_div_up_by(e, columns, at.strip_columns), 1, "strip");
    at.column = emit_add(e, all.column_from, emit_mul(e, loop.i, at.strip_columns));
    at.columns = emit_min(e, emit_sub(e, all.column_to, at.column), at.strip_columns);
    emit_blocks_of_rows(w, at);
    emit_end_for(e, &loop);
}

void emit_contract(Emitter *e) {
    ContractCode code = {.e = e};
    prepare(&code);
    Rectangle all = emit_rectangle(e, code.m, code.n, code.c.tiling.unit);
    LLVMValueRef rows = emit_less(e, all.row_from, all.row_to), columns = emit_less(e, all.column_from, all.column_to);
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildAnd(e->builder, rows, columns, ""));
    emit_strips(&code, all);
    emit_end_if(e, after);
    scope_close(&code.root);
}
