/* Model: running batches. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/slab.h"
#include "runtime/model/model_state.h"
#include "runtime/model/nonfinite.h"

static void settle(Model *m) {
    for (int i = 0; i < m->params->n_runs; i++) {
        if (m->tables[i]) deferred_settle(m->tables[i]);
    }
}

Parameters *model_parameters(Model *model) {
    settle(model);
    return model->params;
}

const TaskModel *model_task(const Model *model, int task) { return &model->tasks[task].public; }

const Code *model_code(const Model *model) { return model->code; }

/* Every executable, in the arena; some are NULL. */
static Executable **list_executables(const Model *m, Arena *arena, int *count) {
    size_t most = 4 * ((size_t)m->program->tasks.count + (size_t)m->params->n_runs) + 5;
    Executable **list = arena_array(arena, most, sizeof *list);
    *count = 0;
    for (int t = 0; t <= m->program->tasks.count; t++) {
        const TaskState *state = &m->tasks[t];
        Executable *own[] = {state->train_frozen.exec, state->public.train, state->eval_frozen.exec,
                             state->public.eval};
        for (int i = 0; i < 4; i++) list[(*count)++] = own[i];
    }
    for (int i = 0; m->options.training && i < m->params->n_runs; i++) {
        list[(*count)++] = m->runs[i] ? m->runs[i]->norm : NULL;
        list[(*count)++] = m->runs[i] ? m->runs[i]->update : deferred_executable(m->tables[i]);
    }
    return list;
}

void model_profile(Model *model) {
    int count;
    Executable **list = list_executables(model, model->arena, &count);
    for (int i = 0; i < count; i++) {
        if (list[i]) executable_profile(list[i]);
    }
}

Profile model_profile_rows(const Model *model, Arena *arena) {
    int count;
    Executable **list = list_executables(model, arena, &count);
    return profile_of(list, count, arena);
}

size_t model_slab_bytes(const Model *model) { return model->slab_bytes; }

bool model_reserve(Model *m, size_t bytes, Diagnostics *diags) {
    if (bytes <= m->slab_bytes) return true;
    slab_free(m->slab, m->slab_bytes);
    m->slab_bytes = bytes;
    m->slab = slab_new(m->slab_bytes);
    if (m->slab) return true;
    m->slab_bytes = 0;
    diag_error(diags, "E0904", (Pos){0}, "there is no memory for a batch that needs %zu MiB", bytes >> 20);
    diag_hint(diags, "make batches smaller with --batch, or texts shorter with --max-length");
    return false;
}

/* A new slab is a bit larger than asked for, so that it seldom grows. */
static bool grow_slab(Model *m, size_t bytes, Diagnostics *diags) {
    return bytes <= m->slab_bytes || model_reserve(m, bytes + bytes / 8, diags);
}

static void set_extents(const Executable *exec, const Task *task, const Batch *batch, int64_t *extents) {
    const Symbols *symbols = executable_symbols(exec);
    for (int i = 0; i < symbols->count; i++) extents[i] = batch_extent(batch, task, symbols->names[i]);
}

static void set_extent(const Executable *exec, int64_t *extents, const char *symbol, int64_t value) {
    const Symbols *symbols = executable_symbols(exec);
    for (int i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->names[i], symbol) == 0) extents[i] = value;
    }
}

/* The rows of the batch for each table that the task trains. */
static void select_rows(Model *m, TaskState *state, int64_t *extents) {
    Executable *exec = state->public.train;
    for (int i = 0; i < state->tables.count; i++) {
        TaskTable *t = &state->tables.items[i];
        int64_t count = executable_count(exec, t->index, extents);
        if (count > t->room) {
            t->room = 2 * count;
            t->numbers = realloc(t->numbers, (size_t)t->room * sizeof *t->numbers);
            if (!t->numbers) abort();
        }
        int64_t distinct = deferred_select(m->tables[t->run], executable_leaf(exec, t->index), count, t->numbers);
        executable_bind(exec, t->slots, t->numbers);
        set_extent(exec, extents, t->distinct, distinct);
    }
}

/* The inputs in place; the bytes of the slab that the batch needs. */
static size_t plan(Model *m, TaskState *state, Executable *exec, Batch *batch) {
    const Task *task = state->public.task;
    int64_t extents[MAX_SYMBOLS] = {0};
    bind_batch(exec == state->public.train ? &state->train_inputs : &state->eval_inputs, batch);
    set_extents(exec, task, batch, extents);
    if (exec == state->public.train) select_rows(m, state, extents);
    return executable_plan(exec, extents);
}

static Frozen *frozen_part(TaskState *state, bool training) {
    return training ? &state->train_frozen : &state->eval_frozen;
}

static size_t plan_frozen(const Frozen *frozen, const Task *task, Batch *batch) {
    int64_t extents[MAX_SYMBOLS] = {0};
    bind_batch(&frozen->inputs, batch);
    set_extents(frozen->exec, task, batch, extents);
    return executable_plan(frozen->exec, extents);
}

size_t model_plan(Model *m, int task, bool training, Batch *batch) {
    TaskState *state = &m->tasks[task];
    const Frozen *frozen = frozen_part(state, training);
    size_t first = frozen->exec ? plan_frozen(frozen, state->public.task, batch) : 0;
    size_t second = plan(m, state, training ? state->public.train : state->public.eval, batch);
    return first > second ? first : second;
}

size_t model_kept_bytes(const Model *m, int task, bool training, const Dataset *data) {
    const Frozen *frozen = frozen_part(&m->tasks[task], training);
    return frozen->kept && !frozen->is_trained ? kept_bytes(frozen->kept, data) : 0;
}

static void run_alone(void *user, const Worker *worker) { executable_run(user, worker); }

/* What the rest reads of the frozen part: as it was before, or else computed now. */
static bool prepare_frozen(Model *m, TaskState *state, Executable *rest, Batch *batch, Diagnostics *diags) {
    Frozen *frozen = frozen_part(state, rest == state->public.train);
    size_t fit_room = SIZE_MAX / 2, *room = frozen->is_trained ? &fit_room : &m->kept_room;
    if (!frozen->exec) return true;
    if (frozen->is_trained && frozen->updates != m->updates) kept_forget(frozen->kept);
    frozen->updates = m->updates;
    if (!kept_recall(frozen->kept, batch, room)) {
        if (!grow_slab(m, plan_frozen(frozen, state->public.task, batch), diags)) return false;
        executable_place(frozen->exec, m->slab);
        team_run(m->options.team, run_alone, frozen->exec);
        kept_store(frozen->kept, batch, frozen->exec);
    }
    kept_bind(frozen->kept, rest);
    return true;
}

static bool prepare(Model *m, TaskState *state, Executable *exec, Batch *batch, Diagnostics *diags) {
    if (!prepare_frozen(m, state, exec, batch, diags)) return false;
    size_t bytes = plan(m, state, exec, batch);
    assert(!executable_unbound(exec));
    if (!grow_slab(m, bytes, diags)) return false;
    executable_place(exec, m->slab);
    return true;
}

/* Where each compact gradient will lie; after the training graph is placed. */
static void find_compact_gradients(Model *m, TaskState *state) {
    for (int i = 0; i < state->tables.count; i++) {
        const TaskTable *t = &state->tables.items[i];
        deferred_gradient(m->tables[t->run], executable_output(state->public.train, t->gradient));
    }
}

/* The rows that a task's batch reads, up to date. All threads have met when it returns. */
static void catch_up(const Model *m, const TaskState *state, const Worker *worker) {
    for (int i = 0; i < state->tables.count; i++) deferred_catch_up(m->tables[state->tables.items[i].run], worker);
    if (state->tables.count) worker->barrier();
}

static void copy_gradients(TaskState *state) {
    for (int i = 0; i < state->copies.count; i++) {
        GradientCopy copy = state->copies.items[i];
        if (copy.from)
            memcpy(copy.to, copy.from, copy.bytes);
        else
            memset(copy.to, 0, copy.bytes);
    }
}

bool model_gradients(Model *m, int task, Batch *batch, float *loss, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    settle(m);
    if (!prepare(m, state, state->public.train, batch, diags)) return false;
    find_compact_gradients(m, state);
    team_run(m->options.team, run_alone, state->public.train);
    copy_gradients(state);
    for (int i = 0; i < state->tables.count; i++) deferred_expand(m->tables[state->tables.items[i].run]);
    *loss = *executable_output(state->public.train, "loss");
    return true;
}

/* What the threads of one step share. */
typedef struct Step {
    Model *m;
    TaskState *state;   /* NULL: the gradients are there already */
    const bool *active; /* [runs]: to be updated */
    const UpdateSettings *settings;
    double norm;
    bool finite;
} Step;

static void run_norms(const Step *step, const Worker *worker) {
    for (int i = 0; i < step->m->params->n_runs; i++) {
        if (!step->active[i]) continue;
        if (step->m->tables[i])
            deferred_squares(step->m->tables[i], worker);
        else
            executable_run(step->m->runs[i]->norm, worker);
    }
    worker->barrier();
}

/* The square root of all squares, added in order in double. */
static double gradient_norm(const Step *step) {
    double sum = 0;
    for (int i = 0; i < step->m->params->n_runs; i++) {
        if (!step->active[i]) continue;
        sum += step->m->tables[i] ? deferred_sum(step->m->tables[i]) : run_squares(step->m->runs[i]);
    }
    return step->settings->weight * sqrt(sum);
}

static bool is_finite_step(const Step *step) {
    bool loss = !step->state || isfinite(*executable_output(step->state->public.train, "loss"));
    return loss && isfinite(step->norm);
}

/* One thread writes what all will read: rate and scale of each run. */
static void set_numbers(Step *step) {
    const UpdateSettings *s = step->settings;
    if (s->clip > 0) step->norm = gradient_norm(step);
    step->finite = is_finite_step(step);
    double scale = s->weight * (s->clip > 0 && step->norm > s->clip ? s->clip / (step->norm + 1e-6) : 1);
    for (int i = 0; i < step->m->params->n_runs; i++) {
        ParamRun *info = &step->m->params->runs[i];
        if (!step->active[i] || !step->finite) continue;
        UpdateNumbers numbers = {(float)(s->rate * info->rate), info->decay ? (float)s->decay : 0, (float)++info->steps,
                                 (float)scale};
        if (step->m->tables[i])
            deferred_push(step->m->tables[i], numbers);
        else
            step->m->runs[i]->numbers = numbers;
    }
}

static void run_gradients(const Step *step, const Worker *worker) {
    catch_up(step->m, step->state, worker);
    executable_run(step->state->public.train, worker);
    worker->barrier();
    if (worker->thread == 0) copy_gradients(step->state);
    if (step->state->copies.count) worker->barrier();
}

static void run_step(void *user, const Worker *worker) {
    Step *step = user;
    if (step->state) run_gradients(step, worker);
    if (step->settings->clip > 0) run_norms(step, worker);
    if (worker->thread == 0) set_numbers(step);
    worker->barrier();
    for (int i = 0; step->finite && i < step->m->params->n_runs; i++) {
        if (!step->active[i]) continue;
        if (step->m->tables[i])
            deferred_update(step->m->tables[i], worker);
        else
            executable_run(step->m->runs[i]->update, worker);
    }
}

void model_touch(Model *model) { model->updates++; }

bool model_update(Model *m, const bool *active, const UpdateSettings *settings, double *norm) {
    m->updates++;
    Step step = {.m = m, .active = active, .settings = settings};
    team_run(m->options.team, run_step, &step);
    *norm = step.norm;
    return step.finite;
}

bool model_step(Model *m, int task, Batch *batch, const UpdateSettings *settings, StepResult *result,
                Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    Step step = {.m = m, .state = state, .active = state->active, .settings = settings};
    if (!prepare(m, state, state->public.train, batch, diags)) return false;
    m->updates++;
    find_compact_gradients(m, state);
    team_run(m->options.team, run_step, &step);
    result->loss = *executable_output(state->public.train, "loss");
    result->norm = step.norm;
    if (step.finite) return true;
    NonFiniteStep bad = {state->public.train, state->public.task, batch, m->options.team, (double)result->loss};
    nonfinite_report(&bad, diags);
    return false;
}

/* What the first dimension of an output counts. */
static RowsOf rows_of(const Executable *exec, const Task *task, const Type *type, int *input) {
    Dim dim = type->rank ? type->dims[0] : dim_const(1);
    if (dim_is_const(dim) || dim.scale != 1 || dim.offset != 0) return ROWS_OF_BATCH;
    return batch_symbol(task, executable_symbols(exec)->names[dim.symbol], input);
}

bool model_evaluate(Model *m, int task, Batch *batch, OutputValue *outputs, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    const Task *info = state->public.task;
    Executable *exec = state->public.eval;
    int64_t extents[MAX_SYMBOLS] = {0};
    settle(m);
    if (!prepare(m, state, exec, batch, diags)) return false;
    team_run(m->options.team, run_alone, exec);
    set_extents(exec, info, batch, extents);
    for (int i = 0; i < state->outputs.count; i++) {
        const char *name = state->outputs.names[i];
        const Type *type = &graph_find_output(state->eval.graph, name)->type;
        OutputValue *out = &outputs[i];
        *out = (OutputValue){.values = executable_output(exec, name)};
        out->of = rows_of(exec, info, type, &out->input);
        out->rows = type->rank ? dim_value(type->dims[0], extents) : 1;
        out->columns = out->rows ? type_count(type, extents) / out->rows : 0;
    }
    return true;
}

int model_outputs(const Model *model, int task) { return model->tasks[task].outputs.count; }
