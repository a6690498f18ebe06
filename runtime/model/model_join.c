/* The joined task: all tasks of a step in one training graph. */
#include <string.h>

#include "passes/join.h"
#include "runtime/model/model_state.h"

/* What their texts are called as one: no task's name. */
static const char *choose_text(const Program *program, Arena *arena) {
    const char *text = "all";
    for (int t = 0; t < program->tasks.count; t++) {
        if (strcmp(program->tasks.items[t].name, text) != 0) continue;
        text = arena_printf(arena, "%s_", text);
        t = -1;
    }
    return text;
}

static void add_params(Task *joined, const Task *part) {
    for (int i = 0; i < part->n_params; i++) {
        bool known = false;
        for (int j = 0; j < joined->n_params; j++) known = known || joined->params[j] == part->params[i];
        if (!known) joined->params[joined->n_params++] = part->params[i];
    }
}

static void free_parts(const JoinPart *parts, int count) {
    for (int i = 0; i < count; i++) graph_free((Graph *)parts[i].graph);
}

Task *joined_task(const Program *program, const bool *tasks, Arena *arena, Diagnostics *diags) {
    const PipelineOptions expand = {.passes = "expand"};
    JoinPart parts[MAX_JOINED];
    const Task **list = arena_array(arena, (size_t)program->tasks.count + 1, sizeof *list);
    Task *joined = arena_alloc(arena, sizeof *joined);
    *joined = (Task){.name = "together",
                     .inputs = {{.name = choose_text(program, arena)}},
                     .n_inputs = 1,
                     .label.of = -1,
                     .parts = list};
    joined->params = arena_array(arena, (size_t)program->params.count + 1, sizeof *joined->params);
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        if (tasks && !tasks[t]) continue;
        Graph *plain =
            task->n_inputs == 1 && joined->n_parts < MAX_JOINED ? pipeline_apply(task->train, &expand, diags) : NULL;
        if (!plain) return free_parts(parts, joined->n_parts), NULL;
        parts[joined->n_parts] = (JoinPart){plain, task->name, task->inputs[0].name};
        list[joined->n_parts++] = task;
        add_params(joined, task);
    }
    joined->train = join_graphs(parts, joined->n_parts, joined->inputs[0].name);
    free_parts(parts, joined->n_parts);
    joined->pos = joined->n_parts ? list[0]->pos : (Pos){0};
    return joined->train ? joined : NULL;
}

int model_joined(const Model *m) {
    return m->tasks[m->program->tasks.count].public.task ? m->program->tasks.count : -1;
}

float model_part_loss(const Model *m, int part) {
    const TaskModel *joined = &m->tasks[m->program->tasks.count].public;
    Role loss = {.kind = ROLE_LOSS, .task = joined->task->parts[part]->name};
    return *executable_output(joined->train, graph_output_of(joined->task->train, loss)->name);
}
