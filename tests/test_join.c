/* Join: the graph of two tasks gives each of them the loss that it has alone, with its own batch, whatever of it is
 * shared. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rewrite.h"
#include "passes/expand.h"
#include "passes/join.h"
#include "passes/pipeline.h"
#include "tests/random_graph.h"

enum { PARTS = 2, MOST = 256, SEGMENTS = 5 };
static const char *const part_names[PARTS] = {"a", "b"};
static const double weights[PARTS] = {0.75, -2};

/* One task: its graph, with the main inputs as parts of the text, and a batch. */
typedef struct Side {
    Graph *graph;
    Binding bindings[MOST];
    int64_t extents[MAX_SYMBOLS];
    int64_t counts[MOST];
} Side;

static bool is_rows(const Node *node) {
    return node->type.elem == ELEM_F32 && node->type.rank == 2 && !dim_is_const(node->type.dims[0]) &&
           dim_is_const(node->type.dims[1]);
}

static Node *sum_all(Graph *g, Node *x) {
    for (int axis = 1; axis >= 0; axis--)
        x = graph_node(g, &(NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &x, .attrs.ints[0] = axis});
    Type scalar = type_scalar(ELEM_F32);
    return graph_reshape(g, x, &scalar, NULL);
}

static bool is_of_text(const char *name) { return strncmp(name, "x.", 2) == 0; }
static bool is_main(const char *name) { return strcmp(name, "features") == 0 || strcmp(name, "summary") == 0; }

/* Integers [rows] as real rows of this type. */
static Node *spread(Graph *to, Node *x, Type type) {
    Type real = x->type, column = type_make(ELEM_F32, 2, (Dim[]){type.dims[0], dim_const(1)});
    real.elem = ELEM_F32;
    x = graph_node(to, &(NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = real});
    return graph_broadcast(to, graph_reshape(to, x, &column, NULL), &type, NULL);
}

static Node *segments(Graph *to, Type type) {
    Type number = type_make(ELEM_I32, 1, type.dims);
    number.bound = dim_const(SEGMENTS);
    return spread(to, named_leaf(to, OP_input, "x.segments", number), type);
}

static Node *sequence_numbers(Graph *to, Type type) {
    Type pair = type_make(ELEM_I32, 2, (Dim[]){type.dims[0], dim_const(2)});
    Node *rows = named_leaf(to, OP_input, "x.rows", pair);
    pair.dims[1] = dim_const(1);
    Node *first =
        graph_node(to, &(NodeSpec){.op = OP_slice, .n_inputs = 1, .inputs = &rows, .attrs.ints[0] = 1, .type = pair});
    return spread(to, first, type);
}

/* What the random graph is given becomes something of the text: all that can be shared comes from it. */
static Node *make_main(void *user, Graph *to, const Node *node, Node *const *inputs) {
    (void)user, (void)inputs;
    if (node->op != OP_input || !is_main(node->attrs.text)) return NULL;
    bool of_tokens = dim_equal(node->type.dims[0], tokens_of_x(to));
    return of_tokens ? segments(to, node->type) : sequence_numbers(to, node->type);
}

/* `other`: to the loss comes the sum of one of the nodes, so that two tasks part at different places. */
static Graph *make_side(const RandomGraph *r, uint64_t other) {
    Graph *g = graph_new(other ? "b.train" : "a.train", &r->graph->symbols);
    Node *extra = NULL;
    int count = r->graph->nodes.count, at = other ? (int)random_below(&other, (uint64_t)count) : count;
    Rewrite rewrite = rewrite_begin(r->graph, g, make_main, NULL);
    rewrite_nodes(&rewrite, r->graph);
    for (int i = at; i < count && !extra; i++) {
        if (is_rows(rewrite.copies[i])) extra = rewrite.copies[i];
    }
    Node *loss = rewrite.copies[graph_output_of(r->graph, loss_role)->node->id];
    graph_output_as(g, "loss", loss_role, extra ? graph_op2(g, OP_add, loss, sum_all(g, extra), NULL) : loss);
    Diagnostics *diags = diagnostics_new();
    Graph *plain = expand(g, diags);
    cr_assert_not_null(plain);
    diagnostics_free(diags);
    graph_free(g);
    return plain;
}

static void take_batch(Side *side, const RandomGraph *r) {
    memcpy(side->bindings, r->bindings, (size_t)r->n_bindings * sizeof *side->bindings);
    memcpy(side->extents, r->extents, sizeof side->extents);
    for (int i = 0; i < r->n_bindings; i++) {
        const char *name = r->bindings[i].name;
        side->counts[i] = type_count(&r->leaves[i].type, r->extents);
        if (!is_main(name)) continue;
        bool of_tokens = strcmp(name, "features") == 0;
        int64_t count = of_tokens ? r->extents[0] : 2 * r->extents[1];
        double *values = arena_array(r->arena, (size_t)count + 1, sizeof *values);
        for (int64_t j = 0; j < count; j++) values[j] = (double)(of_tokens ? 7 * j * j % SEGMENTS : j % 2 ? 0 : j / 2);
        side->bindings[i] = (Binding){of_tokens ? "x.segments" : "x.rows", values};
        side->counts[i] = count;
    }
}

/* Parameters, and the key of the random numbers. */
static bool is_common(const RandomGraph *r, int binding) {
    for (int i = 0; i < r->n_params; i++) {
        if (strcmp(r->params[i], r->bindings[binding].name) == 0) return true;
    }
    return r->leaves[binding].kind == LEAF_KEY;
}

/* --- The batch of both -------------------------------------------------------------------------------------------- */

typedef struct Both {
    const RandomGraph *r;
    const Side *sides;
    Binding bindings[4 * MOST];
    int count;
} Both;

static double *bind(Both *b, const char *name, int64_t count) {
    double *values = arena_array(b->r->arena, (size_t)count + 1, sizeof *values);
    b->bindings[b->count++] = (Binding){name, values};
    return values;
}

/* What the second batch's integers grow by. */
static double shift_of(const Both *b, LeafKind kind) {
    if (kind == LEAF_BOUNDS || kind == LEAF_FIRST) return (double)b->sides[0].extents[0];
    return kind == LEAF_SEQUENCE ? (double)b->sides[0].extents[1] : 0;
}

static void bind_text(Both *b, int leaf) {
    const Side *one = &b->sides[0], *two = &b->sides[1];
    LeafKind kind = b->r->leaves[leaf].kind;
    int64_t skip = kind == LEAF_BOUNDS;              /* its first, 0, is the end of the other */
    const char *part = one->bindings[leaf].name + 2; /* in the text of all it is called like its role */
    if (strcmp(part, "rows") == 0) part = "sequence_coords";
    double *values = bind(b, arena_printf(b->r->arena, "all.%s", part), one->counts[leaf] + two->counts[leaf]);
    memcpy(values, one->bindings[leaf].values, (size_t)one->counts[leaf] * sizeof *values);
    for (int64_t i = skip; i < two->counts[leaf]; i++)
        values[one->counts[leaf] + i - skip] = two->bindings[leaf].values[i] + shift_of(b, kind);
}

static void bind_places(Both *b, int part, int symbol, const char *what) {
    int64_t from = part ? b->sides[0].extents[symbol] : 0, count = b->sides[part].extents[symbol];
    double *values = bind(b, arena_printf(b->r->arena, "%s.x.%s", part_names[part], what), count);
    for (int64_t i = 0; i < count; i++) values[i] = (double)(from + i);
}

static void bind_both(Both *b) {
    for (int i = 0; i < b->r->n_bindings; i++) {
        if (is_of_text(b->sides[0].bindings[i].name)) bind_text(b, i);
        if (is_common(b->r, i)) b->bindings[b->count++] = b->sides[0].bindings[i];
        for (int p = 0; p < PARTS && !is_common(b->r, i); p++) {
            const Binding *own = &b->sides[p].bindings[i];
            b->bindings[b->count++] =
                (Binding){arena_printf(b->r->arena, "%s.%s", part_names[p], own->name), own->values};
        }
    }
    for (int p = 0; p < PARTS; p++) {
        bind_places(b, p, 0, "tokens");
        bind_places(b, p, 1, "sequences");
        bind(b, arena_printf(b->r->arena, "%s.update.weight", part_names[p]), 1)[0] = weights[p];
    }
}

static void set_extents(const Both *b, const Graph *joined, int64_t *extents) {
    for (int i = 0; i < joined->symbols.count; i++) {
        const char *name = joined->symbols.names[i];
        int which = name[strlen(name) - 1] == 'T' ? 0 : 1;
        int64_t first = b->sides[0].extents[which], second = b->sides[1].extents[which];
        extents[i] = name[0] == 'a' && name[1] == '.' ? first : name[0] == 'b' ? second : first + second;
    }
}

/* --- The test ----------------------------------------------------------------------------------------------------- */

static double output_of(const Graph *graph, const Interpretation *run, const char *name) {
    return run->values[graph_find_output(graph, name)->id][0];
}

static double loss_alone(const RandomGraph *r, const Side *side) {
    Interpretation *run = interpret(side->graph, side->extents, side->bindings, r->n_bindings);
    cr_assert(!run->error, "%s", run->error);
    double loss = output_of(side->graph, run, "loss");
    interpretation_free(run);
    return loss;
}

static void expect_near(double got, double wanted, double tolerance, uint64_t seed, const char *what) {
    cr_assert(fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted)) || got == wanted,
              "seed %d, %s: %.17g joined, %.17g alone", (int)seed, what, got, wanted);
}

static void check_losses(const RandomGraph *r, const Side *sides, const Graph *joined, double tolerance,
                         uint64_t seed) {
    Both both = {.r = r, .sides = sides};
    int64_t extents[MAX_SYMBOLS];
    bind_both(&both);
    set_extents(&both, joined, extents);
    Interpretation *run = interpret(joined, extents, both.bindings, both.count);
    cr_assert(!run->error, "seed %d: %s", (int)seed, run->error);
    double a = loss_alone(r, &sides[0]), b = loss_alone(r, &sides[1]);
    expect_near(output_of(joined, run, "a.loss"), a, tolerance, seed, "a");
    expect_near(output_of(joined, run, "b.loss"), b, tolerance, seed, "b");
    expect_near(output_of(joined, run, "loss"), weights[0] * a + weights[1] * b, tolerance, seed, "sum");
    interpretation_free(run);
}

static bool reads(const Graph *graph, const char *input) {
    for (int i = 0; i < graph->nodes.count; i++) {
        if (graph->nodes.items[i]->op == OP_input && strcmp(graph->nodes.items[i]->attrs.text, input) == 0) return true;
    }
    return false;
}

/* Has a batch of each task: the first one's, and then another with the same parameters. */
static void make_sides(RandomGraph *r, Side *sides, uint64_t seed) {
    for (int p = 0; p < PARTS; p++) {
        sides[p].graph = make_side(r, p ? seed + 1 : 0);
        random_graph_batch(r, seed + (uint64_t)p, p ? BATCH_SINGLE : BATCH_LONG);
        take_batch(&sides[p], r);
    }
    for (int i = 0; i < r->n_bindings; i++) {
        if (is_common(r, i)) sides[1].bindings[i] = sides[0].bindings[i];
    }
}

Test(join, two_tasks_of_random_graphs) {
    int joined_ones = 0, by_tokens = 0, by_sequences = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        RandomGraph *r =
            random_graph_new(seed, 8 + (int)(seed % 24), seed % 3 ? RANDOM_ALL : RANDOM_ALL | RANDOM_GRADS);
        Side sides[PARTS] = {0};
        make_sides(r, sides, seed);
        Graph *joined = join_graphs((const Graph *[]){sides[0].graph, sides[1].graph}, PARTS, NULL);
        if (joined) {
            cr_assert(!graph_verify(joined), "seed %d: %s", (int)seed, graph_verify(joined));
            check_losses(r, sides, joined, 1e-11, seed);
            joined_ones++;
            by_tokens += reads(joined, "a.x.tokens"), by_sequences += reads(joined, "a.x.sequences");
        }
        graph_free(joined);
        for (int p = 0; p < PARTS; p++) graph_free(sides[p].graph);
        random_graph_free(r);
    }
    cr_expect_gt(joined_ones, 100, "only %d pairs were joined", joined_ones);
    cr_expect(by_tokens > 20 && by_sequences > 20, "%d read tokens, %d sequences", by_tokens, by_sequences);
}

/* --- The stages --------------------------------------------------------------------------------------------------- */

typedef struct JoinWatch {
    const RandomGraph *r;
    const Side *sides;
    Diagnostics *diags;
    uint64_t seed;
    int before, after; /* graphs that were seen up to join, and from there on */
    const char *last;  /* the stage that was seen last */
} JoinWatch;

static void expect_read_back(const Graph *graph, Diagnostics *diags) {
    char *text = graph_print(graph, true);
    Graph *read = graph_read(diagnostics_file(diags, "stage.gir", text), diags);
    cr_assert_not_null(read);
    char *again = graph_print(read, true);
    cr_assert_str_eq(again, text);
    graph_free(read);
    free(again);
    free(text);
}

static void check_stage(void *user, int index, const char *pass, const Graph *graph) {
    static const double folded = 2e-6; /* constants are folded to f32 */
    JoinWatch *watch = user;
    bool joined = graph_find_output(graph, "a.loss");
    (void)index;
    expect_read_back(graph, watch->diags);
    cr_assert(joined || strcmp(pass, "source") == 0 || strcmp(pass, "expand") == 0, "%s comes after join", pass);
    *(joined ? &watch->after : &watch->before) += 1;
    watch->last = pass;
    if (joined) check_losses(watch->r, watch->sides, graph, folded, watch->seed);
}

static bool has_time(const PassTimes *times, const char *pass) {
    for (int i = 0; i < times->rows.count; i++) {
        if (strcmp(times->rows.items[i].pass, pass) == 0) return times->rows.items[i].runs == 1;
    }
    return false;
}

/* Two graphs go in, and from the pass on there is one: each stage is seen, reads back and keeps the losses. */
static bool walk(RandomGraph *r, uint64_t seed) {
    Side sides[PARTS] = {0};
    make_sides(r, sides, seed);
    Diagnostics *diags = diagnostics_new();
    JoinWatch watch = {.r = r, .sides = sides, .diags = diags, .seed = seed};
    StageObserver observer = {check_stage, &watch};
    PassTimes times = {.arena = r->arena};
    PipelineOptions options = {.joins = true, .observer = &observer, .times = &times};
    PipelineInput inputs[PARTS] = {{.graph = sides[0].graph, .wanted = r->params, .n_wanted = r->n_params},
                                   {.graph = sides[1].graph, .wanted = r->params, .n_wanted = r->n_params}};
    bool joins = pipeline_joins(inputs, PARTS, &options, diags);
    PipelineGraphs results = {0};
    if (joins) {
        cr_assert(pipeline_run_all(inputs, PARTS, &options, r->arena, &results, diags));
        cr_expect_eq(results.count, 1);
        cr_expect_eq(watch.before, 2 * PARTS, "source and expand, of each task");
        cr_expect_geq(watch.after, 5, "join, simplify, demand, differentiate, simplify, then kernels");
        cr_expect_str_eq(watch.last, "fuse");
        cr_expect(has_time(&times, "join"));
    }
    pipeline_graphs_free(&results);
    diagnostics_free(diags);
    for (int p = 0; p < PARTS; p++) graph_free(sides[p].graph);
    return joins;
}

Test(join, its_graph_goes_through_the_stages) {
    int joined = 0;
    for (uint64_t seed = 0; seed < 150; seed++) {
        RandomGraph *r = random_graph_new(seed, 8 + (int)(seed % 24), RANDOM_ALL);
        joined += walk(r, seed);
        random_graph_free(r);
    }
    cr_expect_gt(joined, 5, "only %d pairs were joined", joined);
}

/* A loss that has a derivative for the shared part in it. */
static Graph *with_grad(const Graph *graph) {
    Graph *copy = graph_canonical(graph);
    Node *loss = graph_find_output(copy, "loss"), *of = NULL;
    for (int i = 0; !of; i++) of = is_rows(copy->nodes.items[i]) ? copy->nodes.items[i] : NULL;
    copy->outputs.items[0].node =
        graph_op2(copy, OP_add, loss, sum_all(copy, graph_op2(copy, OP_grad, loss, of, NULL)), NULL);
    return copy;
}

/* A task alone, tasks that have nothing in common but their inputs, and one with a grad that nobody has expanded. */
Test(join, nothing_in_common) {
    RandomGraph *r = random_graph_new(3, 20, RANDOM_ALL);
    Graph *g = make_side(r, 0), *other = graph_new("b.train", &g->symbols), *grad = with_grad(g);
    graph_output_as(other, "loss", loss_role, graph_leaf(other, OP_param, "p", type_scalar(ELEM_F32)));
    cr_expect_null(join_graphs((const Graph *[]){g, grad}, PARTS, NULL));
    graph_free(grad);
    cr_expect_null(join_graphs((const Graph *[]){g}, 1, NULL));
    cr_expect_null(join_graphs((const Graph *[]){g, other}, PARTS, NULL));
    graph_free(g);
    graph_free(other);
    random_graph_free(r);
}
