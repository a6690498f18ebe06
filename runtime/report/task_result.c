/* Task result: as `gradc eval` evaluates, but what it reads is kept. */
#include "runtime/report/task_result.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/measure/mistakes.h"

bool results_prepare(Session *s) {
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    if (!evaluate_check(s->program, s->tasks, s->diags)) return false;
    for (int t = 0; t < s->program->tasks.count; t++)
        outputs[t] = evaluate_outputs_with_scores(&s->program->tasks.items[t]);
    return session_load_model(s, &(ModelUse){.outputs = outputs});
}

typedef struct Keeper {
    Session *s;
    const ResultWish *wish;
    TaskResult *result;
} Keeper;

static void *copy(const void *values, int64_t count, size_t size) {
    return values ? memory_copy(values, (size_t)count * size) : NULL;
}

static void keep_lines(TaskResult *r, const MetricInput *lines) {
    r->lines = *lines;
    r->lines.prediction = copy(lines->prediction, lines->n * lines->width, sizeof *lines->prediction);
    r->lines.label = copy(lines->label, lines->n * lines->width, sizeof *lines->label);
    r->lines.scores = copy(lines->scores, lines->n * lines->score_columns, sizeof *lines->scores);
    r->lines.bounds = copy(lines->bounds, lines->sequences + 1, sizeof *lines->bounds);
}

static void keep_counts(TaskResult *r, const Dataset *data, Arena *arena) {
    r->rows = data->rows, r->skipped = data->skipped, r->cut = data->cut, r->unknown = data->unknown;
    r->file = arena_strdup(arena, data->file->path);
    r->lengths = memory_new((size_t)data->rows + 1, sizeof *r->lengths);
    for (int64_t i = 0; i < data->rows; i++) r->lengths[i] = dataset_tokens(data, i);
}

/* They are written as lines of JSON, and read again. */
static void keep_mistakes(const Keeper *k, const Dataset *data, const MetricInput *lines) {
    char *text = NULL;
    size_t size = 0;
    const char *columns[MOST_TEXTS];
    MistakeWriter writer = {.rows = {memory_stream(&text, &size), FORM_JSONL},
                            .tokenizer = k->s->tokenizer,
                            .texts = k->wish->texts,
                            .columns = columns,
                            .n_columns = mistake_texts(data->task, columns),
                            .most = SHOWN_MISTAKES};
    mistakes_write(&writer, data, lines);
    memory_stream_end(writer.rows.out);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        json_t *mistake = json_loads(line, 0, NULL); /* NULL: a text in it is not in UTF-8 */
        json_array_append_new(k->result->mistakes, mistake ? mistake : json_object());
    }
    free(text);
}

static void keep(void *user, const Dataset *data, const MetricInput *lines) {
    Keeper *k = user;
    k->result->table = class_table(lines, task_label(data->task)->kind);
    keep_lines(k->result, lines);
    keep_counts(k->result, data, k->s->arena);
    keep_mistakes(k, data, lines);
}

static Dataset *load_rows(const Keeper *k, int task) {
    const char *columns[MOST_TEXTS];
    if (!k->wish->texts) return session_dataset(k->s, task, k->wish->split, 0);
    int count = mistake_texts(&k->s->program->tasks.items[task], columns);
    return session_dataset_keeping(k->s, task, k->wish->split, columns, count);
}

bool result_of_task(Session *s, int task, const ResultWish *wish, TaskResult *result) {
    *result = (TaskResult){.task = &s->program->tasks.items[task], .mistakes = json_array()};
    Keeper keeper = {s, wish, result};
    Pace pace = {wish->batch, wish->goes_on, wish->context, NULL};
    LineVisitor visitor = {keep, &keeper};
    Dataset *data = load_rows(&keeper, task);
    bool good = data && evaluate(s->model, task, data, &pace, &result->evaluation, &visitor, s->diags);
    dataset_free(data);
    return good;
}

void task_result_free(TaskResult *r) {
    class_table_free(&r->table);
    free((void *)r->lines.prediction);
    free((void *)r->lines.label);
    free((void *)r->lines.scores);
    free((void *)r->lines.bounds);
    free(r->lengths);
    json_decref(r->mistakes);
}
