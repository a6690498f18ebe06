/* The pipeline on random graphs: every stage prints and reads back the same, has the values of the source under the
 * interpreter, and runs compiled with the interpreter's values, fused or not, for any number of threads with the same
 * bits. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/roll.h"
#include "passes/expand.h"
#include "passes/pipeline.h"
#include "runtime/engine/code.h"
#include "tests/compiled_check.h"
#include "tests/random_graph.h"

enum { GRAPHS = 150, COMPILED = 25, SIZE = 14, MOST_BINDINGS = 128 };

typedef struct Case {
    RandomGraph *random;
    Graph *source;            /* with grad(...) or without */
    Graph *plain;             /* the source, expanded */
    Interpretation *expected; /* of plain */
    uint64_t seed;
} Case;

static uint64_t first_seed(void) {
    const char *given = getenv("GRADC_SEED");
    return given ? strtoull(given, NULL, 10) : 20240607;
}

static Interpretation *evaluate_with(const Graph *graph, const RandomGraph *random, const Binding *bindings, int n) {
    Interpretation *result = interpret(graph, random->extents, bindings, n);
    cr_assert_null(result->error, "%s", result->error);
    return result;
}

static Interpretation *evaluate(const Graph *graph, const RandomGraph *random) {
    return evaluate_with(graph, random, random->bindings, random->n_bindings);
}

/* What f32 rounding over a graph of this size may cost; values are near 1. Passes round folded constants to f32, as
 * code would. */
static const double f32_tolerance = 2e-4, double_tolerance = 2e-6;

static void compare(const char *what, uint64_t seed, const Type *type, const int64_t *extents, const double *expected,
                    const double *got, double tolerance) {
    int64_t count = type_count(type, extents);
    double largest = 1;
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs(expected[i]));
    for (int64_t i = 0; i < count; i++) {
        cr_assert(fabs(expected[i] - got[i]) <= tolerance * largest, "seed %llu, %s: element %lld is %.9g, not %.9g",
                  (unsigned long long)seed, what, (long long)i, got[i], expected[i]);
    }
}

/* parse(print(g)) is g, rolled or not. */
static void check_text(const Graph *graph, Diagnostics *diags) {
    char *text = graph_print(graph, true), *rolled = graph_print_rolled(graph, true);
    const char *forms[] = {text, rolled};
    for (int i = 0; i < 2; i++) {
        Graph *read = graph_read(diagnostics_file(diags, "stage.gir", forms[i]), diags);
        if (!read) diagnostics_print(diags, stderr);
        cr_assert_not_null(read);
        char *again = graph_print(read, true);
        cr_assert_str_eq(again, text);
        graph_free(read);
        free(again);
    }
    free(text);
    free(rolled);
}

typedef struct Watch {
    Case *c;
    Diagnostics *diags;
    int stage;                       /* the one that is looked at: its graphs come one after the other */
    int n_graphs, found;             /* of this stage; expected outputs that they have */
    Interpretation *got[2];          /* [n_graphs] */
    Binding bindings[MOST_BINDINGS]; /* the batch, then the outputs of this stage's earlier graphs */
    int n_bindings;
    Arena *arena;
    const char *seen; /* NULL: not wanted; "source 1, cut 2": stages and how many graphs each has */
} Watch;

/* All outputs of the source are outputs of the stage. */
static void end_stage(Watch *watch) {
    if (watch->n_graphs) cr_assert_eq(watch->found, watch->c->plain->outputs.count, "stage %d", watch->stage);
    for (int i = 0; i < watch->n_graphs; i++) interpretation_free(watch->got[i]);
    watch->n_graphs = watch->found = 0;
}

static void begin_stage(Watch *watch, int index) {
    const RandomGraph *random = watch->c->random;
    end_stage(watch);
    watch->stage = index;
    watch->n_bindings = random->n_bindings;
    memcpy(watch->bindings, random->bindings, (size_t)random->n_bindings * sizeof *watch->bindings);
}

static void compare_outputs(Watch *watch, const char *pass, const Graph *graph, const Interpretation *got) {
    const Case *c = watch->c;
    for (int i = 0; i < c->plain->outputs.count; i++) {
        const Output *output = &c->plain->outputs.items[i];
        const Node *node = graph_find_output(graph, output->name);
        if (!node) continue;
        char what[64];
        snprintf(what, sizeof what, "%d %s %s", watch->stage, pass, output->name);
        compare(what, c->seed, &output->node->type, c->random->extents, c->expected->values[output->node->id],
                got->values[node->id], double_tolerance);
        watch->found++;
    }
}

static void note_stage(Watch *watch, const char *pass) {
    static const char *const counts[] = {"1", "2"};
    const char *own = arena_printf(watch->arena, "%s%s ", *watch->seen ? ", " : "", pass);
    size_t before = strlen(watch->seen) - 1;
    if (watch->n_graphs == 1)
        watch->seen = arena_printf(watch->arena, "%s%s%s", watch->seen, own, counts[0]);
    else
        watch->seen = arena_printf(watch->arena, "%.*s%s", (int)before, watch->seen, counts[watch->n_graphs - 1]);
}

/* Called after each pass for each graph: it reads back, and its outputs that the first stage with gradients has keep
 * their values. A graph may read what the one before it gives: a frozen prefix comes first. */
static void check_stage(void *user, int index, const char *pass, const Graph *graph) {
    Watch *watch = user;
    check_text(graph, watch->diags);
    if (has_grad(graph)) return;
    if (index != watch->stage || !watch->n_graphs) begin_stage(watch, index);
    Interpretation *got = evaluate_with(graph, watch->c->random, watch->bindings, watch->n_bindings);
    compare_outputs(watch, pass, graph, got);
    watch->got[watch->n_graphs++] = got;
    if (watch->seen) note_stage(watch, pass);
    for (int i = 0; i < graph->outputs.count; i++) {
        const Output *output = &graph->outputs.items[i];
        watch->bindings[watch->n_bindings++] = (Binding){output->name, got->values[output->node->id]};
    }
}

/* loss + the mean square of the loss's gradient for one parameter, or for the value in the middle. */
static Graph *with_gradient(const Graph *from, uint64_t seed) {
    Graph *g = graph_canonical(from);
    Node *loss = graph_find_output(g, "loss"), *x = NULL;
    for (int i = 0; i < g->nodes.count && !(x && i > g->nodes.count / 2); i++) {
        Node *node = g->nodes.items[i];
        if (seed % 2 ? node->op == OP_param : node->type.elem == ELEM_F32 && node->type.rank == 2) x = node;
    }
    Node *d = graph_op1(g, OP_tanh, graph_op2(g, OP_grad, loss, x, NULL), NULL);
    Node *sum = graph_op2(g, OP_mul, d, d, NULL);
    for (int axis = d->type.rank - 1; axis >= 0; axis--) {
        sum = graph_node(g, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &sum, .attrs.ints[0] = axis});
    }
    Node *tenth = graph_const(g, ELEM_F32, 0.1, NULL);
    g->outputs.count = 0;
    graph_output_as(
        g, "loss", loss_role,
        graph_op2(g, OP_add, loss, graph_op2(g, OP_mul, tenth, graph_reshape(g, sum, &loss->type, NULL), NULL), NULL));
    Graph *canonical = graph_canonical(g);
    graph_free(g);
    return canonical;
}

static Case case_new(uint64_t seed, bool second) {
    Case c = {.seed = seed, .random = random_graph_new(seed, SIZE, RANDOM_ALL)};
    Diagnostics *diags = diagnostics_new();
    c.source = second ? with_gradient(c.random->graph, seed) : graph_canonical(c.random->graph);
    c.plain = expand(c.source, diags);
    cr_assert_not_null(c.plain, "seed %llu: %s", (unsigned long long)seed,
                       diags->errors ? diags->list.items[0].message : "");
    c.expected = evaluate(c.plain, c.random);
    diagnostics_free(diags);
    return c;
}

static void case_free(Case *c) {
    interpretation_free(c->expected);
    graph_free(c->plain);
    graph_free(c->source);
    random_graph_free(c->random);
}

static Graph *run_pipeline(Case *c, const char *passes, StageObserver *observer, Diagnostics *diags) {
    PipelineOptions options = {
        .wanted = c->random->params, .n_wanted = c->random->n_params, .passes = passes, .observer = observer};
    Graph *grouped = pipeline_run(c->source, &options, diags);
    if (!grouped) diagnostics_print(diags, stderr);
    cr_assert_not_null(grouped, "seed %llu", (unsigned long long)c->seed);
    return grouped;
}

/* Every pass left out, and some together. */
static const char *const choices[] = {
    NULL, "-fuse", "-simplify", "-demand", "-simplify,-demand", "-simplify,-fuse", "expand,differentiate,demand,fuse"};
enum { CHOICES = sizeof choices / sizeof *choices };

Test(pipeline, every_stage_keeps_values_and_reads_back) {
    for (uint64_t i = 0; i < GRAPHS; i++) {
        Diagnostics *diags = diagnostics_new();
        Case c = case_new(first_seed() + i, i % 3 == 0);
        Watch watch = {.c = &c, .diags = diags};
        StageObserver observer = {check_stage, &watch};
        graph_free(run_pipeline(&c, choices[i % CHOICES], &observer, diags));
        end_stage(&watch);
        case_free(&c);
        diagnostics_free(diags);
    }
}

/* A leaf's memory in the 4-byte elements that compiled code reads. */
static void *leaf_memory(Arena *arena, const Node *leaf, const RandomGraph *random) {
    int64_t count;
    const double *values = random_graph_values(random, leaf->attrs.text, &count);
    cr_assert_not_null(values, "%s", leaf->attrs.text);
    float *memory = arena_array(arena, (size_t)count + 16, sizeof *memory);
    for (int64_t i = 0; i < count; i++) {
        if (leaf->type.elem == ELEM_F32)
            memory[i] = (float)values[i];
        else
            ((int32_t *)memory)[i] = (int32_t)(int64_t)values[i];
    }
    return memory;
}

static void run_worker(void *user, const Worker *worker) { executable_run(user, worker); }

/* All outputs of a compiled run, one after another, in the arena. */
static float *run_compiled(Executable *exec, const Graph *grouped, const RandomGraph *random, int threads, Arena *arena,
                           Diagnostics *diags, int64_t *count) {
    Team *team = team_new(threads, diags);
    size_t bytes = executable_plan(exec, random->extents);
    /* What is not written must show: the slab is full of NaN. */
    void *slab = aligned_alloc(64, (bytes + 127) / 64 * 64);
    memset(slab, 0xFF, bytes);
    executable_place(exec, slab);
    team_run(team, run_worker, exec);
    *count = 0;
    for (int i = 0; i < grouped->outputs.count; i++)
        *count += type_count(&grouped->outputs.items[i].node->type, random->extents);
    float *all = arena_array(arena, (size_t)*count + 1, sizeof *all), *at = all;
    for (int i = 0; i < grouped->outputs.count; i++) {
        int64_t n = type_count(&grouped->outputs.items[i].node->type, random->extents);
        memcpy(at, executable_output(exec, grouped->outputs.items[i].name), (size_t)n * sizeof *at);
        at += n;
    }
    free(slab);
    team_free(team);
    return all;
}

static void check_values(const Case *c, const Graph *grouped, const Interpretation *expected, const float *got,
                         Arena *arena) {
    for (int i = 0; i < grouped->outputs.count; i++) {
        const Output *output = &grouped->outputs.items[i];
        int64_t n = type_count(&output->node->type, c->random->extents);
        double *values = arena_array(arena, (size_t)n + 1, sizeof *values);
        for (int64_t j = 0; j < n; j++) values[j] = (double)got[j];
        compare(output->name, c->seed, &output->node->type, c->random->extents, expected->values[output->node->id],
                values, f32_tolerance);
        got += n;
    }
}

static void check_compiled(Case *c, const char *passes) {
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    Graph *grouped = run_pipeline(c, passes, NULL, diags);
    Interpretation *expected = evaluate(grouped, c->random);
    KernelSet *set = kernel_set_new();
    KernelList *list = schedule(grouped, set);
    Target *target = target_new(NULL, 0, diags);
    if (c->seed % 4) target_hurry(target);
    Team *team = team_new(2, diags);
    Cache *cache = cache_open(test_cache(arena), diags);
    Code *code = code_new(set, target, cache, team, diags);
    if (!code) diagnostics_print(diags, stderr);
    cr_assert_not_null(code);
    Executable *exec = executable_new(list, code_of_launches(code, list, arena));
    for (int i = 0; i < grouped->nodes.count; i++) {
        const Node *node = grouped->nodes.items[i];
        if (node->op == OP_input || node->op == OP_param)
            executable_bind(exec, node->attrs.text, leaf_memory(arena, node, c->random));
    }
    int64_t count;
    float *one = run_compiled(exec, grouped, c->random, 1, arena, diags, &count);
    check_values(c, grouped, expected, one, arena);
    float *three = run_compiled(exec, grouped, c->random, 3, arena, diags, &count);
    cr_assert(memcmp(one, three, (size_t)count * sizeof *one) == 0, "seed %llu: threads change bits",
              (unsigned long long)c->seed);
    executable_free(exec);
    code_free(code);
    cache_close(cache);
    team_free(team);
    target_free(target);
    kernel_list_free(list);
    kernel_set_free(set);
    interpretation_free(expected);
    graph_free(grouped);
    arena_free(arena);
    diagnostics_free(diags);
}

Test(pipeline, fused_code_agrees_with_the_interpreter) {
    for (uint64_t i = 0; i < COMPILED; i++) {
        Case c = case_new(first_seed() + 1000 + i, i % 8 == 0);
        const char *passes = choices[i % CHOICES];
        check_compiled(&c, passes && strstr(passes, "-fuse") ? NULL : passes);
        case_free(&c);
    }
}

Test(pipeline, unfused_code_agrees_with_the_interpreter) {
    for (uint64_t i = 0; i < COMPILED / 3; i++) {
        Case c = case_new(first_seed() + 2000 + i, i % 8 == 0);
        check_compiled(&c, "-fuse");
        case_free(&c);
    }
}

/* --- What passes say of themselves -------------------------------------------------------------------------------- */

enum { MAX_FACTS = 16, ORDERS = 60, LONGEST = 6 };

static void note_facts(const Graph *graph, bool *holds) {
    for (int i = 0; pipeline_fact(i); i++) holds[i] = pipeline_fact(i)->holds(graph);
}

static bool can_run(const PassInfo *pass, const bool *holds) {
    for (int i = 0; pipeline_fact(i); i++) {
        if (fact_is_in(pipeline_fact(i), pass->needs) && !holds[i]) return false;
    }
    return true;
}

/* What it gives holds afterwards; what held before and is not broken still does; only differentiate takes from what is
 * wanted. */
static void check_facts(const PassInfo *pass, const bool *before, const bool *after, uint64_t seed) {
    for (int i = 0; pipeline_fact(i); i++) {
        const Fact *fact = pipeline_fact(i);
        if (fact_is_in(fact, pass->gives))
            cr_expect(after[i], "seed %llu: %s does not give '%s'", (unsigned long long)seed, pass->name, fact->name);
        bool broken = fact_is_in(fact, pass->breaks);
        if (before[i] && !broken)
            cr_expect(after[i], "seed %llu: %s breaks '%s'", (unsigned long long)seed, pass->name, fact->name);
    }
}

/* A random pass that can run. */
static const PassInfo *choose_pass(uint64_t *state, const bool *holds) {
    int count = 0;
    while (pipeline_pass(count)) count++;
    for (;;) {
        const PassInfo *pass = pipeline_pass(random_below(state, count));
        bool changes_types = strcmp(pass->name, "compact") == 0;         /* of gradients: tests/test_compact.c */
        bool changes_values = strcmp(pass->name, "round_products") == 0; /* on purpose: tests/test_bf16_products.c */
        if (can_run(pass, holds) && !changes_types && !changes_values) return pass;
    }
}

static bool any_can_run(const bool *holds) {
    for (int i = 0; pipeline_pass(i); i++) {
        if (can_run(pipeline_pass(i), holds)) return true;
    }
    return false;
}

Test(pipeline, passes_in_any_order_do_what_the_table_says) {
    for (uint64_t n = 0; n < ORDERS; n++) {
        Diagnostics *diags = diagnostics_new();
        Case c = case_new(first_seed() + 3000 + n, n % 3 == 0);
        Watch watch = {.c = &c, .diags = diags};
        Graph *graph = graph_canonical(c.source);
        for (int i = 0; i < c.random->n_params; i++) graph_want(graph, c.random->params[i]);
        uint64_t state = n;
        bool before[MAX_FACTS], after[MAX_FACTS];
        note_facts(graph, before);
        for (int i = 0; i < LONGEST && any_can_run(before); i++) {
            const PassInfo *pass = choose_pass(&state, before);
            Graph *next = pipeline_apply(graph, &(PipelineOptions){.passes = pass->name}, diags);
            cr_assert(next, "seed %llu: %s fails", (unsigned long long)c.seed, pass->name);
            check_stage(&watch, i, pass->name, next);
            note_facts(next, after);
            check_facts(pass, before, after, c.seed);
            bool consumes = strcmp(pass->name, "differentiate") == 0;
            cr_expect(consumes || next->wanted.count == graph->wanted.count, "%s forgets what is wanted", pass->name);
            graph_free(graph);
            graph = next;
            memcpy(before, after, sizeof before);
        }
        end_stage(&watch);
        graph_free(graph);
        case_free(&c);
        diagnostics_free(diags);
    }
}

/* --- A pass that makes two graphs of one -------------------------------------------------------------------------- */

/* An encoder that is wide inside: of its frozen part one number a row is kept. */
static const char frozen_text[] = "graph \"a.train\"\n"
                                  "symbols x.T{role=tokens of=\"x\"}\n"
                                  "%0 = input{name=\"x\"} : f32[x.T, 64]\n"
                                  "%1 = param{name=\"encoder.w\"} : f32[64, 64]\n"
                                  "%2 = param{name=\"encoder.v\"} : f32[64, 1]\n"
                                  "%3 = param{name=\"head\"} : f32[1, 1]\n"
                                  "%4 = matmul{ta=0 tb=0}(%0, %1) : f32[x.T, 64]\n"
                                  "%5 = tanh(%4) : f32[x.T, 64]\n"
                                  "%6 = matmul{ta=0 tb=0}(%5, %2) : f32[x.T, 1]\n"
                                  "%7 = matmul{ta=0 tb=0}(%6, %3) : f32[x.T, 1]\n"
                                  "%8 = mul(%7, %7) : f32[x.T, 1]\n"
                                  "%9 = sum{axis=0}(%8) : f32[1, 1]\n"
                                  "%10 = reshape(%9) : f32[]\n"
                                  "output \"loss\" = %10\n";

static Case frozen_case(Arena *arena, Diagnostics *diags) {
    enum { T = 3 };
    static const char *head[] = {"head"};
    RandomGraph *random = arena_alloc(arena, sizeof *random);
    *random = (RandomGraph){.extents = {T}, .params = head, .n_params = 1, .arena = arena};
    Case c = {.random = random, .source = graph_read(diagnostics_file(diags, "frozen.gir", frozen_text), diags)};
    if (!c.source) diagnostics_print(diags, stderr);
    cr_assert_not_null(c.source);
    random->bindings = arena_array(arena, (size_t)c.source->nodes.count, sizeof *random->bindings);
    uint64_t state = 1;
    for (int i = 0; i < c.source->nodes.count; i++) {
        const Node *node = c.source->nodes.items[i];
        if (node->op != OP_input && node->op != OP_param) continue;
        int64_t count = type_count(&node->type, random->extents);
        double *values = arena_array(arena, (size_t)count, sizeof *values);
        for (int64_t j = 0; j < count; j++) values[j] = random_between(&state, -0.5, 0.5);
        random->bindings[random->n_bindings++] = (Binding){node->attrs.text, values};
    }
    c.plain = graph_canonical(c.source);
    c.expected = evaluate(c.plain, random);
    return c;
}

static const PassTime *time_of(const PassTimes *times, const char *pass) {
    for (int i = 0; i < times->rows.count; i++) {
        if (strcmp(times->rows.items[i].pass, pass) == 0) return &times->rows.items[i];
    }
    return NULL;
}

/* As any pass: every graph of every stage is seen, verified, read back and has its values, and the times have a row. */
Test(pipeline, both_graphs_of_a_cut_go_through_the_stages) {
    Diagnostics *diags = diagnostics_new();
    Arena *arena = arena_new();
    Case c = frozen_case(arena, diags);
    Watch watch = {.c = &c, .diags = diags, .arena = arena, .seen = ""};
    StageObserver observer = {check_stage, &watch};
    PassTimes times = {.arena = arena};
    PipelineInput input = {.graph = c.source, .wanted = c.random->params, .n_wanted = 1, .cuts = true};
    PipelineOptions options = {.observer = &observer, .times = &times};
    PipelineGraphs results;
    cr_assert(pipeline_run_all(&input, 1, &options, arena, &results, diags));
    end_stage(&watch);
    cr_expect_eq(strncmp(watch.seen, "source 1, ", 10), 0, "%s", watch.seen);
    const char *from_cut = strstr(watch.seen, " 1, cut 2, ");
    cr_assert_not_null(from_cut, "%s", watch.seen);
    cr_expect_null(strstr(from_cut + 3, " 1"), "both graphs from there on: %s", watch.seen);
    cr_expect_not_null(strstr(from_cut, ", fuse 2"), "%s", watch.seen);
    const PassTime *cut = time_of(&times, "cut"), *fuse = time_of(&times, "fuse");
    cr_assert(cut && fuse);
    cr_expect_eq(cut->runs, 1);
    cr_expect_gt(cut->nodes_after, cut->nodes_before, "what is kept is an input of the rest");
    cr_expect_eq(results.count, 2);
    cr_expect(results.items[0].is_frozen && !results.items[1].is_frozen);
    cr_expect_not_null(graph_find_output(results.items[1].graph, "grad.head"));
    cr_expect_null(graph_find_output(results.items[1].graph, "grad.encoder.w"));
    pipeline_graphs_free(&results);
    interpretation_free(c.expected);
    graph_free(c.plain);
    graph_free(c.source);
    arena_free(arena);
    diagnostics_free(diags);
}
