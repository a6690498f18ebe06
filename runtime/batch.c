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

/* Room for `rows` rows' labels of any of the sets. */
static void allocate_labels(Arena *arena, BatchLabels *labels, const Dataset *const *sets, int n_sets, int64_t rows) {
    int64_t most = 0, numbers = 0;
    for (int i = 0; i < n_sets; i++) {
        int64_t of_set = most_labels(sets[i]), width = sets[i]->task->label.width;
        if (of_set > most) most = of_set;
        if (of_set * width > numbers) numbers = of_set * width;
    }
    labels->classes = arena_array(arena, (size_t)(rows * numbers) + 1, sizeof *labels->classes);
    labels->numbers = arena_array(arena, (size_t)(rows * numbers) + 1, sizeof *labels->numbers);
    labels->at = arena_array(arena, (size_t)(rows * most) + 1, sizeof *labels->at);
    labels->bounds = arena_array(arena, (size_t)rows + 1, sizeof *labels->bounds);
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
    batch->data_rows = arena_array(arena, (size_t)rows + 1, sizeof(int64_t));
    allocate_labels(arena, &batch->labels, sets, n_sets, rows);
    return batch;
}

void batch_free(Batch *batch) {
    if (!batch) return;
    label_list_free(&batch->list);
    arena_free(batch->arena);
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

static RowKey key_of(const Batch *batch, int64_t row, int64_t place) {
    int64_t number = batch->by_index ? row : place;
    return (RowKey){(uint32_t)batch->rng[0], (uint32_t)batch->rng[1], (uint32_t)number};
}

void batch_begin(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, RowNumbers numbers) {
    int64_t labels = 0, tokens[2] = {0};
    batch->by_index = numbers == NUMBERS_OF_DATA;
    for (int64_t i = 0; i < count; i++) {
        row_labels(data, rows[i], key_of(batch, rows[i], i), NULL, &batch->list);
        labels += batch->list.count;
        for (int j = 0; j < data->task->n_inputs; j++)
            tokens[j] += data->inputs[j].bounds[rows[i] + 1] - data->inputs[j].bounds[rows[i]];
    }
    batch->update_rows[0] = (float)(count ? count : 1);
    batch->labels.update_labels[0] = (float)(labels ? labels : 1);
    for (int j = 0; j < 2; j++) batch->inputs[j].update_tokens[0] = (float)(tokens[j] ? tokens[j] : 1);
}

/* The labels of row `row`, which is sequence `sequence`; a masked label hides tokens of it. */
static void append_labels(Batch *batch, const Dataset *data, int64_t row, int64_t sequence, RowKey key) {
    const Label *label = &data->task->label;
    BatchLabels *to = &batch->labels;
    BatchInput *input = label->of >= 0 ? &batch->inputs[label->of] : NULL;
    int32_t start = input ? input->bounds[sequence] : 0;
    row_labels(data, row, key, input ? input->ids + start : NULL, &batch->list);
    for (int64_t i = 0; i < batch->list.count; i++, to->count++) {
        to->at[to->count] = start + batch->list.at[i];
        for (int64_t j = 0; j < label->width; j++) {
            double given = batch->list.values[i * label->width + j], value = isnan(given) ? 0 : given;
            if (label->kind != LABEL_REAL) to->classes[to->count * label->width + j] = (int32_t)value;
            to->numbers[to->count * label->width + j] = (float)value;
        }
    }
    to->bounds[sequence + 1] = to->count;
}

void batch_fill(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, int64_t first_row) {
    batch->rows = count;
    batch->data = data;
    batch->labels.count = 0;
    for (int i = 0; i < 2; i++) batch->inputs[i].tokens = 0;
    for (int64_t i = 0; i < count; i++) {
        RowKey key = key_of(batch, rows[i], first_row + i);
        for (int j = 0; j < data->task->n_inputs; j++)
            append_sequence(&batch->inputs[j], &data->inputs[j], rows[i], i, key.row);
        append_labels(batch, data, rows[i], i, key);
        batch->data_rows[i] = rows[i];
        batch->row_coords[2 * i] = (int32_t)key.row;
        batch->row_coords[2 * i + 1] = 0;
    }
}

/* `symbol` is "NAME.LETTER". */
static bool is_of(const char *symbol, const char *name, const char *letter) {
    size_t length = strlen(name);
    return strncmp(symbol, name, length) == 0 && symbol[length] == '.' && strcmp(symbol + length + 1, letter) == 0;
}

RowsOf batch_symbol(const Task *task, const char *symbol, int *input) {
    if (strcmp(symbol, "S") == 0) return ROWS_OF_SEQUENCES;
    if (task->label.name && is_of(symbol, task->label.name, "W")) return ROWS_OF_LABELS;
    for (int i = 0; i < task->n_inputs; i++) {
        if (!is_of(symbol, task->inputs[i].name, "T")) continue;
        *input = i;
        return ROWS_OF_TOKENS;
    }
    return ROWS_OF_BATCH;
}

int64_t batch_extent(const Batch *batch, const Task *task, const char *symbol) {
    int input = 0;
    switch (batch_symbol(task, symbol, &input)) {
    case ROWS_OF_SEQUENCES: return batch->rows;
    case ROWS_OF_LABELS: return batch->labels.count;
    case ROWS_OF_TOKENS: return batch->inputs[input].tokens;
    default: return 0;
    }
}

int64_t batch_tokens(const Batch *batch) { return batch->inputs[0].tokens + batch->inputs[1].tokens; }
