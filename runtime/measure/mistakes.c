/* Mistakes: finding, sorting and writing them. */
#include "runtime/measure/mistakes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/measure/prediction.h"

typedef struct Mistake {
    int64_t row;
    double confidence; /* NaN: not known */
} Mistake;

/* --- Finding ------------------------------------------------------------------------------------------------------ */

/* Of one prediction: its probability, or its error. */
static double confidence_of(const Dataset *data, const MetricInput *in, int64_t line, int64_t column) {
    int64_t at = line * in->width + column;
    if (task_label(data->task)->kind == LABEL_REAL) return fabs(in->prediction[at] - in->label[at]);
    return in->scores ? probability_of(in, line, column, in->prediction[at]) : NAN;
}

/* Is any prediction of the row wrong? */
static bool is_wrong(const Dataset *data, const MetricInput *in, Mistake *mistake) {
    bool wrong = false;
    mistake->confidence = NAN;
    for (int64_t line = in->bounds[mistake->row]; line < in->bounds[mistake->row + 1]; line++) {
        for (int64_t i = 0; i < in->width; i++) {
            if (in->prediction[line * in->width + i] == in->label[line * in->width + i]) continue;
            wrong = true;
            mistake->confidence = fmax(mistake->confidence, confidence_of(data, in, line, i));
        }
    }
    return wrong;
}

/* The most confident first; otherwise as in the data. */
static int by_confidence(const void *left, const void *right) {
    const Mistake *a = left, *b = right;
    if (a->confidence > b->confidence) return -1;
    if (a->confidence < b->confidence) return 1;
    return (a->row > b->row) - (a->row < b->row);
}

static Mistake *find_mistakes(const Dataset *data, const MetricInput *in, int64_t *count) {
    Mistake *list = memory_new((size_t)data->rows + 1, sizeof *list);
    *count = 0;
    for (int64_t row = 0; row < data->rows; row++) {
        list[*count].row = row;
        *count += is_wrong(data, in, &list[*count]);
    }
    qsort(list, (size_t)*count, sizeof *list, by_confidence);
    return list;
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

/* The flags that are set, by their names. */
static json_t *flags_value(const MistakeWriter *w, const Task *task, const double *values) {
    json_t *list = json_array();
    for (int64_t i = 0; i < task_label(task)->width; i++) {
        if (values[i] != 1) continue;
        const char *name = task_label(task)->names ? task_label(task)->names[i] : NULL;
        json_array_append_new(list, name ? json_string(name) : class_value(task, w->tokenizer, (double)i));
    }
    return list;
}

/* What a row is labelled with, or predicted as; of words and hidden tokens a list. */
static json_t *row_value(const MistakeWriter *w, const Task *task, const MetricInput *in, const double *values,
                         int64_t row) {
    const Label *label = task_label(task);
    if (label->kind == LABEL_MASKED && !w->texts) return json_null();
    if (label->kind == LABEL_FLAGS) return flags_value(w, task, values + in->bounds[row] * in->width);
    if (label->of < 0) return class_value(task, w->tokenizer, values[in->bounds[row]]);
    json_t *list = json_array();
    for (int64_t i = in->bounds[row]; i < in->bounds[row + 1]; i++)
        json_array_append_new(list, class_value(task, w->tokenizer, values[i]));
    return list;
}

/* A list with bars between its items, as flags are read. The caller frees it. */
static char *flat(const json_t *value) {
    char *text = NULL;
    size_t size, i;
    json_t *item;
    FILE *out = memory_stream(&text, &size);
    if (json_is_string(value)) fputs(json_string_value(value), out);
    if (json_is_integer(value)) fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) fprintf(out, "%.9g", json_real_value(value));
    json_array_foreach(value, i, item) {
        char *inner = flat(item);
        fprintf(out, "%s%s", i ? "|" : "", inner);
        free(inner);
    }
    memory_stream_end(out);
    return text;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

int mistake_texts(const Task *task, const char **columns) {
    int count = 0;
    for (int i = 0; i < task->n_inputs; i++) {
        for (int j = 0; j < task->inputs[i].n_columns; j++) columns[count++] = task->inputs[i].columns[j];
    }
    return count;
}

/* Where the data set's table has the text column; -1: the task has none of this name. */
static int table_column(const MistakeWriter *w, const Dataset *data, int column) {
    const char *own[MOST_TEXTS];
    int count = mistake_texts(data->task, own);
    for (int i = 0; i < count; i++) {
        if (strcmp(own[i], w->columns[column]) == 0) return data->kept + i;
    }
    return -1;
}

static const char *const names[] = {"task", "file", "line", "label", "predicted", "confidence"};
enum { NAMES = sizeof names / sizeof *names };

void mistakes_begin(const MistakeWriter *w) {
    int64_t cells = 0;
    if (w->rows.form == FORM_JSONL) return;
    for (int i = 0; i < NAMES; i++) row_begin_cell(&w->rows, &cells), row_text(&w->rows, names[i]);
    for (int i = 0; w->texts && i < w->n_columns; i++)
        row_begin_cell(&w->rows, &cells), row_text(&w->rows, w->columns[i]);
    fputc('\n', w->rows.out);
}

static void write_object(const MistakeWriter *w, const Dataset *data, int64_t row, json_t *const *values) {
    int members = 0;
    fputc('{', w->rows.out);
    for (int i = 0; i < NAMES; i++) row_member(&w->rows, names[i], json_incref(values[i]), &members);
    for (int i = 0; w->texts && i < w->n_columns; i++) {
        int column = table_column(w, data, i);
        if (column < 0) continue;
        row_begin_member(&w->rows, w->columns[i], &members);
        row_kept_value(&w->rows, data, row, column);
    }
    fputs("}\n", w->rows.out);
}

static void write_line(const MistakeWriter *w, const Dataset *data, int64_t row, json_t *const *values) {
    int64_t cells = 0;
    for (int i = 0; i < NAMES; i++) {
        char *text = flat(values[i]);
        row_begin_cell(&w->rows, &cells);
        row_text(&w->rows, text);
        free(text);
    }
    for (int i = 0; w->texts && i < w->n_columns; i++) {
        int column = table_column(w, data, i);
        row_begin_cell(&w->rows, &cells);
        if (column >= 0) row_kept_cell(&w->rows, data, row, column);
    }
    fputc('\n', w->rows.out);
}

static json_t *text_value(const char *text) {
    json_t *value = json_string(text); /* NULL: not in UTF-8 */
    return value ? value : json_null();
}

static void write_mistake(const MistakeWriter *w, const Dataset *data, const MetricInput *in, const Mistake *mistake) {
    const Task *task = data->task;
    json_t *values[NAMES] = {text_value(task->name),
                             text_value(data->file->path),
                             json_integer((json_int_t)data->lines[mistake->row]),
                             row_value(w, task, in, in->label, mistake->row),
                             row_value(w, task, in, in->prediction, mistake->row),
                             isfinite(mistake->confidence) ? json_real(mistake->confidence) : json_null()};
    (w->rows.form == FORM_JSONL ? write_object : write_line)(w, data, mistake->row, values);
    for (int i = 0; i < NAMES; i++) json_decref(values[i]);
}

void mistakes_write(MistakeWriter *w, const Dataset *data, const MetricInput *in) {
    int64_t count = 0;
    if (task_label(data->task)->kind == LABEL_NONE) return;
    Mistake *list = find_mistakes(data, in, &count);
    if (w->most && count > w->most) count = w->most;
    for (int64_t i = 0; i < count; i++) write_mistake(w, data, in, &list[i]);
    w->count += count;
    free(list);
}
