/* Codegen: from a kernel to machine code: emit, optimise, compile. */
#include "codegen/codegen.h"

#include <assert.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/emit.h"

/* The build makes it from this folder's sources (version.sh), so that no change of theirs meets old objects. */
#if __has_include("code_version.h")
#include "code_version.h"
#include "graph/base/hash.h"
#include "graph/base/memory.h"
#else
#define GRADC_CODE_VERSION __DATE__ " " __TIME__
#endif

/* Few passes: the vector code is written as it should run. Variables become registers, address arithmetic folds, what a
 * loop does not change leaves it. Neither LLVM's vectorisers nor its unroller run. */
static const char *const pipeline = "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,"
                                    "loop-mssa(licm),gvn<no-load-pre>,instcombine<no-verify-fixpoint>,simplifycfg)";
/* Enough to make most of it registers. */
static const char *const hurried_pipeline = "function(sroa,early-cse)";

static const char *pipeline_of(const Target *target) { return target->hurried ? hurried_pipeline : pipeline; }

static void check_module(LLVMModuleRef module) {
#ifndef NDEBUG
    char *error = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &error)) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    LLVMDisposeMessage(error);
#else
    (void)module;
#endif
}

static void optimise(LLVMModuleRef module, const char *passes, LLVMTargetMachineRef machine) {
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(module, passes, machine, options);
    assert(!error);
    if (error) LLVMConsumeError(error);
    LLVMDisposePassBuilderOptions(options);
}

/* A module ready to be printed or emitted, in a context of its own. */
typedef struct Compilation {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMTargetMachineRef machine;
} Compilation;

static Compilation begin_compilation(const Kernel *kernel, const Target *target, EmitKind *emit) {
    Compilation c = {.context = LLVMContextCreate(), .machine = target_machine(target)};
    c.module = emit_kernel(kernel, target, c.context, emit);
    char *triple = LLVMGetTargetMachineTriple(c.machine);
    LLVMSetTarget(c.module, triple);
    LLVMDisposeMessage(triple);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(c.machine);
    LLVMSetModuleDataLayout(c.module, layout);
    LLVMDisposeTargetData(layout);
    check_module(c.module);
    optimise(c.module, pipeline_of(target), c.machine);
    return c;
}

static void end_compilation(Compilation *c) {
    LLVMDisposeModule(c->module);
    LLVMDisposeTargetMachine(c->machine);
    LLVMContextDispose(c->context);
}

static LLVMMemoryBufferRef emit_code(const Compilation *c, LLVMCodeGenFileType type) {
    LLVMMemoryBufferRef buffer = NULL;
    char *error = NULL;
    bool failed = LLVMTargetMachineEmitToMemoryBuffer(c->machine, c->module, type, &error, &buffer);
    assert(!failed);
    (void)failed;
    return buffer;
}

static Object compile(const Kernel *kernel, const Target *target, EmitKind *emit) {
    Compilation c = begin_compilation(kernel, target, emit);
    LLVMMemoryBufferRef buffer = emit_code(&c, LLVMObjectFile);
    size_t size = LLVMGetBufferSize(buffer);
    Object object = {memory_copy(LLVMGetBufferStart(buffer), size), size};
    LLVMDisposeMemoryBuffer(buffer);
    end_compilation(&c);
    return object;
}

Object kernel_object(const Kernel *kernel, const Target *target) { return compile(kernel, target, NULL); }

Object peak_object(const Target *target, int64_t *flops_per_round) {
    Graph *body = graph_new(PEAK_KERNEL, NULL);
    Dim room = dim_symbol(graph_symbol(body, "rounds"));
    graph_leaf(body, OP_input, "0", type_make(ELEM_F32, 1, &room));
    const Kernel kernel = {.kind = KERNEL_MAP, .name = PEAK_KERNEL, .body = body};
    Object object = compile(&kernel, target, emit_peak);
    graph_free(body);
    *flops_per_round = peak_flops(target);
    return object;
}

static char *with_end(const char *text, size_t size) {
    char *copy = memory_copy(text, size);
    copy[size] = '\0';
    return copy;
}

char *kernel_text(const Kernel *kernel, const Target *target, CodeFormat format) {
    Compilation c = begin_compilation(kernel, target, NULL);
    char *text;
    if (format == CODE_LLVM) {
        char *printed = LLVMPrintModuleToString(c.module);
        text = with_end(printed, strlen(printed));
        LLVMDisposeMessage(printed);
    } else {
        LLVMMemoryBufferRef buffer = emit_code(&c, LLVMAssemblyFile);
        text = with_end(LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
        LLVMDisposeMemoryBuffer(buffer);
    }
    end_compilation(&c);
    return text;
}

XXH128_hash_t object_key(const Kernel *kernel, const Target *target) {
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, kernel->hash);
    XXH3_state_t *state = hash_begin();
    char numbers[160];
    int size = snprintf(numbers, sizeof numbers, "%s %d %d %lld %lld %d", target_llvm_version().text, target->lanes,
                        target->registers, (long long)target->l1_bytes, (long long)target->l2_bytes, target->flushes);
    XXH3_128bits_update(state, hash.digest, sizeof hash.digest);
    XXH3_128bits_update(state, numbers, (size_t)size + 1);
    const char *const texts[] = {GRADC_CODE_VERSION, kernel->name, target->cpu, target->features, pipeline_of(target)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        XXH3_128bits_update(state, texts[i], strlen(texts[i]) + 1);
    }
    return hash_end(state);
}
