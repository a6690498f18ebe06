/* Kept: what the frozen part of a graph gave each row of a data set, so that it is computed once (see
 * passes/cut.h). */
#ifndef GRADC_RUNTIME_MODEL_KEPT_H
#define GRADC_RUNTIME_MODEL_KEPT_H

#include "runtime/data/batch.h"
#include "runtime/engine/executable.h"

typedef struct Kept Kept;

/* Of the outputs of a frozen graph of the task, all of them [S, C] or [x.T, C] (asserted). */
Kept *kept_new(const Graph *frozen, const Task *task);
void kept_free(Kept *kept); /* NULL is allowed */

/* Bytes for all rows of a data set. */
size_t kept_bytes(const Kept *kept, const Dataset *data);

/* A batch begins. Room for all rows of its data set is set aside when that is new and takes no more than `*room` bytes,
 * which become fewer then; without it every batch is computed anew. True when the values of all of the batch's rows are
 * there, in place for it. */
bool kept_recall(Kept *kept, const Batch *batch, size_t *room);

/* Puts in place, and stores where there is room, what the executable of the frozen graph gave the batch. */
void kept_store(Kept *kept, const Batch *batch, const Executable *frozen);

/* What is stored is of weights that have changed. */
void kept_forget(Kept *kept);

/* Binds the inputs of the rest to the values in place. */
void kept_bind(const Kept *kept, Executable *rest);

#endif
