/* Code generation: machine code for kernels, through LLVM.
 *
 * Everything here may be called from several threads at once on different kernels: no state is shared but what is said.
 * */
#ifndef GRADC_CODEGEN_CODEGEN_H
#define GRADC_CODEGEN_CODEGEN_H

#include "graph/kernel.h"

/* What kernels are made for: a CPU as LLVM names it, its features, vector lanes, cache sizes; see target.h. */
typedef struct Target Target;

/* `cpu` NULL: the machine at hand; else a name that LLVM knows. `lanes` 0: what the CPU has; 4, 8 or 16: f32 lanes of a
 * contraction's register tile, legalised by LLVM to what the CPU has. NULL with a diagnostic for an unknown CPU. */
Target *target_new(const char *cpu, int lanes, Diagnostics *diags);
void target_free(Target *target);
/* From now on code is made quickly rather than made quick: for tests, which compile many kernels to run each once. The
 * bits of results stay the same. */
void target_hurry(Target *target);
const char *target_name(const Target *target); /* "sapphirerapids, 16 lanes": for logs */

/* Machine code of one kernel: an object file in memory. */
typedef struct Object {
    void *bytes; /* malloc'ed */
    size_t size;
} Object;

/* Compiles a kernel. Never fails on a valid kernel (internal errors are asserts). */
Object kernel_object(const Kernel *kernel, const Target *target);

/* The kernel's code as text, LLVM IR or assembly; caller frees. */
typedef enum CodeFormat { CODE_LLVM, CODE_ASSEMBLY } CodeFormat;
char *kernel_text(const Kernel *kernel, const Target *target, CodeFormat format);

/* Code that shows what the machine can do: chains of fused multiply-adds in registers, enough of them to hide each
 * other's latency. A KernelFunction by the name PEAK_KERNEL: every thread runs extents[0] rounds, of `flops_per_round`
 * multiplications and additions each, on 16 floats of its own at buffers[0] + 16 * thread, which should be 0.5: then
 * all numbers stay ordinary ones. */
#define PEAK_KERNEL "peak"
Object peak_object(const Target *target, int64_t *flops_per_round);

/* XXH3-128 of everything that changes the code: the kernel's text, target, LLVM and gradc versions. The key of the
 * object cache. */
XXH128_hash_t object_key(const Kernel *kernel, const Target *target);

/* Linked code, alive until the JIT is freed. Takes the object's bytes. Not thread-safe. */
typedef struct Jit Jit;
Jit *jit_new(const Target *target, Diagnostics *diags);
void jit_free(Jit *jit);
bool jit_add(Jit *jit, Object object, Diagnostics *diags);
KernelFunction *jit_find(Jit *jit, const char *kernel_name, Diagnostics *diags);

#endif
