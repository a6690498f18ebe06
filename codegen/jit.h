/* Jit: machine code linked into this process, alive until the JIT is freed. Not thread-safe. */
#ifndef GRADC_CODEGEN_JIT_H
#define GRADC_CODEGEN_JIT_H

#include "codegen/codegen.h"

typedef struct Jit Jit;

/* NULL, or false, and a diagnostic where the system does not let code be linked. The making of a target has initialised
 * LLVM. */
Jit *jit_new(const Target *target, Diagnostics *diags);
void jit_free(Jit *jit);                                   /* NULL is allowed */
bool jit_add(Jit *jit, Object object, Diagnostics *diags); /* takes the object's bytes */
KernelFunction *jit_find(Jit *jit, const char *kernel_name, Diagnostics *diags);

#endif
