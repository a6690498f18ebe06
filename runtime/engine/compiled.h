/* Compiled: one graph by itself as machine code with its memory: for tools that evaluate a graph once or a few times.
 * */
#ifndef GRADC_RUNTIME_ENGINE_COMPILED_H
#define GRADC_RUNTIME_ENGINE_COMPILED_H

#include "passes/pipeline.h"
#include "runtime/engine/code.h"
#include "runtime/engine/values.h"

/* What compiling needs of the machine; `cache` may be NULL. */
typedef struct CompileFor {
    const Target *target;
    const Cache *cache;
    Team *team;
} CompileFor;

typedef struct Compiled Compiled;

/* All passes over the graph, then its kernels. NULL and diagnostics on failure. Borrows what `on` points to. */
Compiled *compiled_new(const Graph *graph, const PipelineOptions *options, const CompileFor *on, Diagnostics *diags);
void compiled_free(Compiled *compiled); /* NULL is allowed */

/* Evaluates the graph. All leaves must have values (asserted). False and a diagnostic when there
 * is no memory. */
bool compiled_run(Compiled *compiled, const Values *values, Diagnostics *diags);
/* The elements of an output of the last run; false when there is none of this name. */
bool compiled_read(const Compiled *compiled, const char *output, double *to);
bool compiled_read_role(const Compiled *compiled, Role role, double *to); /* of the output that plays it */

#endif
