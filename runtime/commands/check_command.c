/* gradc check: parses and types a file, and says what is in it. */
#include <inttypes.h>

#include "graph/base/count_text.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/measure/evaluate.h"
#include "runtime/measure/label_text.h"

static int64_t parameter_count(const Program *program, const Task *task, bool frozen) {
    int64_t count = 0;
    for (int i = 0; i < task->n_params; i++) {
        const Param *param = &program->params.items[task->params[i]];
        if (!frozen || (param->frozen && !param->fitted)) count += type_count(&param->type, NULL);
    }
    return count;
}

static void print_task(const Program *program, const Task *task, Arena *arena) {
    printf("task %s\n  data    %s\n", task->name, task->data);
    for (int i = 0; i < task->n_inputs; i++) {
        const TextInput *input = &task->inputs[i];
        printf("  input   %s: %s%s%s\n", input->name, input->columns[0], input->n_columns == 2 ? ", " : "",
               input->n_columns == 2 ? input->columns[1] : "");
    }
    for (int i = 0; i < task->n_values; i++)
        printf("  %s   %s\n", task->values[i].kind == LABEL_NUMBERS ? "input" : "label",
               label_text(task, &task->values[i], arena));
    const Node *predict = graph_output_of(task->eval, prediction_role)->node;
    printf("  predict %s\n", type_print(arena, &predict->type, &task->eval->symbols));
    printf("  metric ");
    for (int i = 0; i < task->n_metrics; i++) printf(" %s", task->metrics[i]);
    printf("\n  %s to train, %d to evaluate; %s, %s", count_text(task->train->nodes.count, "node").text,
           task->eval->nodes.count, count_text(task->n_params, "tensor").text,
           count_text(parameter_count(program, task, false), "parameter").text);
    int64_t frozen = parameter_count(program, task, true);
    printf(frozen ? ", %" PRId64 " of them frozen\n" : "\n", frozen);
    printf("  graphs  %016" PRIx64 " to train, %016" PRIx64 " to evaluate\n", graph_hash(task->train),
           graph_hash(task->eval));
}

int command_check(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Options options;
    bool good = session_of_options("check", given, &options, &session, diags) && session_choose_tasks(&session, NULL) &&
                evaluate_check(session.program, session.tasks, diags);
    for (int i = 0; good && i < session.program->configs.count; i++) {
        const ConfigItem *item = &session.program->configs.items[i];
        printf("config %s = %.15g%s%s%s\n", item->name, item->value, item->key ? " (" : "", item->key ? item->key : "",
               item->key ? ")" : "");
    }
    for (int i = 0; good && i < session.program->tasks.count; i++) {
        print_task(session.program, &session.program->tasks.items[i], session.arena);
    }
    if (good && session.program->settings.count) printf("train %s\n", options_settings_text(&options, session.arena));
    session_close(&session);
    return good ? 0 : 1;
}
