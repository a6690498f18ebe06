/* Target machine: a target as code generation sees it, and its machine of LLVM's. */
#ifndef GRADC_CODEGEN_TARGET_MACHINE_H
#define GRADC_CODEGEN_TARGET_MACHINE_H

#include <llvm-c/TargetMachine.h>

#include "codegen/target.h"

struct Target {
    char *cpu;                  /* LLVM's name: "znver3" */
    char *features;             /* "+avx2,+fma,..." ; "" for a CPU given by name: LLVM knows what it has */
    char *name;                 /* for logs */
    int lanes;                  /* f32 lanes of a contraction's register tile: 4, 8 or 16 */
    int registers;              /* vector registers of that width */
    int64_t l1_bytes, l2_bytes; /* data caches of one core */
    bool flushes;               /* threads that run its code take and leave subnormal numbers as zeros */
    bool hurried;               /* LLVM optimises next to nothing */
    const char *described_in;   /* a folder: code comes with what perf and gdb want to know; NULL: it does not */
};

/* A machine of this target for one compilation; the caller disposes of it. */
LLVMTargetMachineRef target_machine(const Target *target);

#endif
