/* Memory: loads and stores of buffers and scratch, and what LLVM is told about their overlap. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "codegen/emit.h"

/* --- Alias scopes: one for each buffer and one for the scratch, in one domain --- */

static LLVMMetadataRef text_node(const Emitter *e, const char *text) {
    return LLVMMDStringInContext2(e->context, text, strlen(text));
}

static LLVMMetadataRef alias_scope(const Emitter *e, int buffer) {
    LLVMMetadataRef domain_name = text_node(e, "kernel");
    LLVMMetadataRef domain = LLVMMDNodeInContext2(e->context, &domain_name, 1);
    char name[32];
    snprintf(name, sizeof name, "buffer %d", buffer);
    LLVMMetadataRef parts[] = {text_node(e, name), domain};
    return LLVMMDNodeInContext2(e->context, parts, 2);
}

static void set_metadata(const Emitter *e, LLVMValueRef instruction, const char *kind, LLVMMetadataRef *list,
                         size_t count) {
    LLVMMetadataRef node = LLVMMDNodeInContext2(e->context, list, count);
    unsigned id = LLVMGetMDKindIDInContext(e->context, kind, (unsigned)strlen(kind));
    LLVMSetMetadata(instruction, id, LLVMMetadataAsValue(e->context, node));
}

/* Operands may be one buffer, but they are only read. */
void emit_touches(Emitter *e, LLVMValueRef instruction, int buffer) {
    if (e->in_place) return;
    LLVMMetadataRef own = alias_scope(e, buffer), others[MAX_BUFFERS + 1];
    size_t count = 0;
    for (int i = -1; i < e->n_operands + e->n_results; i++) {
        if (i != buffer) others[count++] = alias_scope(e, i);
    }
    set_metadata(e, instruction, "alias.scope", &own, 1);
    if (count) set_metadata(e, instruction, "noalias", others, count);
}

LLVMValueRef emit_address(Emitter *e, LLVMValueRef base, LLVMValueRef offset) {
    return LLVMBuildGEP2(e->builder, e->f32, base, &offset, 1, "");
}

LLVMValueRef emit_read(Emitter *e, int buffer, LLVMTypeRef type, LLVMValueRef address, unsigned align) {
    LLVMValueRef load = LLVMBuildLoad2(e->builder, type, address, "");
    LLVMSetAlignment(load, align);
    emit_touches(e, load, buffer);
    return load;
}

void emit_write(Emitter *e, int buffer, LLVMValueRef value, LLVMValueRef address, unsigned align) {
    LLVMValueRef store = LLVMBuildStore(e->builder, value, address);
    LLVMSetAlignment(store, align);
    emit_touches(e, store, buffer);
}

LLVMValueRef emit_read_masked(Emitter *e, int buffer, LLVMTypeRef type, LLVMValueRef address, LLVMValueRef mask) {
    if (!mask) return emit_read(e, buffer, type, address, ELEMENT_BYTES);
    LLVMTypeRef types[] = {type, e->ptr};
    LLVMValueRef args[] = {address, emit_i32(e, ELEMENT_BYTES), mask, LLVMConstNull(type)};
    LLVMValueRef load = emit_intrinsic(e, "llvm.masked.load", 2, types, 4, args);
    emit_touches(e, load, buffer);
    return load;
}

void emit_write_masked(Emitter *e, int buffer, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask) {
    if (!mask) {
        emit_write(e, buffer, value, address, ELEMENT_BYTES);
        return;
    }
    LLVMTypeRef types[] = {LLVMTypeOf(value), e->ptr};
    LLVMValueRef args[] = {value, address, emit_i32(e, ELEMENT_BYTES), mask};
    emit_touches(e, emit_intrinsic(e, "llvm.masked.store", 2, types, 4, args), buffer);
}

/* --- Elements at an index --- */

/* Where an index leads in a row-major tensor: all lanes at `scalar`, contiguous from there, or
 * spread. */
typedef struct Place {
    CoordKind kind;
    LLVMValueRef scalar;  /* i64, element offset */
    LLVMValueRef offsets; /* i64x, when spread */
} Place;

static bool is_zero(Coord coord) {
    return coord.kind == COORD_SPLAT && coord.offset == 0 && LLVMIsAConstantInt(coord.base) &&
           LLVMConstIntGetZExtValue(coord.base) == 0;
}

static bool is_one(LLVMValueRef stride) { return LLVMIsAConstantInt(stride) && LLVMConstIntGetZExtValue(stride) == 1; }

static LLVMValueRef spread(Emitter *e, LLVMValueRef offsets, Coord coord, LLVMValueRef stride) {
    LLVMValueRef part = LLVMBuildMul(e->builder, emit_coord(e, coord), emit_splat(e, stride), "");
    return offsets ? LLVMBuildAdd(e->builder, offsets, part, "") : part;
}

static Place find_place(Emitter *e, const Type *type, const Index *index) {
    Place place = {.kind = COORD_SPLAT, .scalar = emit_i64(e, 0)};
    LLVMValueRef stride = emit_i64(e, 1);
    for (int axis = type->rank - 1; axis >= 0; axis--) {
        Coord coord = dim_is(type->dims[axis], 1) ? coord_const(e, 0) : index->at[axis];
        bool contiguous = coord.kind == COORD_LANES && is_one(stride) && place.kind == COORD_SPLAT;
        if (coord.kind == COORD_SPLAT || contiguous) {
            LLVMValueRef position = emit_coord_scalar(e, coord);
            if (!is_zero(coord)) place.scalar = emit_add(e, place.scalar, emit_mul(e, position, stride));
            if (contiguous) place.kind = COORD_LANES;
        } else {
            if (place.kind == COORD_LANES) place.offsets = emit_lane_numbers(e, e->i64);
            place.kind = COORD_VECTOR;
            place.offsets = spread(e, place.offsets, coord, stride);
        }
        stride = emit_mul(e, stride, emit_dim(e, type->dims[axis]));
    }
    if (place.kind == COORD_VECTOR) {
        place.offsets = LLVMBuildAdd(e->builder, place.offsets, emit_splat(e, place.scalar), "");
    }
    return place;
}

static LLVMValueRef all_lanes(const Emitter *e) { return LLVMConstAllOnes(e->i1x); }

static LLVMValueRef addresses(Emitter *e, int buffer, const Place *place) {
    LLVMValueRef offsets = place->offsets;
    return LLVMBuildGEP2(e->builder, e->f32, e->buffers[buffer], &offsets, 1, "");
}

static LLVMValueRef load_spread(Emitter *e, int buffer, LLVMTypeRef type, const Place *place, LLVMValueRef mask) {
    LLVMTypeRef types[] = {type, LLVMVectorType(e->ptr, LANES)};
    LLVMValueRef args[] = {addresses(e, buffer, place), emit_i32(e, ELEMENT_BYTES), mask ? mask : all_lanes(e),
                           LLVMConstNull(type)};
    LLVMValueRef load = emit_intrinsic(e, "llvm.masked.gather", 2, types, 4, args);
    emit_touches(e, load, buffer);
    return load;
}

LLVMValueRef emit_load(Emitter *e, int buffer, const Type *type, const Index *index) {
    Place place = find_place(e, type, index);
    LLVMTypeRef memory = type->elem == ELEM_F32 ? e->f32x : e->i32x;
    LLVMValueRef value;
    if (place.kind == COORD_VECTOR) {
        value = load_spread(e, buffer, memory, &place, index->mask);
    } else {
        LLVMValueRef address = emit_address(e, e->buffers[buffer], place.scalar);
        if (place.kind == COORD_LANES) {
            value = emit_read_masked(e, buffer, memory, address, index->mask);
        } else {
            value = emit_splat(e, emit_read(e, buffer, LLVMGetElementType(memory), address, ELEMENT_BYTES));
        }
    }
    if (type->elem != ELEM_BOOL) return value;
    return LLVMBuildICmp(e->builder, LLVMIntNE, value, emit_i32x(e, 0), "");
}

static void store_spread(Emitter *e, int buffer, LLVMValueRef value, const Place *place, LLVMValueRef mask) {
    LLVMTypeRef types[] = {LLVMTypeOf(value), LLVMVectorType(e->ptr, LANES)};
    LLVMValueRef args[] = {value, addresses(e, buffer, place), emit_i32(e, ELEMENT_BYTES), mask ? mask : all_lanes(e)};
    emit_touches(e, emit_intrinsic(e, "llvm.masked.scatter", 2, types, 4, args), buffer);
}

void emit_store(Emitter *e, int buffer, const Type *type, const Index *index, LLVMValueRef value) {
    if (type->elem == ELEM_BOOL) value = LLVMBuildZExt(e->builder, value, e->i32x, "");
    Place place = find_place(e, type, index);
    if (place.kind == COORD_VECTOR) {
        store_spread(e, buffer, value, &place, index->mask);
        return;
    }
    LLVMValueRef address = emit_address(e, e->buffers[buffer], place.scalar);
    if (place.kind == COORD_LANES) {
        emit_write_masked(e, buffer, value, address, index->mask);
    } else {
        emit_write(e, buffer, emit_lane(e, value, 0), address, ELEMENT_BYTES);
    }
}
