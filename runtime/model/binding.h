/* Binding: where a graph's inputs find what a batch has for their roles. Roles are looked up once; a step only copies
 * addresses. */
#ifndef GRADC_RUNTIME_MODEL_BINDING_H
#define GRADC_RUNTIME_MODEL_BINDING_H

#include "runtime/data/batch.h"
#include "runtime/engine/values.h"

typedef struct LeafBinding {
    void **slot;   /* of the executable */
    int task;      /* of a joined batch; -1: the batch itself */
    size_t offset; /* in Batch: of the bytes themselves, or of a pointer to them */
    bool points;
} LeafBinding;

typedef VEC(LeafBinding) Bindings;

/* Of the inputs of the executable's graph that come with a batch of the task; in `arena`. */
Bindings bindings_of(Executable *exec, const Task *task, Arena *arena);
void bind_batch(const Bindings *bindings, Batch *batch);

/* The same inputs of a graph of the task, and the extents of its symbols, as values. */
void batch_values(Values *values, const Graph *graph, const Task *task, const Batch *batch);

#endif
