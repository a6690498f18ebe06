/* Code: the machine code of all kernels of a run, from the cache or compiled, on all cores. */
#ifndef GRADC_RUNTIME_ENGINE_CODE_H
#define GRADC_RUNTIME_ENGINE_CODE_H

#include "codegen/jit.h"
#include "codegen/object_code.h"
#include "passes/schedule.h"
#include "runtime/engine/object_cache.h"
#include "runtime/engine/team.h"

typedef struct Code {
    Jit *jit;
    KernelFunction **functions; /* [kernels of the set] */
    int compiled, cached;       /* how many came from where */
    const KernelSet *set;
    Arena *arena;
    ObjectCode *objects; /* [kernels of the set], in the arena; NULL: the target is not described */
} Code;

/* `cache` may be NULL; it is not used for a described target, whose objects are of one text's lines and
 * which are written down (jit_dump.h). Borrows the set.
 * NULL and a diagnostic on failure. */
Code *code_new(const KernelSet *set, const Target *target, const Cache *cache, Team *team, Diagnostics *diags);
void code_free(Code *code);

/* The functions of a list's launches, in `arena`. */
KernelFunction **code_of_launches(const Code *code, const KernelList *list, Arena *arena);

#endif
