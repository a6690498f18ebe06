/* The pipeline: which passes there are, in which order they run, and what a choice of them means. */
#include "passes/pipeline.h"

#include <string.h>

#include "passes/compact.h"
#include "passes/cut.h"
#include "passes/demand.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "passes/fuse.h"
#include "passes/join.h"
#include "passes/pass.h"
#include "passes/round_products.h"
#include "passes/simplify.h"

/* --- The tables --------------------------------------------------------------------------------------------------- */

static Graph *run_expand(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)remarks, expand(graph, diags);
}

static bool run_join(const PassCall *call, const PipelineGraphs *from, PipelineGraphs *to) {
    const Graph **graphs = arena_array(call->arena, (size_t)from->count + 1, sizeof *graphs);
    for (int i = 0; i < from->count; i++) graphs[i] = from->items[i].graph;
    Graph *joined = join_graphs(graphs, from->count, call->options->remarks);
    if (joined) vec_push(call->arena, to, ((PipelineGraph){.graph = joined}));
    return joined != NULL;
}

static Graph *run_simplify(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, simplify(graph, remarks);
}

static Graph *run_demand(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, demand(graph, remarks);
}

static bool cut_graph(const PassCall *call, const PipelineGraph *from, FrozenCut *cut) {
    const PipelineInput *input = &call->inputs[from->input];
    bool own = input->n_changing > 0;
    return input->cuts && !from->is_frozen &&
           frozen_cut(from->graph, own ? input->changing : from->graph->wanted.items,
                      own ? input->n_changing : from->graph->wanted.count, FROZEN_WORTH, call->options->remarks, cut);
}

static bool run_cut(const PassCall *call, const PipelineGraphs *from, PipelineGraphs *to) {
    bool any = false;
    for (int i = 0; i < from->count; i++) {
        PipelineGraph rest = from->items[i];
        FrozenCut cut;
        bool is_cut = cut_graph(call, &rest, &cut);
        if (is_cut) vec_push(call->arena, to, ((PipelineGraph){cut.frozen, rest.input, true}));
        rest.graph = is_cut ? cut.rest : graph_canonical(rest.graph);
        vec_push(call->arena, to, rest);
        any = any || is_cut;
    }
    return any;
}

static Graph *run_round_products(const Graph *graph, Remarks *remarks, Diagnostics *diags) {
    return (void)diags, round_products(graph, remarks);
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

/* name, what it does; graphs that go in and come out; what it needs, gives and breaks */
static const Pass table[] = {
    {{"expand", "computes grad(y, x) by the nodes that it stands for", "1 to 1", "nodes", "plain", "simple"},
     .run = run_expand},
    {{"join", "makes one graph of tasks that compute something alike, over the rows of all of them", "n to 1",
      "nodes plain", "", "simple"},
     .run_all = run_join},
    {{"simplify", "folds constants and removes what changes nothing", "1 to 1", "nodes plain", "simple", ""},
     .run = run_simplify},
    {{"demand", "computes only the rows that are read", "1 to 1", "nodes plain", "", "simple"}, .run = run_demand},
    {{"cut", "cuts off the frozen prefix, whose rows are computed once and kept", "1 to 2", "nodes plain", "",
      "simple"},
     .run_all = run_cut},
    {{"round_products", "rounds the operands of matrix products to bf16, with --products bf16", "1 to 1", "nodes plain",
      "", "simple"},
     .run = run_round_products},
    {{"differentiate", "adds an output grad.NAME for each wanted parameter", "1 to 1", "nodes plain", "gradients",
      "simple"},
     .run = run_differentiate},
    {{"compact", "makes gradients of tables of the rows that are touched", "1 to 1", "nodes plain", "", ""},
     .run = run_compact},
    {{"fuse", "puts nodes that are computed together into kernels", "1 to 1", "nodes plain", "kernels", "nodes simple"},
     .run = run_fuse},
    {{"group", "puts each node into a kernel of its own", "1 to 1", "nodes plain", "kernels", "nodes simple"},
     .run = run_group},
};

/* In this order, but 'join', 'round_products' and 'compact' only where PipelineOptions say so. */
static const char usual[] = "expand,join,simplify,demand,cut,round_products,differentiate,simplify,compact,fuse";

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

enum { PASSES = sizeof table / sizeof *table, FACTS = sizeof facts / sizeof *facts };

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

const char *pipeline_usual(void) { return usual; }

const PassInfo *pipeline_pass(int index) { return index < PASSES ? &table[index].info : NULL; }

const Fact *pass_misses(const Pass *pass, const Graph *graph) {
    for (int i = 0; i < FACTS; i++) {
        if (fact_is_in(&facts[i], pass->info.needs) && !facts[i].holds(graph)) return &facts[i];
    }
    return NULL;
}

const char *pipeline_pass_names(Arena *arena) {
    const char *names = table[0].info.name;
    for (int i = 1; i < PASSES; i++) names = arena_printf(arena, "%s, %s", names, table[i].info.name);
    return names;
}

/* --- The choice of passes ----------------------------------------------------------------------------------------- */

const Pass *pass_find(const char *name, size_t length) {
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

static void read_usual(Plan *plan, const PipelineOptions *options, Diagnostics *diags) {
    plan_read(plan, usual, options, diags);
    if (!options->joins) leave_out(plan, pass_find("join", strlen("join")));
    if (!options->compacts) leave_out(plan, pass_find("compact", strlen("compact")));
    if (!options->rounds) leave_out(plan, pass_find("round_products", strlen("round_products")));
}

/* choice = [name ("," name)*] | "-" name ("," "-" name)* */
bool plan_read(Plan *plan, const char *text, const PipelineOptions *options, Diagnostics *diags) {
    *plan = (Plan){0};
    if (!text) return read_usual(plan, options, diags), true;
    bool without = *text == '-';
    if (without) read_usual(plan, options, diags);
    for (const char *at = text; *at;) {
        if ((*at == '-') != without) return bad_choice(text, "names with and without a minus are mixed", diags);
        at += without;
        size_t length = strcspn(at, ",");
        const Pass *pass = pass_find(at, length);
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

void plan_end_with(Plan *plan, const Pass *pass) {
    while (plan->count && plan->passes[plan->count - 1] != pass) plan->count--;
}

static bool has_pass(const Plan *plan, const Pass *pass) {
    for (int i = 0; i < plan->count; i++) {
        if (plan->passes[i] == pass) return true;
    }
    return false;
}

bool pipeline_check(const char *passes, Diagnostics *diags) {
    Plan plan;
    return plan_read(&plan, passes, &(PipelineOptions){0}, diags);
}

bool pipeline_check_rounding(const char *passes, bool rounds, Diagnostics *diags) {
    Plan plan;
    if (!plan_read(&plan, passes, &(PipelineOptions){.rounds = rounds}, diags)) return false;
    bool rounded = has_pass(&plan, pass_find("round_products", strlen("round_products")));
    if (rounded == rounds) return true;
    return bad_choice(passes, rounds ? "--products bf16 needs round_products" : "round_products needs --products bf16",
                      diags);
}

bool pipeline_has_stage(const char *name) {
    Plan plan;
    read_usual(&plan, &(PipelineOptions){.joins = true, .compacts = true, .rounds = true}, NULL);
    for (int i = 0; i < plan.count; i++) {
        if (strcmp(plan.passes[i]->info.name, name) == 0) return true;
    }
    return strcmp(name, "source") == 0;
}

const char *pipeline_stage_names(Arena *arena) {
    const char *names = "source";
    for (int i = 0; i < PASSES; i++) {
        if (pipeline_has_stage(table[i].info.name)) names = arena_printf(arena, "%s, %s", names, table[i].info.name);
    }
    return names;
}
