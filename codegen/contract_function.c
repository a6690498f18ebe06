/* Contract functions: internal functions of a kernel's module, and what they are made of. */
#include <assert.h>

#include "codegen/contract.h"

static void copy_attributes(LLVMValueRef from, LLVMValueRef to) {
    LLVMAttributeIndex where = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    LLVMAttributeRef attributes[64];
    unsigned count = LLVMGetAttributeCountAtIndex(from, where);
    assert(count <= 64);
    LLVMGetAttributesAtIndex(from, where, attributes);
    for (unsigned i = 0; i < count; i++) LLVMAddAttributeAtIndex(to, where, attributes[i]);
}

enum { MAX_PARAMS = 16 };

static LLVMTypeRef type_of_params(const Emitter *e, const ParamType *types, int count) {
    const LLVMTypeRef of[] = {[PARAM_ADDRESS] = e->ptr, [PARAM_NUMBER] = e->i64, [PARAM_FLAG] = e->i1};
    LLVMTypeRef params[MAX_PARAMS];
    assert(count <= MAX_PARAMS);
    for (int i = 0; i < count; i++) {
        assert(types[i]); /* the table has a row for each */
        params[i] = of[types[i]];
    }
    return LLVMFunctionType(LLVMVoidTypeInContext(e->context), params, (unsigned)count, false);
}

Emitter begin_function(const Emitter *kernel, const char *name, const ParamType *types, int n_params,
                       LLVMValueRef *params) {
    Emitter e = *kernel;
    e.function = LLVMAddFunction(e.module, name, type_of_params(kernel, types, n_params));
    LLVMGetParams(e.function, params);
    LLVMSetLinkage(e.function, LLVMInternalLinkage);
    copy_attributes(kernel->function, e.function);
    e.builder = LLVMCreateBuilderInContext(e.context);
    e.entry = LLVMAppendBasicBlockInContext(e.context, e.function, "entry");
    LLVMBasicBlockRef start = LLVMAppendBasicBlockInContext(e.context, e.function, "start");
    LLVMPositionBuilderAtEnd(e.builder, e.entry);
    emit_lines_of_function(&e);
    LLVMBuildBr(e.builder, start);
    LLVMPositionBuilderAtEnd(e.builder, start);
    return e;
}

LLVMValueRef end_function(Emitter *e) {
    LLVMBuildRetVoid(e->builder);
    LLVMDisposeBuilder(e->builder);
    return e->function;
}

LLVMValueRef dim_or(Emitter *e, Dim dim, LLVMValueRef param) {
    return dim_is_const(dim) ? emit_i64(e, dim.offset) : param;
}

/* The function may be one of several, chosen at run time: its type is that of the arguments. */
void emit_call(Emitter *e, LLVMValueRef function, unsigned n_args, LLVMValueRef *args) {
    LLVMTypeRef params[MAX_PARAMS];
    assert(n_args <= MAX_PARAMS);
    for (unsigned i = 0; i < n_args; i++) params[i] = LLVMTypeOf(args[i]);
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(e->context), params, n_args, false);
    LLVMBuildCall2(e->builder, type, function, args, n_args, "");
}

LLVMValueRef load_lanes(Emitter *e, LLVMTypeRef vector, LLVMValueRef address, LLVMValueRef mask) {
    return emit_elements_there(e, ELEM_F32, vector, address, mask);
}

void store_lanes(Emitter *e, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask) {
    if (mask) {
        LLVMValueRef args[] = {value, address, emit_i32(e, WORD_BYTES), mask};
        emit_intrinsic(e, "llvm.masked.store", 2, (LLVMTypeRef[]){LLVMTypeOf(value), e->ptr}, 4, args);
        return;
    }
    LLVMSetAlignment(LLVMBuildStore(e->builder, value, address), WORD_BYTES);
}

LLVMValueRef load_operand(Emitter *e, const Contraction *c, LLVMTypeRef vector, LLVMValueRef address,
                          LLVMValueRef mask) {
    return emit_elements_there(e, c->elem, vector, address, mask);
}

LLVMValueRef operand_address(Emitter *e, const Contraction *c, LLVMValueRef base, LLVMValueRef offset) {
    return emit_element_address(e, c->elem, base, offset);
}

LLVMValueRef lanes_below(Emitter *e, LLVMTypeRef vector, LLVMValueRef count) {
    unsigned lanes = LLVMGetVectorSize(vector);
    LLVMValueRef numbers[LANES], zeros = LLVMConstNull(LLVMVectorType(e->i32, lanes));
    for (unsigned i = 0; i < lanes; i++) numbers[i] = emit_i32(e, i);
    LLVMValueRef some = LLVMBuildTrunc(e->builder, emit_min(e, count, emit_i64(e, LANES)), e->i32, "");
    LLVMValueRef poison = LLVMGetPoison(LLVMVectorType(e->i32, lanes));
    LLVMValueRef first = LLVMBuildInsertElement(e->builder, poison, some, emit_i64(e, 0), "");
    LLVMValueRef counts = LLVMBuildShuffleVector(e->builder, first, poison, zeros, "");
    return LLVMBuildICmp(e->builder, LLVMIntSLT, LLVMConstVector(numbers, lanes), counts, "");
}

void emit_prefetch(Emitter *e, LLVMValueRef address, bool write, int locality) {
    LLVMValueRef args[] = {address, emit_i32(e, write), emit_i32(e, locality), emit_i32(e, 1)};
    emit_intrinsic(e, "llvm.prefetch", 1, &e->ptr, 4, args);
}
