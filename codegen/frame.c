/* Frame: the function around a kernel's code: signature, pointers, extents, attributes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/emit.h"

static void make_types(Emitter *e) {
    LLVMContextRef c = e->context;
    e->ptr = LLVMPointerTypeInContext(c, 0);
    e->i1 = LLVMInt1TypeInContext(c);
    e->i32 = LLVMInt32TypeInContext(c);
    e->i64 = LLVMInt64TypeInContext(c);
    e->f32 = LLVMFloatTypeInContext(c);
    e->i1x = LLVMVectorType(e->i1, LANES);
    e->i32x = LLVMVectorType(e->i32, LANES);
    e->i64x = LLVMVectorType(e->i64, LANES);
    e->f32x = LLVMVectorType(e->f32, LANES);
}

static void add_attribute(Emitter *e, LLVMAttributeIndex where, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(e->function, where, LLVMCreateEnumAttribute(e->context, kind, 0));
}

/* Tables that say how to return from each instruction. */
static void add_unwinding(Emitter *e) {
    enum { ASYNCHRONOUS = 2 };
    unsigned kind = LLVMGetEnumAttributeKindForName("uwtable", strlen("uwtable"));
    LLVMAddAttributeAtIndex(e->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(e->context, kind, ASYNCHRONOUS));
}

static void add_text_attribute(Emitter *e, const char *name, const char *value) {
    LLVMAttributeRef attribute =
        LLVMCreateStringAttribute(e->context, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(e->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

/* The width that LLVM may use: narrower code can be made on purpose for a machine with wide
 * vectors. */
static void limit_width(Emitter *e) {
    char bits[16];
    snprintf(bits, sizeof bits, "%d", e->target->lanes * 32);
    add_text_attribute(e, "prefer-vector-width", bits);
    add_text_attribute(e, "min-legal-vector-width", bits);
    add_text_attribute(e, "target-cpu", e->target->cpu);
    if (*e->target->features) add_text_attribute(e, "target-features", e->target->features);
    if (e->target->flushes) add_text_attribute(e, "denormal-fp-math", "preserve-sign,preserve-sign");
}

static void make_function(Emitter *e) {
    LLVMTypeRef params[] = {e->ptr, e->ptr, e->ptr, e->ptr, e->i64, e->i64};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(e->context), params, 6, false);
    e->function = LLVMAddFunction(e->module, e->kernel->name, type);
    add_attribute(e, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
    for (unsigned i = 1; i <= 4; i++) add_attribute(e, i, "noalias");
    if (e->target->described_in) add_unwinding(e);
    limit_width(e);
    e->entry = LLVMAppendBasicBlockInContext(e->context, e->function, "entry");
    LLVMPositionBuilderAtEnd(e->builder, e->entry);
    emit_lines_of_function(e);
}

/* Operands are numbered by their names; results follow. */
static void count_buffers(Emitter *e) {
    for (int i = 0; i < e->body->nodes.count; i++) {
        const Node *node = e->body->nodes.items[i];
        if (!op_is(node->op, IS_GIVEN)) continue;
        if (emit_operand(node) >= e->n_operands) e->n_operands = emit_operand(node) + 1;
    }
    e->n_results = e->body->outputs.count;
    assert(e->n_operands + e->n_results <= MAX_BUFFERS);
}

static LLVMValueRef load_argument(Emitter *e, LLVMValueRef array, LLVMTypeRef type, int index) {
    LLVMValueRef at = emit_i64(e, index);
    LLVMValueRef address = LLVMBuildGEP2(e->builder, type, array, &at, 1, "");
    return LLVMBuildLoad2(e->builder, type, address, "");
}

static void load_arguments(Emitter *e) {
    for (int i = 0; i < e->n_operands + e->n_results; i++) {
        e->buffers[i] = load_argument(e, LLVMGetParam(e->function, 0), e->ptr, i);
    }
    for (int i = 0; i < e->body->symbols.count; i++) {
        e->extents[i] = load_argument(e, LLVMGetParam(e->function, 1), e->i64, i);
    }
    e->sites = LLVMGetParam(e->function, 2);
    e->scratch = LLVMGetParam(e->function, 3);
    e->thread = LLVMGetParam(e->function, 4);
    e->threads = LLVMGetParam(e->function, 5);
}

LLVMModuleRef emit_kernel(const Kernel *kernel, const Target *target, LLVMContextRef context, EmitKind *emit) {
    static EmitKind *const kinds[KERNEL_KINDS] = {
        [KERNEL_MAP] = emit_map,
        [KERNEL_ROW] = emit_row,
        [KERNEL_COLUMN] = emit_column,
        [KERNEL_CONTRACT] = emit_contract,
        [KERNEL_ATTENTION] = emit_attention,
        [KERNEL_ATTENTION_GRAD] = emit_attention_grad,
        [KERNEL_ATTENTION_SECOND] = emit_attention_second,
        [KERNEL_SCATTER] = emit_scatter,
    };
    Emitter emitter = {.kernel = kernel,
                       .body = kernel->body,
                       .target = target,
                       .context = context,
                       .in_place = kernel->kind == KERNEL_MAP},
            *e = &emitter;
    e->module = LLVMModuleCreateWithNameInContext(kernel->name, context);
    e->builder = LLVMCreateBuilderInContext(context);
    make_types(e);
    emit_lines_begin(e);
    make_function(e);
    count_buffers(e);
    load_arguments(e);
    LLVMBasicBlockRef start = LLVMAppendBasicBlockInContext(context, e->function, "start");
    LLVMBuildBr(e->builder, start);
    LLVMPositionBuilderAtEnd(e->builder, start);
    (emit ? emit : kinds[kernel->kind])(e);
    LLVMBuildRetVoid(e->builder);
    emit_lines_end(e);
    LLVMDisposeBuilder(e->builder);
    return e->module;
}
