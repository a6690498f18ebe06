/* Attention's second derivative, compiled against the interpreter (which test_gradients checks against
 * finite differences): ragged, empty and long sequences, fewer queries than keys, dropout; and the same
 * bits for threads and lanes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel_run.h"
#include "tests/open_values.h"
#include "tests/random_graph.h"
#include "tests/scratch.h"

enum { MAX_SEQUENCES = 16, OPERANDS = 13, RESULTS = 4 };
enum { QUERIES, KEYS, SEQUENCES, SYMBOLS };

typedef struct Problem {
    int64_t heads, depth, extents[SYMBOLS];
    double dropout;
    OpenKind open;
    int q_lengths[MAX_SEQUENCES], kv_lengths[MAX_SEQUENCES];
    double *values[OPERANDS];
    void *memory[OPERANDS];
    Graph *body;
} Problem;

/* Operands in the order of ops.def, open values left out; `out` and `lse` are replaced by what attention gives. */
static Graph *make_body(const Problem *p, Node **inputs) {
    Graph *g = graph_new("kernel", NULL);
    Dim q = dim_symbol(graph_symbol(g, "d0")), kv = dim_symbol(graph_symbol(g, "d1"));
    Dim ends = {.scale = 1, .offset = 1, .symbol = graph_symbol(g, "d2")};
    Dim width = dim_const(p->heads * p->depth), heads = dim_const(p->heads), two = dim_const(2);
    const Dim dims[OPERANDS][2] = {{q, width}, {kv, width}, {kv, width}, {ends},     {ends},      {two},      {q, two},
                                   {q, width}, {q, heads},  {q, width},  {q, width}, {kv, width}, {kv, width}};
    for (int i = 0; i < OPERANDS; i++) {
        Type type = type_make(i >= 3 && i <= 6 ? ELEM_I32 : ELEM_F32, i >= 3 && i <= 5 ? 1 : 2, dims[i]);
        inputs[i] = graph_leaf(g, OP_input, arena_printf(g->arena, "%d", i), type);
    }
    return g;
}

static Node *attention_node(const Problem *p, Graph *g, Op op, Node **inputs, int result) {
    Node *operands[OPERANDS + 5];
    int given = attention_out_operand(op);
    memcpy(operands, inputs, 7 * sizeof *inputs);
    open_operands(g, p->open, given - ATTENTION_OPERANDS, operands + 7);
    memcpy(operands + given, inputs + 7, (OPERANDS - 7) * sizeof *inputs);
    int behind = op == OP_attention ? 0 : op == OP_attention_grad ? 3 : 6;
    NodeSpec spec = {.op = op, .n_inputs = given + behind, .inputs = operands};
    spec.attrs = (Attrs){.ints = {p->heads, result}, .number = p->dropout, .text = "0"};
    spec.attrs.scale = 1 / sqrt((double)p->depth);
    return graph_node(g, &spec);
}

static void fill_integers(const Problem *p) {
    int64_t row = 0;
    for (int64_t s = 0; s < p->extents[SEQUENCES]; s++) {
        p->values[3][s + 1] = p->values[3][s] + p->q_lengths[s];
        p->values[4][s + 1] = p->values[4][s] + p->kv_lengths[s];
        for (int i = 0; i < p->q_lengths[s]; i++, row++)
            p->values[6][2 * row] = 100 + (double)s, p->values[6][2 * row + 1] = i;
    }
    p->values[5][0] = 11, p->values[5][1] = 5;
}

/* What attention itself gives for the operands. */
static void fill_forward(Problem *p) {
    Node *inputs[OPERANDS];
    Graph *g = make_body(p, inputs);
    Binding bindings[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) bindings[i] = (Binding){inputs[i]->attrs.text, p->values[i]};
    for (int i = 0; i < 2; i++) graph_output(g, i ? "lse" : "out", attention_node(p, g, OP_attention, inputs, i));
    Interpretation *run = interpret(g, p->extents, bindings, OPERANDS);
    cr_assert_null(run->error, "%s", run->error);
    for (int i = 0; i < 2; i++) {
        const Node *node = g->outputs.items[i].node;
        const double *from = run->values[node->id];
        for (int64_t j = 0; j < type_count(&node->type, p->extents); j++) p->values[7 + i][j] = (double)(float)from[j];
    }
    interpretation_free(run);
    graph_free(g);
}

static Problem problem_new(int heads, int depth, double dropout, OpenKind open, int sequences, const int *q_lengths,
                           const int *kv_lengths) {
    Problem p = {.heads = heads, .depth = depth, .dropout = dropout, .open = open, .extents = {0, 0, sequences}};
    for (int s = 0; s < sequences; s++) {
        p.extents[QUERIES] += p.q_lengths[s] = q_lengths[s];
        p.extents[KEYS] += p.kv_lengths[s] = kv_lengths[s];
    }
    Node *inputs[OPERANDS];
    p.body = make_body(&p, inputs);
    uint64_t state = 7;
    for (int i = 0; i < OPERANDS; i++) {
        int64_t count = type_count(&inputs[i]->type, p.extents);
        p.values[i] = calloc((size_t)count + 1, sizeof(double));
        p.memory[i] = calloc((size_t)count + 16, sizeof(float));
        for (int64_t j = 0; j < count && inputs[i]->type.elem == ELEM_F32; j++)
            p.values[i][j] = random_between(&state, -1, 1);
    }
    fill_integers(&p);
    fill_forward(&p);
    for (int i = 0; i < OPERANDS; i++) {
        for (int64_t j = 0; j < type_count(&inputs[i]->type, p.extents); j++) {
            if (inputs[i]->type.elem == ELEM_F32)
                ((float *)p.memory[i])[j] = (float)p.values[i][j];
            else
                ((int32_t *)p.memory[i])[j] = (int32_t)p.values[i][j];
        }
    }
    for (int i = 0; i < RESULTS; i++) {
        graph_output(p.body, arena_printf(p.body->arena, "%d", i),
                     attention_node(&p, p.body, OP_attention_second, inputs, i));
    }
    return p;
}

static void problem_free(Problem *p) {
    for (int i = 0; i < OPERANDS; i++) free(p->values[i]), free(p->memory[i]);
    graph_free(p->body);
}

/* Results start as NaN; the scratch as well. */
static void run(const KernelRun *code, const Problem *p, int threads, float **results) {
    void *buffers[OPERANDS + RESULTS];
    memcpy(buffers, p->memory, sizeof p->memory);
    for (int i = 0; i < RESULTS; i++) {
        int64_t count = type_count(&p->body->outputs.items[i].node->type, p->extents);
        buffers[OPERANDS + i] = results[i] = aligned_alloc(64, ((size_t)count * sizeof(float) + 127) / 64 * 64);
        for (int64_t j = 0; j < count; j++) results[i][j] = NAN;
    }
    uint32_t sites[] = {XXH32("0", 1, 0)};
    void *scratch = test_scratch();
    for (int t = 0; t < threads; t++) code->function(buffers, p->extents, sites, scratch, t, threads);
}

/* Relative to the largest element: sums of some hundred products of rounded factors (6e-8 each). */
static void expect_near(const Problem *p, const Interpretation *expected, float *const *got) {
    for (int i = 0; i < RESULTS; i++) {
        const Node *node = p->body->outputs.items[i].node;
        const double *want = expected->values[node->id];
        double largest = 0, worst = 0;
        for (int64_t j = 0; j < type_count(&node->type, p->extents); j++) {
            double error = fabs((double)got[i][j] - want[j]);
            largest = fmax(largest, fabs(want[j]));
            if (!(error <= worst)) worst = error;
        }
        cr_expect(worst <= 1e-5 * largest, "result %d of %d x %d: error %g with largest %g", i, (int)p->heads,
                  (int)p->depth, worst, largest);
    }
}

static void expect_same(const Problem *p, float *const *a, float *const *b, const char *what) {
    for (int i = 0; i < RESULTS; i++) {
        size_t bytes = (size_t)type_count(&p->body->outputs.items[i].node->type, p->extents) * sizeof(float);
        cr_expect(memcmp(a[i], b[i], bytes) == 0, "result %d: %s change bits", i, what);
    }
}

static void check(Problem *p) {
    Binding bindings[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) bindings[i] = (Binding){arena_printf(p->body->arena, "%d", i), p->values[i]};
    Interpretation *expected = interpret(p->body, p->extents, bindings, OPERANDS);
    cr_assert_null(expected->error, "%s", expected->error);
    Kernel kernel = {.kind = KERNEL_ATTENTION_SECOND, .name = "second_kernel", .label = "second", .body = p->body};
    static const int lanes[] = {0, 4, 16}, threads[] = {1, 3, 2};
    float *first[RESULTS] = {0};
    for (int k = 0; k < 3; k++) {
        KernelRun code = kernel_link(&kernel, lanes[k]);
        float *results[RESULTS];
        run(&code, p, threads[k], results);
        if (k == 0) expect_near(p, expected, results);
        if (k) expect_same(p, first, results, "threads or lanes");
        for (int i = 0; i < RESULTS; i++) {
            if (k)
                free(results[i]);
            else
                first[i] = results[i];
        }
        kernel_unlink(&code);
    }
    for (int i = 0; i < RESULTS; i++) free(first[i]);
    interpretation_free(expected);
    problem_free(p);
}

Test(second, ragged_sequences) {
    static const int lengths[] = {1, 2, 3, 17, 64, 65, 130}, depths[] = {1, 8, 20, 32};
    for (int i = 0; i < 4 * OPEN_KINDS; i++) {
        if (i % 4 != i / 4 % 4 && i % 3) continue; /* some of each */
        Problem p = problem_new(2, depths[i % 4], i % 2 ? 0.3 : 0, (OpenKind)(i / 4), 7, lengths, lengths);
        check(&p);
    }
}

/* One query a sequence, and sequences without queries, without keys, without both. */
Test(second, queries_and_keys_differ_in_number) {
    static const int q[] = {0, 1, 1, 0, 7, 1, 80, 3, 0}, kv[] = {0, 9, 66, 5, 0, 1, 3, 140, 0};
    for (int i = 0; i < 2 * OPEN_KINDS; i++) {
        Problem p = problem_new(3, 16, i % 2 * 0.5, (OpenKind)(i / 2), 9, q, kv);
        check(&p);
    }
}
