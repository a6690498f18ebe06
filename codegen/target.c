/* Target: the machine at hand, or a CPU by name, and its sizes. */
#include "codegen/target.h"

#include <assert.h>
#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include "codegen/target_machine.h"
#include "graph/base/count_text.h"
#include "graph/base/memory.h"

static void initialize(void) {
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
}

/* LLVM's registry of targets is one for the process, so this guard is as well. */
static once_flag initialized = ONCE_FLAG_INIT;

/* CPUs that can be asked for by name, with the width of their vectors in floats, and what a machine needs to run code
 * for them, as far as code for f32 shows it. LLVM prints a warning and goes on when it does not know a name, and offers
 * no way to ask first. */
static const struct {
    const char *name;
    int lanes;
    const char *needs;
} cpus[] = {
    {"x86-64", 4, "sse2"},
    {"x86-64-v2", 4, "sse4.2"},
    {"nehalem", 4, "sse4.2"},
    {"sandybridge", 8, "avx"},
    {"ivybridge", 8, "avx"},
    {"x86-64-v3", 8, "avx2"},
    {"haswell", 8, "avx2"},
    {"broadwell", 8, "avx2"},
    {"skylake", 8, "avx2"},
    {"alderlake", 8, "avx2"},
    {"znver1", 8, "avx2"},
    {"znver2", 8, "avx2"},
    {"znver3", 8, "avx2"},
    {"x86-64-v4", 16, "avx512vl"},
    {"skylake-avx512", 16, "avx512vl"},
    {"cascadelake", 16, "avx512vl"},
    {"icelake-client", 16, "avx512vbmi2"},
    {"icelake-server", 16, "avx512vbmi2"},
    {"sapphirerapids", 16, "avx512fp16"},
    {"emeraldrapids", 16, "avx512fp16"},
    {"graniterapids", 16, "avx512fp16"},
    {"znver4", 16, "avx512bf16"},
    {"znver5", 16, "avx512bf16"},
};

static int lanes_of_name(const char *cpu) {
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        if (strcmp(cpus[i].name, cpu) == 0) return cpus[i].lanes;
    }
    return 0;
}

static int lanes_of_features(const char *features) {
    if (strstr(features, "+avx512f")) return 16;
    return strstr(features, "+avx,") ? 8 : 4;
}

static int64_t cache_bytes(int which, int64_t otherwise) {
    long bytes = sysconf(which);
    return bytes > 0 ? (int64_t)bytes : otherwise;
}

/* Copies a text of LLVM's and frees it. */
static char *take_text(char *text) {
    char *copy = memory_text(text);
    LLVMDisposeMessage(text);
    return copy;
}

static bool is_x86(void) {
    char *triple = LLVMGetDefaultTargetTriple();
    bool yes = strncmp(triple, "x86", 3) == 0;
    LLVMDisposeMessage(triple);
    return yes;
}

static void report_unknown(Diagnostics *diags, const char *cpu) {
    const char *names[sizeof cpus / sizeof *cpus];
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) names[i] = cpus[i].name;
    diag_error(diags, "E0701", (Pos){0}, "unknown x86-64 CPU '%s'", cpu);
    if (!diag_hint_nearest(diags, cpu, names, (int)(sizeof names / sizeof *names)))
        diag_hint(diags, "try x86-64-v3; or native, the machine at hand, as without --cpu");
}

/* "native", and what LLVM calls the machine at hand where that is no name of the table. */
static bool is_native(const char *cpu) {
    char *host = take_text(LLVMGetHostCPUName());
    bool same = !cpu || strcmp(cpu, "native") == 0 || (!lanes_of_name(cpu) && strcmp(cpu, host) == 0);
    free(host);
    return same;
}

const char *target_lacking(const char *cpu, const char *features) {
    char wanted[24], spaced[4096];
    snprintf(spaced, sizeof spaced, "%s,", features);
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        if (strcmp(cpus[i].name, cpu) != 0) continue;
        snprintf(wanted, sizeof wanted, "+%s,", cpus[i].needs);
        return strstr(spaced, wanted) ? NULL : cpus[i].needs;
    }
    return NULL;
}

bool target_runs_here(const Target *target, Diagnostics *diags) {
    char *host = take_text(LLVMGetHostCPUName()), *features = take_text(LLVMGetHostCPUFeatures());
    bool named = !*target->features; /* as target_new has it */
    const char *lacking = named ? target_lacking(target->cpu, features) : NULL;
    if (lacking) {
        diag_error(diags, "E0707", (Pos){0}, "code for '%s' does not run on this machine: it needs %s", target->cpu,
                   lacking);
        diag_hint(diags,
                  "this is a %s of %s; without --cpu code is made for it; gradc dump and opt make code for others",
                  host, count_text(lanes_of_features(features), "lane").text);
    }
    free(host);
    free(features);
    return !lacking;
}

Target *target_new(const char *cpu, int lanes, Diagnostics *diags) {
    call_once(&initialized, initialize);
    if (is_native(cpu)) cpu = NULL;
    int native = cpu ? lanes_of_name(cpu) : 0;
    if (cpu && !native) {
        report_unknown(diags, cpu);
        return NULL;
    }
    assert(lanes == 0 || lanes == 4 || lanes == 8 || lanes == 16);
    Target *target = memory_new(1, sizeof *target);
    target->cpu = cpu ? memory_text(cpu) : take_text(LLVMGetHostCPUName());
    target->features = cpu ? memory_text("") : take_text(LLVMGetHostCPUFeatures());
    if (!cpu) native = lanes_of_features(target->features);
    target->lanes = lanes ? lanes : native;
    target->registers = native == 16 || !is_x86() ? 32 : 16;
    target->l1_bytes = cpu ? 32768 : cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32768);
    target->l2_bytes = cpu ? 524288 : cache_bytes(_SC_LEVEL2_CACHE_SIZE, 524288);
    size_t size = strlen(target->cpu) + 32;
    target->name = memory_new(size, 1);
    snprintf(target->name, size, "%s, %s", target->cpu, count_text(target->lanes, "lane").text);
    return target;
}

void target_free(Target *target) {
    if (!target) return;
    free(target->cpu);
    free(target->features);
    free(target->name);
    free(target);
}

void target_flush_subnormals(Target *target) { target->flushes = true; }

void target_hurry(Target *target) {
    target->hurried = true;
    target->registers = 16; /* smaller tiles are less code */
}

void target_describe(Target *target, const char *folder) { target->described_in = folder; }

const char *target_described_in(const Target *target) { return target->described_in; }

LlvmVersion target_llvm_version(void) {
    LlvmVersion version;
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    snprintf(version.text, sizeof version.text, "%u.%u.%u", major, minor, patch);
    return version;
}

const char *target_name(const Target *target) { return target->name; }

LLVMTargetMachineRef target_machine(const Target *target) {
    char *triple = LLVMGetDefaultTargetTriple(), *error = NULL;
    LLVMTargetRef llvm_target;
    bool failed = LLVMGetTargetFromTriple(triple, &llvm_target, &error);
    assert(!failed);
    (void)failed;
    LLVMCodeGenOptLevel level = target->hurried ? LLVMCodeGenLevelNone : LLVMCodeGenLevelAggressive;
    LLVMTargetMachineRef machine = LLVMCreateTargetMachine(llvm_target, triple, target->cpu, target->features, level,
                                                           LLVMRelocPIC, LLVMCodeModelSmall);
    LLVMDisposeMessage(triple);
    return machine;
}
