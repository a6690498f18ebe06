/* gradc predict: one row in, one row out, in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/atomic_file.h"
#include "runtime/commands.h"
#include "runtime/session.h"

enum { EVAL_BATCH = 64 };

typedef struct Writer {
    FILE *memory; /* all lines, until they are known to be complete */
} Writer;

/* The numbers of a row, separated by tabs; those of a token each on the same line. */
static void write_row(void *user, int64_t row, const float *values, int64_t count, int64_t columns) {
    (void)row, (void)columns;
    Writer *w = user;
    for (int64_t i = 0; i < count; i++) fprintf(w->memory, "%s%.9g", i ? "\t" : "", (double)values[i]);
    fputc('\n', w->memory);
}

static bool put_text(Session *s, const char *text, size_t size) {
    if (s->options->output) return atomic_file_put(s->options->output, text, size, s->diags);
    if (fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0) return true;
    return diag_error(s->diags, "E0950", (Pos){0}, "the predictions could not all be written: %s", strerror(errno));
}

static bool write_predictions(Session *s, int task, const Dataset *data) {
    char *text = NULL;
    size_t size = 0;
    Writer writer = {open_memstream(&text, &size)};
    if (!writer.memory) return diag_error(s->diags, "E0951", (Pos){0}, "there is no memory for the predictions");
    int64_t batch = s->options->batch ? s->options->batch : EVAL_BATCH;
    bool good = predict_rows(s->model, task, data, batch, write_row, &writer, s->diags);
    fclose(writer.memory);
    good = good && put_text(s, text, size);
    free(text);
    return good;
}

static bool predict(Session *s) {
    if (!s->options->task) {
        diag_error(s->diags, "E0952", (Pos){0}, "which task?");
        diag_hint(s->diags, "name it with --task");
        return false;
    }
    int task = session_find_task(s, s->options->task);
    if (task < 0) return false;
    memset(s->tasks, 0, (size_t)s->program->tasks.count * sizeof *s->tasks);
    s->tasks[task] = true;
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
