/* Reshape: where an element of the new shape lies in the old one. Three roads, the cheapest that
 * fits: the extents agree but for ones; one linear position taken apart by scalar division; by
 * vector division. */
#include <assert.h>

#include "codegen/lower.h"

/* Axes other than those of the constant extent 1. */
static int long_axes(const Type *type, int axes[MAX_RANK]) {
    int count = 0;
    for (int i = 0; i < type->rank; i++) {
        if (!dim_is(type->dims[i], 1)) axes[count++] = i;
    }
    return count;
}

static bool map_axes(const Emitter *e, const Type *to, const Index *index, const Type *from, Index *out) {
    int old_axes[MAX_RANK], new_axes[MAX_RANK];
    int count = long_axes(from, old_axes);
    if (long_axes(to, new_axes) != count) return false;
    for (int i = 0; i < count; i++) {
        if (!dim_equal(from->dims[old_axes[i]], to->dims[new_axes[i]])) return false;
    }
    for (int i = 0; i < from->rank; i++) out->at[i] = coord_const(e, 0);
    for (int i = 0; i < count; i++) out->at[old_axes[i]] = index->at[new_axes[i]];
    return true;
}

static LLVMValueRef scaled(Emitter *e, Coord coord, LLVMValueRef stride) {
    return LLVMBuildMul(e->builder, emit_coord(e, coord), emit_splat(e, stride), "");
}

/* The row-major position in a tensor of type `type`: lanes stay lanes when their axis has stride 1.
 */
static Coord linear_position(Emitter *e, const Type *type, const Index *index) {
    LLVMValueRef scalar = emit_i64(e, 0), vector = NULL, stride = emit_i64(e, 1);
    Coord lanes = {.kind = COORD_SPLAT};
    int align = 64;
    for (int axis = type->rank - 1; axis >= 0; axis--) {
        Coord at = dim_is(type->dims[axis], 1) ? coord_const(e, 0) : index->at[axis];
        bool unit = LLVMIsAConstantInt(stride) && LLVMConstIntGetZExtValue(stride) == 1;
        if (at.kind == COORD_SPLAT) {
            scalar = emit_add(e, scalar, emit_mul(e, emit_coord_scalar(e, at), stride));
            while (align > 1 &&
                   !(LLVMIsAConstantInt(stride) && LLVMConstIntGetZExtValue(stride) % (unsigned)align == 0) &&
                   !dim_is(type->dims[axis], 1)) {
                align /= 2;
            }
        } else if (at.kind == COORD_LANES && unit) {
            lanes = at;
        } else {
            LLVMValueRef term = scaled(e, at, stride);
            vector = vector ? LLVMBuildAdd(e->builder, vector, term, "") : term;
        }
        stride = emit_mul(e, stride, emit_dim(e, type->dims[axis]));
    }
    if (lanes.kind == COORD_LANES) {
        if (lanes.align < align) align = lanes.align;
        if (!vector) return coord_lanes(emit_add(e, scalar, lanes.base), lanes.offset, align);
        vector = LLVMBuildAdd(e->builder, vector, emit_coord(e, lanes), "");
    }
    if (!vector) return coord_splat(scalar);
    return coord_vector(LLVMBuildAdd(e->builder, vector, emit_splat(e, scalar), ""));
}

/* position % extent, leaving position / extent. */
static Coord split_scalar(Emitter *e, LLVMValueRef *position, LLVMValueRef extent) {
    Coord rest = coord_splat(LLVMBuildURem(e->builder, *position, extent, ""));
    *position = LLVMBuildUDiv(e->builder, *position, extent, "");
    return rest;
}

static Coord split_vector(Emitter *e, LLVMValueRef *positions, LLVMValueRef extent) {
    LLVMValueRef divisor = emit_splat(e, extent);
    Coord rest = coord_vector(LLVMBuildURem(e->builder, *positions, divisor, ""));
    *positions = LLVMBuildUDiv(e->builder, *positions, divisor, "");
    return rest;
}

static int last_long_axis(const Type *type) {
    int axes[MAX_RANK];
    int count = long_axes(type, axes);
    return count ? axes[count - 1] : 0;
}

/* May 16 lanes from here be taken as lying in one row of `extent`? */
static bool stays_in_row(Coord position, Dim extent) {
    return position.kind == COORD_LANES && position.align >= LANES && position.offset % LANES == 0 &&
           dim_is_const(extent) && extent.offset % LANES == 0;
}

Index emit_reshape_index(Emitter *e, const Type *to, const Index *index, const Type *from) {
    Index out = {.mask = index->mask};
    if (map_axes(e, to, index, from, &out)) return out;
    Coord position = linear_position(e, to, index);
    int last = last_long_axis(from), inner_lanes = stays_in_row(position, from->dims[last]);
    bool scalar = position.kind == COORD_SPLAT || inner_lanes;
    LLVMValueRef rest = scalar ? emit_coord_scalar(e, position) : emit_coord(e, position);
    for (int axis = from->rank - 1; axis >= 0; axis--) {
        LLVMValueRef extent = emit_dim(e, from->dims[axis]);
        if (dim_is(from->dims[axis], 1)) {
            out.at[axis] = coord_const(e, 0);
            continue;
        }
        out.at[axis] = scalar ? split_scalar(e, &rest, extent) : split_vector(e, &rest, extent);
        if (inner_lanes && axis == last) out.at[axis] = coord_lanes(out.at[axis].base, 0, LANES);
    }
    /* A tensor of one row of elements: lanes need no division at all. */
    int axes[MAX_RANK];
    if (long_axes(from, axes) == 1) out.at[axes[0]] = position;
    return out;
}
