/* Model: building everything that a run needs, and running batches. */
#include "runtime/model.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/pattern.h"
#include "runtime/nonfinite.h"
#include "runtime/slab.h"
#include "runtime/update.h"

enum { MAX_RUNS = 256 };

/* A gradient that is the same value as another parameter's, or zero (`from` NULL): filled in after the run. */
typedef struct Twin {
    float *to;
    const float *from;
    size_t bytes;
} Twin;

/* A graph on its way to an executable. */
typedef struct Stage {
    Graph *graph; /* grouped */
    KernelList *list;
} Stage;

typedef struct TaskState {
    TaskModel public;
    Stage train, eval;
    OutputNames outputs; /* of eval */
    VEC(Twin) twins;
    bool active[MAX_RUNS]; /* runs that this task's step updates */
} TaskState;

struct Model {
    Arena *arena;
    const Program *program;
    ModelOptions options;
    Parameters *params;
    KernelSet *kernels;
    Code *code;
    TaskState *tasks;
    Stage norm, update;
    RunUpdate **runs;
    void *slab;
    size_t slab_bytes;
};

static bool is_wanted(const Model *m, int task) { return !m->options.tasks || m->options.tasks[task]; }

static bool is_frozen(const Model *m, const Param *param) {
    for (int i = 0; i < m->options.n_freeze; i++) {
        if (pattern_matches(m->options.freeze[i], param->name)) return true;
    }
    return param->frozen;
}

/* --- Building ------------------------------------------------------------------------------------------------------- */

static bool make_parameters(Model *m, Diagnostics *diags) {
    size_t count = (size_t)m->program->params.count + 1;
    uint64_t *tasks = arena_array(m->arena, count, sizeof *tasks);
    bool *trained = arena_array(m->arena, count, sizeof *trained);
    for (int t = 0; t < m->program->tasks.count; t++) {
        const Task *task = &m->program->tasks.items[t];
        for (int i = 0; is_wanted(m, t) && i < task->n_params; i++) tasks[task->params[i]] |= UINT64_C(1) << t;
    }
    for (int i = 0; i < m->program->params.count; i++) {
        trained[i] = m->options.training && tasks[i] && !is_frozen(m, &m->program->params.items[i]);
    }
    m->params = parameters_new(m->program, tasks, trained, diags);
    return m->params != NULL;
}

static bool make_stage(Model *m, Stage *stage, const Graph *graph, const char *const *wanted, int n_wanted, Diagnostics *diags) {
    PipelineOptions options = {.wanted = wanted, .n_wanted = n_wanted, .passes = m->options.passes};
    stage->graph = pipeline_run(graph, &options, diags);
    if (stage->graph) stage->list = schedule(stage->graph, m->kernels);
    return stage->graph != NULL;
}

static bool no_output(const Task *task, const char *name, Diagnostics *diags) {
    const char *names[64], *list = "";
    int count = 0;
    for (; count < task->eval->outputs.count && count < 64; count++) {
        names[count] = task->eval->outputs.items[count].name;
        list = arena_printf(diags->arena, "%s%s%s", list, count ? ", " : "", names[count]);
    }
    diag_error(diags, "E0906", task->pos, "task '%s' has no output '%s'", task->name, name);
    const char *near = nearest_name(name, names, count);
    if (near) diag_hint(diags, "did you mean '%s'?", near);
    else diag_hint(diags, "it has %s; a line 'show value as \"name\"' adds one", list);
    return false;
}

/* Gives the graph these outputs alone. */
static bool choose_outputs(Model *m, TaskState *state, Graph *eval, Diagnostics *diags) {
    const Task *task = state->public.task;
    eval->outputs.items = arena_array(m->arena, MAX_OUTPUTS, sizeof *eval->outputs.items);
    eval->outputs.count = 0;
    eval->outputs.capacity = MAX_OUTPUTS;
    for (int i = 0; i < state->outputs.count; i++) {
        const char *name = state->outputs.names[i];
        Node *output = graph_find_output(task->eval, name);
        if (!output) return no_output(task, name, diags);
        eval->outputs.items[eval->outputs.count++] = (Output){name, output};
    }
    return true;
}

static bool make_task(Model *m, int index, Diagnostics *diags) {
    TaskState *state = &m->tasks[index];
    const Task *task = state->public.task = &m->program->tasks.items[index];
    const char **wanted = arena_array(m->arena, (size_t)task->n_params + 1, sizeof *wanted);
    int n_wanted = 0;
    state->outputs = m->options.outputs ? m->options.outputs[index] : (OutputNames){{"predict"}, 1};
    for (int i = 0; i < task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[task->params[i]];
        if (slot->trained) wanted[n_wanted++] = slot->param->name;
    }
    if (m->options.training && !make_stage(m, &state->train, task->train, wanted, n_wanted, diags)) return false;
    Graph eval = *task->eval; /* with the outputs that are asked for: what they do not need is dead */
    if (!choose_outputs(m, state, &eval, diags)) return false;
    return make_stage(m, &state->eval, &eval, NULL, 0, diags);
}

static bool make_update(Model *m, Diagnostics *diags) {
    Graph *norm = norm_graph();
    bool good = make_stage(m, &m->norm, norm, NULL, 0, diags);
    graph_free(norm);
    return good && make_stage(m, &m->update, m->program->optimizer.update, NULL, 0, diags);
}

static Executable *make_executable(Model *m, const Stage *stage) {
    Executable *exec = executable_new(stage->list, code_of_launches(m->code, stage->list, m->arena));
    for (int i = 0; i < m->params->n_slots; i++) {
        const ParamSlot *slot = &m->params->slots[i];
        executable_bind(exec, slot->param->name, m->params->weights + slot->offset);
    }
    return exec;
}

/* Parameters that the loss does not depend on (stop_gradient), but that are updated together with some on which it does: what
 * another task left in their place must go. */
static void bind_zeros(Model *m, TaskState *state) {
    for (int i = 0; i < state->public.task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[state->public.task->params[i]];
        const char *name = arena_printf(m->arena, "grad.%s", slot->param->name);
        if (!slot->trained || !state->active[slot->run] || graph_find_output(state->train.graph, name)) continue;
        float *to = m->params->gradients + slot->offset;
        vec_push(m->arena, &state->twins, ((Twin){to, NULL, (size_t)slot->count * sizeof *to}));
    }
}

/* Sends each gradient to its place in the slab. */
static void bind_gradients(Model *m, TaskState *state) {
    const Graph *graph = state->train.graph;
    float **place = arena_array(m->arena, (size_t)graph->nodes.count + 1, sizeof *place);
    for (int i = 0; i < state->public.task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[state->public.task->params[i]];
        const char *name = arena_printf(m->arena, "grad.%s", slot->param->name);
        Node *output = graph_find_output(graph, name);
        if (!slot->trained || !output) continue;
        const Node *node = node_storage(output);
        float *to = m->params->gradients + slot->offset;
        state->active[slot->run] = true;
        if (place[node->id]) {
            vec_push(m->arena, &state->twins, ((Twin){to, place[node->id], (size_t)slot->count * sizeof *to}));
            continue;
        }
        place[node->id] = to;
        executable_bind_output(state->public.train, name, to);
    }
    bind_zeros(m, state);
}

static bool make_executables(Model *m, Diagnostics *diags) {
    for (int t = 0; t < m->program->tasks.count; t++) {
        TaskState *state = &m->tasks[t];
        if (state->eval.list) state->public.eval = make_executable(m, &state->eval);
        if (!state->train.list) continue;
        state->public.train = make_executable(m, &state->train);
        bind_gradients(m, state);
    }
    m->runs = arena_array(m->arena, (size_t)m->params->n_runs + 1, sizeof *m->runs);
    for (int i = 0; m->options.training && i < m->params->n_runs; i++) {
        KernelFunction **norm = code_of_launches(m->code, m->norm.list, m->arena);
        KernelFunction **update = code_of_launches(m->code, m->update.list, m->arena);
        m->runs[i] = run_update_new(m->norm.list, norm, m->update.list, update, m->params, i,
                                    m->program->optimizer.states, m->arena);
        if (m->runs[i]) continue;
        diag_error(diags, "E0902", (Pos){0}, "there is no memory for the optimizer's intermediate values");
        diag_hint(diags, "with 'fuse' among the passes there are none");
        return false;
    }
    return true;
}

static bool build(Model *m, Diagnostics *diags) {
    if (!make_parameters(m, diags)) return false;
    if (m->params->n_runs > MAX_RUNS) {
        diag_error(diags, "E0903", (Pos){0}, "there are more than %d kinds of parameters", MAX_RUNS);
        diag_hint(diags, "train fewer tasks at once with --tasks");
        return false;
    }
    for (int t = 0; t < m->program->tasks.count; t++) {
        if (is_wanted(m, t) && !make_task(m, t, diags)) return false;
    }
    if (m->options.training && !make_update(m, diags)) return false;
    m->code = code_new(m->kernels, m->options.target, m->options.cache, m->options.team, diags);
    return m->code && make_executables(m, diags);
}

Model *model_new(const Program *program, const ModelOptions *options, Diagnostics *diags) {
    Arena *arena = arena_new();
    Model *m = arena_alloc(arena, sizeof *m);
    *m = (Model){.arena = arena, .program = program, .options = *options, .kernels = kernel_set_new()};
    m->tasks = arena_array(arena, (size_t)program->tasks.count + 1, sizeof *m->tasks);
    if (build(m, diags)) return m;
    model_free(m);
    return NULL;
}

static void stage_free(Stage *stage) {
    kernel_list_free(stage->list);
    graph_free(stage->graph);
}

void model_free(Model *m) {
    if (!m) return;
    for (int i = 0; m->runs && i < m->params->n_runs; i++) run_update_free(m->runs[i]);
    for (int t = 0; t < m->program->tasks.count; t++) {
        executable_free(m->tasks[t].public.train);
        executable_free(m->tasks[t].public.eval);
        stage_free(&m->tasks[t].train);
        stage_free(&m->tasks[t].eval);
    }
    stage_free(&m->norm);
    stage_free(&m->update);
    code_free(m->code);
    kernel_set_free(m->kernels);
    parameters_free(m->params);
    slab_free(m->slab, m->slab_bytes);
    arena_free(m->arena);
}

Parameters *model_parameters(Model *model) { return model->params; }

const TaskModel *model_task(const Model *model, int task) { return &model->tasks[task].public; }

const Code *model_code(const Model *model) { return model->code; }

/* Every executable, in the arena; some are NULL. */
static Executable **list_executables(const Model *m, Arena *arena, int *count) {
    size_t most = 2 * ((size_t)m->program->tasks.count + (size_t)m->params->n_runs) + 1;
    Executable **list = arena_array(arena, most, sizeof *list);
    *count = 0;
    for (int t = 0; t < m->program->tasks.count; t++) {
        list[(*count)++] = m->tasks[t].public.train;
        list[(*count)++] = m->tasks[t].public.eval;
    }
    for (int i = 0; m->options.training && i < m->params->n_runs; i++) {
        list[(*count)++] = m->runs[i]->norm;
        list[(*count)++] = m->runs[i]->update;
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

/* --- Running -------------------------------------------------------------------------------------------------------- */

static void bind_name(Executable *exec, Arena *arena, const char *input, const char *part, void *memory) {
    executable_bind(exec, arena_printf(arena, "%s.%s", input, part), memory);
}

static void bind_batch(Executable *exec, const Task *task, Batch *batch) {
    Arena *arena = arena_new();
    for (int i = 0; i < task->n_inputs; i++) {
        BatchInput *in = &batch->inputs[i];
        const char *name = task->inputs[i].name;
        bind_name(exec, arena, name, "ids", in->ids);
        bind_name(exec, arena, name, "segments", in->segments);
        bind_name(exec, arena, name, "positions", in->positions);
        bind_name(exec, arena, name, "bounds", in->bounds);
        bind_name(exec, arena, name, "first", in->first);
        bind_name(exec, arena, name, "sequence", in->sequence);
        bind_name(exec, arena, name, "coords", in->coords);
        bind_name(exec, arena, name, "rows", batch->row_coords);
        bind_name(exec, arena, name, "update", in->update_tokens);
    }
    const Label *label = &task->label;
    if (label->kind != LABEL_NONE) {
        bool is_real = label->kind == LABEL_REAL;
        executable_bind(exec, label->name, is_real ? (void *)batch->labels.numbers : (void *)batch->labels.classes);
        bind_name(exec, arena, label->name, "at", batch->labels.at);
        bind_name(exec, arena, label->name, "update", batch->labels.update_labels);
    }
    executable_bind(exec, "update.rows", batch->update_rows);
    executable_bind(exec, "rng", batch->rng);
    arena_free(arena);
}

/* Room for `bytes` of activations. A new slab is a bit larger than asked for, so that it seldom grows. */
static bool grow_slab(Model *m, size_t bytes, Diagnostics *diags) {
    if (bytes <= m->slab_bytes) return true;
    slab_free(m->slab, m->slab_bytes);
    m->slab_bytes = bytes + bytes / 8;
    m->slab = slab_new(m->slab_bytes);
    if (m->slab) return true;
    m->slab_bytes = 0;
    diag_error(diags, "E0904", (Pos){0}, "there is no memory for a batch that needs %zu MiB", bytes >> 20);
    diag_hint(diags, "make batches smaller with --batch, or texts shorter with --max-length");
    return false;
}

static void set_extents(const Executable *exec, const Task *task, const Batch *batch, int64_t *extents) {
    const Symbols *symbols = executable_symbols(exec);
    for (int i = 0; i < symbols->count; i++) extents[i] = batch_extent(batch, task, symbols->names[i]);
}

static bool prepare(Model *m, Executable *exec, const Task *task, Batch *batch, Diagnostics *diags) {
    int64_t extents[MAX_SYMBOLS] = {0};
    bind_batch(exec, task, batch);
    set_extents(exec, task, batch, extents);
    assert(!executable_unbound(exec));
    if (!grow_slab(m, executable_plan(exec, extents), diags)) return false;
    executable_place(exec, m->slab);
    return true;
}

static void run_alone(void *user, const Worker *worker) { executable_run(user, worker); }

static void copy_twins(TaskState *state) {
    for (int i = 0; i < state->twins.count; i++) {
        Twin twin = state->twins.items[i];
        if (twin.from) memcpy(twin.to, twin.from, twin.bytes);
        else memset(twin.to, 0, twin.bytes);
    }
}

bool model_gradients(Model *m, int task, Batch *batch, float *loss, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    if (!prepare(m, state->public.train, state->public.task, batch, diags)) return false;
    team_run(m->options.team, run_alone, state->public.train);
    copy_twins(state);
    *loss = *executable_output(state->public.train, "loss");
    return true;
}

/* What the threads of one step share. */
typedef struct Step {
    Model *m;
    TaskState *state;
    const UpdateSettings *settings;
    double norm;
    bool finite;
} Step;

static void run_norms(const Step *step, const Worker *worker) {
    for (int i = 0; i < step->m->params->n_runs; i++) {
        if (step->state->active[i]) executable_run(step->m->runs[i]->norm, worker);
    }
    worker->barrier();
}

/* One thread writes what all will read: rate and scale of each run. */
static void set_numbers(Step *step) {
    const UpdateSettings *s = step->settings;
    if (s->clip > 0) step->norm = gradient_norm(step->m->runs, step->state->active, step->m->params->n_runs);
    step->finite = isfinite(*executable_output(step->state->public.train, "loss")) && isfinite(step->norm);
    double scale = s->clip > 0 && step->norm > s->clip ? s->clip / (step->norm + 1e-6) : 1;
    for (int i = 0; i < step->m->params->n_runs; i++) {
        RunUpdate *run = step->m->runs[i];
        ParamRun *info = &step->m->params->runs[i];
        if (!step->state->active[i] || !step->finite) continue;
        run->rate = (float)s->rate;
        run->decay = info->decay ? (float)s->decay : 0;
        run->step = (float)++info->steps;
        run->scale = (float)scale;
    }
}

static void run_step(void *user, const Worker *worker) {
    Step *step = user;
    executable_run(step->state->public.train, worker);
    worker->barrier();
    if (worker->thread == 0) copy_twins(step->state);
    if (step->state->twins.count) worker->barrier();
    if (step->settings->clip > 0) run_norms(step, worker);
    if (worker->thread == 0) set_numbers(step);
    worker->barrier();
    for (int i = 0; step->finite && i < step->m->params->n_runs; i++) {
        if (step->state->active[i]) executable_run(step->m->runs[i]->update, worker);
    }
}

bool model_step(Model *m, int task, Batch *batch, const UpdateSettings *settings, StepResult *result, Diagnostics *diags) {
    TaskState *state = &m->tasks[task];
    Step step = {.m = m, .state = state, .settings = settings};
    if (!prepare(m, state->public.train, state->public.task, batch, diags)) return false;
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
    if (!prepare(m, exec, info, batch, diags)) return false;
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
