/* Given texts. */
#include "runtime/data/given_texts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"

int task_texts(const Task *task) {
    int texts = 0;
    for (int i = 0; i < task->n_inputs; i++) texts += task->inputs[i].n_columns;
    return texts;
}

bool texts_make_rows(const Task *task, int count, Diagnostics *diags) {
    int texts = task_texts(task);
    if (texts && count % texts == 0) return true;
    return diag_error(diags, "E0976", task->pos, "'%s' takes %s a row, but %d %s given", task->name,
                      count_text(texts, "text").text, count, count_form(count, "is", "are"));
}

/* The columns of one row from its texts; numbers have none; false when one is not UTF-8. */
static bool fill_row(json_t *row, const Task *task, const char *const *texts) {
    for (int i = 0; i < task->n_inputs; i++) {
        for (int j = 0; j < task->inputs[i].n_columns; j++) {
            if (json_object_set_new(row, task->inputs[i].columns[j], json_string(*texts++)) != 0) return false;
        }
    }
    for (int i = 0; i < task->n_values; i++) {
        const Label *value = &task->values[i];
        for (int j = 0; value->kind == LABEL_NUMBERS && j < value->n_columns; j++)
            json_object_set_new(row, value->columns[j], json_null());
    }
    return true;
}

char *texts_as_rows(const Task *task, const char *const *texts, int count, size_t *size, Diagnostics *diags) {
    if (!texts_make_rows(task, count, diags)) return NULL;
    char *rows = NULL;
    bool good = true;
    FILE *out = memory_stream(&rows, size);
    for (int i = 0; good && i < count; i += task_texts(task)) {
        json_t *row = json_object();
        good = fill_row(row, task, texts + i) && json_dumpf(row, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
        json_decref(row);
    }
    memory_stream_end(out);
    if (!good) diag_error(diags, "E0814", (Pos){0}, "a --text is not UTF-8");
    if (!good) free(rows), rows = NULL;
    return rows;
}
