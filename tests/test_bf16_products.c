/* Products of bf16: the interpreter computes their definition to the last bit, kernels what the interpreter does, for
 * any sizes, transposes, threads and lanes. The definition is written out here in C, on a thread that flushes
 * subnormals. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "passes/round_products.h"
#include "runtime/engine/subnormals.h"
#include "tests/kernel_run.h"

TestSuite(bf16_products);

/* --- The definition ----------------------------------------------------------------------------------------------- */

typedef struct Case {
    bool ta, tb;
    int64_t m, n, k;
    double *a, *b; /* of bf16 */
} Case;

static double a_at(const Case *c, int64_t i, int64_t k) { return c->a[c->ta ? k * c->m + i : i * c->k + k]; }
static double b_at(const Case *c, int64_t k, int64_t j) { return c->b[c->tb ? j * c->k + k : k * c->n + j]; }

/* volatile: every operation is one of the machine's, in the mode of the thread. */
static float defined(const Case *c, int64_t i, int64_t j) {
    volatile float result = 0;
    for (int64_t block = 0; block < c->k; block += 32) {
        volatile float chains[2] = {0, 0};
        for (int64_t k = block; k < block + 32; k++) {
            volatile float x = k < c->k ? (float)a_at(c, i, k) : 0, y = k < c->k ? (float)b_at(c, k, j) : 0;
            chains[k % 2] = fmaf(x, y, chains[k % 2]);
        }
        volatile float sum = chains[0] + chains[1];
        result = result + sum;
    }
    return result;
}

/* Values around 2^exponent, with zeros of both signs and what is subnormal among them. */
static double *numbers(int64_t count, int exponent, uint32_t seed) {
    double *values = malloc(((size_t)count + 1) * sizeof *values);
    for (int64_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        int size = exponent + (int)(seed >> 8 & 7) - 4;
        values[i] = elem_cast(ELEM_BF16, ldexp((double)(int32_t)seed * 0x1p-31, size));
        if (seed >> 27 == 0) values[i] = copysign(0, values[i]);
    }
    return values;
}

static Graph *product_graph(const Case *c) {
    char text[512];
    const char *a = c->ta ? "d2, d0" : "d0, d2", *b = c->tb ? "d1, d2" : "d2, d1";
    snprintf(text, sizeof text,
             "graph \"body\"\nsymbols d0 d1 d2\n%%0 = input{name=\"0\"} : bf16[%s]\n"
             "%%1 = input{name=\"1\"} : bf16[%s]\n%%2 = matmul{ta=%d tb=%d}(%%0, %%1) : f32[d0, d1]\n"
             "output \"0\" = %%2\n",
             a, b, c->ta, c->tb);
    Kernel *kernel = kernel_from_text(KERNEL_CONTRACT, text);
    Graph *graph = kernel->body;
    free(kernel);
    return graph;
}

static void check_interpreter(Case c, int exponent) {
    c.a = numbers(c.m * c.k, exponent, 1), c.b = numbers(c.k * c.n, exponent, 2);
    Graph *graph = product_graph(&c);
    const int64_t extents[] = {c.m, c.n, c.k};
    Interpretation *run = interpret(graph, extents, (Binding[]){{"0", c.a}, {"1", c.b}}, 2);
    cr_assert(!run->error, "%s", run->error);
    SubnormalMode before = subnormals_flush();
    for (int64_t i = 0; i < c.m * c.n; i++) {
        double wanted = (double)defined(&c, i / c.n, i % c.n), got = run->values[graph->outputs.items[0].node->id][i];
        cr_assert(got == wanted && signbit(got) == signbit(wanted),
                  "k %lld, ta %d, tb %d, 2^%d: element %lld is %a, not %a", (long long)c.k, c.ta, c.tb, exponent,
                  (long long)i, got, wanted);
    }
    subnormals_restore(before);
    interpretation_free(run);
    graph_free(graph);
    free(c.a), free(c.b);
}

Test(bf16_products, interpreter_computes_the_definition) {
    static const int64_t depths[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, 100};
    static const int exponents[] = {0, -62, -63, -64, -126};
    for (int i = 0; i < 4 * 10 * 5; i++)
        check_interpreter((Case){.ta = i & 1, .tb = i & 2, .m = 7, .n = 9, .k = depths[i / 4 % 10]}, exponents[i / 40]);
}

/* --- Kernels ------------------------------------------------------------------------------------------------------ */

/* M, N, K; each twice as wide in some direction as what is likely to be special. */
static const int64_t sizes[][3] = {{1, 1, 1},      {5, 1, 33},     {13, 31, 14},  {14, 32, 16}, {15, 33, 64},
                                   {14, 32, 0},    {0, 8, 8},      {8, 0, 8},     {2, 64, 100}, {31, 65, 385},
                                   {7, 17, 31},    {29, 100, 384}, {33, 48, 800}, {100, 13, 5}, {3, 700, 9},
                                   {45, 200, 770}, {12, 16, 63}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* What becomes of the product: itself, itself as bf16, or more of it. */
static const char *const endings[] = {
    "output \"0\" = %2\n",
    "%3 = cast(%2) : bf16[d0, d1]\noutput \"0\" = %3\n",
    "%3 = mul(%2, %2) : f32[d0, d1]\n%4 = cast(%3) : bf16[d0, d1]\n%5 = neg(%2) : f32[d0, d1]\n"
    "%6 = cast(%5) : bf16[d0, d1]\noutput \"0\" = %6\noutput \"1\" = %4\n",
    "%3 = cast(%2) : bf16[d0, d1]\n%4 = neg(%2) : f32[d0, d1]\noutput \"0\" = %3\noutput \"1\" = %4\n",
};

static void check_products(bool ta, bool tb, int ending) {
    char text[1024];
    snprintf(text, sizeof text,
             "graph \"body\"\nsymbols d0 d1 d2\n%%0 = input{name=\"0\"} : bf16[%s]\n"
             "%%1 = input{name=\"1\"} : bf16[%s]\n%%2 = matmul{ta=%d tb=%d}(%%0, %%1) : f32[d0, d1]\n%s",
             ta ? "d2, d0" : "d0, d2", tb ? "d1, d2" : "d2, d1", ta, tb, endings[ending]);
    check_kernel_sizes(KERNEL_CONTRACT, text, sizes[0], 3, SIZES, 0);
}

Test(bf16_products, forward) { check_products(false, true, 0); }
Test(bf16_products, input_gradient) { check_products(false, false, 0); }
/* k runs over tokens. */
Test(bf16_products, weight_gradient) { check_products(true, false, 0); }
Test(bf16_products, both_transposed) { check_products(true, true, 0); }
Test(bf16_products, stored_in_two_bytes) { check_products(false, false, 1); }
Test(bf16_products, squares_stored_in_two_bytes) { check_products(true, true, 2); }
Test(bf16_products, stored_as_both) { check_products(false, true, 3); }

/* The sums of a product of f32 wait apart as well, where no result is of words. */
Test(bf16_products, f32_stored_in_two_bytes) {
    check_kernel_sizes(KERNEL_CONTRACT,
                       "graph \"body\"\nsymbols d0 d1 d2\n%0 = input{name=\"0\"} : f32[d0, d2]\n"
                       "%1 = input{name=\"1\"} : f32[d2, d1]\n%2 = matmul{ta=0 tb=0}(%0, %1) : f32[d0, d1]\n"
                       "%3 = cast(%2) : bf16[d0, d1]\noutput \"0\" = %3\n",
                       sizes[0], 3, SIZES, 0x1p-8);
}

/* Constant sizes leave out code for edges; K of several blocks. */
Test(bf16_products, constant_sizes) {
    static const int64_t rows[] = {1, 8, 30};
    check_kernel_sizes(KERNEL_CONTRACT,
                       "graph \"body\"\nsymbols d0\n%0 = input{name=\"0\"} : bf16[d0, 1536]\n"
                       "%1 = input{name=\"1\"} : bf16[1536, 96]\n%2 = matmul{ta=0 tb=0}(%0, %1) : f32[d0, 96]\n"
                       "%3 = cast(%2) : bf16[d0, 96]\noutput \"0\" = %3\n",
                       rows, 1, 3, 0);
}

/* More rows than the scratch holds sums of. */
Test(bf16_products, many_rows) {
    const int64_t rows[] = {20000};
    check_kernel_sizes(KERNEL_CONTRACT,
                       "graph \"body\"\nsymbols d0\n%0 = input{name=\"0\"} : bf16[d0, 3]\n"
                       "%1 = input{name=\"1\"} : bf16[3, 192]\n%2 = matmul{ta=0 tb=0}(%0, %1) : f32[d0, 192]\n"
                       "%3 = cast(%2) : bf16[d0, 192]\noutput \"0\" = %3\n",
                       rows, 1, 1, 0);
}

/* --- The pass ----------------------------------------------------------------------------------------------------- */

static int count_ops(const Graph *graph, Op op) {
    int count = 0;
    for (int i = 0; i < graph->nodes.count; i++) count += graph->nodes.items[i]->op == op;
    return count;
}

/* What feeds two products is cast once; a product of bf16 stays as it is. */
Test(bf16_products, are_made_of_products_of_f32) {
    Kernel *kernel = kernel_from_text(
        KERNEL_MAP, "graph \"g\"\nsymbols T\n%0 = input{name=\"x\"} : f32[T, 8]\n%1 = input{name=\"w\"} : f32[8, 8]\n"
                    "%2 = matmul{ta=0 tb=0}(%0, %1) : f32[T, 8]\n%3 = matmul{ta=0 tb=1}(%0, %1) : f32[T, 8]\n"
                    "%4 = add(%2, %3) : f32[T, 8]\n%5 = cast(%4) : bf16[T, 8]\n"
                    "%6 = matmul{ta=1 tb=0}(%5, %5) : f32[8, 8]\noutput \"y\" = %6\n");
    Graph *once = round_products(kernel->body, NULL), *twice = round_products(once, NULL);
    cr_expect_eq(count_ops(once, OP_cast), 3);
    cr_expect_eq(count_ops(once, OP_matmul), 3);
    cr_expect_eq(graph_hash(once), graph_hash(twice));
    for (int i = 0; i < once->nodes.count; i++) {
        const Node *node = once->nodes.items[i];
        for (int j = 0; j < node->n_inputs && node->op == OP_matmul; j++)
            cr_expect_eq(node->inputs[j]->type.elem, ELEM_BF16);
    }
    graph_free(once);
    graph_free(twice);
    kernel_free(kernel);
}
