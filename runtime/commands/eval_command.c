/* gradc eval: metrics of the development set, as a table or as JSON, the report on classes, and the rows that are
 * wrong. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_group.h"
#include "runtime/files/atomic_file.h"
#include "runtime/measure/evaluation_json.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/measure/mistakes.h"
#include "runtime/train/progress.h"

static void print_json(Session *s, const Evaluation *evaluations, const ClassTable *tables, int count) {
    json_t *object = evaluations_json(s->program, evaluations, tables, count, s->arena);
    json_dumpf(object, stdout, EVALUATION_JSON);
    putchar('\n');
    json_decref(object);
}

static int name_width(const Task *task, const ClassTable *table, Arena *arena) {
    int width = (int)strlen("labelled");
    for (int64_t i = 0; i < table->count; i++) {
        int length = (int)strlen(class_name(task, table->classes[i].value, arena));
        if (length > width) width = length;
    }
    return width;
}

/* What nothing is known of. */
static void print_without_rows(const Task *task, const ClassTable *table, Arena *arena) {
    const char *list = "";
    for (int64_t i = 0; i < table->count; i++) {
        const ClassReport *c = &table->classes[i];
        if (c->support == 0)
            list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", class_name(task, c->value, arena));
    }
    if (*list) printf("no row has the label: %s\n", list);
}

static void print_classes(const Task *task, const ClassTable *table, Arena *arena) {
    int width = name_width(task, table, arena);
    printf("\n%s\n%-*s  precision  recall     f1  support\n", task->name, width, "class");
    for (int64_t i = 0; i < table->count; i++) {
        const ClassReport *c = &table->classes[i];
        printf("%-*s  %9.3f  %6.3f  %5.3f  %7" PRId64 "\n", width, class_name(task, c->value, arena), c->precision,
               c->recall, c->f1, c->support);
    }
    print_without_rows(task, table, arena);
    if (!table->confusion) return;
    printf("%-*s  predicted as:", width, "labelled");
    for (int64_t i = 0; i < table->count; i++) printf(" %*s", width, class_name(task, table->classes[i].value, arena));
    for (int64_t i = 0; i < table->count; i++) {
        printf("\n%-*s  %13s", width, class_name(task, table->classes[i].value, arena), "");
        for (int64_t j = 0; j < table->count; j++) printf(" %*" PRId64, width, table->confusion[i * table->count + j]);
    }
    putchar('\n');
}

typedef struct Evaluator {
    RunGroup *runs;
    Session *s; /* of the first */
    const Options *o;
    Evaluation *evaluations; /* [count] */
    ClassTable *tables;      /* [count] */
    int count;               /* of tasks, so far */
    MistakeWriter mistakes;  /* into `text`, unless rows.out is NULL */
    AtomicFile *file;        /* of --errors */
    char *text;
    size_t size;
} Evaluator;

/* --- The rows that are wrong -------------------------------------------------------------------------------------- */

static void add_columns(Evaluator *e, const Task *task) {
    MistakeWriter *w = &e->mistakes;
    const char *own[MOST_TEXTS], **all = arena_array(e->s->arena, (size_t)w->n_columns + MOST_TEXTS, sizeof *all);
    int count = mistake_texts(task, own), n = w->n_columns;
    for (int i = 0; i < n; i++) all[i] = w->columns[i];
    for (int i = 0; i < count; i++) {
        int j = 0;
        while (j < n && strcmp(all[j], own[i]) != 0) j++;
        all[j] = own[i];
        n = j == n ? n + 1 : n;
    }
    w->columns = all, w->n_columns = n;
}

/* The file is opened before the work begins, and filled when that is done. */
static bool begin_mistakes(Evaluator *e) {
    Session *s = e->s;
    if (!e->o->errors || ranks_number(e->o->ranks) > 0) return true; /* one rank writes */
    e->file = atomic_file_open(e->o->errors, s->diags);
    if (!e->file) return false;
    e->mistakes = (MistakeWriter){.rows = {memory_stream(&e->text, &e->size), row_form_of(e->o->errors)},
                                  .tokenizer = s->tokenizer,
                                  .texts = e->o->texts};
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t]) add_columns(e, &s->program->tasks.items[t]);
    }
    mistakes_begin(&e->mistakes);
    return true;
}

static bool end_mistakes(Evaluator *e, bool good) {
    if (!e->file) return good;
    memory_stream_end(e->mistakes.rows.out);
    fflush(stdout); /* it may be the same file */
    if (good) {
        atomic_file_write(e->file, e->text, e->size);
        good = atomic_file_commit(e->file);
    } else {
        atomic_file_abort(e->file);
    }
    int64_t count = e->mistakes.count;
    if (good)
        fprintf(stderr, "%s %s wrong: %s\n", count_text(count, "row").text, count_form(count, "is", "are"),
                e->o->errors);
    free(e->text);
    return good;
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static void visit_lines(void *user, const Dataset *data, const MetricInput *lines) {
    Evaluator *e = user;
    e->tables[e->count] = class_table(lines, task_label(data->task)->kind);
    if (e->file) mistakes_write(&e->mistakes, data, lines);
}

static Dataset *load_rows(void *evaluator, Session *s, int task) {
    const Evaluator *e = evaluator;
    const char *split = e->o->split ? e->o->split : "dev", *columns[MOST_TEXTS];
    if (!e->mistakes.texts) return session_dataset(s, task, split, 0);
    int count = mistake_texts(&s->program->tasks.items[task], columns);
    return session_dataset_keeping(s, task, split, columns, count);
}

/* A signal ends the process as ever: there is nothing to keep. */
static bool show_progress(void *progress, const Dataset *data, int64_t done) {
    progress_evaluation(progress, data->task->name, done, data->rows);
    return true;
}

/* What metrics read, and with --errors the probabilities of what is predicted too. */
static OutputNames outputs_of(const Evaluator *e, int task) {
    const Task *info = &e->s->program->tasks.items[task];
    return e->o->errors ? evaluate_outputs_with_scores(info) : evaluate_outputs(info);
}

static bool measure_task(Evaluator *e, int task, const Pace *pace) {
    const Member *members = run_group_members(e->runs, task);
    OutputNames names = outputs_of(e, task);
    Collected outputs[MAX_OUTPUTS] = {0};
    LineVisitor visitor = {visit_lines, e};
    Evaluation *result = &e->evaluations[e->count];
    *result = (Evaluation){.task = task, .rows = members->data->rows};
    bool good = ensemble_collect(members, e->runs->count, &names, pace, outputs, e->s->diags);
    if (good) evaluate_collected(members->data, &names, outputs, result, &visitor, e->s->diags);
    collected_free(outputs, names.count);
    return good;
}

static bool evaluate_task(Evaluator *e, int task) {
    Progress progress = {.terminal = progress_has_terminal()};
    Pace pace = {e->o->batch ? e->o->batch : EVAL_BATCH, show_progress, &progress, e->o->ranks};
    bool good = run_group_load_data(e->runs, task, load_rows, e);
    const Dataset *data = run_group_members(e->runs, task)->data;
    if (good && data->unknown) session_say_dataset(e->s, data), fputc('\n', stderr);
    good = good && measure_task(e, task, &pace);
    progress_clear(&progress);
    run_group_free_data(e->runs, task);
    e->count++;
    return good;
}

static void print_all(const Evaluator *e) {
    Session *s = e->s;
    if (e->o->json) {
        print_json(s, e->evaluations, e->tables, e->count);
        return;
    }
    print_evaluations(stdout, s->program, e->evaluations, e->count);
    for (int i = 0; e->o->report && i < e->count; i++) {
        const Task *task = &s->program->tasks.items[e->evaluations[i].task];
        if (e->tables[i].count) print_classes(task, &e->tables[i], s->arena);
    }
}

static bool load_models(const Evaluator *e) {
    Session *s = e->s;
    OutputNames *outputs = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *outputs);
    if (!evaluate_check(s->program, s->tasks, s->diags)) return false;
    for (int t = 0; t < s->program->tasks.count; t++) outputs[t] = outputs_of(e, t);
    return run_group_load(e->runs, outputs);
}

static bool evaluate_all(RunGroup *runs) {
    Session *s = &runs->sessions[0];
    const Options *o = &runs->options[0];
    if (o->texts && !o->errors) return diag_error(s->diags, "E0958", (Pos){0}, "--texts needs --errors");
    size_t most = (size_t)s->program->tasks.count + 1;
    Evaluator e = {.runs = runs, .s = s, .o = o};
    e.evaluations = arena_array(s->arena, most, sizeof *e.evaluations);
    e.tables = arena_array(s->arena, most, sizeof *e.tables);
    bool good = load_models(&e) && begin_mistakes(&e);
    for (int t = 0; good && t < s->program->tasks.count; t++) {
        if (s->tasks[t]) good = evaluate_task(&e, t);
    }
    if (good) print_all(&e);
    for (int i = 0; i < e.count; i++) class_table_free(&e.tables[i]);
    return end_mistakes(&e, good);
}

int command_eval(const Options *given, Diagnostics *diags) {
    RunGroup runs = {0};
    bool good = run_group_open("eval", given, &runs, diags) && evaluate_all(&runs);
    run_group_close(&runs);
    return good ? 0 : 1;
}
