/* Sampler: which rows of which task make the next batch. A pure function of seed and epoch: its position is a number. */
#ifndef GRADC_RUNTIME_SAMPLER_H
#define GRADC_RUNTIME_SAMPLER_H

#include "runtime/dataset.h"

/* One batch: `count` row indices of the task's data set. */
typedef struct Draw {
    int task;
    const int64_t *rows;
    int64_t count;
} Draw;

typedef struct Sampler Sampler;

typedef struct SamplerOptions {
    int64_t batch;
    uint64_t seed;
    bool shuffle; /* false: rows in file order, tasks round robin until each is used up */
} SamplerOptions;

/* `sizes[t]`: rows of task t. Shuffled, the batches of all tasks come in random order: tasks in proportion to their sizes. */
Sampler *sampler_new(const int64_t *sizes, int n_tasks, SamplerOptions options);
void sampler_free(Sampler *sampler);

int64_t sampler_steps_per_epoch(const Sampler *sampler);
/* Batch number `step` of epoch `epoch`, both from 0. The rows are valid until a draw of another epoch. */
Draw sampler_draw(Sampler *sampler, int64_t epoch, int64_t step);

#endif
