/* Model: running batches. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/engine/slab.h"
#include "runtime/model/model_state.h"

static void flush(Model *m) {
    for (int i = 0; i < m->params->n_runs; i++) {
        if (m->runs[i] && m->runs[i]->deferred) deferred_flush(m->runs[i]->deferred);
    }
}

Parameters *model_parameters(Model *model) {
    flush(model);
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
        list[(*count)++] = run_update_executable(m->runs[i], true);
        list[(*count)++] = run_update_executable(m->runs[i], false);
    }
    return list;
}

void model_profile(Model *model, const int *step) {
    int count;
    Executable **list = list_executables(model, model->arena, &count);
    for (int i = 0; i < count; i++) {
        if (list[i]) executable_profile(list[i], step);
    }
}

void model_trace(Model *model, Trace *trace) {
    int count;
    Executable **list = list_executables(model, model->arena, &count);
    for (int i = 0; i < count; i++) {
        if (list[i]) executable_trace(list[i], trace);
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
    for (int i = 0; i < symbols->count; i++) extents[i] = batch_extent(batch, task, &symbols->roles[i]);
}

/* The rows of the batch for each table that the task trains. */
static void select_rows(Model *m, TaskState *state, int64_t *extents) {
    Executable *exec = state->public.train;
    for (int i = 0; i < state->tables.count; i++) {
        TaskTable *t = &state->tables.items[i];
        int64_t count = type_count(&t->in.index->type, extents);
        t->numbers = memory_grow(t->numbers, &t->room, count, sizeof *t->numbers);
        const int32_t *index = *executable_slot(exec, t->in.index);
        extents[t->in.distinct] = table_rows_select(m->tables[t->slot], index, count, t->numbers);
        *executable_slot(exec, t->in.slots) = t->numbers;
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

/* --- Gradients ---------------------------------------------------------------------------------------------------- */

/* Of the run that a table is by itself; NULL: its updates are not deferred. */
static Deferred *deferred_of(const Model *m, const TaskTable *table) {
    int run = m->params->slots[table->slot].run;
    return m->params->runs[run].table < 0 ? NULL : m->runs[run]->deferred;
}

/* Where each gradient in the form of rows will lie; after the training graph is placed. */
static void find_row_gradients(Model *m, TaskState *state) {
    for (int i = 0; i < state->tables.count; i++) {
        const TaskTable *t = &state->tables.items[i];
        m->tables[t->slot]->gradient = executable_output(state->public.train, t->in.output);
        if (deferred_of(m, t)) deferred_gradient(deferred_of(m, t));
    }
}

/* The rows that a task's batch reads, up to date. All threads have met when it returns. */
static void catch_up(const Model *m, const TaskState *state, const Worker *worker) {
    for (int i = 0; i < state->tables.count; i++) {
        Deferred *deferred = deferred_of(m, &state->tables.items[i]);
        if (deferred) deferred_catch_up(deferred, worker);
    }
    if (state->tables.count) worker_meet(worker);
}

static void copy_gradients(const TaskState *state) {
    for (int i = 0; i < state->copies.count; i++) {
        GradientCopy copy = state->copies.items[i];
        if (copy.from)
            memcpy(copy.to, copy.from, copy.bytes);
        else
            memset(copy.to, 0, copy.bytes);
    }
}

/* To the dense form what the updates of deferred runs, or those of all others, take as rows. */
static void spread(const Model *m, const TaskState *state, bool deferred, const Worker *worker) {
    for (int i = 0; i < state->tables.count; i++) {
        const TaskTable *t = &state->tables.items[i];
        if ((deferred_of(m, t) != NULL) != deferred) continue;
        table_rows_spread(m->tables[t->slot], m->params->gradients + m->params->slots[t->slot].offset, worker);
    }
}

/* What the threads share. */
typedef struct Gradients {
    const Model *m;
    const TaskState *state;
} Gradients;

static void run_gradients(void *user, const Worker *worker) {
    const Gradients *g = user;
    catch_up(g->m, g->state, worker);
    executable_run(g->state->public.train, worker);
    worker_meet(worker);
    spread(g->m, g->state, false, worker);
    if (worker->thread == 0) copy_gradients(g->state);
}

bool model_gradients(Model *m, int task, Batch *batch, float *loss, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    if (!prepare(m, state, state->public.train, batch, diags)) return false;
    find_row_gradients(m, state);
    team_run(m->options.team, run_gradients, &(Gradients){m, state});
    *loss = *executable_output_of(state->public.train, loss_role);
    m->last_step = (NonFiniteStep){.exec = state->public.train,
                                   .task = state->public.task,
                                   .batch = batch,
                                   .team = m->options.team,
                                   .loss = (double)*loss};
    m->last = state;
    memcpy(m->active, state->active, (size_t)m->params->n_runs * sizeof *m->active);
    if (isfinite(*loss)) return true;
    nonfinite_report(&m->last_step, diags);
    return false;
}

static void spread_rest(void *user, const Worker *worker) {
    const Gradients *g = user;
    spread(g->m, g->state, true, worker);
}

void model_spread_gradients(Model *m) {
    const ParamRun *runs = m->params->runs;
    for (int i = 0; i < m->params->n_runs; i++) {
        if (!m->active[i]) memset(m->params->gradients + runs[i].offset, 0, (size_t)runs[i].count * sizeof(float));
    }
    if (!m->last) return; /* a rank that has run nothing yet */
    team_run(m->options.team, spread_rest, &(Gradients){m, m->last});
}

/* --- Updates ------------------------------------------------------------------------------------------------------ */

/* What the threads of an update share. */
typedef struct Update {
    Model *m;
    const UpdateSettings *settings;
    double norm;
} Update;

/* The square root of all squares, added in order in double. */
static double gradient_norm(const Update *update) {
    double sum = 0;
    for (int i = 0; i < update->m->params->n_runs; i++) {
        if (update->m->active[i]) sum += run_update_sum(update->m->runs[i]);
    }
    return update->settings->weight * sqrt(sum);
}

/* One thread writes what all will read: rate and scale of each run. */
static void set_numbers(Update *update) {
    const UpdateSettings *s = update->settings;
    update->norm = gradient_norm(update);
    double scale = s->weight * (s->clip > 0 && update->norm > s->clip ? s->clip / (update->norm + 1e-6) : 1);
    for (int i = 0; i < update->m->params->n_runs; i++) {
        ParamRun *info = &update->m->params->runs[i];
        if (!update->m->active[i] || !isfinite(update->norm)) continue;
        UpdateNumbers numbers = {(float)(s->rate * info->rate), info->decay ? (float)s->decay : 0, (float)++info->steps,
                                 (float)scale};
        run_update_push(update->m->runs[i], numbers);
    }
}

static void run_update(void *user, const Worker *worker) {
    Update *update = user;
    const Model *m = update->m;
    for (int i = 0; i < m->params->n_runs; i++) {
        if (m->active[i]) run_update_squares(m->runs[i], worker);
    }
    worker_meet(worker);
    if (worker->thread == 0) set_numbers(update);
    worker_meet(worker);
    for (int i = 0; isfinite(update->norm) && i < m->params->n_runs; i++) {
        if (m->active[i]) run_update_apply(m->runs[i], worker);
    }
}

void model_touch(Model *model) { model->updates++; }

void model_exchange(Model *m) {
    parameters_exchange(model_parameters(m), &m->program->optimizer);
    model_touch(m);
}

bool model_update(Model *m, const UpdateSettings *settings, double *norm, Diagnostics *diags) {
    Update update = {.m = m, .settings = settings};
    m->updates++;
    team_run(m->options.team, run_update, &update);
    *norm = update.norm;
    if (isfinite(*norm)) return true;
    if (!m->last_step.exec) /* a rank that has run nothing yet */
        return diag_error(diags, "E0905", (Pos){0}, "the gradients are so large that their norm is not finite");
    nonfinite_report(&m->last_step, diags);
    return false;
}

bool model_step(Model *m, int task, Batch *batch, const UpdateSettings *settings, StepResult *result,
                Diagnostics *diags) {
    return model_gradients(m, task, batch, &result->loss, diags) && model_update(m, settings, &result->norm, diags);
}

/* --- Evaluation --------------------------------------------------------------------------------------------------- */

/* What the first dimension of an output counts. */
static RowsOf rows_of(const Executable *exec, const Task *task, const Type *type, int *input) {
    Dim dim = type->rank ? type->dims[0] : dim_const(1);
    if (dim_is_const(dim) || dim.scale != 1 || dim.offset != 0) return ROWS_OF_BATCH;
    return batch_symbol(task, &executable_symbols(exec)->roles[dim.symbol], input);
}

/* Of answers: a loss beside them may be infinite, as the logarithm of a probability of 0 is. */
static bool are_finite(const OutputValue *out) {
    for (int64_t i = 0; i < out->rows * out->columns; i++) {
        if (!isfinite(out->values[i])) return false;
    }
    return true;
}

/* A class after the last is what a row without a largest score gets (see argmax in the prelude). */
static bool are_classes(const Label *label, const OutputValue *out) {
    bool named = label->kind == LABEL_CLASS || label->kind == LABEL_MASKED;
    for (int64_t i = 0; named && out->columns == 1 && i < out->rows; i++) {
        if (out->values[i] >= (float)label->classes) return false;
    }
    return true;
}

/* What was compared on the way to the outputs. The logarithm of a probability of 0 is a fair loser. */
static bool are_comparable(const TaskState *state, const int64_t *extents) {
    const Graph *graph = state->eval.graph;
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        const float *values = executable_output(state->public.eval, output->name);
        bool decides = output->role.kind == ROLE_COMPARED;
        for (int64_t j = decides ? type_count(&output->node->type, extents) : 0; j-- > 0;) {
            if (isnan(values[j]) || values[j] == INFINITY) return false;
        }
    }
    return true;
}

static bool check_outputs(Model *m, TaskState *state, Batch *batch, const int64_t *extents, const OutputValue *outputs,
                          Diagnostics *diags) {
    const Task *task = state->public.task;
    bool finite = true, sound = are_comparable(state, extents);
    for (int i = 0; i < state->outputs.count; i++) {
        finite &= outputs[i].of == ROWS_OF_BATCH || are_finite(&outputs[i]);
        bool predicts = task_output_is(task, state->outputs.names[i], prediction_role);
        sound &= !predicts || are_classes(task_label(task), &outputs[i]);
    }
    NonFiniteStep bad = {.exec = state->public.eval,
                         .task = task,
                         .batch = batch,
                         .team = m->options.team,
                         .evaluates = true,
                         .suspected = finite};
    return (finite && sound) || !nonfinite_report(&bad, diags);
}

bool model_evaluate(Model *m, int task, Batch *batch, OutputValue *outputs, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    const Task *info = state->public.task;
    Executable *exec = state->public.eval;
    int64_t extents[MAX_SYMBOLS] = {0};
    flush(m);
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
    return check_outputs(m, state, batch, extents, outputs, diags);
}

int model_outputs(const Model *model, int task) { return model->tasks[task].outputs.count; }

int output_names_find(const OutputNames *names, const char *name) {
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) return i;
    }
    return -1;
}

void output_names_add(OutputNames *names, const char *name) {
    if (name && output_names_find(names, name) < 0) names->names[names->count++] = name;
}

const OutputNames *model_output_names(const Model *model, int task) { return &model->tasks[task].outputs; }
