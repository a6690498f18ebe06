/* Evaluations as a table for people, and as JSON. gradc eval. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "runtime/commands.h"
#include "runtime/session.h"

enum { EVAL_BATCH = 64 };

void print_evaluations(const Program *program, const Evaluation *evaluations, int count) {
    printf("%-16s %7s  %s\n", "task", "rows", "dev metrics");
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        printf("%-16s %7" PRId64, task->name, evaluations[i].rows);
        for (int j = 0; j < task->n_metrics; j++) printf("  %s %.3f", task->metrics[j], evaluations[i].metrics[j]);
        putchar('\n');
    }
    printf("%-16s %7s  %.3f\n", "overall", "", overall_score(evaluations, count));
}

static json_t *task_json(const Task *task, const Evaluation *evaluation) {
    json_t *object = json_pack("{s:I}", "rows", (json_int_t)evaluation->rows);
    for (int i = 0; i < task->n_metrics; i++) json_object_set_new(object, task->metrics[i], json_real(evaluation->metrics[i]));
    return object;
}

static void print_json(const Program *program, const Evaluation *evaluations, int count) {
    json_t *object = json_object();
    for (int i = 0; i < count; i++) {
        const Task *task = &program->tasks.items[evaluations[i].task];
        json_object_set_new(object, task->name, task_json(task, &evaluations[i]));
    }
    json_object_set_new(object, "overall", json_real(overall_score(evaluations, count)));
    json_dumpf(object, stdout, JSON_REAL_PRECISION(9) | JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

static bool evaluate_task(Session *s, int task, Evaluation *evaluation) {
    const char *split = s->options->split ? s->options->split : "dev";
    int64_t batch = s->options->batch ? s->options->batch : EVAL_BATCH;
    Dataset *data = session_dataset(s, task, split, NULL, 0, true);
    bool good = data && evaluate(s->model, task, data, batch, evaluation, s->diags);
    dataset_free(data);
    return good;
}

static bool evaluate_all(Session *s) {
    if (!evaluate_check(s->program, s->tasks, s->diags) || !session_load_model(s, false)) return false;
    Evaluation *evaluations = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *evaluations);
    int count = 0;
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t] && !evaluate_task(s, t, &evaluations[count++])) return false;
    }
    if (s->options->json) print_json(s->program, evaluations, count);
    else print_evaluations(s->program, evaluations, count);
    return true;
}

int command_eval(const Options *options, Diagnostics *diags) {
    Session session = {0};
    bool good = session_load_program(&session, options, diags) && evaluate_all(&session);
    session_close(&session);
    return good ? 0 : 1;
}
