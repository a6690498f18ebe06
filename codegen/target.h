/* Target: what kernels are made for: a CPU as LLVM names it, its features, vector lanes, cache sizes. */
#ifndef GRADC_CODEGEN_TARGET_H
#define GRADC_CODEGEN_TARGET_H

#include "graph/base/diag.h"

typedef struct Target Target;

/* `cpu` NULL: the machine at hand; else a name that LLVM knows. `lanes` 0: what the CPU has; 4, 8 or 16: f32 lanes of a
 * contraction's register tile, legalised by LLVM to what the CPU has. NULL with a diagnostic for an unknown CPU. */
Target *target_new(const char *cpu, int lanes, Diagnostics *diags);
void target_free(Target *target);
/* From now on LLVM optimizes little: for tests, which compile many kernels to run each once. The bits of results stay
 * the same. */
void target_hurry(Target *target);
const char *target_name(const Target *target); /* "sapphirerapids, 16 lanes": for logs */

#endif
