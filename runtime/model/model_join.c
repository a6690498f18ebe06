/* The joined task: what stands for all tasks of a step in one training graph (passes/join.h). */
#include <string.h>

#include "passes/join.h"
#include "runtime/model/model_state.h"

static void add_params(Task *joined, const Task *task) {
    for (int i = 0; i < task->n_params; i++) {
        bool known = false;
        for (int j = 0; j < joined->n_params; j++) known = known || joined->params[j] == task->params[i];
        if (!known) joined->params[joined->n_params++] = task->params[i];
    }
}

/* Of those that a batch can join: of one text. */
static bool can_join(const Task *task) { return task->n_inputs == 1; }

/* Its one text is that of all tasks. */
static void name_text(Task *joined, Arena *arena) {
    const Graph **graphs = arena_array(arena, (size_t)joined->n_tasks + 1, sizeof *graphs);
    for (int i = 0; i < joined->n_tasks; i++) graphs[i] = joined->tasks[i]->train;
    joined->inputs[0].name = join_text(graphs, joined->n_tasks, arena);
    joined->n_inputs = 1;
}

Task *joined_task(const Program *program, const bool *tasks, Arena *arena) {
    const Task **list = arena_array(arena, (size_t)program->tasks.count + 1, sizeof *list);
    Task *joined = arena_alloc(arena, sizeof *joined);
    *joined = (Task){.name = "together", .values[0].of = -1, .tasks = list};
    joined->params = arena_array(arena, (size_t)program->params.count + 1, sizeof *joined->params);
    for (int t = 0; t < program->tasks.count; t++) {
        const Task *task = &program->tasks.items[t];
        if (tasks && !tasks[t]) continue;
        if (!can_join(task)) return NULL;
        list[joined->n_tasks++] = task;
        add_params(joined, task);
    }
    if (joined->n_tasks < 2) return NULL;
    name_text(joined, arena);
    joined->pos = list[0]->pos;
    return joined;
}

int model_joined(const Model *m) {
    return m->tasks[m->program->tasks.count].public.task ? m->program->tasks.count : -1;
}

float model_task_loss(const Model *m, int task) {
    const TaskState *joined = &m->tasks[m->program->tasks.count];
    Role loss = {.kind = ROLE_LOSS, .task = joined->public.task->tasks[task]->name};
    return *executable_output_of(joined->public.train, loss);
}
