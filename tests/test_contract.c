/* Contract kernels: every element of a product equals one chain of fused multiply-adds, to the last
 * bit, for any sizes, transposes, threads and lanes; epilogues agree with the interpreter. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/jit.h"
#include "graph/interpret.h"
#include "tests/scratch.h"

TestSuite(contract);

/* --- Graphs and code -------------------------------------------------------------------------- */

static Node *input(Graph *g, const char *name, int rank, Dim rows, Dim columns) {
    Dim dims[] = {rows, columns};
    return graph_leaf(g, OP_input, name, type_make(ELEM_F32, rank, rank == 1 ? &dims[1] : dims));
}

static Node *matmul(Graph *g, bool ta, bool tb, Dim m, Dim n, Dim k) {
    Node *in[] = {input(g, "0", 2, ta ? k : m, ta ? m : k), input(g, "1", 2, tb ? n : k, tb ? k : n)};
    NodeSpec spec = {.op = OP_matmul, .n_inputs = 2, .inputs = in, .attrs = {.ints = {ta, tb}}};
    return graph_node(g, &spec);
}

static Node *scalar_like(Graph *g, double value, const Node *like) {
    return graph_broadcast(g, graph_const(g, ELEM_F32, value, NULL), &like->type, NULL);
}

static Node *gelu(Graph *g, Node *x) {
    Node *scaled = graph_op2(g, OP_mul, x, scalar_like(g, 0.7071067811865476, x), NULL);
    Node *gate = graph_op2(g, OP_add, graph_op1(g, OP_erf, scaled, NULL), scalar_like(g, 1, x), NULL);
    return graph_op2(g, OP_mul, graph_op2(g, OP_mul, x, scalar_like(g, 0.5, x), NULL), gate, NULL);
}

static Node *dropped(Graph *g, Node *x, const char *key, const char *coords) {
    Dim two = dim_const(2), pair[] = {x->type.dims[0], two};
    Node *in[] = {graph_leaf(g, OP_input, key, type_make(ELEM_I32, 1, &two)),
                  graph_leaf(g, OP_input, coords, type_make(ELEM_I32, 2, pair))};
    NodeSpec spec = {.op = OP_random, .n_inputs = 2, .inputs = in, .attrs = {.text = "0"}, .type = x->type};
    Node *keep = graph_op2(g, OP_less, scalar_like(g, 0.25, x), graph_node(g, &spec), NULL);
    Node *select[] = {keep, x, scalar_like(g, 0, x)};
    NodeSpec choice = {.op = OP_select, .n_inputs = 3, .inputs = select};
    return graph_node(g, &choice);
}

typedef struct Code {
    Target *target;
    Diagnostics *diags;
    Jit *jit;
    KernelFunction *function;
} Code;

static Code compile(Graph *body, int lanes) {
    Code code = {.diags = diagnostics_new()};
    code.target = target_new(NULL, lanes, code.diags);
    code.jit = jit_new(code.target, code.diags);
    Kernel kernel = {.kind = KERNEL_CONTRACT, .name = "contract_test", .label = "test", .body = body};
    cr_assert(jit_add(code.jit, kernel_object(&kernel, code.target), code.diags));
    code.function = jit_find(code.jit, kernel.name, code.diags);
    cr_assert(code.function);
    return code;
}

static void free_code(Code *code) {
    jit_free(code->jit);
    target_free(code->target);
    diagnostics_free(code->diags);
}

static void run(const Code *code, void *const *buffers, const int64_t *extents, int64_t threads) {
    uint32_t sites[] = {0};
    sites[0] = XXH32("0", 1, 0);
    void *scratch = test_scratch();
    for (int64_t t = 0; t < threads; t++) code->function(buffers, extents, sites, scratch, t, threads);
}

/* --- Numbers ---------------------------------------------------------------------------------- */

enum { GUARD = 64 }; /* floats behind a matrix that must stay as they are */

static float *numbers(int64_t count, uint32_t seed) {
    float *values = malloc(((size_t)count + GUARD) * sizeof *values);
    for (int64_t i = 0; i < count + GUARD; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(int32_t)seed / 2147483648.0f;
    }
    return values;
}

static float chain(const float *a, const float *b, bool ta, bool tb, int64_t i, int64_t j, const int64_t *size) {
    int64_t m = size[0], n = size[1], k = size[2];
    float sum = 0;
    for (int64_t x = 0; x < k; x++) sum = fmaf(a[ta ? x * m + i : i * k + x], b[tb ? j * k + x : x * n + j], sum);
    return sum;
}

static void check_product(const Code *code, bool ta, bool tb, const int64_t *size, const int64_t *extents) {
    int64_t m = size[0], n = size[1], k = size[2];
    float *a = numbers(m * k, 1), *b = numbers(k * n, 2), *expected = numbers(m * n, 3), *out = numbers(m * n, 3);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) expected[i * n + j] = chain(a, b, ta, tb, i, j, size);
    }
    void *buffers[] = {a, b, out};
    const int64_t threads[] = {1, 2, 3, 7};
    for (int t = 0; t < 4; t++) {
        for (int64_t i = 0; i < m * n; i++) out[i] = NAN;
        run(code, buffers, extents, threads[t]);
        cr_assert(memcmp(out, expected, (size_t)(m * n + GUARD) * sizeof *out) == 0,
                  "%lld x %lld x %lld, ta %d, tb %d, %lld threads", (long long)m, (long long)n, (long long)k, ta, tb,
                  (long long)threads[t]);
    }
    free(a), free(b), free(expected), free(out);
}

static const int lane_counts[] = {4, 8, 16};

/* --- Products --------------------------------------------------------------------------------- */

static const int64_t sizes[][3] = {
    /* M, N, K */
    {1, 1, 1},     {1, 5, 768},    {5, 1, 33},   {13, 31, 14}, {14, 32, 16},  {15, 33, 15},   {14, 32, 0},
    {0, 8, 8},     {8, 0, 8},      {0, 0, 0},    {2, 64, 100}, {6, 16, 32},   {7, 17, 1},     {29, 100, 384},
    {31, 65, 385}, {33, 48, 1000}, {100, 13, 5}, {3, 1500, 9}, {57, 130, 31}, {45, 700, 770},
};

static void check_symbolic(bool ta, bool tb) {
    for (int l = 0; l < 3; l++) {
        Graph *g = graph_new("body", NULL);
        Dim m = dim_symbol(graph_symbol(g, "d0")), n = dim_symbol(graph_symbol(g, "d1"));
        graph_output(g, "0", matmul(g, ta, tb, m, n, dim_symbol(graph_symbol(g, "d2"))));
        Code code = compile(g, lane_counts[l]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) check_product(&code, ta, tb, sizes[i], sizes[i]);
        free_code(&code);
        graph_free(g);
    }
}

Test(contract, forward_chains) { check_symbolic(false, true); }
Test(contract, input_gradient_chains) { check_symbolic(false, false); }
Test(contract, weight_gradient_chains) { check_symbolic(true, false); }
Test(contract, both_transposed_chains) { check_symbolic(true, true); }

/* Constant sizes leave out code for edges. */
Test(contract, constant_sizes) {
    static const int64_t constant[][2] = {{1, 64}, {5, 48}, {32, 384}, {100, 31}, {384, 400}};
    for (int variant = 0; variant < 4 * 3 * 5; variant++) {
        bool ta = variant & 1, tb = variant & 2;
        const int64_t *nk = constant[variant / 12];
        Graph *g = graph_new("body", NULL);
        Dim m = dim_symbol(graph_symbol(g, "d0"));
        graph_output(g, "0", matmul(g, ta, tb, m, dim_const(nk[0]), dim_const(nk[1])));
        Code code = compile(g, lane_counts[variant / 4 % 3]);
        int64_t rows[] = {1, 8, 30};
        for (int i = 0; i < 3; i++) check_product(&code, ta, tb, (int64_t[]){rows[i], nk[0], nk[1]}, &rows[i]);
        free_code(&code);
        graph_free(g);
    }
}

/* --- Epilogues -------------------------------------------------------------------------------- */

static double *widened(const float *values, int64_t count) {
    double *wide = malloc((size_t)(count + 1) * sizeof *wide);
    for (int64_t i = 0; i < count; i++) wide[i] = values[i];
    return wide;
}

/* 1e-5 of the largest magnitude that a sum of K products can have here. */
static void check_near(const float *out, const double *expected, int64_t count, int64_t k, const char *what) {
    double tolerance = 1e-5 * (1 + sqrt((double)k));
    for (int64_t i = 0; i < count; i++) {
        cr_assert(fabs(out[i] - expected[i]) <= tolerance, "%s, element %lld: %g, not %g", what, (long long)i, out[i],
                  expected[i]);
    }
}

/* h = x w^T + bias; results h (or the bare product), gelu(h), drop(h) + residual, h < residual. */
static Graph *rich_graph(Dim n, Dim k, bool bare) {
    Graph *g = graph_new("body", NULL);
    Dim m = dim_symbol(graph_symbol(g, "d0"));
    Node *product = matmul(g, false, true, m, n, k);
    Node *h = graph_op2(g, OP_add, product, graph_broadcast(g, input(g, "2", 1, n, n), &product->type, NULL), NULL);
    Node *residual = input(g, "3", 2, m, n);
    graph_output(g, "0", gelu(g, h));
    graph_output(g, "1", bare ? product : h);
    graph_output(g, "2", graph_op2(g, OP_add, dropped(g, h, "4", "5"), residual, NULL));
    graph_output(g, "3", graph_op2(g, OP_less, h, residual, NULL));
    return g;
}

static void check_epilogue(Graph *g, int64_t m, int64_t n, int64_t k) {
    float *x = numbers(m * k, 4), *w = numbers(n * k, 5), *bias = numbers(n, 6), *residual = numbers(m * n, 7);
    int32_t key[] = {11, 3}, *coords = malloc((size_t)m * 2 * sizeof *coords);
    double key_wide[] = {11, 3}, *coords_wide = malloc((size_t)m * 2 * sizeof *coords_wide);
    for (int64_t i = 0; i < 2 * m; i++) coords_wide[i] = coords[i] = (int32_t)(i * 7 % 100);
    double *wide[] = {widened(x, m * k), widened(w, n * k), widened(bias, n), widened(residual, m * n)};
    Binding bindings[] = {{"0", wide[0]}, {"1", wide[1]},  {"2", wide[2]},
                          {"3", wide[3]}, {"4", key_wide}, {"5", coords_wide}};
    Interpretation *expected = interpret(g, &m, bindings, 6);
    cr_assert(!expected->error);
    float *out[4], *first[4];
    for (int i = 0; i < 4; i++) out[i] = numbers(m * n, 8), first[i] = numbers(m * n, 8);
    void *buffers[] = {x, w, bias, residual, key, coords, out[0], out[1], out[2], out[3]};
    for (int l = 0; l < 3; l++) {
        Code code = compile(g, lane_counts[l]);
        for (int64_t threads = 1; threads <= 3; threads++) {
            run(&code, buffers, &m, threads);
            for (int i = 0; i < 3; i++) {
                check_near(out[i], expected->values[g->outputs.items[i].node->id], m * n, k, g->outputs.items[i].name);
            }
            for (int i = 0; i < 4; i++) { /* the same bits whatever the threads and lanes */
                size_t bytes = (size_t)(m * n + GUARD) * sizeof(float);
                if (l == 0 && threads == 1) memcpy(first[i], out[i], bytes);
                cr_assert(memcmp(out[i], first[i], bytes) == 0, "result %d, %d lanes", i, lane_counts[l]);
            }
        }
        free_code(&code);
    }
    for (int64_t i = 0; i < m * n; i++) { /* bool results are 0 or 1 */
        uint32_t bits;
        memcpy(&bits, &out[3][i], sizeof bits);
        cr_assert(bits == (expected->values[g->outputs.items[3].node->id][i] != 0));
    }
    for (int i = 0; i < 4; i++) free(out[i]), free(first[i]), free(wide[i]);
    interpretation_free(expected);
    free(x), free(w), free(bias), free(residual), free(coords), free(coords_wide);
}

Test(contract, epilogues) {
    static const int64_t shapes[][3] = {{30, 128, 64}, {17, 100, 400}, {3, 5, 31}, {9, 1, 12}, {16, 96, 800}};
    for (int i = 0; i < 5; i++) {
        for (int bare = 0; bare < 2; bare++) {
            Graph *g = rich_graph(dim_const(shapes[i][1]), dim_const(shapes[i][2]), bare);
            check_epilogue(g, shapes[i][0], shapes[i][1], shapes[i][2]);
            graph_free(g);
        }
    }
}
