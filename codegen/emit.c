/* Emit: constants, small operations, control flow, memory accesses. */
#include "codegen/emit.h"

#include <assert.h>
#include <llvm-c/DebugInfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

LLVMValueRef emit_i64(const Emitter *e, int64_t value) { return LLVMConstInt(e->i64, (unsigned long long)value, true); }

LLVMValueRef emit_i32(const Emitter *e, int64_t value) { return LLVMConstInt(e->i32, (unsigned long long)value, true); }

/* Rounded here, so that LLVM is never asked to round. NaN and infinity pass. */
LLVMValueRef emit_f32(const Emitter *e, double value) { return LLVMConstReal(e->f32, (double)(float)value); }

static LLVMValueRef constant_splat(LLVMValueRef scalar) {
    LLVMValueRef lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = scalar;
    return LLVMConstVector(lanes, LANES);
}

LLVMValueRef emit_f32x(const Emitter *e, double value) { return constant_splat(emit_f32(e, value)); }
LLVMValueRef emit_i32x(const Emitter *e, int64_t value) { return constant_splat(emit_i32(e, value)); }

LLVMValueRef emit_splat(Emitter *e, LLVMValueRef scalar) {
    if (LLVMIsConstant(scalar)) return constant_splat(scalar);
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(scalar), LANES);
    LLVMValueRef poison = LLVMGetPoison(type), zeros = LLVMConstNull(LLVMVectorType(e->i32, LANES));
    LLVMValueRef first = LLVMBuildInsertElement(e->builder, poison, scalar, emit_i64(e, 0), "");
    return LLVMBuildShuffleVector(e->builder, first, poison, zeros, "");
}

LLVMValueRef emit_lane(Emitter *e, LLVMValueRef vector, int lane) {
    return LLVMBuildExtractElement(e->builder, vector, emit_i64(e, lane), "");
}

LLVMValueRef emit_lane_numbers(const Emitter *e, LLVMTypeRef elem) {
    (void)e;
    LLVMValueRef lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = LLVMConstInt(elem, (unsigned long long)i, false);
    return LLVMConstVector(lanes, LANES);
}

LLVMTypeRef emit_vector_type(const Emitter *e, ElemType elem) {
    elem = elem_computed(elem);
    return elem == ELEM_F32 ? e->f32x : elem == ELEM_I32 ? e->i32x : e->i1x;
}

LLVMValueRef emit_add(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildNSWAdd(e->builder, a, b, ""); }

LLVMValueRef emit_mul(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildNSWMul(e->builder, a, b, ""); }

static bool constant_value(LLVMValueRef value, int64_t *constant) {
    if (!LLVMIsAConstantInt(value)) return false;
    *constant = LLVMConstIntGetSExtValue(value);
    return true;
}

LLVMValueRef emit_dim(Emitter *e, Dim dim) {
    if (dim_is_const(dim)) return emit_i64(e, dim.offset);
    LLVMValueRef value = e->extents[dim.symbol];
    if (dim.scale != 1) value = emit_mul(e, value, emit_i64(e, dim.scale));
    return dim.offset ? emit_add(e, value, emit_i64(e, dim.offset)) : value;
}

LLVMValueRef emit_sub(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildNSWSub(e->builder, a, b, ""); }

LLVMValueRef emit_div(Emitter *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildUDiv(e->builder, a, b, ""); }

LLVMValueRef emit_div_up_by(Emitter *e, LLVMValueRef a, LLVMValueRef b) {
    return emit_div(e, emit_sub(e, emit_add(e, a, b), emit_i64(e, 1)), b);
}

LLVMValueRef emit_less(Emitter *e, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildICmp(e->builder, LLVMIntSLT, a, b, "");
}

LLVMValueRef emit_select(Emitter *e, LLVMValueRef condition, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildSelect(e->builder, condition, a, b, "");
}

LLVMValueRef emit_min(Emitter *e, LLVMValueRef a, LLVMValueRef b) {
    int64_t x, y;
    if (constant_value(a, &x) && constant_value(b, &y)) return x < y ? a : b;
    return emit_intrinsic(e, "llvm.smin", 1, &e->i64, 2, (LLVMValueRef[]){a, b});
}

LLVMValueRef emit_round_down(Emitter *e, LLVMValueRef a, int64_t power) {
    return LLVMBuildAnd(e->builder, a, emit_i64(e, -power), "");
}

LLVMValueRef emit_div_up(Emitter *e, LLVMValueRef a, int64_t b) {
    return LLVMBuildUDiv(e->builder, emit_add(e, a, emit_i64(e, b - 1)), emit_i64(e, b), "");
}

LLVMValueRef emit_intrinsic(Emitter *e, const char *name, int n_types, LLVMTypeRef *types, int n_args,
                            LLVMValueRef *args) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    assert(id != 0);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->module, id, types, (size_t)n_types);
    LLVMTypeRef type = LLVMIntrinsicGetType(e->context, id, types, (size_t)n_types);
    return LLVMBuildCall2(e->builder, type, function, args, (unsigned)n_args, "");
}

LLVMValueRef emit_fma(Emitter *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c) {
    LLVMTypeRef type = LLVMTypeOf(a);
    return emit_intrinsic(e, "llvm.fma", 1, &type, 3, (LLVMValueRef[]){a, b, c});
}

LLVMValueRef emit_fmax(Emitter *e, LLVMValueRef a, LLVMValueRef b) {
    LLVMValueRef greater = LLVMBuildFCmp(e->builder, LLVMRealOGT, a, b, "");
    return LLVMBuildSelect(e->builder, greater, a, b, "");
}

static LLVMBasicBlockRef new_block(Emitter *e, const char *name) {
    return LLVMAppendBasicBlockInContext(e->context, e->function, name);
}

Loop emit_for(Emitter *e, LLVMValueRef from, LLVMValueRef to, int64_t step, const char *name) {
    Loop loop = {.to = to, .step = emit_i64(e, step), .body = new_block(e, name), .exit = new_block(e, "done")};
    LLVMBasicBlockRef before = LLVMGetInsertBlock(e->builder);
    LLVMValueRef any = LLVMBuildICmp(e->builder, LLVMIntSLT, from, to, "");
    LLVMBuildCondBr(e->builder, any, loop.body, loop.exit);
    LLVMPositionBuilderAtEnd(e->builder, loop.body);
    loop.i = LLVMBuildPhi(e->builder, e->i64, name);
    LLVMAddIncoming(loop.i, &from, &before, 1);
    return loop;
}

void emit_end_for(Emitter *e, Loop *loop) {
    LLVMBasicBlockRef last = LLVMGetInsertBlock(e->builder);
    LLVMValueRef next = emit_add(e, loop->i, loop->step);
    LLVMAddIncoming(loop->i, &next, &last, 1);
    LLVMValueRef more = LLVMBuildICmp(e->builder, LLVMIntSLT, next, loop->to, "");
    LLVMBuildCondBr(e->builder, more, loop->body, loop->exit);
    LLVMMoveBasicBlockAfter(loop->exit, last);
    LLVMPositionBuilderAtEnd(e->builder, loop->exit);
}

LLVMBasicBlockRef emit_if(Emitter *e, LLVMValueRef condition) {
    LLVMBasicBlockRef then = new_block(e, "then"), after = new_block(e, "after");
    LLVMBuildCondBr(e->builder, condition, then, after);
    LLVMPositionBuilderAtEnd(e->builder, then);
    return after;
}

void emit_end_if(Emitter *e, LLVMBasicBlockRef after) {
    LLVMBuildBr(e->builder, after);
    LLVMMoveBasicBlockAfter(after, LLVMGetInsertBlock(e->builder));
    LLVMPositionBuilderAtEnd(e->builder, after);
}

LLVMValueRef emit_local(Emitter *e, LLVMTypeRef type, LLVMValueRef initial) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->builder);
    LLVMMetadataRef line = LLVMGetCurrentDebugLocation2(e->builder);
    LLVMPositionBuilderBefore(e->builder, LLVMGetFirstInstruction(e->entry)); /* the line of that, too */
    LLVMValueRef local = LLVMBuildAlloca(e->builder, type, "");
    LLVMPositionBuilderAtEnd(e->builder, here);
    emit_line_back(e, line);
    if (initial) emit_set(e, local, initial);
    return local;
}

LLVMValueRef emit_get(Emitter *e, LLVMTypeRef type, LLVMValueRef local) {
    return LLVMBuildLoad2(e->builder, type, local, "");
}

void emit_set(Emitter *e, LLVMValueRef local, LLVMValueRef value) { LLVMBuildStore(e->builder, value, local); }

void emit_share(Emitter *e, LLVMValueRef items, LLVMValueRef *from, LLVMValueRef *to) {
    LLVMValueRef next = emit_add(e, e->thread, emit_i64(e, 1));
    *from = LLVMBuildUDiv(e->builder, emit_mul(e, items, e->thread), e->threads, "from");
    *to = LLVMBuildUDiv(e->builder, emit_mul(e, items, next), e->threads, "to");
}
