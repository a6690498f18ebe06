/* gradc eval: metrics of the development set, as a table or as JSON, and the report on classes. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/train/progress.h"

/* What a class, or a flag, is called. */
static const char *class_name(const Task *task, double value, Arena *arena) {
    bool named = task->label.names && value >= 0 && value < (double)task->label.classes;
    return named ? task->label.names[(int64_t)value] : arena_printf(arena, "%g", value);
}

static json_t *classes_json(const Task *task, const ClassTable *table, Arena *arena) {
    json_t *classes = json_object();
    for (int64_t i = 0; i < table->count; i++) {
        const ClassReport *c = &table->classes[i];
        json_object_set_new(classes, class_name(task, c->value, arena),
                            json_pack("{s:f, s:f, s:f, s:I}", "precision", c->precision, "recall", c->recall, "f1",
                                      c->f1, "support", (json_int_t)c->support));
    }
    return classes;
}

static json_t *confusion_json(const ClassTable *table) {
    json_t *rows = json_array();
    for (int64_t i = 0; i < table->count; i++) {
        json_t *row = json_array();
        for (int64_t j = 0; j < table->count; j++)
            json_array_append_new(row, json_integer((json_int_t)table->confusion[i * table->count + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *task_json(const Task *task, const Evaluation *evaluation, const ClassTable *table, Arena *arena) {
    json_t *object = json_pack("{s:I}", "rows", (json_int_t)evaluation->rows);
    for (int i = 0; i < evaluation_figures(task); i++)
        json_object_set_new(object, evaluation_name(task, i), metric_json(evaluation_figure(task, evaluation, i)));
    if (table->count) json_object_set_new(object, "classes", classes_json(task, table, arena));
    if (table->confusion) json_object_set_new(object, "confusion", confusion_json(table));
    return object;
}

static void print_json(Session *s, const Evaluation *evaluations, const ClassTable *tables, int count) {
    json_t *object = json_object();
    for (int i = 0; i < count; i++) {
        const Task *task = &s->program->tasks.items[evaluations[i].task];
        json_object_set_new(object, task->name, task_json(task, &evaluations[i], &tables[i], s->arena));
    }
    json_object_set_new(object, "overall", metric_json(overall_score(evaluations, count)));
    json_dumpf(object, stdout, JSON_REAL_PRECISION(17) | JSON_INDENT(2));
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

/* A signal ends the process as ever: there is nothing to keep. */
static bool show_progress(void *progress, const Dataset *data, int64_t done) {
    progress_evaluation(progress, data->task->name, done, data->rows);
    return true;
}

static bool evaluate_task(Session *s, const Options *o, int task, Evaluation *evaluation, ClassTable *table) {
    const char *split = o->split ? o->split : "dev";
    Progress progress = {.terminal = progress_has_terminal()};
    Pace pace = {o->batch ? o->batch : EVAL_BATCH, show_progress, &progress};
    Dataset *data = session_dataset(s, task, split, 0);
    bool good = data && evaluate(s->model, task, data, &pace, evaluation, table, s->diags);
    progress_clear(&progress);
    dataset_free(data);
    return good;
}

static void print_all(Session *s, const Options *o, const Evaluation *evaluations, const ClassTable *tables,
                      int count) {
    if (o->json) {
        print_json(s, evaluations, tables, count);
        return;
    }
    print_evaluations(stdout, s->program, evaluations, count);
    for (int i = 0; o->report && i < count; i++) {
        if (tables[i].count) print_classes(&s->program->tasks.items[evaluations[i].task], &tables[i], s->arena);
    }
}

static bool evaluate_all(Session *s, const Options *o) {
    ModelUse use = {0};
    if (!evaluate_check(s->program, s->tasks, s->diags) || !session_load_model(s, &use)) return false;
    size_t most = (size_t)s->program->tasks.count + 1;
    Evaluation *evaluations = arena_array(s->arena, most, sizeof *evaluations);
    ClassTable *tables = arena_array(s->arena, most, sizeof *tables);
    int count = 0;
    bool good = true;
    for (int t = 0; good && t < s->program->tasks.count; t++) {
        if (!s->tasks[t]) continue;
        good = evaluate_task(s, o, t, &evaluations[count], &tables[count]);
        count++;
    }
    if (good) print_all(s, o, evaluations, tables, count);
    for (int i = 0; i < count; i++) class_table_free(&tables[i]);
    return good;
}

int command_eval(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    bool good = session_of_options("eval", given, &options, &session, diags) && evaluate_all(&session, &options);
    session_close(&session);
    return good ? 0 : 1;
}
