/* The frozen prefix: the two parts of a cut graph give what it gives, and the first part gives each row the same in
 * every batch. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "passes/cut.h"
#include "passes/differentiate.h"
#include "tests/random_graph.h"

/* The parameters that are trained: none, one, or some. */
static int choose_trained(const RandomGraph *r, uint64_t seed, const char **trained) {
    uint64_t state = seed;
    int count = 0;
    for (int i = 0; i < r->n_params; i++) {
        if (random_below(&state, 100) < (seed % 3 ? 30 : 0)) trained[count++] = r->params[i];
    }
    return count;
}

static Interpretation *evaluate(const Graph *graph, const RandomGraph *r, const Interpretation *frozen,
                                const Graph *first) {
    Binding bindings[128];
    int count = r->n_bindings;
    memcpy(bindings, r->bindings, (size_t)count * sizeof *bindings);
    for (int i = 0; first && i < first->outputs.count; i++)
        bindings[count++] = (Binding){first->outputs.items[i].name, frozen->values[first->outputs.items[i].node->id]};
    return interpret(graph, r->extents, bindings, count);
}

static void expect_same(const RandomGraph *r, const Graph *a, const Interpretation *x, const Graph *b,
                        const Interpretation *y, uint64_t seed) {
    cr_assert(!x->error && !y->error, "seed %d: %s", (int)seed, x->error ? x->error : y->error);
    for (int i = 0; i < a->outputs.count; i++) {
        const Node *wanted = a->outputs.items[i].node, *got = graph_find_output(b, a->outputs.items[i].name);
        cr_assert_not_null(got);
        for (int64_t j = 0; j < type_count(&wanted->type, r->extents); j++)
            cr_assert_eq(x->values[wanted->id][j], y->values[got->id][j], "seed %d, %s", (int)seed,
                         a->outputs.items[i].name);
    }
}

static void check_parts(const RandomGraph *r, const FrozenCut *cut, uint64_t seed) {
    Interpretation *whole = evaluate(r->graph, r, NULL, NULL), *first = evaluate(cut->frozen, r, NULL, NULL);
    cr_assert(!first->error, "seed %d: %s", (int)seed, first->error);
    Interpretation *second = evaluate(cut->rest, r, first, cut->frozen);
    expect_same(r, r->graph, whole, cut->rest, second, seed);
    interpretation_free(whole);
    interpretation_free(first);
    interpretation_free(second);
}

/* --- One sequence alone --- */

static bool counts(const RandomGraph *r, const Type *type, const char *symbol) {
    return type->rank && type->dims[0].scale == 1 && !type->dims[0].offset &&
           strcmp(r->graph->symbols.names[type->dims[0].symbol], symbol) == 0;
}

/* Element `j` of a leaf when its sequence of so many tokens is the only one, in another step. */
static double leaf_alone(LeafKind kind, double given, int64_t j, int64_t tokens) {
    switch (kind) {
    case LEAF_BOUNDS: return j ? (double)tokens : 0;
    case LEAF_FIRST:
    case LEAF_SEQUENCE: return 0;
    case LEAF_COORDS:
    case LEAF_ROWS: return j % 2 ? given : 0;
    case LEAF_KEY: return given + 1;
    default: return given;
    }
}

/* The batch of sequence `s` of the batch of `r`, in new memory of its arena. */
static RandomGraph alone(const RandomGraph *r, int64_t s, const double *bounds) {
    RandomGraph one = *r;
    int64_t from = (int64_t)bounds[s], tokens = (int64_t)bounds[s + 1] - from;
    for (int i = 0; i < r->graph->symbols.count; i++)
        one.extents[i] = strcmp(r->graph->symbols.names[i], "S") == 0 ? 1 : tokens;
    one.bindings = arena_array(r->arena, (size_t)r->n_bindings, sizeof *one.bindings);
    for (int i = 0; i < r->n_bindings; i++) {
        const Type *type = &r->leaves[i].type;
        int64_t count = type_count(type, one.extents), row = counts(r, type, "S")     ? s
                                                             : counts(r, type, "x.T") ? from
                                                                                      : 0;
        int64_t width = type->rank > 1 ? type->dims[1].offset : 1;
        double *values = arena_array(r->arena, (size_t)count + 1, sizeof *values);
        for (int64_t j = 0; j < count; j++) {
            values[j] = leaf_alone(r->leaves[i].kind, r->bindings[i].values[row * width + j], j, tokens);
        }
        one.bindings[i] = (Binding){r->bindings[i].name, values};
    }
    return one;
}

static void expect_rows(const RandomGraph *r, const Node *node, const double *all, const double *own, int64_t s,
                        const double *bounds, uint64_t seed) {
    bool tokens = counts(r, &node->type, "x.T");
    int64_t width = node->type.dims[1].offset, from = tokens ? (int64_t)bounds[s] : s,
            to = tokens ? (int64_t)bounds[s + 1] : s + 1;
    for (int64_t i = 0; i < (to - from) * width; i++) {
        double want = all[from * width + i];
        cr_assert(fabs(own[i] - want) <= 1e-12 * fmax(1, fabs(want)) || own[i] == want,
                  "seed %d: %.17g alone, %.17g among others", (int)seed, own[i], want);
    }
}

/* False: the batch does not say which sequences it has. */
static bool check_rows(const RandomGraph *r, const Graph *frozen, uint64_t seed) {
    int64_t count = 0;
    const double *bounds = random_graph_values(r, "x.bounds", &count);
    Interpretation *all = evaluate(frozen, r, NULL, NULL);
    for (int64_t s = 0; bounds && s < count - 1; s++) {
        RandomGraph one = alone(r, s, bounds);
        Interpretation *own = evaluate(frozen, &one, NULL, NULL);
        cr_assert(!own->error, "seed %d: %s", (int)seed, own->error);
        for (int i = 0; i < frozen->outputs.count; i++) {
            const Node *node = frozen->outputs.items[i].node;
            expect_rows(r, node, all->values[node->id], own->values[node->id], s, bounds, seed);
        }
        interpretation_free(own);
    }
    interpretation_free(all);
    return bounds != NULL;
}

Test(cut, parts_of_random_graphs) {
    int cuts = 0, with_rows = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        RandomGraph *r =
            random_graph_new(seed, 8 + (int)(seed % 24), seed % 2 ? RANDOM_ALL : RANDOM_ALL & ~RANDOM_DROPOUT);
        const char *trained[64];
        FrozenCut cut;
        if (frozen_cut(r->graph, trained, choose_trained(r, seed, trained), 0, NULL, &cut)) {
            cr_assert(!graph_verify(cut.frozen) && !graph_verify(cut.rest), "seed %d", (int)seed);
            check_parts(r, &cut, seed);
            with_rows += check_rows(r, cut.frozen, seed);
            cuts++;
            graph_free(cut.frozen);
            graph_free(cut.rest);
        }
        random_graph_free(r);
    }
    cr_expect_gt(cuts, 100, "only %d graphs were cut", cuts);
    cr_expect_gt(with_rows, 50, "only %d of them have sequences", with_rows);
}

/* A product of rows with a frozen parameter, which is frozen where the rows are. */
typedef struct Product {
    Graph *graph;
    Dim tokens, sequences;
} Product;

static Product begin_product(void) {
    Product p = {.graph = graph_new("g", NULL)};
    p.tokens = tokens_of_x(p.graph);
    p.sequences = sequences_of_batch(p.graph);
    return p;
}

static Node *input(const Product *p, const char *name, ElemType elem, Dim rows) {
    return named_leaf(p->graph, OP_input, name, type_make(elem, 2, (Dim[]){rows, dim_const(2)}));
}

static Node *index_of(const Product *p, const char *name, Dim count, Dim bound) {
    Type type = type_make(ELEM_I32, 1, &count);
    type.bound = bound;
    return named_leaf(p->graph, OP_input, name, type);
}

static bool is_cut(const Product *p, Node *rows) {
    FrozenCut cut;
    Node *weight = graph_leaf(p->graph, OP_param, "w", type_make(ELEM_F32, 2, (Dim[]){dim_const(2), dim_const(2)}));
    graph_output(p->graph, "y", graph_op2(p->graph, OP_matmul, rows, weight, NULL));
    bool result = frozen_cut(p->graph, NULL, 0, 0, NULL, &cut);
    if (result) graph_free(cut.frozen), graph_free(cut.rest);
    graph_free(p->graph);
    return result;
}

static Node *to_real(const Product *p, Node *x) {
    Type type = x->type;
    type.elem = ELEM_F32;
    return graph_node(p->graph, &(NodeSpec){.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = type});
}

Test(cut, only_what_does_not_depend_on_the_batch) {
    Product p = begin_product();
    cr_expect(is_cut(&p, input(&p, "features", ELEM_F32, p.tokens)));
    p = begin_product();
    cr_expect_not(is_cut(&p, to_real(&p, input(&p, "x.coords", ELEM_I32, p.tokens))),
                  "the place in the update changes");
    p = begin_product();
    cr_expect_not(is_cut(&p, input(&p, "labels", ELEM_F32, dim_symbol(graph_symbol(p.graph, "y.W")))),
                  "labels may be drawn anew");
    p = begin_product();
    cr_expect(is_cut(&p, graph_op2(p.graph, OP_gather, input(&p, "features", ELEM_F32, p.tokens),
                                   index_of(&p, "x.first", p.sequences, p.tokens), NULL)));
    p = begin_product();
    cr_expect_not(is_cut(&p, graph_op2(p.graph, OP_gather, input(&p, "features", ELEM_F32, p.tokens),
                                       index_of(&p, "other", p.sequences, p.tokens), NULL)),
                  "rows of any sequence");
}
