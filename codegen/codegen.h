/* Codegen: kernels to objects of machine code, or to its text, through LLVM. All of it may be called from several
 * threads at once on different kernels. */
#ifndef GRADC_CODEGEN_CODEGEN_H
#define GRADC_CODEGEN_CODEGEN_H

#include "codegen/target.h"
#include "graph/kernel.h"

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

#endif
