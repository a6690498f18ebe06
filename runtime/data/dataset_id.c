/* Data set's id: each array's hash begins with that of the one before. */
#include "runtime/data/dataset_id.h"

#include <xxhash.h>

static uint64_t add(uint64_t id, const void *items, int64_t count, size_t size) {
    return XXH3_64bits_withSeed(items, (size_t)count * size, id);
}

uint64_t dataset_id(const Dataset *data) {
    uint64_t id = 0;
    for (int i = 0; i < data->task->n_inputs; i++) {
        const Sequences *in = &data->inputs[i];
        id = add(id, in->ids.items, in->ids.count, sizeof *in->ids.items);
        id = add(id, in->segments.items, in->segments.count, sizeof *in->segments.items);
        id = add(id, in->bounds, data->rows + 1, sizeof *in->bounds);
        if (!in->windows) continue;
        id = add(id, in->windows, data->rows + 1, sizeof *in->windows);
        id = add(id, in->window_bounds, in->windows[data->rows] + 1, sizeof *in->window_bounds);
    }
    for (int i = 0; i < data->task->n_values; i++) {
        const Labels *values = &data->values[i];
        int64_t count = values->bounds ? values->bounds[data->rows] : 0;
        if (count) id = add(id, values->values, count * data->task->values[i].width, sizeof *values->values);
    }
    return id;
}
