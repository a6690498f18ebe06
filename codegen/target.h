/* Target: what kernels are made for: a CPU as LLVM names it, its features, vector lanes, cache sizes. */
#ifndef GRADC_CODEGEN_TARGET_H
#define GRADC_CODEGEN_TARGET_H

#include "graph/base/diag.h"

typedef struct Target Target;

/* `cpu` NULL: the machine at hand; else a name that LLVM knows. `lanes` 0: what the CPU has; 4, 8 or 16: f32 lanes of a
 * contraction's register tile, legalised by LLVM to what the CPU has. NULL with a diagnostic for an unknown CPU. */
Target *target_new(const char *cpu, int lanes, Diagnostics *diags);
void target_free(Target *target);

/* Can code for it be run by the machine at hand? False with a diagnostic (E0707) that says what this one has. */
bool target_runs_here(const Target *target, Diagnostics *diags);
/* The feature that code for a CPU of that name needs and that is not among `features` ("+sse2,+avx,-avx512f", as LLVM
 * writes them); NULL: all are there. */
const char *target_lacking(const char *cpu, const char *features);

/* From now on its code is for threads that take and leave subnormal numbers as zeros of their sign: runs with bf16
 * products (runtime/engine/subnormals.h). */
void target_flush_subnormals(Target *target);

/* From now on LLVM optimizes little: for tests, which compile many kernels to run each once. The bits of results stay
 * the same. */
void target_hurry(Target *target);
/* From now on code comes with the lines of the graph file that it is from, and with what unwinds it: for perf and gdb.
 * Its instructions stay the same. `folder`, which is borrowed: where whoever links it writes that down. */
void target_describe(Target *target, const char *folder);
const char *target_described_in(const Target *target); /* NULL: it is not described */
/* Of LLVM, which makes the code: "19.1.7". */
typedef struct LlvmVersion {
    char text[40];
} LlvmVersion;
LlvmVersion target_llvm_version(void);
const char *target_name(const Target *target); /* "sapphirerapids, 16 lanes": for logs */

#endif
