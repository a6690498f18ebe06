/* Index: arithmetic of coordinates, and walks over columns. */
#include <assert.h>

#include "codegen/emit.h"

Coord coord_splat(LLVMValueRef position) { return (Coord){.kind = COORD_SPLAT, .align = 1, .base = position}; }

Coord coord_const(const Emitter *e, int64_t position) { return coord_splat(emit_i64(e, position)); }

Coord coord_lanes(LLVMValueRef base, int64_t offset, int align) {
    return (Coord){.kind = COORD_LANES, .align = align, .offset = offset, .base = base};
}

Coord coord_vector(LLVMValueRef positions) { return (Coord){.kind = COORD_VECTOR, .align = 1, .base = positions}; }

LLVMValueRef emit_coord_scalar(Emitter *e, Coord coord) {
    LLVMValueRef base = coord.kind == COORD_VECTOR ? emit_lane(e, coord.base, 0) : coord.base;
    return coord.offset ? emit_add(e, base, emit_i64(e, coord.offset)) : base;
}

LLVMValueRef emit_coord(Emitter *e, Coord coord) {
    if (coord.kind == COORD_VECTOR) {
        LLVMValueRef offset = emit_splat(e, emit_i64(e, coord.offset));
        return coord.offset ? LLVMBuildAdd(e->builder, coord.base, offset, "") : coord.base;
    }
    LLVMValueRef splat = emit_splat(e, emit_coord_scalar(e, coord));
    if (coord.kind == COORD_SPLAT) return splat;
    return LLVMBuildAdd(e->builder, splat, emit_lane_numbers(e, e->i64), "");
}

/* Compared in 32 bits, where vectors are half as wide: what is left of the extent is clamped to [0,
 * 16] first. */
LLVMValueRef emit_mask(Emitter *e, Coord lanes, LLVMValueRef extent) {
    assert(lanes.kind == COORD_LANES);
    LLVMValueRef left = LLVMBuildSub(e->builder, extent, emit_coord_scalar(e, lanes), "");
    left = emit_min(e, left, emit_i64(e, LANES));
    LLVMValueRef count = emit_splat(e, LLVMBuildTrunc(e->builder, left, e->i32, ""));
    return LLVMBuildICmp(e->builder, LLVMIntSLT, emit_lane_numbers(e, e->i32), count, "");
}

int type_lane_axis(const Type *type) {
    int axis = type->rank - 1;
    while (axis > 0 && dim_is(type->dims[axis], 1)) axis--;
    return axis > 0 ? axis : 0;
}

LLVMValueRef emit_row_count(Emitter *e, const Type *type, int axis) {
    LLVMValueRef rows = emit_i64(e, 1);
    for (int i = 0; i < axis; i++) rows = emit_mul(e, rows, emit_dim(e, type->dims[i]));
    return rows;
}

Index index_in_row(const Index *row, int axis, Coord column, LLVMValueRef mask) {
    Index index = *row;
    index.at[axis] = column;
    index.mask = mask;
    return index;
}

Index emit_row_start(Emitter *e, const Type *type, int axis, LLVMValueRef row) {
    Index index = {0};
    for (int i = 0; i < MAX_RANK; i++) index.at[i] = coord_const(e, 0);
    for (int i = axis - 1; i > 0; i--) {
        LLVMValueRef extent = emit_dim(e, type->dims[i]);
        index.at[i] = coord_splat(LLVMBuildURem(e->builder, row, extent, ""));
        row = LLVMBuildUDiv(e->builder, row, extent, "");
    }
    if (axis > 0) index.at[0] = coord_splat(row);
    return index;
}

/* --- Walks over columns --- */

typedef struct ColumnWalk {
    const Scope *scope;
    ChunkBody *body;
    void *context;
} ColumnWalk;

/* `count` vectors from `base`, masked by `extent` where that is given. */
static void emit_group(Emitter *e, const ColumnWalk *walk, LLVMValueRef base, int count, int align,
                       LLVMValueRef extent) {
    Scope scope;
    scope_open(&scope, walk->scope);
    for (int i = 0; i < count; i++) {
        Coord column = coord_lanes(base, (int64_t)i * LANES, align);
        bool partial = extent && i == count - 1;
        walk->body(e, &scope, walk->context, column, partial ? emit_mask(e, column, extent) : NULL);
    }
    scope_close(&scope);
}

static void emit_group_loop(Emitter *e, const ColumnWalk *walk, LLVMValueRef from, LLVMValueRef to, int vectors) {
    int width = vectors * LANES;
    Loop loop = emit_for(e, from, to, width, "column");
    emit_group(e, walk, loop.i, vectors, width, NULL);
    emit_end_for(e, &loop);
}

/* Columns [from, to) known now: full groups in a loop, the rest straight on. */
static void emit_constant_walk(Emitter *e, const ColumnWalk *walk, int64_t from, int64_t to, int vectors) {
    int64_t width = (int64_t)vectors * LANES, full = to / width * width;
    if (full > from + width) {
        emit_group_loop(e, walk, emit_i64(e, from), emit_i64(e, full), vectors);
    } else if (full > from) {
        emit_group(e, walk, emit_i64(e, from), vectors, (int)width, NULL);
    }
    if (to > full) {
        int rest = (int)((to - full + LANES - 1) / LANES);
        emit_group(e, walk, emit_i64(e, full), rest, (int)width, to % LANES ? emit_i64(e, to) : NULL);
    }
}

static void emit_symbolic_walk(Emitter *e, const ColumnWalk *walk, LLVMValueRef from, LLVMValueRef to, int vectors) {
    int64_t width = (int64_t)vectors * LANES;
    LLVMValueRef full = emit_round_down(e, to, width), last = emit_round_down(e, to, LANES);
    emit_group_loop(e, walk, from, full, vectors);
    if (vectors > 1) {
        LLVMValueRef rest = emit_intrinsic(e, "llvm.smax", 1, &e->i64, 2, (LLVMValueRef[]){from, full});
        emit_group_loop(e, walk, rest, last, 1);
    }
    /* A thread without columns may have from == to past the last multiple. */
    LLVMValueRef mine = LLVMBuildICmp(e->builder, LLVMIntSGE, last, from, "");
    LLVMValueRef partial = LLVMBuildICmp(e->builder, LLVMIntSLT, last, to, "");
    LLVMBasicBlockRef after = emit_if(e, LLVMBuildAnd(e->builder, mine, partial, ""));
    emit_group(e, walk, last, 1, LANES, to);
    emit_end_if(e, after);
}

void emit_chunks(Emitter *e, const Scope *scope, LLVMValueRef from, LLVMValueRef to, int vectors, ChunkBody *body,
                 void *context) {
    ColumnWalk walk = {scope, body, context};
    if (LLVMIsAConstantInt(from) && LLVMIsAConstantInt(to)) {
        emit_constant_walk(e, &walk, LLVMConstIntGetSExtValue(from), LLVMConstIntGetSExtValue(to), vectors);
    } else {
        emit_symbolic_walk(e, &walk, from, to, vectors);
    }
}
