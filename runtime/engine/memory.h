/* Memory plan: where in the activation slab each value of a kernel list lies, for one batch.
 *
 * Sizes are known only with the batch, so the same simple planner runs for each: values in the order in which they are
 * written, each into the lowest gap that is free while it lives. A value lives from the barrier epoch in which it is
 * written to the last in which it is read: two launches between the same barriers never share memory, so no further
 * barrier is needed. */
#ifndef GRADC_RUNTIME_ENGINE_MEMORY_H
#define GRADC_RUNTIME_ENGINE_MEMORY_H

#include "graph/kernel.h"

/* A stored value and its life; the same for all batches. */
typedef struct StoredValue {
    const Node *node;
    int from, to; /* epochs, inclusive */
} StoredValue;

typedef struct Lifetimes {
    StoredValue *values;
    int count;
    int epochs;
} Lifetimes;

/* `outside[node id]`: the value has memory of its own (outputs that go elsewhere) and takes no place in the slab.
 * Outputs live to the end. */
Lifetimes lifetimes_of(const KernelList *list, const bool *outside, Arena *arena);

/* Fills offsets[node id] in bytes, multiples of 64, for every value. Returns the bytes needed. `work`: room of
 * memory_work_bytes(count) bytes, so that the steady loop allocates nothing. */
size_t plan_memory(const Lifetimes *lives, const int64_t *extents, size_t *offsets, void *work);
size_t memory_work_bytes(int values);

#endif
