/* gradc predict: one row in, one row out, in order. A file is read whole and its predictions appear whole; rows of a
 * pipe are answered as they come; texts may stand on the command line. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_group.h"
#include "runtime/data/given_texts.h"
#include "runtime/data/row_stream.h"
#include "runtime/files/atomic_file.h"
#include "runtime/measure/prediction.h"

enum { PREDICT_BATCH = 1024 }; /* rows; the tokens of a batch are bounded besides */

typedef struct Predictor {
    RunGroup runs;
    Session *s; /* of the first */
    const Options *o;
    int task;
    DatasetOptions rows;
    PredictionWriter writer;
    Dataset seen; /* what is counted of the rows, over all pieces of a stream */
    int64_t bad;  /* rows that could not be read */
} Predictor;

/* --- What is asked for -------------------------------------------------------------------------------------------- */

/* One of a list of words that NULL ends; -1 and an error for another. NULL is the first. */
static int choice(const char *option, const char *word, const char *const *words, Diagnostics *diags) {
    const char *list = "";
    int count = 0;
    for (; words[count]; count++) {
        if (!word || strcmp(words[count], word) == 0) return count;
        list = arena_printf(diags->arena, "%s%s%s", list, count ? ", " : "", words[count]);
    }
    diag_error(diags, "E0954", (Pos){0}, "--%s is one of %s, not '%s'", option, list, word);
    diag_hint_nearest(diags, word, words, count);
    return -1;
}

static bool choose_form(Predictor *p) {
    static const char *const forms[] = {"tsv", "csv", "jsonl", NULL};
    const Options *o = p->o;
    const char *name = o->format ? o->format : forms[row_form_of(o->output)];
    int form = choice("format", name, forms, p->s->diags);
    p->writer.rows.form = form < 0 ? FORM_TSV : (RowForm)form;
    return form >= 0;
}

static bool choose_bad_rows(Predictor *p) {
    static const char *const words[] = {"stop", "error", NULL};
    int got = choice("bad-rows", p->o->bad_rows, words, p->s->diags);
    p->writer.errors = p->rows.keeps_bad = got == 1;
    return got >= 0;
}

static bool choose_outputs(Predictor *p) {
    const Task *task = &p->s->program->tasks.items[p->task];
    OutputNames *names = &p->writer.outputs;
    names->names[names->count++] = p->o->show ? p->o->show : task_output(task, prediction_role);
    if (!p->o->probabilities) return true;
    const char *probabilities = task_output(task, probabilities_role);
    names->names[names->count++] = probabilities;
    if (probabilities) return true;
    diag_error(p->s->diags, "E0955", task->pos, "task '%s' does not say what its probabilities are", task->name);
    diag_hint(p->s->diags, "show them in the task: show softmax(logits) as \"probabilities\", or sigmoid(logit)");
    return false;
}

static bool choose_task(Predictor *p) {
    Session *s = p->s;
    p->task = session_only_task(s, p->o->task, "predict");
    if (p->task < 0) return false;
    session_take_task(s, p->task);
    return true;
}

/* What is read would be gone. */
static bool replaces_input(const Options *o) {
    struct stat in, out;
    return o->input && o->output && stat(o->input, &in) == 0 && stat(o->output, &out) == 0 && S_ISREG(out.st_mode) &&
           in.st_ino == out.st_ino && in.st_dev == out.st_dev;
}

static bool check_source(const Predictor *p) {
    if (replaces_input(p->o)) {
        diag_error(p->s->diags, "E0976", (Pos){0}, "--output is the file that --input reads: its rows would be lost");
        return diag_hint(p->s->diags, "name another file; --keep copies columns of the rows into it"), false;
    }
    if (!p->o->text.count || !p->o->input) return true;
    return diag_error(p->s->diags, "E0976", (Pos){0}, "--text and --input both give rows: leave one of them out");
}

static bool prepare(Predictor *p) {
    Session *s = p->s;
    if (!check_source(p)) return false;
    if (!choose_task(p) || !choose_form(p) || !choose_bad_rows(p) || !choose_outputs(p)) return false;
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    outputs[p->task] = p->writer.outputs;
    if (!run_group_load(&p->runs, outputs)) return false;
    p->writer.task = p->seen.task = &s->program->tasks.items[p->task];
    p->writer.tokenizer = s->tokenizer;
    p->writer.header = p->o->header;
    p->writer.keep = p->o->keep.items;
    p->writer.n_keep = p->o->keep.count;
    DatasetOptions rows = session_dataset_options(s, p->o->split ? p->o->split : "dev");
    rows.path = p->o->input;
    rows.keep = p->writer.keep, rows.n_keep = p->writer.n_keep, rows.keeps_bad = p->rows.keeps_bad;
    p->rows = rows;
    return true;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

/* Predictions and shown values have rows; a loss, for one, has not. */
static bool check_rows(const Predictor *p, const Collected *outputs, Diagnostics *diags) {
    for (int i = 0; i < p->writer.outputs.count; i++) {
        if (outputs[i].of != ROWS_OF_BATCH) continue;
        diag_error(diags, "E0953", (Pos){0}, "'%s' has no rows of sequences, labels or tokens",
                   p->writer.outputs.names[i]);
        diag_hint(diags, "it is a value of a whole batch; show what it is made of");
        return false;
    }
    return true;
}

/* The rows at hand, as a run takes them. */
typedef struct RowsAtHand {
    const Predictor *p;
    const DatasetOptions *rows;
    Diagnostics *diags;
} RowsAtHand;

static Dataset *load_rows(void *user, Session *s, int task) {
    const RowsAtHand *at = user;
    DatasetOptions rows = *at->rows, own = session_dataset_options(s, rows.split);
    rows.tokenizer = own.tokenizer, rows.max_length = own.max_length, rows.one_segment = own.one_segment;
    return dataset_load(&s->program->tasks.items[task], &rows, at->diags);
}

static bool write_rows(Predictor *p, const Dataset *data, Diagnostics *diags) {
    Collected outputs[MAX_OUTPUTS] = {0};
    Pace pace = {.batch = p->o->batch ? p->o->batch : PREDICT_BATCH, .ranks = p->o->ranks};
    p->seen.rows += data->rows, p->seen.cut += data->cut, p->seen.unknown += data->unknown;
    bool good = ensemble_collect(run_group_members(&p->runs, p->task), p->runs.count, &p->writer.outputs, &pace,
                                 outputs, diags) &&
                check_rows(p, outputs, diags);
    if (good) prediction_rows(&p->writer, data, outputs);
    for (int64_t i = 0; data->table && i < data->rows; i++)
        p->bad += table_problem(data->table, data->table_rows[i]) != NULL;
    collected_free(outputs, p->writer.outputs.count);
    return good;
}

/* The header of a stream is said once, by its first row. */
static void take_header(const Predictor *p, const Dataset *data, TableFormat *format) {
    int count = 0;
    const char *const *header = table_header(data->table, &count);
    const char **copy = arena_array(p->s->arena, (size_t)count + 1, sizeof *copy);
    if (format->n_header) return;
    for (int i = 0; i < count; i++) copy[i] = arena_strdup(p->s->arena, header[i]);
    format->header = copy, format->n_header = count;
}

/* `format`: of a stream, which learns its header; otherwise NULL. */
static bool predict_rows(Predictor *p, const DatasetOptions *rows, TableFormat *format, Diagnostics *diags) {
    RowsAtHand at = {p, rows, diags};
    bool good = run_group_load_data(&p->runs, p->task, load_rows, &at);
    const Dataset *data = run_group_members(&p->runs, p->task)->data;
    good = good && write_rows(p, data, diags);
    if (data && format) take_header(p, data, format);
    run_group_free_data(&p->runs, p->task);
    return good;
}

static bool put_text(Session *s, const char *output, const char *text, size_t size) {
    if (ranks_number(s->use.machine.ranks) > 0) return true; /* one rank writes */
    if (output) return atomic_file_put(output, text, size, s->diags);
    return fwrite(text, 1, size, stdout) == size; /* what has not arrived is reported at the end, as by all commands */
}

/* One piece of a stream. Its diagnostics are its own, so that an endless stream needs no endless memory; those of a
 * failure are reported again, for good. */
static bool predict_piece(Predictor *p, const TableText *text, TableFormat *format) {
    Diagnostics *piece = diagnostics_new();
    piece->colours = p->s->diags->colours;
    DatasetOptions rows = p->rows;
    rows.text = text, rows.format = format;
    bool good = predict_rows(p, &rows, format, piece);
    diagnostics_print(piece, stderr);
    diagnostics_free(piece);
    return good;
}

/* Answers are written as soon as the rows at hand have them. */
static bool predict_stream(Predictor *p, int descriptor) {
    TableFormat format = dataset_format(p->writer.task);
    RowStream *stream = row_stream_new(descriptor, &format, p->o->input);
    TableText text;
    bool good = true;
    int errors = p->s->diags->errors;
    while (good && row_stream_next(stream, &text, p->s->diags)) {
        format.escaped = row_stream_escaped(stream);
        good = predict_piece(p, &text, &format);
        good = good && fflush(p->writer.rows.out) == 0 && !ferror(p->writer.rows.out);
    }
    row_stream_free(stream);
    return good && p->s->diags->errors == errors;
}

/* The rows that --text gives. */
static bool predict_texts(Predictor *p) {
    const Options *o = p->o;
    static const TableFormat format = {.word = "jsonl"};
    TableText text = {.name = "--text", .line = 1};
    char *bytes = texts_as_rows(p->writer.task, o->text.items, o->text.count, &text.size, p->s->diags);
    if (!bytes) return false;
    DatasetOptions rows = p->rows;
    text.bytes = bytes;
    rows.text = &text, rows.format = &format;
    bool good = predict_rows(p, &rows, NULL, p->s->diags);
    free(bytes);
    return good;
}

static bool predict_input(Predictor *p, int descriptor) {
    if (p->o->text.count) return predict_texts(p);
    return descriptor >= 0 ? predict_stream(p, descriptor) : predict_rows(p, &p->rows, NULL, p->s->diags);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

/* The input where it is a pipe, a terminal or the like; -1: it is a file, or is not there. */
static int open_stream(const char *input) {
    struct stat info;
    bool standard = input && strcmp(input, "-") == 0;
    if (!input || (standard ? fstat(STDIN_FILENO, &info) : stat(input, &info)) != 0) return -1;
    if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return -1;
    return standard ? dup(STDIN_FILENO) : open(input, O_RDONLY | O_CLOEXEC);
}

/* A pipe ends at one process. */
static bool check_stream(const Predictor *p, int descriptor) {
    if (descriptor < 0 || ranks_count(p->o->ranks) == 1) return true;
    close(descriptor);
    diag_error(p->s->diags, "E0981", (Pos){0}, "rows of a pipe are not spread over several ranks");
    diag_hint(p->s->diags, "give a file with --input, or start one process");
    return false;
}

static bool predict_all(Predictor *p) {
    int descriptor = open_stream(p->o->input);
    if (!check_stream(p, descriptor)) return false;
    bool at_once = descriptor >= 0 && !p->o->output, good;
    char *text = NULL;
    size_t size = 0;
    /* All lines, until they are known to be complete. */
    p->writer.rows.out = at_once ? stdout : memory_stream(&text, &size);
    good = predict_input(p, descriptor);
    if (!at_once) memory_stream_end(p->writer.rows.out);
    if (!at_once) good = good && put_text(p->s, p->o->output, text, size);
    if (descriptor >= 0) close(descriptor);
    free(text);
    if (good && p->bad) fprintf(stderr, "%s could not be read\n", count_text(p->bad, "row").text);
    if (good && p->seen.unknown) session_say_dataset(p->s, &p->seen), fputc('\n', stderr);
    return good;
}

int command_predict(const Options *given, Diagnostics *diags) {
    Predictor predictor = {0};
    RunGroup *runs = &predictor.runs;
    bool good = run_group_open("predict", given, runs, diags);
    predictor.s = &runs->sessions[0], predictor.o = &runs->options[0];
    good = good && prepare(&predictor) && predict_all(&predictor);
    run_group_close(runs);
    return good ? 0 : 1;
}
