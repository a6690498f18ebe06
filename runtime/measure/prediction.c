/* Predictions: each value is JSON first; the cells of a table are that value laid flat. */
#include "runtime/measure/prediction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *prediction_name(const Task *task, const char *output) {
    return task_output_is(task, output, prediction_role) ? "prediction" : output;
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

json_t *class_value(const Task *task, const Tokenizer *tokenizer, double value) {
    const Label *label = task_label(task);
    int64_t class = value >= 0 && value < (double)label->classes ? (int64_t)value : -1;
    bool whole = class >= 0 && (double)class == value;
    bool is_token = whole && label->kind == LABEL_MASKED && class < tokenizer_size(tokenizer);
    const char *token = is_token ? tokenizer_token(tokenizer, (int32_t)class) : NULL;
    if (token) return json_string(token);
    if (whole && label->kind == LABEL_CLASS)
        return label->names ? json_string(label->names[class]) : json_integer(class);
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *number(float value) { return isfinite(value) ? json_real((double)value) : json_null(); }

/* One line of `columns` numbers: alone, as a list, or by the names of the classes. */
static json_t *line_value(const PredictionWriter *w, bool is_prediction, const float *line, int64_t columns) {
    const Label *label = task_label(w->task);
    if (columns == 1) return is_prediction ? class_value(w->task, w->tokenizer, (double)line[0]) : number(line[0]);
    bool named = label->names && columns == (label->kind == LABEL_FLAGS ? label->width : label->classes);
    json_t *list = named ? json_object() : json_array();
    for (int64_t i = 0; i < columns; i++) {
        if (named)
            json_object_set_new(list, label->names[i], number(line[i]));
        else
            json_array_append_new(list, number(line[i]));
    }
    return list;
}

/* One for each word, so that the two can be laid side by side: null for a word that has no token. */
static json_t *words_value(const PredictionWriter *w, bool is_prediction, const Dataset *data, const Collected *output,
                           int64_t row) {
    const Labels *labels = &data->values[output->input];
    json_t *list = json_array();
    int64_t next = labels->bounds[row];
    for (int32_t word = 0; word < labels->words[row]; word++) {
        bool given = next < labels->bounds[row + 1] && labels->word[next] == word;
        const float *line = output->values + output->starts[row] + (next - labels->bounds[row]) * output->columns;
        json_array_append_new(list, given ? line_value(w, is_prediction, line, output->columns) : json_null());
        next += given;
    }
    return list;
}

json_t *prediction_value(const PredictionWriter *w, int index, const Dataset *data, const Collected *output,
                         int64_t row) {
    bool is_prediction = task_output_is(w->task, w->outputs.names[index], prediction_role);
    const float *values = output->values + output->starts[row];
    if (output->of == ROWS_OF_SEQUENCES) return line_value(w, is_prediction, values, output->columns);
    if (output->of == ROWS_OF_LABELS && data->values[output->input].word)
        return words_value(w, is_prediction, data, output, row);
    json_t *list = json_array();
    for (int64_t i = 0; i < output->counts[row]; i += output->columns)
        json_array_append_new(list, line_value(w, is_prediction, values + i, output->columns));
    return list;
}

/* --- Tables ------------------------------------------------------------------------------------------------------- */

static bool is_empty(const json_t *value) {
    return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
}

static void write_flat(const PredictionWriter *w, json_t *value, int64_t *cells) {
    size_t i;
    const char *key;
    json_t *item;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item) write_flat(w, item, cells);
        return;
    }
    if (json_is_object(value)) {
        json_object_foreach(value, key, item) write_flat(w, item, cells);
        return;
    }
    row_begin_cell(&w->rows, cells);
    if (json_is_string(value)) row_text(&w->rows, json_string_value(value));
    if (json_is_integer(value)) fprintf(w->rows.out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) fprintf(w->rows.out, "%.9g", json_real_value(value));
}

/* How many cells each row has of an output; those of tokens and words have as many as there are. */
static int64_t cells_of(const Collected *output) { return output->of == ROWS_OF_SEQUENCES ? output->columns : 1; }

static void write_names(const PredictionWriter *w, int index, const Collected *output, int64_t *cells) {
    const Label *label = task_label(w->task);
    const char *name = prediction_name(w->task, w->outputs.names[index]);
    int64_t count = cells_of(output);
    bool named = label->names && count == (label->kind == LABEL_FLAGS ? label->width : label->classes);
    for (int64_t i = 0; i < count; i++) {
        char full[256];
        if (count == 1)
            snprintf(full, sizeof full, "%s", name);
        else if (named)
            snprintf(full, sizeof full, "%s.%s", name, label->names[i]);
        else
            snprintf(full, sizeof full, "%s.%lld", name, (long long)i);
        row_begin_cell(&w->rows, cells);
        row_text(&w->rows, full);
    }
}

static void write_header(PredictionWriter *w, const Collected *outputs) {
    int64_t cells = 0;
    if (w->begun || !w->header || w->rows.form == FORM_JSONL) return;
    w->begun = true;
    for (int i = 0; i < w->n_keep; i++) row_begin_cell(&w->rows, &cells), row_text(&w->rows, w->keep[i]);
    for (int i = 0; i < w->outputs.count; i++) write_names(w, i, &outputs[i], &cells);
    if (w->errors) row_begin_cell(&w->rows, &cells), fputs("error", w->rows.out);
    fputc('\n', w->rows.out);
}

/* "line 12: ..."; NULL: the row is fine. In memory of the caller. */
static const char *error_of(const Dataset *data, int64_t row, char *text, size_t size) {
    const char *problem = data->table ? table_problem(data->table, data->table_rows[row]) : NULL;
    if (problem) snprintf(text, size, "line %u: %s", data->lines[row], problem);
    return problem ? text : NULL;
}

/* A line whose only cell is empty would be no row to who reads it. */
static void end_line(const PredictionWriter *w, int64_t cells, bool empty) {
    if (cells == 1 && empty) fputs("\"\"", w->rows.out);
    fputc('\n', w->rows.out);
}

static void write_cells(const PredictionWriter *w, const Dataset *data, const Collected *outputs, int64_t row) {
    char text[512];
    const char *error = error_of(data, row, text, sizeof text);
    int64_t cells = 0;
    bool written = error != NULL;
    for (int i = 0; i < w->n_keep; i++)
        row_begin_cell(&w->rows, &cells), row_kept_cell(&w->rows, data, row, data->kept + i);
    for (int i = 0; i < w->outputs.count; i++) {
        for (int64_t j = 0; error && j < cells_of(&outputs[i]); j++) row_begin_cell(&w->rows, &cells);
        json_t *value = error ? NULL : prediction_value(w, i, data, &outputs[i], row);
        if (value) write_flat(w, value, &cells);
        written |= value && !is_empty(value);
        json_decref(value);
    }
    if (w->errors) row_begin_cell(&w->rows, &cells);
    if (error) row_text(&w->rows, error);
    end_line(w, cells, !written);
}

/* --- Objects ------------------------------------------------------------------------------------------------------ */

static void write_object(const PredictionWriter *w, const Dataset *data, const Collected *outputs, int64_t row) {
    char text[512];
    const char *error = error_of(data, row, text, sizeof text);
    int members = 0;
    fputc('{', w->rows.out);
    for (int i = 0; i < w->n_keep; i++) {
        row_begin_member(&w->rows, w->keep[i], &members);
        row_kept_value(&w->rows, data, row, data->kept + i);
    }
    for (int i = 0; !error && i < w->outputs.count; i++)
        row_member(&w->rows, prediction_name(w->task, w->outputs.names[i]),
                   prediction_value(w, i, data, &outputs[i], row), &members);
    if (error) row_member(&w->rows, "error", json_string(error), &members);
    fputs("}\n", w->rows.out);
}

void prediction_rows(PredictionWriter *w, const Dataset *data, const Collected *outputs) {
    if (data->rows) write_header(w, outputs);
    for (int64_t row = 0; row < data->rows; row++) {
        if (w->rows.form == FORM_JSONL)
            write_object(w, data, outputs, row);
        else
            write_cells(w, data, outputs, row);
    }
}
