/* The driver: runs a plan over a list of graphs. It alone checks, verifies, times and shows. */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "passes/pass.h"

typedef struct Passage {
    const PipelineOptions *options;
    PassCall call;
    Diagnostics *diags;
    PipelineGraphs graphs; /* as they are now */
    int stage;             /* the number of the last one */
} Passage;

void pipeline_graphs_free(PipelineGraphs *graphs) {
    for (int i = 0; i < graphs->count; i++) graph_free(graphs->items[i].graph);
    *graphs = (PipelineGraphs){0};
}

/* A pass in the wrong place is the mistake of whoever chose the order. */
static bool check_needs(const Passage *p, const Pass *pass) {
    for (int i = 0; i < p->graphs.count; i++) {
        const Fact *missing = pass_misses(pass, p->graphs.items[i].graph);
        if (!missing) continue;
        diag_error(p->diags, "E0612", (Pos){0}, "pass '%s' cannot run here: it requires that %s", pass->info.name,
                   missing->means);
        diag_hint(p->diags, "the usual order is %s", pipeline_usual());
        return false;
    }
    return true;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void add_time(PassTimes *times, const PassTime *one) {
    for (int i = 0; i < times->rows.count; i++) {
        PassTime *row = &times->rows.items[i];
        if (row->pass != one->pass) continue;
        row->runs++;
        row->run_s += one->run_s;
        row->verify_s += one->verify_s;
        row->nodes_before += one->nodes_before;
        row->nodes_after += one->nodes_after;
        return;
    }
    vec_push(times->arena, &times->rows, *one);
}

static int64_t count_nodes(const PipelineGraphs *graphs) {
    int64_t count = 0;
    for (int i = 0; i < graphs->count; i++) count += graphs->items[i].graph->nodes.count;
    return count;
}

/* What the pass makes of each graph. False after an error. */
static bool run_on_each(const Passage *p, const Pass *pass, PipelineGraphs *next) {
    for (int i = 0; i < p->graphs.count; i++) {
        PipelineGraph made = p->graphs.items[i];
        made.graph = pass->run(made.graph, p->options->remarks, p->diags);
        if (!made.graph) return false;
        vec_push(p->call.arena, next, made);
    }
    return true;
}

static bool verify(const Passage *p, const Pass *pass, const PipelineGraphs *graphs) {
    for (int i = 0; i < graphs->count; i++) {
        const char *broken = graph_verify(graphs->items[i].graph);
        if (!broken) continue;
        diag_error(p->diags, "E0610", (Pos){0}, "internal: pass '%s' made a graph that breaks %s", pass->info.name,
                   broken);
        return false;
    }
    return true;
}

static void show(const Passage *p, const char *pass) {
    const StageObserver *observer = p->options->observer;
    for (int i = 0; observer && i < p->graphs.count; i++)
        observer->stage(observer->user, p->stage, pass, p->graphs.items[i].graph);
}

/* False after an error. */
static bool run_pass(Passage *p, const Pass *pass) {
    if (!check_needs(p, pass)) return false;
    PipelineGraphs next = {0};
    if (p->options->remarks) p->options->remarks->pass = pass->info.name;
    double start = seconds();
    bool good = !pass->run || run_on_each(p, pass, &next);
    bool made = pass->run ? good : pass->run_all(&p->call, &p->graphs, &next);
    double ran = seconds();
    good = good && verify(p, pass, &next);
    PassTime time = {pass->info.name,
                     1,
                     ran - start,
                     seconds() - ran,
                     count_nodes(&p->graphs),
                     count_nodes(made ? &next : &p->graphs)};
    if (p->options->times) add_time(p->options->times, &time);
    PipelineGraphs dropped = good && made ? p->graphs : next;
    pipeline_graphs_free(&dropped);
    if (!good || !made) return good;
    p->graphs = next;
    p->stage++;
    show(p, pass->info.name);
    return true;
}

static void take_inputs(Passage *p, const PipelineInput *inputs, int count) {
    for (int i = 0; i < count; i++) {
        Graph *graph = graph_canonical(inputs[i].graph);
        if (inputs[i].n_wanted) graph->wanted.count = 0;
        for (int j = 0; j < inputs[i].n_wanted; j++) graph_want(graph, inputs[i].wanted[j]);
        vec_push(p->call.arena, &p->graphs, ((PipelineGraph){.graph = graph, .input = i}));
    }
    show(p, "source");
}

static bool run_plan(Passage *p, const Plan *plan, const PipelineInput *inputs, int count) {
    take_inputs(p, inputs, count);
    for (int i = 0; i < plan->count; i++) {
        if (!run_pass(p, plan->passes[i])) return false;
    }
    return true;
}

static bool has_nodes(const Passage *p) {
    for (int i = 0; i < p->graphs.count; i++) {
        if (p->graphs.items[i].graph->groups.count == 1) return true;
    }
    return false;
}

/* What execution needs of what the plan has left. */
static bool finish(Passage *p) {
    for (int i = 0; i < p->graphs.count; i++) {
        const Graph *graph = p->graphs.items[i].graph;
        if (graph->wanted.count == 0) continue;
        diag_error(p->diags, "E0613", (Pos){0}, "'%s' needs gradients, but no pass made them", graph->name);
        diag_hint(p->diags, "'differentiate' cannot be left out here");
        return false;
    }
    return !has_nodes(p) || run_pass(p, pass_find("group", strlen("group")));
}

static Passage passage_begin(const PipelineInput *inputs, const PipelineOptions *options, Arena *arena,
                             Diagnostics *diags) {
    return (Passage){.options = options, .call = {inputs, options, arena}, .diags = diags};
}

static bool passage_end(Passage *p, bool good, PipelineGraphs *results) {
    if (!good) pipeline_graphs_free(&p->graphs);
    *results = p->graphs;
    return good;
}

bool pipeline_apply_all(const PipelineInput *inputs, int count, const PipelineOptions *options, Arena *arena,
                        PipelineGraphs *results, Diagnostics *diags) {
    Plan plan;
    if (!plan_read(&plan, options->passes, options, diags)) return false;
    Passage p = passage_begin(inputs, options, arena, diags);
    return passage_end(&p, run_plan(&p, &plan, inputs, count), results);
}

bool pipeline_run_all(const PipelineInput *inputs, int count, const PipelineOptions *options, Arena *arena,
                      PipelineGraphs *results, Diagnostics *diags) {
    Plan plan;
    if (!plan_read(&plan, options->passes, options, diags)) return false;
    Passage p = passage_begin(inputs, options, arena, diags);
    return passage_end(&p, run_plan(&p, &plan, inputs, count) && finish(&p), results);
}

/* --- One graph ---------------------------------------------------------------------------------------------------- */

typedef bool PipelineFunction(const PipelineInput *inputs, int count, const PipelineOptions *options, Arena *arena,
                              PipelineGraphs *results, Diagnostics *diags);

static Graph *run_alone(PipelineFunction *function, const Graph *graph, const PipelineOptions *options,
                        Diagnostics *diags) {
    PipelineInput input = {.graph = graph, .wanted = options->wanted, .n_wanted = options->n_wanted};
    PipelineGraphs results;
    Arena *arena = arena_new();
    Graph *result = NULL;
    if (function(&input, 1, options, arena, &results, diags)) {
        assert(results.count == 1);
        result = results.items[0].graph;
    }
    arena_free(arena);
    return result;
}

Graph *pipeline_apply(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    return run_alone(pipeline_apply_all, graph, options, diags);
}

Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    return run_alone(pipeline_run_all, graph, options, diags);
}

/* --- What will be done -------------------------------------------------------------------------------------------- */

/* How many graphs the passes up to the last of this name leave, nobody looking: as many as before where it is not among
 * them; 0 after an error. */
static int count_after(const char *name, const PipelineInput *inputs, int count, const PipelineOptions *options,
                       Diagnostics *diags) {
    const PipelineOptions quiet = {
        .passes = options->passes, .joins = options->joins, .compacts = options->compacts, .rounds = options->rounds};
    Plan plan;
    PipelineGraphs results;
    if (!plan_read(&plan, quiet.passes, &quiet, diags)) return 0;
    plan_end_with(&plan, pass_find(name, strlen(name)));
    if (plan.count == 0) return count;
    Arena *arena = arena_new();
    Passage p = passage_begin(inputs, &quiet, arena, diags);
    int left = passage_end(&p, run_plan(&p, &plan, inputs, count), &results) ? results.count : 0;
    pipeline_graphs_free(&results);
    arena_free(arena);
    return left;
}

bool pipeline_cuts(const PipelineInput *input, const PipelineOptions *options, Diagnostics *diags) {
    return input->cuts && count_after("cut", input, 1, options, diags) > 1;
}

bool pipeline_joins(const PipelineInput *inputs, int count, const PipelineOptions *options, Diagnostics *diags) {
    return count > 1 && count_after("join", inputs, count, options, diags) == 1;
}
