/* Stages: which graphs, and a walk over what becomes of each. */
#include "runtime/inspect/stages.h"

#include <stdlib.h>
#include <string.h>

#include "passes/kernel_graph.h"

/* --- Sources ------------------------------------------------------------------------------------------------------ */

/* Parameters to differentiate for: all that the text does not freeze. */
static void add_training(Session *s, const Task *task, Sources *sources) {
    Source source = {.name = arena_printf(s->arena, "%s.train", task->name), .graph = task->train};
    source.wanted = arena_array(s->arena, (size_t)task->n_params + 1, sizeof *source.wanted);
    for (int i = 0; i < task->n_params; i++) {
        const Param *param = &s->program->params.items[task->params[i]];
        if (!param->frozen) source.wanted[source.n_wanted++] = param->name;
    }
    vec_push(s->arena, sources, source);
}

/* With one output: what it does not need is dead. */
static bool add_evaluation(Session *s, const Task *task, const char *name, Sources *sources) {
    Node *output = graph_find_output(task->eval, name);
    if (!output) return diag_error(s->diags, "E0906", task->pos, "task '%s' has no output '%s'", task->name, name);
    Graph *graph = arena_alloc(s->arena, sizeof *graph);
    *graph = *task->eval;
    graph->outputs.items = arena_alloc(s->arena, sizeof(Output));
    graph->outputs.items[0] = (Output){.name = name, .node = output};
    graph->outputs.count = graph->outputs.capacity = 1;
    vec_push(s->arena, sources, ((Source){.name = arena_printf(s->arena, "%s.eval", task->name), .graph = graph}));
    return true;
}

static void add_update(Session *s, Sources *sources) {
    const Optimizer *optimizer = &s->program->optimizer;
    vec_push(s->arena, sources,
             ((Source){.name = arena_printf(s->arena, "%s.update", optimizer->name), .graph = optimizer->update}));
}

/* All tasks in one step. */
static bool add_joined(Session *s, Sources *sources) {
    const Task *task = joined_task(s->program, s->tasks, s->arena, s->diags);
    if (task) {
        s->joined = task->train;
        add_training(s, task, sources);
        return true;
    }
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
        if (is_wanted && !add_evaluation(session, task, choice->show ? choice->show : "predict", sources)) return false;
    }
    if (update || (all && !only)) add_update(session, sources);
    return true;
}

/* --- The walk ----------------------------------------------------------------------------------------------------- */

typedef struct Walk {
    const StageVisitor *visitor;
    int last;
    bool good;
} Walk;

static void pass_on(void *user, int index, const char *pass, const Graph *graph) {
    Walk *walk = user;
    if (walk->good) walk->good = walk->visitor->visit(walk->visitor->user, index, pass, graph, NULL);
    walk->last = index;
}

static bool visit_kernels(const Walk *walk, const Graph *grouped) {
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
    Walk walk = {.visitor = visitor, .good = true};
    StageObserver observer = {pass_on, &walk};
    PipelineOptions options = {.wanted = source->wanted,
                               .n_wanted = source->n_wanted,
                               .passes = session->source.passes,
                               .training = source->n_wanted > 0,
                               .observer = &observer,
                               .remarks = visitor->remarks,
                               .times = visitor->times};
    Graph *grouped = pipeline_run(source->graph, &options, session->diags);
    bool good = grouped && walk.good && visit_kernels(&walk, grouped);
    graph_free(grouped);
    return good;
}

/* --- Kept stages -------------------------------------------------------------------------------------------------- */

typedef struct Collector {
    Arena *arena;
    Stages *stages;
} Collector;

static bool keep_stage(void *user, int index, const char *stage, const Graph *graph, const KernelList *list) {
    Collector *c = user;
    (void)list;
    vec_push(c->arena, c->stages, ((Stage){index, stage, graph_canonical(graph)}));
    return true;
}

bool stages_collect(Session *session, const Source *source, Stages *stages) {
    Collector collector = {session->arena, stages};
    return stages_visit(session, source, &(StageVisitor){.visit = keep_stage, .user = &collector});
}

void stages_free(Stages *stages) {
    for (int i = 0; i < stages->count; i++) graph_free(stages->items[i].graph);
    stages->count = 0;
}

bool stage_is(const char *name, int index, const char *stage) {
    char *end;
    long number = strtol(name, &end, 10);
    bool is_number = end > name && !*end;
    return strcmp(name, "all") == 0 || strcmp(name, stage) == 0 || (is_number && number == index);
}

bool stage_unknown(const char *name, Diagnostics *diags) {
    diag_error(diags, "E0961", (Pos){0}, "there is no stage '%s'", name);
    diag_hint(diags, "the stages are %s, kernels and all; or their number in the names of --out",
              pipeline_stage_names(diags->arena));
    return false;
}

int stage_find(const Stages *stages, const char *name, Diagnostics *diags) {
    for (int i = 0; i < stages->count; i++) {
        if (stage_is(name, stages->items[i].index, stages->items[i].name)) return i;
    }
    stage_unknown(name, diags);
    return -1;
}
