/* Memory: loads and stores of buffers and scratch, and what LLVM knows of their overlap. */
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
    LLVMMetadataRef operands[] = {text_node(e, name), domain};
    return LLVMMDNodeInContext2(e->context, operands, 2);
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

/* Bytes of one lane. */
static unsigned lane_bytes(const Emitter *e, LLVMTypeRef vector) {
    LLVMTypeRef lane = LLVMGetElementType(vector);
    return lane == e->f32 ? WORD_BYTES : LLVMGetIntTypeWidth(lane) / 8;
}

LLVMValueRef emit_read_masked(Emitter *e, int buffer, LLVMTypeRef type, LLVMValueRef address, LLVMValueRef mask) {
    unsigned bytes = lane_bytes(e, type);
    if (!mask) return emit_read(e, buffer, type, address, bytes);
    LLVMTypeRef types[] = {type, e->ptr};
    LLVMValueRef args[] = {address, emit_i32(e, bytes), mask, LLVMConstNull(type)};
    LLVMValueRef load = emit_intrinsic(e, "llvm.masked.load", 2, types, 4, args);
    emit_touches(e, load, buffer);
    return load;
}

void emit_write_masked(Emitter *e, int buffer, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask) {
    unsigned bytes = lane_bytes(e, LLVMTypeOf(value));
    if (!mask) {
        emit_write(e, buffer, value, address, bytes);
        return;
    }
    LLVMTypeRef types[] = {LLVMTypeOf(value), e->ptr};
    LLVMValueRef args[] = {value, address, emit_i32(e, bytes), mask};
    emit_touches(e, emit_intrinsic(e, "llvm.masked.store", 2, types, 4, args), buffer);
}

/* --- Elements in memory --- */

/* Between what is computed with and what lies in memory; NULL: as it is. A type of storage rounds when it is packed. */
typedef struct Storage {
    LLVMValueRef (*pack)(Emitter *e, LLVMValueRef value), (*unpack)(Emitter *e, LLVMValueRef stored);
} Storage;

static LLVMValueRef pack_bool(Emitter *e, LLVMValueRef value) { return LLVMBuildZExt(e->builder, value, e->i32x, ""); }

static LLVMValueRef unpack_bool(Emitter *e, LLVMValueRef stored) {
    return LLVMBuildICmp(e->builder, LLVMIntNE, stored, emit_i32x(e, 0), "");
}

/* To the nearest, ties to even: adding half a unit, or a little less before an even half, carries into the upper half.
 * A NaN is made quiet, lest it end as infinity. */
static LLVMValueRef pack_bf16(Emitter *e, LLVMValueRef value) {
    LLVMValueRef bits = LLVMBuildBitCast(e->builder, value, e->i32x, ""), sixteen = emit_i32x(e, 16);
    LLVMValueRef odd = LLVMBuildAnd(e->builder, LLVMBuildLShr(e->builder, bits, sixteen, ""), emit_i32x(e, 1), "");
    LLVMValueRef half_unit = LLVMBuildAdd(e->builder, odd, emit_i32x(e, 0x7fff), "");
    LLVMValueRef rounded = LLVMBuildAdd(e->builder, bits, half_unit, "");
    LLVMValueRef quiet = LLVMBuildOr(e->builder, bits, emit_i32x(e, 1 << 22), "");
    LLVMValueRef is_nan = LLVMBuildFCmp(e->builder, LLVMRealUNO, value, value, "");
    LLVMValueRef whole = LLVMBuildSelect(e->builder, is_nan, quiet, rounded, "");
    return LLVMBuildTrunc(e->builder, LLVMBuildLShr(e->builder, whole, sixteen, ""), emit_memory_type(e, ELEM_BF16),
                          "");
}

/* Of any number of lanes. */
static LLVMValueRef unpack_bf16(Emitter *e, LLVMValueRef stored) {
    unsigned lanes = LLVMGetVectorSize(LLVMTypeOf(stored));
    LLVMValueRef sixteen[LANES];
    for (unsigned i = 0; i < lanes; i++) sixteen[i] = emit_i32(e, 16);
    LLVMValueRef wide = LLVMBuildZExt(e->builder, stored, LLVMVectorType(e->i32, lanes), "");
    wide = LLVMBuildShl(e->builder, wide, LLVMConstVector(sixteen, lanes), "");
    return LLVMBuildBitCast(e->builder, wide, LLVMVectorType(e->f32, lanes), "");
}

static const Storage storages[ELEM_TYPES] = {
    [ELEM_BOOL] = {pack_bool, unpack_bool},
    [ELEM_BF16] = {pack_bf16, unpack_bf16},
};

LLVMValueRef emit_packed(Emitter *e, ElemType elem, LLVMValueRef value) {
    return storages[elem].pack ? storages[elem].pack(e, value) : value;
}

LLVMValueRef emit_unpacked(Emitter *e, ElemType elem, LLVMValueRef stored) {
    return storages[elem].unpack ? storages[elem].unpack(e, stored) : stored;
}

static LLVMTypeRef memory_lanes(const Emitter *e, ElemType elem, unsigned lanes) {
    LLVMTypeRef word = LLVMIntTypeInContext(e->context, (unsigned)(8 * elem_bytes(elem)));
    return LLVMVectorType(elem == ELEM_F32 ? e->f32 : word, lanes);
}

LLVMTypeRef emit_memory_type(const Emitter *e, ElemType elem) { return memory_lanes(e, elem, LANES); }

/* What addresses of elements are counted in. */
static LLVMTypeRef unit_of(const Emitter *e, ElemType elem) {
    return elem_bytes(elem) == WORD_BYTES ? e->f32 : LLVMGetElementType(emit_memory_type(e, elem));
}

/* --- Elements at an index --- */

/* Where an index leads in a row-major tensor: all lanes at `scalar`, contiguous from there, or
 * spread. */
typedef struct LanePlace {
    CoordKind kind;
    LLVMValueRef scalar;  /* i64, element offset */
    LLVMValueRef offsets; /* i64x, when spread */
} LanePlace;

static bool is_zero(Coord coord) {
    return coord.kind == COORD_SPLAT && coord.offset == 0 && LLVMIsAConstantInt(coord.base) &&
           LLVMConstIntGetZExtValue(coord.base) == 0;
}

static bool is_one(LLVMValueRef stride) { return LLVMIsAConstantInt(stride) && LLVMConstIntGetZExtValue(stride) == 1; }

static LLVMValueRef spread(Emitter *e, LLVMValueRef offsets, Coord coord, LLVMValueRef stride) {
    LLVMValueRef term = LLVMBuildMul(e->builder, emit_coord(e, coord), emit_splat(e, stride), "");
    return offsets ? LLVMBuildAdd(e->builder, offsets, term, "") : term;
}

static LanePlace find_place(Emitter *e, const Type *type, const Index *index) {
    LanePlace place = {.kind = COORD_SPLAT, .scalar = emit_i64(e, 0)};
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

LLVMValueRef emit_element_address(Emitter *e, ElemType elem, LLVMValueRef base, LLVMValueRef offset) {
    return LLVMBuildGEP2(e->builder, unit_of(e, elem), base, &offset, 1, "");
}

LLVMValueRef emit_elements_there(Emitter *e, ElemType elem, LLVMTypeRef vector, LLVMValueRef address,
                                 LLVMValueRef mask) {
    LLVMTypeRef memory = memory_lanes(e, elem, LLVMGetVectorSize(vector));
    unsigned bytes = (unsigned)elem_bytes(elem);
    LLVMValueRef stored;
    if (mask) {
        LLVMValueRef args[] = {address, emit_i32(e, bytes), mask, LLVMConstNull(memory)};
        stored = emit_intrinsic(e, "llvm.masked.load", 2, (LLVMTypeRef[]){memory, e->ptr}, 4, args);
    } else {
        stored = LLVMBuildLoad2(e->builder, memory, address, "");
        LLVMSetAlignment(stored, bytes);
    }
    return emit_unpacked(e, elem, stored);
}

/* Of one element, or of 16 that are spread. */
static LLVMValueRef address_at(Emitter *e, int buffer, ElemType elem, LLVMValueRef offset) {
    return emit_element_address(e, elem, e->buffers[buffer], offset);
}

static LLVMValueRef load_spread(Emitter *e, int buffer, ElemType elem, const LanePlace *place, LLVMValueRef mask) {
    LLVMTypeRef type = emit_memory_type(e, elem), types[] = {type, LLVMVectorType(e->ptr, LANES)};
    LLVMValueRef args[] = {address_at(e, buffer, elem, place->offsets), emit_i32(e, (int)elem_bytes(elem)),
                           mask ? mask : all_lanes(e), LLVMConstNull(type)};
    LLVMValueRef load = emit_intrinsic(e, "llvm.masked.gather", 2, types, 4, args);
    emit_touches(e, load, buffer);
    return load;
}

LLVMValueRef emit_load(Emitter *e, int buffer, const Type *type, const Index *index) {
    LanePlace place = find_place(e, type, index);
    LLVMTypeRef memory = emit_memory_type(e, type->elem);
    LLVMValueRef value;
    if (place.kind == COORD_VECTOR) {
        value = load_spread(e, buffer, type->elem, &place, index->mask);
    } else {
        LLVMValueRef address = address_at(e, buffer, type->elem, place.scalar);
        if (place.kind == COORD_LANES) {
            value = emit_read_masked(e, buffer, memory, address, index->mask);
        } else {
            unsigned bytes = lane_bytes(e, memory);
            value = emit_splat(e, emit_read(e, buffer, LLVMGetElementType(memory), address, bytes));
        }
    }
    return emit_unpacked(e, type->elem, value);
}

static void store_spread(Emitter *e, int buffer, ElemType elem, LLVMValueRef value, const LanePlace *place,
                         LLVMValueRef mask) {
    LLVMTypeRef types[] = {LLVMTypeOf(value), LLVMVectorType(e->ptr, LANES)};
    LLVMValueRef args[] = {value, address_at(e, buffer, elem, place->offsets), emit_i32(e, (int)elem_bytes(elem)),
                           mask ? mask : all_lanes(e)};
    emit_touches(e, emit_intrinsic(e, "llvm.masked.scatter", 2, types, 4, args), buffer);
}

void emit_store(Emitter *e, int buffer, const Type *type, const Index *index, LLVMValueRef value) {
    value = emit_packed(e, type->elem, value);
    LanePlace place = find_place(e, type, index);
    if (place.kind == COORD_VECTOR) {
        store_spread(e, buffer, type->elem, value, &place, index->mask);
        return;
    }
    LLVMValueRef address = address_at(e, buffer, type->elem, place.scalar);
    if (place.kind == COORD_LANES) {
        emit_write_masked(e, buffer, value, address, index->mask);
    } else {
        emit_write(e, buffer, emit_lane(e, value, 0), address, lane_bytes(e, LLVMTypeOf(value)));
    }
}
