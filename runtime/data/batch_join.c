/* Joined batches: the first texts of several batches as one text. */
#include <string.h>

#include "runtime/data/batch.h"

Batch *batch_joined_new(const Dataset *const *sets, int n_sets, int64_t rows) {
    Batch *joined = batch_new(sets, n_sets, rows * n_sets);
    const BatchInput *in = &joined->inputs[0];
    size_t most = (size_t)(in->room_tokens > in->room_sequences ? in->room_tokens : in->room_sequences);
    joined->count_up = arena_array(joined->arena, most + 1, sizeof *joined->count_up);
    for (size_t i = 0; i < most; i++) joined->count_up[i] = (int32_t)i;
    joined->task_batches = arena_array(joined->arena, (size_t)n_sets, sizeof *joined->task_batches);
    for (joined->n_tasks = 0; joined->n_tasks < n_sets; joined->n_tasks++)
        joined->task_batches[joined->n_tasks] = batch_new(&sets[joined->n_tasks], 1, rows);
    return joined;
}

static void copy_plain(int32_t *to, const int32_t *from, int64_t count) {
    memcpy(to, from, (size_t)count * sizeof *to);
}

static void copy_shifted(int32_t *to, const int32_t *from, int64_t count, int64_t shift) {
    for (int64_t i = 0; i < count; i++) to[i] = from[i] + (int32_t)shift;
}

static void append_input(BatchInput *to, const BatchInput *from, int64_t first_row) {
    int64_t t = to->tokens, s = to->sequences;
    copy_plain(to->ids + t, from->ids, from->tokens);
    copy_plain(to->segments + t, from->segments, from->tokens);
    copy_plain(to->positions + t, from->positions, from->tokens);
    copy_plain(to->coords + 2 * t, from->coords, 2 * from->tokens);
    copy_plain(to->row_coords + 2 * s, from->row_coords, 2 * from->sequences);
    copy_shifted(to->sequence + t, from->sequence, from->tokens, s);
    copy_shifted(to->first + s, from->first, from->sequences, t);
    copy_shifted(to->bounds + s, from->bounds, from->sequences + 1, t);
    copy_shifted(to->row + s, from->row, from->sequences, first_row);
    to->tokens += from->tokens;
    to->sequences += from->sequences;
}

void batch_join(Batch *joined) {
    BatchInput *all = &joined->inputs[0];
    joined->rows = all->tokens = all->sequences = 0;
    for (int i = 0; i < joined->n_tasks; i++) {
        Batch *own = joined->task_batches[i];
        own->first_row = joined->rows;
        own->inputs[0].in_all_tokens = joined->count_up + all->tokens;
        own->inputs[0].in_all_sequences = joined->count_up + all->sequences;
        append_input(all, &own->inputs[0], joined->rows);
        joined->rows += own->rows;
    }
}

int64_t batch_data_row(const Batch *batch, int64_t row, const Dataset **data) {
    for (int i = 0; i < batch->n_tasks; i++) {
        const Batch *own = batch->task_batches[i];
        if (row < own->first_row + own->rows) return batch_data_row(own, row - own->first_row, data);
    }
    *data = batch->data;
    return batch->data_rows[row];
}
