/* Model: from a program's graphs to executables bound to the slabs, and back to nothing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/pattern.h"
#include "passes/compact.h"
#include "runtime/engine/slab.h"
#include "passes/deciders.h"
#include "runtime/model/model_state.h"

static bool is_wanted(const Model *m, int task) { return !m->options.tasks || m->options.tasks[task]; }

static bool is_frozen(const Model *m, const Param *param) {
    for (int i = 0; i < m->options.n_freeze; i++) {
        if (pattern_matches(m->options.freeze[i], param->name)) return true;
    }
    return param->frozen;
}

/* Does the graph read the parameter in no other way than by rows? */
static bool is_gathered(const Graph *graph, const char *param) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        for (int j = 0; j < node->n_inputs; j++) {
            const Node *input = node->inputs[j];
            bool reads = input->op == OP_param && strcmp(input->attrs.text, param) == 0;
            if (reads && (node->op != OP_gather || j != 0)) return false;
        }
    }
    return true;
}

/* Parameters that suit and that all tasks read by rows. */
static void find_tables(const Model *m, const bool *trained, bool *tables) {
    for (int i = 0; i < m->program->params.count; i++)
        tables[i] = trained[i] && !m->program->optimizer.whole && compact_suits(&m->program->params.items[i].type);
    for (int t = 0; t < m->program->tasks.count; t++) {
        const Task *task = &m->program->tasks.items[t];
        for (int i = 0; is_wanted(m, t) && i < task->n_params; i++) {
            int param = task->params[i];
            tables[param] = tables[param] && is_gathered(task->train, m->program->params.items[param].name);
        }
    }
}

static bool make_parameters(Model *m, Diagnostics *diags) {
    size_t count = (size_t)m->program->params.count + 1;
    bool *trained = arena_array(m->arena, count, sizeof *trained);
    bool *tables = arena_array(m->arena, count, sizeof *tables);
    for (int t = 0; m->options.training && t < m->program->tasks.count; t++) {
        const Task *task = &m->program->tasks.items[t];
        for (int i = 0; is_wanted(m, t) && i < task->n_params; i++)
            trained[task->params[i]] = !is_frozen(m, &m->program->params.items[task->params[i]]);
    }
    find_tables(m, trained, tables);
    m->params = parameters_new(m->program, m->options.tasks, trained, tables, m->options.rates, diags);
    return m->params != NULL;
}

static void stage_free(LoweredGraph *stage) {
    kernel_list_free(stage->list);
    graph_free(stage->graph);
    *stage = (LoweredGraph){0};
}

static void take_graph(Model *m, LoweredGraph *stage, Graph *grouped) {
    *stage = (LoweredGraph){grouped, schedule(grouped, m->kernels)};
}

static bool make_stage(Model *m, LoweredGraph *stage, const Graph *graph, const PipelineOptions *options,
                       Diagnostics *diags) {
    Graph *grouped = pipeline_run(graph, options, diags);
    if (grouped) take_graph(m, stage, grouped);
    return grouped != NULL;
}

/* Tokens that are hidden anew in each epoch are other rows each time. */
static bool may_keep(const Model *m, const Task *task, const Frozen *frozen) {
    return (m->options.kept_room > 0 || frozen->is_trained) && !task_masks(task);
}

/* A stage, its frozen prefix apart where that is cut off. */
static bool make_stages(Model *m, const Task *task, Frozen *frozen, LoweredGraph *stage, const PipelineInput *input,
                        const PipelineOptions *options, Diagnostics *diags) {
    PipelineGraphs graphs;
    if (!pipeline_run_all(input, 1, options, m->arena, &graphs, diags)) return false;
    for (int i = 0; i < graphs.count; i++)
        take_graph(m, graphs.items[i].is_frozen ? &frozen->stage : stage, graphs.items[i].graph);
    if (frozen->stage.graph) frozen->kept = kept_new(frozen->stage.graph, task);
    return true;
}

static void frozen_free(Frozen *frozen) {
    executable_free(frozen->exec);
    kept_free(frozen->kept);
    stage_free(&frozen->stage);
    *frozen = (Frozen){0};
}

static bool no_output(const Task *task, const char *name, Diagnostics *diags) {
    int count = task->eval->outputs.count;
    const char **names = arena_array(diags->arena, (size_t)count + 1, sizeof *names), *list = "";
    for (int i = 0; i < count; i++) {
        names[i] = task->eval->outputs.items[i].name;
        list = arena_printf(diags->arena, "%s%s%s", list, i ? ", " : "", names[i]);
    }
    diag_error(diags, "E0906", task->pos, "task '%s' has no output '%s'", task->name, name);
    if (!diag_hint_nearest(diags, name, names, count))
        diag_hint(diags, "it has %s; a line 'show value as \"name\"' adds one", list);
    return false;
}

/* Gives the graph these outputs alone, and what decides about them. */
static bool choose_outputs(Model *m, TaskState *state, Graph *eval, Diagnostics *diags) {
    const Task *task = state->public.task;
    eval->outputs.items = arena_array(m->arena, MAX_OUTPUTS, sizeof *eval->outputs.items);
    eval->outputs.count = 0;
    eval->outputs.capacity = MAX_OUTPUTS;
    for (int i = 0; i < state->outputs.count; i++) {
        const char *name = state->outputs.names[i];
        const Output *output = graph_output_named(task->eval, name);
        if (!output) return no_output(task, name, diags);
        eval->outputs.items[eval->outputs.count++] = *output;
    }
    deciders_add(eval);
    return true;
}

/* Are those of several passes added, each in the dense form, before an update? */
static bool adds_gradients(const Model *m) { return step_adds(&m->options.steps, model_joined(m) >= 0); }

/* The names of the task's parameters that are trained. */
static const char *const *trained_names(const Model *m, const Task *task, int *count) {
    const char **names = arena_array(m->arena, (size_t)task->n_params + 1, sizeof *names);
    *count = 0;
    for (int i = 0; i < task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[task->params[i]];
        if (slot->trained) names[(*count)++] = slot->param->name;
    }
    return names;
}

static PipelineInput training_input(const Model *m, int index) {
    const Task *task = &m->program->tasks.items[index];
    PipelineInput input = {.graph = task->train, .cuts = may_keep(m, task, &m->tasks[index].train_frozen)};
    input.wanted = trained_names(m, task, &input.n_wanted);
    return input;
}

static PipelineOptions training_options(const Model *m) {
    bool compacts = !adds_gradients(m) && !m->program->optimizer.whole;
    return (PipelineOptions){
        .passes = m->options.passes, .joins = true, .compacts = compacts, .rounds = m->options.rounds};
}

/* The training graphs of all tasks, of each of which what it trains is wanted. */
static const PipelineInput *joined_inputs(const Model *m, const Task *joined) {
    PipelineInput *inputs = arena_array(m->arena, (size_t)joined->n_tasks + 1, sizeof *inputs);
    for (int i = 0; i < joined->n_tasks; i++) {
        inputs[i] = (PipelineInput){.graph = joined->tasks[i]->train};
        inputs[i].wanted = trained_names(m, joined->tasks[i], &inputs[i].n_wanted);
    }
    return inputs;
}

/* What is kept is kept for the rows of each task. */
static bool keeps_any(const Model *m, Diagnostics *diags) {
    PipelineOptions options = training_options(m);
    for (int t = 0; t < m->program->tasks.count; t++) {
        PipelineInput input = training_input(m, t);
        if (is_wanted(m, t) && pipeline_cuts(&input, &options, diags)) return true;
    }
    return false;
}

/* The task that stands for all of them; NULL: they are trained each by itself, or there are diagnostics. */
static Task *choose_joined(const Model *m, Diagnostics *diags) {
    PipelineOptions options = training_options(m);
    bool may = m->options.training && m->options.steps.together && m->options.steps.joins && !keeps_any(m, diags);
    Task *joined = may ? joined_task(m->program, m->options.tasks, m->arena) : NULL;
    return joined && pipeline_joins(joined_inputs(m, joined), joined->n_tasks, &options, diags) ? joined : NULL;
}

static bool make_joined_training(Model *m, Diagnostics *diags) {
    TaskState *state = &m->tasks[model_joined(m)];
    const Task *joined = state->public.task;
    PipelineOptions options = training_options(m);
    PipelineGraphs graphs;
    if (!pipeline_run_all(joined_inputs(m, joined), joined->n_tasks, &options, m->arena, &graphs, diags)) return false;
    assert(graphs.count == 1);
    take_graph(m, &state->train, graphs.items[0].graph);
    return true;
}

static bool make_training(Model *m, int index, Diagnostics *diags) {
    TaskState *state = &m->tasks[index];
    PipelineInput input = training_input(m, index);
    PipelineOptions options = training_options(m);
    return make_stages(m, state->public.task, &state->train_frozen, &state->train, &input, &options, diags);
}

/* The fits' parameters. */
static const char *const *fitted_names(const Model *m, const Task *task, int *count) {
    const char **names = arena_array(m->arena, MAX_FITS, sizeof *names);
    for (*count = 0; *count < task->n_fits; ++*count)
        names[*count] = m->program->params.items[task->fits[*count].param].name;
    return names;
}

static bool make_evaluation(Model *m, int index, Diagnostics *diags) {
    TaskState *state = &m->tasks[index];
    const Task *task = state->public.task;
    state->outputs =
        m->options.outputs ? m->options.outputs[index] : (OutputNames){{task_output(task, prediction_role)}, 1};
    Graph eval = *task->eval; /* with the outputs that are asked for: what they do not need is dead */
    if (!choose_outputs(m, state, &eval, diags)) return false;
    PipelineOptions options = {.passes = m->options.passes, .rounds = m->options.rounds};
    state->eval_frozen.is_trained = m->options.training && task->n_fits > 0;
    PipelineInput input = {.graph = &eval, .cuts = may_keep(m, task, &state->eval_frozen)};
    input.changing = state->eval_frozen.is_trained ? fitted_names(m, task, &input.n_changing)
                                                   : trained_names(m, task, &input.n_changing);
    return make_stages(m, task, &state->eval_frozen, &state->eval, &input, &options, diags);
}

static bool make_trainings(Model *m, Diagnostics *diags) {
    if (model_joined(m) >= 0) return make_joined_training(m, diags);
    for (int t = 0; t < m->program->tasks.count; t++) {
        if (is_wanted(m, t) && !make_training(m, t, diags)) return false;
    }
    return true;
}

/* The number of the optimizer's update that a run has. */
static int update_of(const Model *m, int run) {
    int single = m->params->runs[run].single;
    return single < 0 ? 0 : optimizer_update(&m->program->optimizer, &m->params->slots[single].param->type);
}

static bool make_norm(Model *m, int run, const PipelineOptions *options, Diagnostics *diags) {
    int table = m->params->runs[run].table;
    Graph *norm = norm_graph(table < 0 ? RUN_ALIGN : m->params->slots[table].param->type.dims[1].offset);
    bool good = make_stage(m, &m->norms[run], norm, options, diags);
    graph_free(norm);
    return good;
}

/* Those that a run is updated with. */
static bool make_updates(Model *m, const PipelineOptions *options, Diagnostics *diags) {
    const Optimizer *optimizer = &m->program->optimizer;
    m->update_stages = arena_array(m->arena, (size_t)optimizer->updates.count + 1, sizeof *m->update_stages);
    for (int i = 0; i < m->params->n_runs; i++) {
        int update = update_of(m, i);
        bool made = m->update_stages[update].list != NULL;
        if (!made && !make_stage(m, &m->update_stages[update], optimizer->updates.items[update].graph, options, diags))
            return false;
    }
    return true;
}

static bool make_update(Model *m, Diagnostics *diags) {
    const PipelineOptions options = {.passes = m->options.passes, .rounds = m->options.rounds};
    m->norms = arena_array(m->arena, (size_t)m->params->n_runs + 1, sizeof *m->norms);
    for (int i = 0; i < m->params->n_runs; i++) {
        if (!make_norm(m, i, &options, diags)) return false;
    }
    return make_updates(m, &options, diags);
}

static Executable *make_executable(Model *m, const LoweredGraph *stage) {
    Executable *exec = executable_new(stage->list, code_of_launches(m->code, stage->list, m->arena));
    for (int i = 0; i < m->params->n_slots; i++) {
        const ParamSlot *slot = &m->params->slots[i];
        executable_bind(exec, slot->param->name, m->params->weights + slot->offset);
    }
    return exec;
}

static const Output *gradient_output(const Graph *graph, const ParamSlot *slot) {
    return graph_output_of(graph, (Role){.kind = ROLE_GRADIENT, .of = slot->param->name});
}

/* Parameters that the loss does not depend on (stop_gradient), but that are updated together with some on which it
 * does: what another task left in their place must go. */
static void bind_zeros(Model *m, TaskState *state) {
    for (int i = 0; i < state->public.task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[state->public.task->params[i]];
        if (!slot->trained || !state->active[slot->run] || gradient_output(state->train.graph, slot)) continue;
        float *to = m->params->gradients + slot->offset;
        vec_push(m->arena, &state->copies, ((GradientCopy){to, NULL, (size_t)slot->count * sizeof *to}));
    }
}

static void add_table(Model *m, TaskState *state, const ParamSlot *slot, CompactGradient gradient) {
    int number = (int)(slot - m->params->slots);
    const Type *type = &slot->param->type;
    vec_push(m->arena, &state->tables, ((TaskTable){.slot = number, .in = gradient}));
    if (!m->tables[number]) m->tables[number] = table_rows_new(type->dims[0].offset, type->dims[1].offset, m->arena);
}

/* Sends each gradient to its place in the slab; one in the form of rows stays where the plan puts it. */
static void bind_gradients(Model *m, TaskState *state) {
    const Graph *graph = state->train.graph;
    state->active = arena_array(m->arena, (size_t)m->params->n_runs + 1, sizeof *state->active);
    float **place = arena_array(m->arena, (size_t)graph->nodes.count + 1, sizeof *place);
    for (int i = 0; i < state->public.task->n_params; i++) {
        const ParamSlot *slot = &m->params->slots[state->public.task->params[i]];
        const Output *output = gradient_output(graph, slot);
        if (!slot->trained || !output) continue;
        const Node *node = node_storage(output->node);
        float *to = m->params->gradients + slot->offset;
        state->active[slot->run] = true;
        CompactGradient compact;
        if (compact_find(graph, slot->param->name, &compact)) {
            add_table(m, state, slot, compact);
            continue;
        }
        if (place[node->id]) {
            vec_push(m->arena, &state->copies, ((GradientCopy){to, place[node->id], (size_t)slot->count * sizeof *to}));
            continue;
        }
        place[node->id] = to;
        executable_bind_output(state->public.train, output->name, to);
    }
    bind_zeros(m, state);
}

static void make_frozen(Model *m, const Task *task, Frozen *frozen) {
    if (!frozen->stage.list) return;
    frozen->exec = make_executable(m, &frozen->stage);
    frozen->inputs = bindings_of(frozen->exec, task, m->arena);
}

static void make_executables(Model *m) {
    m->tables = arena_array(m->arena, (size_t)m->params->n_slots + 1, sizeof *m->tables);
    for (int t = 0; t <= m->program->tasks.count; t++) {
        TaskState *state = &m->tasks[t];
        make_frozen(m, state->public.task, &state->train_frozen);
        make_frozen(m, state->public.task, &state->eval_frozen);
        if (state->eval.list) {
            state->public.eval = make_executable(m, &state->eval);
            state->eval_inputs = bindings_of(state->public.eval, state->public.task, m->arena);
        }
        if (!state->train.list) continue;
        state->public.train = make_executable(m, &state->train);
        state->train_inputs = bindings_of(state->public.train, state->public.task, m->arena);
        bind_gradients(m, state);
    }
}

static CodeList code_list(const Model *m, const LoweredGraph *stage) {
    return (CodeList){stage->list, code_of_launches(m->code, stage->list, m->arena)};
}

static bool gives_rows(const TaskState *state, int slot) {
    for (int i = 0; i < state->tables.count; i++) {
        if (state->tables.items[i].slot == slot) return true;
    }
    return false;
}

/* A table that all who train it touch by rows alone; one that another touches whole is updated whole. */
static bool is_deferred(const Model *m, const ParamRun *run) {
    if (run->table < 0 || !m->tables[run->table]) return false;
    for (int t = 0; t <= m->program->tasks.count; t++) {
        bool trains = m->tasks[t].train.list && (t == model_joined(m) || run->tasks[t]);
        if (trains && !gives_rows(&m->tasks[t], run->table)) return false;
    }
    return true;
}

static bool make_run(Model *m, int run) {
    CodeList norm = code_list(m, &m->norms[run]), update = code_list(m, &m->update_stages[update_of(m, run)]);
    const ParamRun *info = &m->params->runs[run];
    const TableRows *touched = is_deferred(m, info) ? m->tables[info->table] : NULL;
    m->runs[run] = run_update_new(norm, update, m->params, run, touched, m->program->optimizer.states, m->waiting,
                                  m->options.team, m->arena);
    return m->runs[run] != NULL;
}

/* One run after the other has its results there. */
static bool make_waiting(Model *m) {
    int64_t most = 0;
    for (int i = 0; m->options.training && i < m->params->n_runs; i++) {
        int64_t floats = run_update_waiting(m->params, i);
        most = floats > most ? floats : most;
    }
    if (most) m->waiting = slab_new(m->waiting_bytes = (size_t)most * sizeof(float));
    return m->waiting || !most;
}

static bool make_runs(Model *m, Diagnostics *diags) {
    size_t count = (size_t)m->params->n_runs + 1;
    m->runs = arena_array(m->arena, count, sizeof *m->runs);
    m->active = arena_array(m->arena, count, sizeof *m->active);
    bool room = make_waiting(m);
    for (int i = 0; m->options.training && i < m->params->n_runs; i++) {
        if (room && make_run(m, i)) continue;
        diag_error(diags, "E0902", (Pos){0}, "there is no memory for the optimizer's intermediate values");
        diag_hint(diags, "with 'fuse' among the passes there are none");
        return false;
    }
    return true;
}

static bool build(Model *m, Diagnostics *diags) {
    if (!make_parameters(m, diags)) return false;
    Task *joined = choose_joined(m, diags);
    if (diags->errors) return false;
    m->tasks[m->program->tasks.count].public.task = joined;
    if (m->options.training && !make_trainings(m, diags)) return false;
    for (int t = 0; t < m->program->tasks.count; t++) {
        if (is_wanted(m, t) && !make_evaluation(m, t, diags)) return false;
    }
    if (m->options.training && !make_update(m, diags)) return false;
    m->code = code_new(m->kernels, m->options.target, m->options.cache, m->options.team, diags);
    if (!m->code) return false;
    make_executables(m);
    return make_runs(m, diags);
}

Model *model_new(const Program *program, const ModelOptions *options, Diagnostics *diags) {
    Arena *arena = arena_new();
    Model *m = arena_alloc(arena, sizeof *m);
    *m = (Model){.arena = arena,
                 .program = program,
                 .options = *options,
                 .kernels = kernel_set_new(),
                 .kept_room = options->kept_room};
    m->tasks = arena_array(arena, (size_t)program->tasks.count + 2, sizeof *m->tasks);
    for (int t = 0; t < program->tasks.count; t++) m->tasks[t].public.task = &program->tasks.items[t];
    if (build(m, diags)) return m;
    model_free(m);
    return NULL;
}

void model_free(Model *m) {
    if (!m) return;
    for (int i = 0; m->runs && i < m->params->n_runs; i++) run_update_free(m->runs[i]);
    for (int t = 0; t <= m->program->tasks.count; t++) {
        executable_free(m->tasks[t].public.train);
        executable_free(m->tasks[t].public.eval);
        stage_free(&m->tasks[t].train);
        stage_free(&m->tasks[t].eval);
        frozen_free(&m->tasks[t].train_frozen);
        frozen_free(&m->tasks[t].eval_frozen);
        for (int i = 0; i < m->tasks[t].tables.count; i++) free(m->tasks[t].tables.items[i].numbers);
    }
    for (int i = 0; m->norms && i < m->params->n_runs; i++) stage_free(&m->norms[i]);
    for (int i = 0; m->update_stages && i < m->program->optimizer.updates.count; i++) stage_free(&m->update_stages[i]);
    code_free(m->code);
    kernel_set_free(m->kernels);
    parameters_free(m->params);
    slab_free(m->waiting, m->waiting_bytes);
    slab_free(m->slab, m->slab_bytes);
    arena_free(m->arena);
}
