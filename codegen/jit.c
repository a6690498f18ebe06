/* Jit: objects linked into the process by ORC, through its RTDyld layer. */
#include "codegen/jit.h"

#include <assert.h>
#include <llvm-c/Core.h>
#include <llvm-c/ExecutionEngine.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/OrcEE.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

struct Jit {
    LLVMOrcLLJITRef lljit;
};

/* gdb is told of objects that describe themselves; others would only cost it time. */
static LLVMOrcObjectLayerRef make_layer(void *context, LLVMOrcExecutionSessionRef session, const char *triple) {
    const Target *target = context;
    (void)triple;
    LLVMOrcObjectLayerRef layer = LLVMOrcCreateRTDyldObjectLinkingLayerWithSectionMemoryManager(session);
    if (target_described_in(target))
        LLVMOrcRTDyldObjectLinkingLayerRegisterJITEventListener(layer, LLVMCreateGDBRegistrationListener());
    return layer;
}

/* False, and a diagnostic, when LLVM reports an error. */
static bool succeeded(LLVMErrorRef error, const char *what, Diagnostics *diags) {
    if (!error) return true;
    char *message = LLVMGetErrorMessage(error);
    diag_error(diags, "E0702", (Pos){0}, "cannot %s machine code: %s", what, message);
    diag_hint(diags, "either memory is short, or this system forbids memory that is both writable and executable");
    LLVMDisposeErrorMessage(message);
    return false;
}

/* Kernels call nothing, but on a CPU without FMA or with small memory operations LLVM may: fmaf,
 * memset. */
static bool add_process_symbols(LLVMOrcLLJITRef lljit, Diagnostics *diags) {
    LLVMOrcDefinitionGeneratorRef generator = NULL;
    char prefix = LLVMOrcLLJITGetGlobalPrefix(lljit);
    LLVMErrorRef error = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&generator, prefix, NULL, NULL);
    if (!succeeded(error, "linked", diags)) return false;
    LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(lljit), generator);
    return true;
}

Jit *jit_new(const Target *target, Diagnostics *diags) {
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMOrcLLJITBuilderSetObjectLinkingLayerCreator(builder, make_layer, (void *)target);
    LLVMOrcLLJITRef lljit = NULL;
    if (!succeeded(LLVMOrcCreateLLJIT(&lljit, builder), "linked", diags)) return NULL;
    if (!add_process_symbols(lljit, diags)) {
        LLVMConsumeError(LLVMOrcDisposeLLJIT(lljit));
        return NULL;
    }
    Jit *jit = memory_new(1, sizeof *jit);
    *jit = (Jit){lljit};
    return jit;
}

void jit_free(Jit *jit) {
    if (!jit) return;
    LLVMErrorRef error = LLVMOrcDisposeLLJIT(jit->lljit);
    if (error) LLVMConsumeError(error);
    free(jit);
}

bool jit_add(Jit *jit, Object object, Diagnostics *diags) {
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(object.bytes, object.size, "kernel");
    free(object.bytes);
    LLVMOrcJITDylibRef library = LLVMOrcLLJITGetMainJITDylib(jit->lljit);
    return succeeded(LLVMOrcLLJITAddObjectFile(jit->lljit, library, buffer), "added", diags);
}

KernelFunction *jit_find(Jit *jit, const char *kernel_name, Diagnostics *diags) {
    LLVMOrcExecutorAddress address = 0;
    if (!succeeded(LLVMOrcLLJITLookup(jit->lljit, &address, kernel_name), "found", diags)) return NULL;
    KernelFunction *function;
    uintptr_t value = (uintptr_t)address;
    static_assert(sizeof function == sizeof value, "a function's address is a number of that size");
    memcpy(&function, &value, sizeof function);
    return function;
}
