/* Train memory: what a run needs, before its first step. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_MEMORY_H
#define GRADC_RUNTIME_TRAIN_TRAIN_MEMORY_H

#include "runtime/train/train_step.h"

/* Bytes that the outputs of a frozen part may take (see kept.h): a quarter of what there is or of what --max-memory
 * allows; 0 with --no-reuse. */
size_t train_kept_room(const TrainOptions *options);

/* Of a run from step `first` on. */
typedef struct MemoryNeed {
    StepRunner *runner;
    const RunSchedule *schedule;
    size_t kept_room;
    int64_t first;
} MemoryNeed;

/* Before there are weights: may the run take what it needs? False with a diagnostic. */
bool train_check_memory(const MemoryNeed *need);
/* Finds out what the largest batch of the run needs, says it, and sets it aside. False with a diagnostic when it is not
 * there. */
bool train_plan_memory(const MemoryNeed *need, size_t *slab);

#endif
