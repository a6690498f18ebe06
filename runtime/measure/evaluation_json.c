/* Evaluations as JSON. */
#include "runtime/measure/evaluation_json.h"

#include "runtime/measure/evaluation_table.h"

const char *class_name(const Task *task, double value, Arena *arena) {
    bool named = task_label(task)->names && value >= 0 && value < (double)task_label(task)->classes;
    return named ? task_label(task)->names[(int64_t)value] : arena_printf(arena, "%g", value);
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

json_t *evaluations_json(const Program *program, const Evaluation *evaluations, const ClassTable *tables, int count,
                         Arena *arena) {
    json_t *object = json_object();
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        json_object_set_new(object, task->name, task_json(task, &evaluations[i], &tables[i], arena));
    }
    json_object_set_new(object, "overall", metric_json(overall_score(evaluations, count)));
    return object;
}
