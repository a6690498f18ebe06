/* Attention kernels against the formulas in double precision: ragged, empty and long sequences,
 * dropout, threads, lanes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/jit.h"
#include "graph/interpret.h"
#include "tests/attention_problem.h"
#include "tests/scratch.h"

/* --- Kernels --- */

/* A compiled kernel for some results of one direction. */
typedef struct Compiled {
    Graph *body;
    Diagnostics *diags;
    Target *target;
    Jit *jit;
    KernelFunction *run;
    int n_operands, n_results;
    Which results[3];
} Compiled;

/* Rows of q are "d0", of k "d1", sequences "d2". The gradient has three more operands. */
static Graph *make_body(const Problem *p, const Which *results, int count) {
    Graph *g = graph_new("kernel", NULL);
    bool grad = results[0] >= DQ;
    Dim q = dim_symbol(graph_symbol(g, "d0")), kv = dim_symbol(graph_symbol(g, "d1"));
    Dim bounds = {.scale = 1, .offset = 1, .symbol = graph_symbol(g, "d2")}, columns = dim_const(problem_width(p));
    Dim heads = dim_const(p->heads), two = dim_const(2);
    const Dim dims[10][2] = {{q, columns}, {kv, columns}, {kv, columns}, {bounds},   {bounds},
                             {two},        {q, two},      {q, columns},  {q, heads}, {q, columns}};
    Node *inputs[10], *operands[14];
    for (int i = 0; i < (grad ? 10 : 7); i++) {
        Type type = type_make(i >= 3 && i <= 6 ? ELEM_I32 : ELEM_F32, i >= 3 && i <= 5 ? 1 : 2, dims[i]);
        NodeSpec iota = {.op = OP_iota, .type = type};
        if (i == 3 && p->single) {
            inputs[i] = graph_node(g, &iota);
            continue;
        }
        inputs[i] = graph_leaf(g, OP_input, (const char[]){(char)('0' + i), '\0'}, type);
    }
    memcpy(operands, inputs, 7 * sizeof *inputs);
    open_operands(g, p->open, grad, operands + 7);
    if (grad) memcpy(operands + 11, inputs + 7, 3 * sizeof *inputs);
    for (int i = 0; i < count; i++) {
        NodeSpec spec = {.op = grad ? OP_attention_grad : OP_attention, .n_inputs = grad ? 14 : 10, .inputs = operands};
        spec.attrs = (Attrs){.ints = {p->heads, results[i] - (grad ? DQ : OUT)}, .number = p->dropout, .text = "0"};
        spec.attrs.scale = 1 / sqrt(p->depth);
        graph_output(g, (const char *[]){"0", "1", "2"}[i], graph_node(g, &spec));
    }
    return g;
}

static Compiled compile(const Problem *p, int lanes, const Which *results, int count) {
    Compiled c = {.body = make_body(p, results, count), .diags = diagnostics_new(), .n_results = count};
    memcpy(c.results, results, sizeof *results * (size_t)count);
    c.n_operands = results[0] >= DQ ? 10 : 7;
    KernelKind kind = results[0] >= DQ ? KERNEL_ATTENTION_GRAD : KERNEL_ATTENTION;
    Kernel kernel = {.kind = kind, .name = "attention_kernel", .label = "attention", .body = c.body};
    c.target = target_new(NULL, lanes, c.diags);
    c.jit = jit_new(c.target, c.diags);
    cr_assert(jit_add(c.jit, kernel_object(&kernel, c.target), c.diags));
    c.run = jit_find(c.jit, kernel.name, c.diags);
    cr_assert(c.run);
    return c;
}

static void compiled_free(Compiled *c) {
    jit_free(c->jit);
    target_free(c->target);
    diagnostics_free(c->diags);
    graph_free(c->body);
}

/* Results start as NaN, and have a guard behind them that must stay. One thread after the other:
 * they share nothing. */
static void run(const Compiled *c, const Problem *p, int threads, float **results) {
    int key[] = {SEED, STEP};
    void *buffers[13] = {p->q,      p->k,   p->v,   (void *)p->q_bounds, (void *)p->kv_bounds, key,
                         p->coords, p->out, p->lse, p->cotangent};
    for (int i = 0; i < c->n_results; i++) {
        size_t size = problem_result_size(p, c->results[i]) + GUARD;
        results[i] = aligned_alloc(64, (size * sizeof(float) + 63) / 64 * 64);
        cr_assert(results[i]);
        for (size_t k = 0; k < size; k++) results[i][k] = k + GUARD < size ? NAN : 12345.0f;
        buffers[c->n_operands + i] = results[i];
    }
    int64_t extents[] = {problem_q_rows(p), problem_kv_rows(p), p->sequences};
    uint32_t sites[] = {SITE};
    void *scratch = test_scratch();
    for (int t = 0; t < threads; t++) c->run(buffers, extents, sites, scratch, t, threads);
    for (int i = 0; i < c->n_results; i++) {
        float *guard = results[i] + problem_result_size(p, c->results[i]);
        for (int k = 0; k < GUARD; k++) cr_assert_eq(guard[k], 12345.0f, "the guard behind result %d was written", i);
    }
}

/* 1e-5 of the largest magnitude: sums of some hundred products rounded to f32 (6e-8 each), random
 * in sign. */
static void expect_near(const Problem *p, Which which, const float *result) {
    double largest = 0, worst = 0;
    for (size_t i = 0; i < problem_result_size(p, which); i++) {
        double expected = p->answer[which][i], error = fabs((double)result[i] - expected);
        if (isinf(expected)) {
            cr_assert_eq((double)result[i], expected);
            continue;
        }
        largest = fmax(largest, fabs(expected));
        if (!(error <= worst)) worst = error;
    }
    cr_expect(worst <= 1e-5 * largest, "result %d of %d x %d: error %g with largest %g", which, p->heads, p->depth,
              worst, largest);
}

static void check(const Problem *p, const Which *results, int count) {
    Compiled c = compile(p, 0, results, count);
    float *values[3];
    run(&c, p, 2, values);
    for (int i = 0; i < count; i++) {
        expect_near(p, results[i], values[i]);
        free(values[i]);
    }
    compiled_free(&c);
}

static const int ragged[] = {1, 2, 3, 17, 64, 65, 130, 300}, depths[] = {1, 8, 20, 32, 64};
static const Which both[] = {OUT, LSE}, grads[] = {DQ, DK, DV};
enum { RAGGED = 8, DEPTHS = 5 };

Test(attention, forward_is_the_formula) {
    for (int i = 0; i < DEPTHS; i++) {
        Problem *p = problem_new(2, depths[i], i % 2 ? 0.1 : 0, RAGGED, ragged, ragged);
        check(p, both, 2);
        problem_free(p);
    }
}

Test(attention, gradient_is_the_formula) {
    for (int i = 0; i < DEPTHS; i++) {
        Problem *p = problem_new(2, depths[i], i % 2 ? 0 : 0.1, RAGGED, ragged, ragged);
        check(p, grads, 3);
        problem_free(p);
    }
}

/* Only what is asked for, in any order. */
Test(attention, subsets_of_results) {
    static const struct {
        Which results[2];
        int count;
    } cases[] = {{{OUT}, 1}, {{LSE}, 1}, {{LSE, OUT}, 2}, {{DQ}, 1},
                 {{DK}, 1},  {{DV}, 1},  {{DV, DQ}, 2},   {{DK, DV}, 2}};
    const int lengths[] = {5, 70};
    Problem *p = problem_new(3, 20, 0.3, 2, lengths, lengths);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(p, cases[i].results, cases[i].count);
    problem_free(p);
}

/* One query row a sequence, and sequences without queries, without keys, without both. */
Test(attention, queries_and_keys_differ_in_number) {
    const int q[] = {0, 1, 1, 0, 7, 1, 80, 3, 0}, kv[] = {0, 9, 66, 5, 0, 1, 3, 140, 0};
    for (int dropout = 0; dropout < 2; dropout++) {
        Problem *p = problem_new(2, 32, dropout * 0.5, 9, q, kv);
        check(p, both, 2);
        check(p, grads, 3);
        problem_free(p);
    }
}

Test(attention, bounds_that_are_computed) {
    const int q[] = {1, 1, 1}, kv[] = {4, 70, 0};
    Problem *p = problem_new(2, 32, 0.1, 3, q, kv);
    p->single = true;
    check(p, both, 2);
    check(p, grads, 3);
    problem_free(p);
}

Test(attention, nothing_at_all) {
    const int none[] = {0, 0, 0};
    for (int sequences = 0; sequences < 4; sequences += 3) {
        Problem *p = problem_new(2, 8, 0.1, sequences, none, none);
        check(p, both, 2);
        check(p, grads, 3);
        problem_free(p);
    }
}

/* Scores in the hundreds, where exp of the score itself is out of range; and of -1e38, below any
 * constant to start a maximum from. */
Test(attention, large_scores) {
    const int lengths[] = {1, 30, 100};
    Problem *p = problem_new(1, 8, 0, 3, lengths, lengths);
    for (size_t i = 0; i < problem_result_size(p, DQ); i++) p->q[i] *= 64, p->v[i] *= 8;
    problem_solve(p);
    Compiled c = compile(p, 0, both, 2);
    float *values[2];
    run(&c, p, 1, values);
    /* A score of 500 has an ulp of 3e-5, which exp makes a relative error. */
    for (size_t i = 0; i < problem_result_size(p, OUT); i++) cr_expect_float_eq(values[0][i], p->answer[OUT][i], 3e-3);
    expect_near(p, LSE, values[1]);
    for (int i = 0; i < 2; i++) free(values[i]);
    for (int i = 0; i < 8; i++) p->q[i] = 1e19f, p->k[i] = -1e19f;
    run(&c, p, 1, values);
    for (int i = 0; i < 8; i++) cr_expect_eq(values[0][i], p->v[i], "the only key has all the weight");
    for (int i = 0; i < 2; i++) free(values[i]);
    compiled_free(&c);
    problem_free(p);
}

/* What is no number stays visible, in its own row and sequence only. */
Test(attention, nan_spreads_no_further) {
    const int lengths[] = {3, 20, 3};
    Problem *p = problem_new(1, 8, 0, 3, lengths, lengths);
    p->q[(3 + 5) * 8] = NAN;
    Compiled c = compile(p, 0, both, 2);
    float *values[2];
    run(&c, p, 1, values);
    for (int i = 0; i < 26; i++) {
        cr_expect_eq(isnan(values[0][i * 8]) != 0, i == 8, "out of row %d is %g", i, (double)values[0][i * 8]);
        cr_expect_eq(isnan(values[1][i]) != 0, i == 8, "lse of row %d is %g", i, (double)values[1][i]);
    }
    for (int i = 0; i < 2; i++) free(values[i]);
    compiled_free(&c);
    problem_free(p);
}

/* --- Ranges of keys, and scores --- */

static void make_open(Problem *p, OpenKind kind) {
    p->open = kind;
    problem_solve(p);
    for (size_t i = 0; i < problem_result_size(p, OUT); i++) p->out[i] = (float)p->answer[OUT][i];
    for (size_t i = 0; i < problem_result_size(p, LSE); i++) p->lse[i] = (float)p->answer[LSE][i];
}

/* Each with a depth that fills vectors and one that does not. */
Test(attention, ranges_and_scores) {
    for (int i = 0; i < 2; i++) {
        for (int kind = OPEN_CAUSAL; kind < OPEN_KINDS; kind++) {
            Problem *p = problem_new(2, i ? 64 : 20, i ? 0.1 : 0, RAGGED, ragged, ragged);
            make_open(p, (OpenKind)kind);
            check(p, both, 2);
            check(p, grads, 3);
            problem_free(p);
        }
    }
}

/* The position is that of the coordinates, whatever the row: the first, the last, in between, beyond the keys, in
 * falling order, and one that sees nothing. Blocks that are left out must not change what others find. */
static void check_queries_anywhere(OpenKind kind) {
    const int q[] = {1, 1, 70, 3, 2, 1, 0}, kv[] = {70, 200, 200, 40, 0, 9, 5};
    Problem *p = problem_new(2, 20, 0.2, 7, q, kv);
    for (int i = 0; i < problem_q_rows(p); i++) p->coords[2 * i + 1] = 140 - 2 * i;
    p->coords[1] = 0, p->coords[3] = 199;
    for (int i = p->q_bounds[3]; i < p->q_bounds[4]; i++) p->coords[2 * i + 1] = 1000;
    p->coords[2 * p->q_bounds[5] + 1] = -1;
    make_open(p, kind);
    check(p, both, 2);
    check(p, grads, 3);
    problem_free(p);
}

Test(attention, queries_anywhere) {
    for (int kind = OPEN_CAUSAL; kind < OPEN_KINDS; kind++) check_queries_anywhere((OpenKind)kind);
}

/* One query of a sequence alone has the bits that it has among the others, blocks left out or not. */
static void check_rows_alone(OpenKind kind) {
    enum { ROWS = 200, AT = 70 };
    const int all[] = {ROWS}, one[] = {1};
    Problem *p = problem_new(2, 20, 0.2, 1, all, all), *alone = problem_new(2, 20, 0.2, 1, one, all);
    p->open = alone->open = kind;
    memcpy(alone->q, p->q + AT * problem_width(p), sizeof(float) * (size_t)problem_width(p));
    alone->coords[1] = AT;
    const Problem *problems[] = {p, alone};
    float *values[2][2];
    for (int i = 0; i < 2; i++) {
        Compiled c = compile(problems[i], 0, both, 2);
        run(&c, problems[i], 1, values[i]);
        compiled_free(&c);
    }
    cr_expect_eq(memcmp(values[0][0] + AT * problem_width(p), values[1][0], sizeof(float) * (size_t)problem_width(p)),
                 0);
    cr_expect_eq(memcmp(values[0][1] + AT * p->heads, values[1][1], sizeof(float) * (size_t)p->heads), 0);
    for (int i = 0; i < 4; i++) free(values[i / 2][i % 2]);
    problem_free(p);
    problem_free(alone);
}

Test(attention, rows_alone) {
    for (int kind = OPEN_CAUSAL; kind < OPEN_KINDS; kind++) check_rows_alone((OpenKind)kind);
}

/* The same bits for every number of threads and vector width. */
static void check_same_bits(OpenKind kind) {
    const int q[] = {1, 17, 64, 130, 0, 40}, kv[] = {1, 17, 64, 130, 3, 33};
    Problem *p = problem_new(3, 20, 0.1, 6, q, kv);
    make_open(p, kind);
    for (int backward = 0; backward < 2; backward++) {
        const Which *results = backward ? grads : both;
        int count = backward ? 3 : 2;
        float *expected[3] = {NULL};
        for (int lanes = 4; lanes <= 16; lanes *= 2) {
            Compiled c = compile(p, lanes, results, count);
            for (int threads = 1; threads <= 3; threads++) {
                float *values[3];
                run(&c, p, threads, values);
                for (int i = 0; i < count; i++) {
                    if (!expected[i]) {
                        expected[i] = values[i];
                        continue;
                    }
                    size_t size = problem_result_size(p, results[i]) * sizeof(float);
                    cr_expect(memcmp(values[i], expected[i], size) == 0, "result %d: %d lanes, %d threads", results[i],
                              lanes, threads);
                    free(values[i]);
                }
            }
            compiled_free(&c);
        }
        for (int i = 0; i < count; i++) free(expected[i]);
    }
    problem_free(p);
}

Test(attention, same_bits) {
    for (int kind = 0; kind < OPEN_KINDS; kind++) check_same_bits((OpenKind)kind);
}

/* The answers themselves: the gradient of sum(out * cotangent) by central differences. */
static double loss(Problem *p) {
    problem_solve(p);
    double sum = 0;
    for (size_t i = 0; i < problem_result_size(p, OUT); i++) sum += p->answer[OUT][i] * (double)p->cotangent[i];
    return sum;
}

static void check_answers(OpenKind kind) {
    const int q[] = {3, 1}, kv[] = {3, 5};
    Problem *p = problem_new(2, 3, 0.2, 2, q, kv);
    p->open = kind;
    float *operands[] = {p->q, p->k, p->v};
    for (int which = 0; which < 3; which++) {
        for (size_t i = 0; i < problem_result_size(p, (Which)(DQ + which)); i++) {
            float *x = operands[which] + i, middle = *x;
            double high, low, up, down;
            *x = middle + 0x1p-10f, high = *x, up = loss(p);
            *x = middle - 0x1p-10f, low = *x, down = loss(p);
            *x = middle;
            problem_solve(p);
            /* The third derivative, of size one, times the squared step of 1e-3. */
            cr_expect_float_eq((up - down) / (high - low), p->answer[DQ + which][i], 1e-5);
        }
    }
    problem_free(p);
}

Test(attention, answers_agree_with_finite_differences) {
    for (int kind = 0; kind < OPEN_KINDS; kind++) check_answers((OpenKind)kind);
}
