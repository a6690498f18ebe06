/* Batch: copying rows end to end. */
#include "runtime/batch.h"

#include <math.h>
#include <string.h>

static int64_t longest_row(const Dataset *data, int input) {
    int64_t longest = 0;
    const int64_t *bounds = data->inputs[input].bounds;
    for (int64_t i = 0; i < data->rows; i++) {
        if (bounds[i + 1] - bounds[i] > longest) longest = bounds[i + 1] - bounds[i];
    }
    return longest;
}

static void allocate_input(Arena *arena, BatchInput *input, int64_t rows, int64_t tokens) {
    size_t t = (size_t)tokens + 1, r = (size_t)rows + 1;
    input->ids = arena_array(arena, t, sizeof(int32_t));
    input->segments = arena_array(arena, t, sizeof(int32_t));
    input->positions = arena_array(arena, t, sizeof(int32_t));
    input->sequence = arena_array(arena, t, sizeof(int32_t));
    input->coords = arena_array(arena, t, 2 * sizeof(int32_t));
    input->bounds = arena_array(arena, r, sizeof(int32_t));
    input->first = arena_array(arena, r, sizeof(int32_t));
}

Batch *batch_new(const Dataset *const *sets, int n_sets, int64_t rows) {
    Arena *arena = arena_new();
    Batch *batch = arena_alloc(arena, sizeof *batch);
    *batch = (Batch){.arena = arena, .capacity_rows = rows};
    for (int i = 0; i < 2; i++) {
        int64_t longest = 0;
        for (int j = 0; j < n_sets; j++) {
            int64_t of_set = i < sets[j]->task->n_inputs ? longest_row(sets[j], i) : 0;
            if (of_set > longest) longest = of_set;
        }
        allocate_input(arena, &batch->inputs[i], rows, rows * longest);
    }
    batch->row_coords = arena_array(arena, (size_t)rows + 1, 2 * sizeof(int32_t));
    batch->class_labels = arena_array(arena, (size_t)rows + 1, sizeof(int32_t));
    batch->real_labels = arena_array(arena, (size_t)rows + 1, sizeof(float));
    return batch;
}

void batch_free(Batch *batch) {
    if (batch) arena_free(batch->arena);
}

/* Row `row` of the data set as sequence `sequence` of the batch. */
static void append_sequence(BatchInput *to, const Sequences *from, int64_t row, int64_t sequence, int64_t row_number) {
    int64_t start = from->bounds[row], count = from->bounds[row + 1] - start, at = to->tokens;
    memcpy(to->ids + at, from->ids.items + start, (size_t)count * sizeof *to->ids);
    memcpy(to->segments + at, from->segments.items + start, (size_t)count * sizeof *to->segments);
    for (int64_t i = 0; i < count; i++) {
        to->positions[at + i] = (int32_t)i;
        to->sequence[at + i] = (int32_t)sequence;
        to->coords[2 * (at + i)] = (int32_t)row_number;
        to->coords[2 * (at + i) + 1] = (int32_t)i;
    }
    to->first[sequence] = (int32_t)at;
    to->tokens += count;
    to->bounds[sequence + 1] = (int32_t)to->tokens;
}

void batch_fill(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, int64_t first_row) {
    batch->rows = count;
    for (int i = 0; i < 2; i++) batch->inputs[i].tokens = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t row = rows[i];
        for (int j = 0; j < data->task->n_inputs; j++) {
            append_sequence(&batch->inputs[j], &data->inputs[j], row, i, first_row + i);
        }
        double label = isnan(data->labels[row]) ? 0 : data->labels[row];
        batch->row_coords[2 * i] = (int32_t)(first_row + i);
        batch->row_coords[2 * i + 1] = 0;
        batch->class_labels[i] = (int32_t)label;
        batch->real_labels[i] = (float)label;
    }
}

int64_t batch_tokens(const Batch *batch) { return batch->inputs[0].tokens + batch->inputs[1].tokens; }
