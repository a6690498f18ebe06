/* Evaluation. */
#include "runtime/evaluate.h"

#include <stdlib.h>
#include <string.h>

bool evaluate_check(const Program *program, const bool *tasks, Diagnostics *diags) {
    bool good = true;
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        for (int i = 0; tasks[t] && i < task->n_metrics; i++) {
            if (metric_find(task->metrics[i])) continue;
            int count;
            const Metric *list = metric_list(&count);
            const char *names[64];
            for (int j = 0; j < count; j++) names[j] = list[j].name;
            good = diag_error(diags, "E0930", task->metric_pos[i], "there is no metric '%s'", task->metrics[i]);
            const char *near = nearest_name(task->metrics[i], names, count);
            if (near) diag_hint(diags, "did you mean '%s'?", near);
        }
    }
    return good;
}

typedef struct RowLength {
    int64_t row, tokens;
} RowLength;

static int by_length(const void *a, const void *b) {
    const RowLength *x = a, *y = b;
    if (x->tokens != y->tokens) return x->tokens < y->tokens ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Row indices, longest rows last. The caller frees them. */
static int64_t *sorted_rows(const Dataset *data) {
    RowLength *lengths = calloc((size_t)data->rows + 1, sizeof *lengths);
    int64_t *rows = calloc((size_t)data->rows + 1, sizeof *rows);
    if (!lengths || !rows) abort();
    for (int64_t i = 0; i < data->rows; i++) lengths[i] = (RowLength){i, dataset_tokens(data, i)};
    qsort(lengths, (size_t)data->rows, sizeof *lengths, by_length);
    for (int64_t i = 0; i < data->rows; i++) rows[i] = lengths[i].row;
    free(lengths);
    return rows;
}

typedef struct Keeper {
    float *values;   /* all rows' predictions, in the order they came */
    int64_t *starts; /* [row] */
    int64_t *counts, columns;
    int64_t used, capacity;
} Keeper;

static void keep(Keeper *k, int64_t row, const float *values, int64_t count) {
    if (k->used + count > k->capacity) {
        k->capacity = 2 * (k->used + count);
        k->values = realloc(k->values, (size_t)k->capacity * sizeof *k->values);
        if (!k->values) abort();
    }
    memcpy(k->values + k->used, values, (size_t)count * sizeof *values);
    k->starts[row] = k->used;
    k->counts[row] = count;
    k->used += count;
}

static bool run_batch(Model *model, int task, Batch *batch, const int64_t *rows, Keeper *keeper, Diagnostics *diags) {
    const float *values;
    int64_t lines, columns;
    if (!model_predict(model, task, batch, &values, &lines, &columns, diags)) return false;
    keeper->columns = columns;
    bool by_token = lines != batch->rows;
    const int32_t *bounds = batch->inputs[0].bounds;
    for (int64_t i = 0; i < batch->rows; i++) {
        int64_t from = by_token ? bounds[i] : i, to = by_token ? bounds[i + 1] : i + 1;
        keep(keeper, rows[i], values + from * columns, (to - from) * columns);
    }
    return true;
}

static bool run_all(Model *model, int task, const Dataset *data, int64_t size, Keeper *keeper, Diagnostics *diags) {
    int64_t *rows = sorted_rows(data);
    Batch *batch = batch_new(&data, 1, size);
    bool good = true;
    for (int64_t at = 0; good && at < data->rows; at += size) {
        int64_t count = data->rows - at < size ? data->rows - at : size;
        batch_fill(batch, data, rows + at, count, 0);
        batch->update_rows[0] = (float)count;
        good = run_batch(model, task, batch, rows + at, keeper, diags);
    }
    batch_free(batch);
    free(rows);
    return good;
}

bool predict_rows(Model *model, int task, const Dataset *data, int64_t batch, TakePrediction *take, void *user, Diagnostics *diags) {
    Keeper keeper = {.starts = calloc((size_t)data->rows + 1, sizeof(int64_t)), .counts = calloc((size_t)data->rows + 1, sizeof(int64_t))};
    if (!keeper.starts || !keeper.counts) abort();
    bool good = run_all(model, task, data, batch, &keeper, diags);
    for (int64_t i = 0; good && i < data->rows; i++) {
        take(user, i, keeper.values + keeper.starts[i], keeper.counts[i], keeper.columns);
    }
    free(keeper.values);
    free(keeper.starts);
    free(keeper.counts);
    return good;
}

static void take_first(void *user, int64_t row, const float *values, int64_t count, int64_t columns) {
    (void)columns;
    ((double *)user)[row] = count ? (double)values[0] : 0;
}

bool evaluate(Model *model, int task, const Dataset *data, int64_t batch, Evaluation *result, Diagnostics *diags) {
    double *predictions = calloc((size_t)data->rows + 1, sizeof *predictions);
    if (!predictions) abort();
    bool good = predict_rows(model, task, data, batch, take_first, predictions, diags);
    *result = (Evaluation){.task = task, .rows = data->rows};
    for (int i = 0; good && i < data->task->n_metrics; i++) {
        const Metric *metric = metric_find(data->task->metrics[i]);
        result->metrics[i] = metric->compute(predictions, data->labels, data->rows);
        if (i == 0) result->score = metric_score(metric, result->metrics[i]);
    }
    free(predictions);
    return good;
}

double overall_score(const Evaluation *evaluations, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += evaluations[i].score;
    return count ? sum / count : 0;
}
