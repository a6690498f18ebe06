/* gradc predict: one row in, one row out, in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/atomic_file.h"
#include "runtime/commands.h"
#include "runtime/evaluate.h"
#include "runtime/session.h"

enum { EVAL_BATCH = 64 };

/* A class by its name, where it has one and is what the task predicts. */
static void write_number(FILE *out, const Label *label, const Tokenizer *tokenizer, float value) {
    int64_t class = value >= 0 && value < (float)label->classes ? (int64_t)value : -1;
    bool whole = class >= 0 && (float)class == value;
    if (whole && label->kind == LABEL_MASKED && class < tokenizer_size(tokenizer))
        fputs(tokenizer_token(tokenizer, (int32_t)class), out);
    else if (whole && label->kind == LABEL_CLASS && label->names)
        fputs(label->names[class], out);
    else
        fprintf(out, "%.9g", (double)value);
}

/* The numbers of a row, separated by tabs; those of its tokens or labels on the same line. */
static void write_row(FILE *out, const Session *s, const Label *label, const Collected *values, int64_t row) {
    static const Label numbers = {0};
    if (s->options->show || values->columns != 1) label = &numbers;
    for (int64_t i = 0; i < values->counts[row]; i++) {
        if (i) fputc('\t', out);
        write_number(out, label, s->tokenizer, values->values[values->starts[row] + i]);
    }
    fputc('\n', out);
}

/* One prediction for each word, so that the two can be laid side by side: nothing for a word that has no token. */
static void write_words(FILE *out, const Session *s, const Dataset *data, const Collected *values, int64_t row) {
    const Labels *labels = &data->labels;
    int64_t next = labels->bounds[row];
    for (int32_t word = 0; word < labels->words[row]; word++) {
        if (word) fputc('\t', out);
        if (next == labels->bounds[row + 1] || labels->word[next] != word) continue;
        write_number(out, &data->task->label, s->tokenizer, values->values[values->starts[row] + next - labels->bounds[row]]);
        next++;
    }
    fputc('\n', out);
}

static void write_rows(FILE *out, const Session *s, const Dataset *data, const Collected *values) {
    bool by_word = values->of == ROWS_OF_LABELS && data->labels.bounds && values->columns == 1 && !s->options->show;
    for (int64_t i = 0; i < data->rows; i++) {
        if (by_word) write_words(out, s, data, values, i);
        else write_row(out, s, &data->task->label, values, i);
    }
}

static bool put_text(Session *s, const char *text, size_t size) {
    if (s->options->output) return atomic_file_put(s->options->output, text, size, s->diags);
    if (fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0) return true;
    diag_error(s->diags, "E0950", (Pos){0}, "the predictions could not all be written: %s", strerror(errno));
    diag_hint(s->diags, "with --output FILE they appear whole or not at all");
    return false;
}

/* Predictions and shown values have rows; a loss, for one, has not. */
static bool check_rows(Session *s, const Collected *output) {
    if (output->of != ROWS_OF_BATCH) return true;
    diag_error(s->diags, "E0953", (Pos){0}, "'%s' has no rows of sequences, labels or tokens", s->options->show);
    diag_hint(s->diags, "it is a value of a whole batch; show what it is made of");
    return false;
}

static bool write_predictions(Session *s, int task, const Dataset *data) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size); /* all lines, until they are known to be complete */
    if (!memory) return diag_error(s->diags, "E0951", (Pos){0}, "there is no memory for the predictions");
    int64_t batch = s->options->batch ? s->options->batch : EVAL_BATCH;
    Collected outputs[MAX_OUTPUTS] = {0};
    bool good = collect_outputs(s->model, task, data, batch, outputs, s->diags) && check_rows(s, &outputs[0]);
    if (good) write_rows(memory, s, data, &outputs[0]);
    collected_free(outputs, model_outputs(s->model, task));
    fclose(memory);
    good = good && put_text(s, text, size);
    free(text);
    return good;
}

static bool predict(Session *s) {
    if (!s->options->task) {
        diag_error(s->diags, "E0952", (Pos){0}, "predict works on one task: name it with --task");
        session_hint_tasks(s);
        return false;
    }
    int task = session_find_task(s, s->options->task);
    if (task < 0) return false;
    memset(s->tasks, 0, (size_t)s->program->tasks.count * sizeof *s->tasks);
    s->tasks[task] = true;
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    outputs[task] = (OutputNames){{s->options->show ? s->options->show : "predict"}, 1};
    s->outputs = outputs;
    if (!session_load_model(s, false)) return false;
    const char *split = s->options->split ? s->options->split : "dev";
    Dataset *data = session_dataset(s, task, split, s->options->input, 0, false);
    bool good = data && write_predictions(s, task, data);
    dataset_free(data);
    return good;
}

int command_predict(const Options *options, Diagnostics *diags) {
    Session session = {0};
    bool good = session_load_program(&session, options, diags) && predict(&session);
    session_close(&session);
    return good ? 0 : 1;
}
