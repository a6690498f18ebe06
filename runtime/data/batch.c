/* Batch: copying rows end to end. */
#include "runtime/data/batch.h"

#include <math.h>
#include <string.h>

static int64_t longest_row(const Dataset *data, int input) {
    return longest_stretch(data->inputs[input].bounds, data->rows);
}

static int64_t most_windows(const Dataset *data, int input) {
    const int64_t *windows = data->inputs[input].windows;
    return windows ? longest_stretch(windows, data->rows) : 1;
}

/* The most of `of(set, input)` over the sets that have the input. */
static int64_t most_of(const Dataset *const *sets, int n_sets, int input,
                       int64_t (*of)(const Dataset *data, int input)) {
    int64_t most = 0;
    for (int i = 0; i < n_sets; i++) {
        int64_t of_set = input < sets[i]->task->n_inputs ? of(sets[i], input) : 0;
        if (of_set > most) most = of_set;
    }
    return most;
}

static void allocate_input(Arena *arena, BatchInput *input, int64_t rows, int64_t sequences, int64_t tokens) {
    size_t t = (size_t)tokens + 1, r = (size_t)sequences + 1;
    input->ids = arena_array(arena, t, sizeof(int32_t));
    input->segments = arena_array(arena, t, sizeof(int32_t));
    input->positions = arena_array(arena, t, sizeof(int32_t));
    input->sequence = arena_array(arena, t, sizeof(int32_t));
    input->coords = arena_array(arena, t, 2 * sizeof(int32_t));
    input->bounds = arena_array(arena, r, sizeof(int32_t));
    input->first = arena_array(arena, r, sizeof(int32_t));
    input->row_coords = arena_array(arena, r, 2 * sizeof(int32_t));
    input->row = arena_array(arena, r, sizeof(int32_t));
    input->places = arena_array(arena, (size_t)rows + 1, 2 * sizeof(int32_t));
    input->windows = arena_array(arena, (size_t)rows + 1, sizeof(int64_t));
    input->room_sequences = sequences;
    input->room_tokens = tokens;
}

/* Room for `rows` rows' labels of any of the sets that have this value. */
static void allocate_labels(Arena *arena, BatchLabels *labels, const Dataset *const *sets, int n_sets, int value,
                            int64_t rows) {
    int64_t most = 0, numbers = 0;
    bool gaps = false;
    for (int i = 0; i < n_sets; i++) {
        if (value >= sets[i]->task->n_values) continue;
        int64_t of_set = most_labels(sets[i], value), width = sets[i]->task->values[value].width;
        if (of_set > most) most = of_set;
        if (of_set * width > numbers) numbers = of_set * width;
        gaps |= sets[i]->task->values[value].may_lack;
    }
    labels->classes = arena_array(arena, (size_t)(rows * numbers) + 1, sizeof *labels->classes);
    labels->numbers = arena_array(arena, (size_t)(rows * numbers) + 1, sizeof *labels->numbers);
    if (gaps) labels->given = arena_array(arena, (size_t)(rows * numbers) + 1, sizeof *labels->given);
    labels->at = arena_array(arena, (size_t)(rows * most) + 1, sizeof *labels->at);
    labels->bounds = arena_array(arena, (size_t)rows + 1, sizeof *labels->bounds);
}

Batch *batch_new(const Dataset *const *sets, int n_sets, int64_t rows) {
    Arena *arena = arena_new();
    Batch *batch = arena_alloc(arena, sizeof *batch);
    *batch = (Batch){.arena = arena, .capacity_rows = rows, .weight = {1}};
    for (int i = 0; i < n_sets; i++) {
        if (sets[i]->task->n_inputs > batch->n_inputs) batch->n_inputs = sets[i]->task->n_inputs;
        if (sets[i]->task->n_values > batch->n_values) batch->n_values = sets[i]->task->n_values;
    }
    for (int i = 0; i < batch->n_inputs; i++) {
        allocate_input(arena, &batch->inputs[i], rows, rows * most_of(sets, n_sets, i, most_windows),
                       rows * most_of(sets, n_sets, i, longest_row));
    }
    batch->data_rows = arena_array(arena, (size_t)rows + 1, sizeof(int64_t));
    for (int i = 0; i < batch->n_values; i++) allocate_labels(arena, &batch->values[i], sets, n_sets, i, rows);
    return batch;
}

void batch_free(Batch *batch) {
    if (!batch) return;
    for (int i = 0; i < batch->n_tasks; i++) batch_free(batch->task_batches[i]);
    for (int i = 0; i < batch->n_values; i++) label_list_free(&batch->values[i].list);
    arena_free(batch->arena);
}

/* Tokens from `start` on as the next sequence of the batch. */
static void append_sequence(BatchInput *to, const Sequences *from, int64_t start, int64_t count, int64_t number) {
    int64_t at = to->tokens, sequence = to->sequences++;
    memcpy(to->ids + at, from->ids.items + start, (size_t)count * sizeof *to->ids);
    memcpy(to->segments + at, from->segments.items + start, (size_t)count * sizeof *to->segments);
    for (int64_t i = 0; i < count; i++) {
        to->positions[at + i] = (int32_t)i;
        to->sequence[at + i] = (int32_t)sequence;
        to->coords[2 * (at + i)] = (int32_t)number;
        to->coords[2 * (at + i) + 1] = (int32_t)i;
    }
    to->row_coords[2 * sequence] = (int32_t)number;
    to->row_coords[2 * sequence + 1] = 0;
    to->first[sequence] = (int32_t)at;
    to->tokens += count;
    to->bounds[sequence + 1] = (int32_t)to->tokens;
}

/* Row `row` of the data set as row `place` of the batch. Windows have numbers of their own, so that no two share random
 * numbers. */
static void append_row(BatchInput *to, const Sequences *from, int64_t row, int64_t place, int64_t number) {
    enum { MOST_WINDOWS = 4096 };
    const int64_t *bounds = from->windows ? from->window_bounds : from->bounds;
    int64_t first = from->windows ? from->windows[row] : row, end = from->windows ? from->windows[row + 1] : row + 1;
    for (int64_t i = first; i < end; i++) {
        to->row[to->sequences] = (int32_t)place;
        append_sequence(to, from, bounds[i], bounds[i + 1] - bounds[i],
                        from->windows ? number * MOST_WINDOWS + i - first : number);
    }
    to->windows[place + 1] = to->sequences;
    to->places[2 * place] = (int32_t)number;
    to->places[2 * place + 1] = 0;
}

static RowKey key_of(const Batch *batch, int64_t row, int64_t place) {
    int64_t number = batch->by_index ? row : place;
    return (RowKey){(uint32_t)batch->rng[0], (uint32_t)batch->rng[1], (uint32_t)number};
}

void batch_begin(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, RowNumbers numbers) {
    int64_t labels[MAX_VALUES] = {0}, tokens[MAX_TEXTS] = {0}, sequences[MAX_TEXTS] = {0};
    batch->by_index = numbers == NUMBERS_OF_DATA;
    for (int64_t i = 0; i < count; i++) {
        for (int j = 0; j < data->task->n_values; j++) {
            row_labels(data, j, rows[i], key_of(batch, rows[i], i), NULL, &batch->values[j].list);
            labels[j] += batch->values[j].list.count;
        }
        for (int j = 0; j < data->task->n_inputs; j++) {
            const Sequences *in = &data->inputs[j];
            tokens[j] += in->bounds[rows[i] + 1] - in->bounds[rows[i]];
            sequences[j] += in->windows ? in->windows[rows[i] + 1] - in->windows[rows[i]] : 1;
        }
    }
    batch->update_rows[0] = (float)(count ? count : 1);
    for (int j = 0; j < batch->n_values; j++) batch->values[j].update_labels[0] = (float)(labels[j] ? labels[j] : 1);
    for (int j = 0; j < batch->n_inputs; j++) {
        batch->inputs[j].update_tokens[0] = (float)(tokens[j] ? tokens[j] : 1);
        batch->inputs[j].update_sequences[0] = (float)(sequences[j] ? sequences[j] : 1);
    }
}

/* One line of labels or numbers, at the end. */
static void append_line(BatchLabels *to, const Label *label, const double *line) {
    for (int64_t j = 0, at = to->count * label->width; j < label->width; j++, at++) {
        double value = isnan(line[j]) ? 0 : line[j];
        bool is_real = label->kind == LABEL_REAL || label->kind == LABEL_NUMBERS;
        if (!is_real) to->classes[at] = (int32_t)value;
        to->numbers[at] = (float)value;
        if (to->given) to->given[at] = isnan(line[j]) ? 0.0f : 1.0f;
    }
    to->count++;
}

/* What row `row`, which is sequence `sequence`, has of value `value`; a masked label hides tokens of it. */
static void append_labels(Batch *batch, const Dataset *data, int value, int64_t row, int64_t sequence, RowKey key) {
    const Label *label = &data->task->values[value];
    BatchLabels *to = &batch->values[value];
    BatchInput *input = label->of >= 0 ? &batch->inputs[label->of] : NULL;
    int32_t start = input ? input->bounds[sequence] : 0;
    row_labels(data, value, row, key, input ? input->ids + start : NULL, &to->list);
    for (int64_t i = 0; i < to->list.count; i++) {
        to->at[to->count] = start + to->list.at[i];
        append_line(to, label, to->list.values + i * label->width);
    }
    to->bounds[sequence + 1] = to->count;
}

void batch_fill(Batch *batch, const Dataset *data, const int64_t *rows, int64_t count, int64_t first_row) {
    batch->rows = count;
    batch->data = data;
    for (int i = 0; i < batch->n_values; i++) batch->values[i].count = 0;
    for (int i = 0; i < batch->n_inputs; i++) batch->inputs[i].tokens = batch->inputs[i].sequences = 0;
    for (int64_t i = 0; i < count; i++) {
        RowKey key = key_of(batch, rows[i], first_row + i);
        for (int j = 0; j < data->task->n_inputs; j++)
            append_row(&batch->inputs[j], &data->inputs[j], rows[i], i, key.row);
        for (int j = 0; j < data->task->n_values; j++) append_labels(batch, data, j, rows[i], i, key);
        batch->data_rows[i] = rows[i];
    }
}

RowsOf batch_symbol(const Task *task, const Role *symbol, int *of) {
    *of = 0;
    switch (symbol->kind) {
    case ROLE_SEQUENCES:
        return task->n_tasks || (task->n_inputs && task->inputs[0].window) ? ROWS_OF_WINDOWS : ROWS_OF_SEQUENCES;
    case ROLE_ROWS: return ROWS_OF_SEQUENCES;
    case ROLE_LABELS: *of = task_value(task, symbol->of); return ROWS_OF_LABELS;
    case ROLE_TOKENS: *of = task_input(task, symbol->of); return ROWS_OF_TOKENS;
    default: return ROWS_OF_BATCH;
    }
}

static Role own_role(const Role *role) { return (Role){role->kind, role->of, NULL}; }

int64_t batch_extent(const Batch *batch, const Task *task, const Role *symbol) {
    int of, joined = task_of_role(task, symbol);
    Role own = own_role(symbol);
    if (joined >= 0) return batch_extent(batch->task_batches[joined], task->tasks[joined], &own);
    switch (batch_symbol(task, symbol, &of)) {
    case ROWS_OF_SEQUENCES: return batch->rows;
    case ROWS_OF_WINDOWS: return batch->inputs[of].sequences;
    case ROWS_OF_LABELS: return batch->values[of].count;
    case ROWS_OF_TOKENS: return batch->inputs[of].tokens;
    default: return 0;
    }
}

int64_t batch_row_of(const Batch *batch, const Task *task, const Role *symbol, int64_t index) {
    int of, joined = task_of_role(task, symbol);
    Role own = own_role(symbol);
    if (joined >= 0)
        return batch->task_batches[joined]->first_row +
               batch_row_of(batch->task_batches[joined], task->tasks[joined], &own, index);
    const BatchInput *in = batch->inputs;
    switch (batch_symbol(task, symbol, &of)) {
    case ROWS_OF_SEQUENCES: return index;
    case ROWS_OF_WINDOWS: return in[of].row[index];
    case ROWS_OF_TOKENS: return in[of].row[in[of].sequence[index]];
    case ROWS_OF_LABELS: {
        const BatchInput *labelled = &in[task->values[of].of];
        return labelled->row[labelled->sequence[batch->values[of].at[index]]];
    }
    default: return -1;
    }
}

int64_t batch_tokens(const Batch *batch) {
    int64_t tokens = 0;
    for (int i = 0; i < batch->n_inputs; i++) tokens += batch->inputs[i].tokens;
    return tokens;
}
