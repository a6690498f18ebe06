/* Overlap: by the hashes of rows. */
#include "runtime/data/overlap.h"

#include <stdlib.h>
#include <xxhash.h>

#include "graph/base/memory.h"

static uint64_t hash_row(const Dataset *data, int64_t row) {
    uint64_t hash = 0;
    for (int i = 0; i < data->task->n_inputs; i++) {
        const Sequences *in = &data->inputs[i];
        int64_t from = in->bounds[row], to = in->bounds[row + 1];
        hash = XXH3_64bits_withSeed(in->ids.items + from, (size_t)(to - from) * sizeof *in->ids.items, hash);
    }
    return hash;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int64_t overlap_find(const Dataset *train, const Dataset *dev, uint32_t *lines, int most) {
    uint64_t *hashes = memory_new((size_t)train->rows, sizeof *hashes);
    int64_t shared = 0;
    for (int64_t row = 0; row < train->rows; row++) hashes[row] = hash_row(train, row);
    qsort(hashes, (size_t)train->rows, sizeof *hashes, by_value);
    for (int64_t row = 0; row < dev->rows; row++) {
        uint64_t hash = hash_row(dev, row);
        if (!bsearch(&hash, hashes, (size_t)train->rows, sizeof hash, by_value)) continue;
        if (shared < most) lines[shared] = dev->lines[row];
        shared++;
    }
    free(hashes);
    return shared;
}
