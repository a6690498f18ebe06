/* Kernel runs for tests: a body given as IR text is compiled, run and compared with the
 * interpreter. */
#ifndef GRADC_TESTS_KERNEL_RUN_H
#define GRADC_TESTS_KERNEL_RUN_H

#include "codegen/jit.h"
#include "graph/interpret.h"

/* A kernel around a body's text (see graph/print.c; inputs and outputs "0", "1", ...). Aborts on a
 * mistake in the text. */
Kernel *kernel_from_text(KernelKind kind, const char *text);
void kernel_free(Kernel *kernel);

/* A linked kernel. */
typedef struct KernelRun {
    Kernel *kernel;
    Target *target;
    Jit *jit;
    KernelFunction *function;
    Diagnostics *diags;
} KernelRun;
KernelRun kernel_link(Kernel *kernel, int lanes); /* lanes 0: the CPU's */
void kernel_unlink(KernelRun *run);               /* frees all but the kernel */

/* Compares the kernel's results for random inputs with the interpreter's, to `tolerance` of 1, or
 * of the largest magnitude of a result, plus as much of the element; and, bit by bit, the results
 * of 1, 2, 3 and 7 threads and of 4, 8 and 16 lanes. Fails the running test. */
void check_kernel(KernelKind kind, const char *text, const int64_t *extents, double tolerance);
/* The same for `count` sets of extents, `stride` apart; the kernel is compiled once. */
void check_kernel_sizes(KernelKind kind, const char *text, const int64_t *extents, int stride, int count,
                        double tolerance);

#endif
