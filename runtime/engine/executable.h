/* Executable: a kernel list with its code and memory, ready to run a batch.
 *
 * For each batch: `executable_plan` says how many bytes of the activation slab it needs, `executable_place` points
 * every value at its place, `executable_run` is called by every thread of a team. None of them allocates. */
#ifndef GRADC_RUNTIME_ENGINE_EXECUTABLE_H
#define GRADC_RUNTIME_ENGINE_EXECUTABLE_H

#include "runtime/engine/barrier.h"
#include "runtime/engine/cost.h"
#include "runtime/engine/memory.h"
#include "runtime/engine/trace.h"

typedef struct Executable Executable;

/* `functions`: the code of each launch's kernel, [launches]. Borrows the list, which must outlive it. */
Executable *executable_new(const KernelList *list, KernelFunction *const *functions);
void executable_free(Executable *exec); /* NULL is allowed */

/* Memory of a leaf (input or parameter); false when the graph has none of this name. Stays bound until bound anew. */
bool executable_bind(Executable *exec, const char *leaf, void *memory);

/* Memory of the input that plays a role; false when the graph has none. */
bool executable_bind_role(Executable *exec, Role role, void *memory);

/* Where the address of a leaf's memory is kept, for who binds it again and again. The leaf is of the list's graph. */
void **executable_slot(Executable *exec, const Node *leaf);

/* The output is written to memory of its own instead of the slab. To be said before the first plan; the address may
 * change later. */
bool executable_bind_output(Executable *exec, const char *output, void *memory);
bool executable_bind_output_role(Executable *exec, Role role, void *memory); /* the output that plays it */

/* Where an output lies after a run: valid until the slab is used again. NULL when there is none of this name. */
const float *executable_output(const Executable *exec, const char *output);
const float *executable_output_of(const Executable *exec, Role role); /* the output that plays it */

/* Names of the graph's symbols, in the order of `extents`. */
const Symbols *executable_symbols(const Executable *exec);

/* Extents of this batch, [symbols]; returns the bytes of slab needed. */
size_t executable_plan(Executable *exec, const int64_t *extents);
void executable_place(Executable *exec, void *slab);

/* The first leaf that has no memory yet, or NULL: for an assert before running. */
const char *executable_unbound(const Executable *exec);

/* One thread of those that run launches together. */
typedef struct Worker {
    int64_t thread, threads;
    void *scratch;    /* SCRATCH_BYTES of this thread */
    Barrier *barrier; /* of all threads; NULL for one alone */
} Worker;
void worker_meet(const Worker *worker); /* with all others */

/* This thread's part of all launches. */
void executable_run(const Executable *exec, const Worker *worker);

/* All launches by the calling thread alone, `after` being called for each with the memory of its operands, then its
 * results; ends when that is false. `scratch`: SCRATCH_BYTES. */
void executable_watch(const Executable *exec, void *scratch,
                      bool (*after)(void *user, const Launch *launch, void *const *buffers), void *user);
const KernelList *executable_list(const Executable *exec);
const int64_t *executable_extents(const Executable *exec);               /* of the batch that was planned last */
const void *executable_memory(const Executable *exec, const Node *node); /* NULL: it has none */

/* Where the time of the first thread goes, launch by launch, over all runs since it was switched on. */
typedef struct LaunchTime {
    const Kernel *kernel;
    const char *label; /* of this launch */
    int64_t runs;
    double run_s, wait_s; /* in the kernel; at the barrier before it */
    Cost cost;            /* of all runs */
    VEC(double) step_s;   /* [steps]: in the kernel, in each; behind the last one with a run there are none */
} LaunchTime;
/* `step`: where the caller says which step is at hand, from 0; NULL: step by step nothing is told. */
void executable_profile(Executable *exec, const int *step);
const LaunchTime *executable_times(const Executable *exec, int *count); /* NULL: not switched on */

/* From now on all threads say when they were in which launch, instead; NULL: no longer. */
void executable_trace(Executable *exec, Trace *trace);

int executable_launches(const Executable *exec);

#endif
