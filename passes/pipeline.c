/* The pipeline. The table reads from top to bottom; the driver alone verifies and shows. */
#include "passes/pipeline.h"

#include <string.h>
#include <time.h>

#include "passes/compact.h"
#include "passes/demand.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "passes/fuse.h"
#include "passes/simplify.h"

/* --- The tables --------------------------------------------------------------------------------------------------- */

typedef struct Pass {
    PassInfo info;
    Graph *(*run)(const Graph *graph, Remarks *remarks, Diagnostics *diags);
} Pass;

static Graph *run_expand(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)remarks, expand(graph, diags);
}

static Graph *run_simplify(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, simplify(graph, remarks);
}

static Graph *run_demand(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, demand(graph, remarks);
}

static Graph *run_differentiate(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    (void)remarks;
    if (graph->wanted.count == 0) return graph_canonical(graph);
    return differentiate(graph, graph->wanted.items, graph->wanted.count, diags);
}

static Graph *run_compact(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)remarks, (void)diags, compact(graph);
}

static Graph *run_fuse(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, fuse(graph, remarks);
}

static Graph *run_group(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)remarks, (void)diags, fuse_nothing(graph);
}

/* name, what it does, what it needs, gives and breaks */
static const Pass table[] = {
    {{"expand", "computes grad(y, x) by the nodes that it stands for", "nodes", "plain", "simple"}, run_expand},
    {{"simplify", "folds constants and removes what changes nothing", "nodes plain", "simple", ""}, run_simplify},
    {{"demand", "computes only the rows that are read", "nodes plain", "", "simple"}, run_demand},
    {{"differentiate", "adds an output grad.NAME for each wanted parameter", "nodes plain", "gradients", "simple"},
     run_differentiate},
    {{"compact", "makes gradients of tables of the rows that are touched", "nodes plain", "", ""}, run_compact},
    {{"fuse", "puts nodes that are computed together into kernels", "nodes plain", "kernels", "nodes simple"},
     run_fuse},
    {{"group", "puts each node into a kernel of its own", "nodes plain", "kernels", "nodes simple"}, run_group},
};

static const char usual[] = "expand,simplify,demand,differentiate,simplify,fuse";
static const char usual_training[] = "expand,simplify,demand,differentiate,simplify,compact,fuse";

static bool has_nodes(const Graph *graph) { return graph->groups.count == 1; }

static bool has_kernels(const Graph *graph) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (!node->group && op_kind(node->op) != KIND_LEAF && !node_is_view(node)) return false;
    }
    return true;
}

static bool has_gradients(const Graph *graph) { return graph->wanted.count == 0; }

static bool is_simple(const Graph *graph) {
    Graph *simple = simplify(graph, NULL);
    bool same = simple->nodes.count == graph->nodes.count;
    for (int i = 0; same && i < graph->nodes.count; i++)
        same = simple->nodes.items[i]->hash == graph->nodes.items[i]->hash;
    graph_free(simple);
    return same;
}

static bool is_plain(const Graph *graph) { return !has_grad(graph); }

static const Fact facts[] = {
    {"nodes", "no node is in a kernel", has_nodes},
    {"plain", "no grad(y, x) is left", is_plain},
    {"simple", "no rule of simplification applies", is_simple},
    {"gradients", "no gradient is wanted that is not there", has_gradients},
    {"kernels", "every computed node is in a kernel", has_kernels},
};

enum { PASSES = sizeof table / sizeof *table, FACTS = sizeof facts / sizeof *facts, MAX_PLAN = 64 };

const Fact *pipeline_fact(int index) { return index < FACTS ? &facts[index] : NULL; }

bool fact_is_in(const Fact *fact, const char *list) {
    size_t length = strlen(fact->name);
    for (const char *at = list; *at; at += *at == ' ') {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, fact->name, length) == 0) return true;
        at += word;
    }
    return false;
}

const PassInfo *pipeline_pass(int index) { return index < PASSES ? &table[index].info : NULL; }

const char *pipeline_usual(bool training) { return training ? usual_training : usual; }

const char *pipeline_pass_names(Arena *arena) {
    const char *names = table[0].info.name;
    for (int i = 1; i < PASSES; i++) names = arena_printf(arena, "%s, %s", names, table[i].info.name);
    return names;
}

/* --- The choice of passes ----------------------------------------------------------------------------------------- */

typedef struct Plan {
    const Pass *passes[MAX_PLAN];
    int count;
} Plan;

static const Pass *find_pass(const char *name, size_t length) {
    for (int i = 0; i < PASSES; i++) {
        if (strlen(table[i].info.name) == length && strncmp(table[i].info.name, name, length) == 0) return &table[i];
    }
    return NULL;
}

static bool unknown_pass(const char *name, int length, Diagnostics *diags) {
    const char *names[PASSES];
    for (int i = 0; i < PASSES; i++) names[i] = table[i].info.name;
    diag_error(diags, "E0611", (Pos){0}, "there is no pass '%.*s'", length, name);
    if (!diag_hint_nearest(diags, arena_strndup(diags->arena, name, (size_t)length), names, PASSES))
        diag_hint(diags, "the passes are %s", pipeline_pass_names(diags->arena));
    return false;
}

static bool bad_choice(const char *text, const char *problem, Diagnostics *diags) {
    diag_error(diags, "E0614", (Pos){0}, "'%s' is not a valid list of passes: %s", text, problem);
    diag_hint(diags, "as in %s, or -fuse for these without one", usual);
    return false;
}

/* Takes all of this pass out. */
static void leave_out(Plan *plan, const Pass *pass) {
    int kept = 0;
    for (int i = 0; i < plan->count; i++) {
        if (plan->passes[i] != pass) plan->passes[kept++] = plan->passes[i];
    }
    plan->count = kept;
}

/* choice = [name ("," name)*] | "-" name ("," "-" name)* */
static bool read_plan(Plan *plan, const char *text, bool training, Diagnostics *diags) {
    if (!text) text = pipeline_usual(training);
    bool without = *text == '-';
    *plan = (Plan){0};
    if (without) read_plan(plan, NULL, training, diags);
    for (const char *at = text; *at;) {
        if ((*at == '-') != without) return bad_choice(text, "names with and without a minus are mixed", diags);
        at += without;
        size_t length = strcspn(at, ",");
        const Pass *pass = find_pass(at, length);
        if (!pass) return unknown_pass(at, (int)length, diags);
        if (plan->count == MAX_PLAN) return bad_choice(text, "it is too long", diags);
        if (without)
            leave_out(plan, pass);
        else
            plan->passes[plan->count++] = pass;
        at += length;
        if (*at && !*++at) return bad_choice(text, "it ends with a comma", diags);
    }
    return true;
}

bool pipeline_check(const char *passes, Diagnostics *diags) {
    Plan plan;
    return read_plan(&plan, passes, false, diags);
}

static bool occurs_before(const Plan *plan, int index) {
    for (int i = 0; i < index; i++) {
        if (plan->passes[i] == plan->passes[index]) return true;
    }
    return false;
}

const char *pipeline_stage_names(Arena *arena) {
    Plan plan;
    read_plan(&plan, NULL, true, NULL);
    const char *names = "source";
    for (int i = 0; i < plan.count; i++) {
        if (!occurs_before(&plan, i)) names = arena_printf(arena, "%s, %s", names, plan.passes[i]->info.name);
    }
    return names;
}

/* --- The driver --------------------------------------------------------------------------------------------------- */

/* A pass in the wrong place is the mistake of whoever chose the order. */
static bool check_needs(const Pass *pass, const Graph *graph, Diagnostics *diags) {
    for (int i = 0; i < FACTS; i++) {
        if (!fact_is_in(&facts[i], pass->info.needs) || facts[i].holds(graph)) continue;
        diag_error(diags, "E0612", (Pos){0}, "pass '%s' cannot run here: it requires that %s", pass->info.name,
                   facts[i].means);
        diag_hint(diags, "the usual order is %s", usual);
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

static Graph *run_checked(const Pass *pass, const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    if (!check_needs(pass, graph, diags)) return NULL;
    if (options->remarks) options->remarks->pass = pass->info.name;
    double start = seconds();
    Graph *result = pass->run(graph, options->remarks, diags);
    double ran = seconds();
    const char *broken = result ? graph_verify(result) : NULL;
    PassTime time = {
        pass->info.name, 1, ran - start, seconds() - ran, graph->nodes.count, result ? result->nodes.count : 0};
    if (options->times) add_time(options->times, &time);
    if (!broken) return result;
    diag_error(diags, "E0610", (Pos){0}, "internal: pass '%s' made a graph that breaks %s", pass->info.name, broken);
    graph_free(result);
    return NULL;
}

static void show(const PipelineOptions *options, int index, const char *pass, const Graph *graph) {
    if (options->observer) options->observer->stage(options->observer->user, index, pass, graph);
}

/* Takes `graph`. */
static Graph *run_pass(const Pass *pass, int index, Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    Graph *next = run_checked(pass, graph, options, diags);
    graph_free(graph);
    if (next) show(options, index, pass->info.name, next);
    return next;
}

static Graph *run_plan(const Graph *graph, const Plan *plan, const PipelineOptions *options, Diagnostics *diags) {
    Graph *current = graph_canonical(graph);
    if (options->n_wanted) current->wanted.count = 0;
    for (int i = 0; i < options->n_wanted; i++) graph_want(current, options->wanted[i]);
    show(options, 0, "source", current);
    for (int i = 0; i < plan->count && current; i++)
        current = run_pass(plan->passes[i], i + 1, current, options, diags);
    return current;
}

Graph *pipeline_apply(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    Plan plan;
    if (!read_plan(&plan, options->passes, options->training, diags)) return NULL;
    return run_plan(graph, &plan, options, diags);
}

Graph *pipeline_run(const Graph *graph, const PipelineOptions *options, Diagnostics *diags) {
    Plan plan;
    if (!read_plan(&plan, options->passes, options->training, diags)) return NULL;
    Graph *result = run_plan(graph, &plan, options, diags);
    if (result && !has_gradients(result)) {
        diag_error(diags, "E0613", (Pos){0}, "'%s' needs gradients, but no pass made them", graph->name);
        diag_hint(diags, "'differentiate' cannot be left out here");
        graph_free(result);
        return NULL;
    }
    if (!result || !has_nodes(result)) return result;
    return run_pass(find_pass("group", strlen("group")), plan.count + 1, result, options, diags);
}
