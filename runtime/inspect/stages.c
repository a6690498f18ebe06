/* Stages: which graphs, and a walk over what becomes of each. */
#include "runtime/inspect/stages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "passes/kernel_graph.h"

/* --- Sources ------------------------------------------------------------------------------------------------------ */

/* Parameters to differentiate for: all that the text does not freeze. */
static PipelineInput training_input(Session *s, const Task *task) {
    const char **wanted = arena_array(s->arena, (size_t)task->n_params + 1, sizeof *wanted);
    PipelineInput input = {.graph = task->train, .wanted = wanted, .cuts = true};
    for (int i = 0; i < task->n_params; i++) {
        const Param *param = &s->program->params.items[task->params[i]];
        if (!param->frozen) wanted[input.n_wanted++] = param->name;
    }
    return input;
}

static void add_source(Session *s, const char *name, const PipelineInput *inputs, int count, Sources *sources) {
    PipelineInput *own = arena_array(s->arena, (size_t)count, sizeof *own);
    memcpy(own, inputs, (size_t)count * sizeof *own);
    vec_push(s->arena, sources, ((Source){.name = name, .inputs = own, .n_inputs = count}));
}

static void add_training(Session *s, const Task *task, Sources *sources) {
    PipelineInput input = training_input(s, task);
    add_source(s, arena_printf(s->arena, "%s.train", task->name), &input, 1, sources);
}

/* With one output, the prediction where `name` is NULL: what it does not need is dead. */
static bool add_evaluation(Session *s, const Task *task, const char *name, Sources *sources) {
    const Output *output = name ? graph_output_named(task->eval, name) : graph_output_of(task->eval, prediction_role);
    if (!output) return diag_error(s->diags, "E0906", task->pos, "task '%s' has no output '%s'", task->name, name);
    Graph *graph = arena_alloc(s->arena, sizeof *graph);
    *graph = *task->eval;
    graph->outputs.items = arena_alloc(s->arena, sizeof(Output));
    graph->outputs.items[0] = *output;
    graph->outputs.count = graph->outputs.capacity = 1;
    add_source(s, arena_printf(s->arena, "%s.eval", task->name), &(PipelineInput){.graph = graph}, 1, sources);
    return true;
}

static void add_updates(Session *s, Sources *sources) {
    const Optimizer *optimizer = &s->program->optimizer;
    for (int i = 0; i < optimizer->updates.count; i++) {
        const OptimizerUpdate *update = &optimizer->updates.items[i];
        const char *name = arena_printf(s->arena, "%s.update", optimizer->name);
        if (optimizer->whole)
            name = arena_printf(s->arena, "%s.%" PRId64 "x%" PRId64, name, update->rows, update->columns);
        add_source(s, name, &(PipelineInput){.graph = update->graph}, 1, sources);
    }
}

static PipelineOptions pipeline_options(const Session *s, const PipelineInput *inputs) {
    return (PipelineOptions){
        .passes = s->source.passes, .joins = true, .compacts = inputs->n_wanted > 0, .rounds = s->rounds};
}

/* All tasks in one step. */
static bool add_joined(Session *s, Sources *sources) {
    const Task *task = joined_task(s->program, s->tasks, s->arena);
    int count = task ? task->n_tasks : 0;
    PipelineInput *inputs = arena_array(s->arena, (size_t)count + 1, sizeof *inputs);
    for (int i = 0; i < count; i++) {
        inputs[i] = training_input(s, task);
        inputs[i].graph = task->tasks[i]->train;
        inputs[i].cuts = false; /* what is kept is kept for the rows of each task */
    }
    PipelineOptions options = pipeline_options(s, inputs);
    if (pipeline_joins(inputs, count, &options, s->diags)) {
        add_source(s, arena_printf(s->arena, "%s.train", task->name), inputs, count, sources);
        return true;
    }
    if (s->diags->errors) return false;
    diag_error(s->diags, "E0966", (Pos){0}, "the tasks cannot be joined");
    diag_hint(s->diags, "`gradc explain E0966` says which can");
    return false;
}

static bool check_choice(const char *choice, Diagnostics *diags) {
    static const char *const names[] = {"train", "eval", "update", "together", "all"};
    enum { NAMES = sizeof names / sizeof *names };
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(choice, names[i]) == 0) return true;
    }
    diag_error(diags, "E0962", (Pos){0}, "--graph is train, eval, update, together or all, not '%s'", choice);
    diag_hint_nearest(diags, choice, names, NAMES);
    return false;
}

bool sources_choose(Session *session, const SourceChoice *choice, Sources *sources) {
    const char *graph = choice->graph ? choice->graph : "train", *only = choice->task;
    if (!check_choice(graph, session->diags)) return false;
    if (only && session_find_task(session, only) < 0) return false;
    if (strcmp(graph, "together") == 0) return add_joined(session, sources);
    bool all = strcmp(graph, "all") == 0, update = strcmp(graph, "update") == 0;
    for (int i = 0; i < session->program->tasks.count; i++) {
        const Task *task = &session->program->tasks.items[i];
        if (update || (only && strcmp(only, task->name) != 0)) continue;
        if (all || strcmp(graph, "train") == 0) add_training(session, task, sources);
        bool is_wanted = all || strcmp(graph, "eval") == 0;
        if (is_wanted && !add_evaluation(session, task, choice->show, sources)) return false;
    }
    if (update || (all && !only)) add_updates(session, sources);
    return true;
}

/* --- The walk ----------------------------------------------------------------------------------------------------- */

typedef struct StageWalk {
    const StageVisitor *visitor;
    int last;
    bool good;
} StageWalk;

static void pass_on(void *user, int index, const char *pass, const Graph *graph) {
    StageWalk *walk = user;
    if (walk->good) walk->good = walk->visitor->visit(walk->visitor->user, index, pass, graph, NULL);
    walk->last = index;
}

static bool visit_kernels(const StageWalk *walk, const Graph *grouped) {
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    Graph *kernels = kernel_graph(list);
    bool good = walk->visitor->visit(walk->visitor->user, walk->last + 1, "kernels", kernels, list);
    graph_free(kernels);
    kernel_list_free(list);
    kernel_set_free(set);
    return good;
}

bool stages_visit(Session *session, const Source *source, const StageVisitor *visitor) {
    StageWalk walk = {.visitor = visitor, .good = true};
    StageObserver observer = {pass_on, &walk};
    PipelineOptions options = pipeline_options(session, source->inputs);
    PipelineGraphs grouped;
    options.observer = &observer;
    options.remarks = visitor->remarks;
    options.times = visitor->times;
    if (!pipeline_run_all(source->inputs, source->n_inputs, &options, session->arena, &grouped, session->diags))
        return false;
    for (int i = 0; walk.good && i < grouped.count; i++) walk.good = visit_kernels(&walk, grouped.items[i].graph);
    pipeline_graphs_free(&grouped);
    return walk.good;
}

/* --- Kept stages -------------------------------------------------------------------------------------------------- */

typedef struct Collector {
    Arena *arena;
    StageLists *lists;
} Collector;

static Stages *list_of(const Collector *c, const Graph *graph) {
    for (int i = 0; i < c->lists->count; i++) {
        if (strcmp(c->lists->items[i].name, graph->name) == 0) return &c->lists->items[i];
    }
    vec_push(c->arena, c->lists, ((Stages){.name = arena_strdup(c->arena, graph->name)}));
    return &c->lists->items[c->lists->count - 1];
}

static bool keep_stage(void *user, int index, const char *stage, const Graph *graph, const KernelList *list) {
    Collector *c = user;
    (void)list;
    vec_push(c->arena, list_of(c, graph), ((Stage){index, stage, graph_canonical(graph)}));
    return true;
}

bool stages_collect(Session *session, const Source *source, StageLists *lists) {
    Collector collector = {session->arena, lists};
    return stages_visit(session, source, &(StageVisitor){.visit = keep_stage, .user = &collector});
}

void stages_free(StageLists *lists) {
    for (int i = 0; i < lists->count; i++) {
        for (int j = 0; j < lists->items[i].count; j++) graph_free(lists->items[i].items[j].graph);
    }
    lists->count = 0;
}

bool stage_is(const char *name, int index, const char *stage) {
    char *end;
    long number = strtol(name, &end, 10);
    bool is_number = end > name && !*end;
    return strcmp(name, "all") == 0 || strcmp(name, stage) == 0 || (is_number && number == index);
}

bool stage_unknown(const char *name, Diagnostics *diags) {
    if (pipeline_has_stage(name)) {
        diag_error(diags, "E0961", (Pos){0}, "the graphs shown have no stage '%s'", name);
        diag_hint(diags, "`gradc explain %s` says what it does; where it has nothing to do, it is not shown", name);
        return false;
    }
    diag_error(diags, "E0961", (Pos){0}, "there is no stage '%s'", name);
    diag_hint(diags, "the stages are %s, kernels and all; or their number in the names of --out",
              pipeline_stage_names(diags->arena));
    return false;
}

int stage_find(const Stages *stages, const char *name) {
    for (int i = 0; i < stages->count; i++) {
        if (stage_is(name, stages->items[i].index, stages->items[i].name)) return i;
    }
    return -1;
}

bool stages_have(const StageLists *lists, const char *name, Diagnostics *diags) {
    for (int i = 0; i < lists->count; i++) {
        if (stage_find(&lists->items[i], name) >= 0) return true;
    }
    return stage_unknown(name, diags);
}
