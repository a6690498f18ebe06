/* The graph of a score as a function of embeddings, against differences of the score; and the points on the way. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "graph/interpret.h"
#include "passes/differentiate.h"
#include "passes/embedded.h"
#include "runtime/inspect/attribute.h"

/* Two sequences of three tokens; logits = tanh(first token's row) * V, the class where they are largest. */
#define BEGIN                                                                                                          \
    "graph \"g\"\nsymbols x.T{role=tokens of=\"x\"} S{role=sequences}\n%0 = param{name=\"W\"} : f32[5, 2]\n"           \
    "%1 = input{name=\"x.ids\" role=ids of=\"x\"} : i32<5>[x.T]\n%2 = gather(%0, %1) : f32[x.T, 2]\n"                  \
    "%3 = tanh(%2) : f32[x.T, 2]\n%4 = input{name=\"x.first\" role=first of=\"x\"} : i32<x.T>[S]\n"                    \
    "%5 = gather(%3, %4) : f32[S, 2]\n%6 = param{name=\"V\"} : f32[2, 3]\n%7 = matmul{ta=0 tb=0}(%5, %6) : f32[S, "    \
    "3]\n"
#define PREDICT "%8 = max{axis=1}(%7) : f32[S, 1]\n%9 = broadcast(%8) : f32[S, 3]\n%10 = equal(%7, %9) : bool[S, 3]\n"

static const double v[] = {0.5, -1, 2, 1.5, 0.25, -0.75}, first[] = {0, 3};
static const int64_t extents[MAX_SYMBOLS] = {6, 2};

static Graph *read(const char *text, Diagnostics *diags) {
    Graph *graph = graph_read(diagnostics_file(diags, "g.gir", text), diags);
    if (!graph) diagnostics_print(diags, stderr);
    cr_assert_not_null(graph);
    return graph;
}

static double value(const Graph *graph, const char *output, const double *embedded, const double *chosen, int at) {
    const Binding bindings[] = {{"V", v}, {"x.first", first}, {"embedded", embedded}, {"chosen", chosen}};
    Interpretation *run = interpret(graph, extents, bindings, 4);
    cr_assert_null(run->error, "%s", run->error);
    double got = run->values[graph_find_output(graph, output)->id][at];
    interpretation_free(run);
    return got;
}

Test(embedded, the_gradient_is_that_of_differences) {
    Diagnostics *diags = diagnostics_new();
    Graph *eval = read(BEGIN PREDICT "%11 = cast(%10) : f32[S, 3]\noutput \"predict\" = %11\n", diags);
    Embedded made;
    cr_assert(embedded_graph(eval, "predict", &made));
    cr_expect_str_eq(made.table, "W");
    cr_expect_null(graph_find_input(made.graph, "x.ids"));
    cr_assert_null(graph_verify(made.graph));
    Graph *derived = differentiate(made.graph, (const char *const[]){"embedded"}, 1, diags);
    cr_assert_not_null(derived);
    double x[12], chosen[6] = {0, 1, 0, 0, 0, 1};
    for (int i = 0; i < 12; i++) x[i] = 0.3 * i - 1;
    cr_expect_float_eq(value(derived, "loss", x, chosen, 0),
                       value(derived, "score", x, chosen, 1) + value(derived, "score", x, chosen, 5), 1e-12);
    for (int i = 0; i < 12; i++) {
        double kept = x[i], step = 1e-5;
        x[i] = kept + step;
        double above = value(derived, "loss", x, chosen, 0);
        x[i] = kept - step;
        double below = value(derived, "loss", x, chosen, 0);
        x[i] = kept;
        cr_expect_float_eq(value(derived, "grad.embedded", x, chosen, i), (above - below) / (2 * step), 1e-8);
    }
    graph_free(derived);
    graph_free(made.graph);
    graph_free(eval);
    diagnostics_free(diags);
}

Test(embedded, an_output_that_compares_nothing_is_the_score) {
    Diagnostics *diags = diagnostics_new();
    Graph *eval = read(BEGIN "output \"predict\" = %7\n", diags);
    Embedded made;
    cr_assert(embedded_graph(eval, "predict", &made));
    cr_expect_eq(made.type.dims[1].offset, 3);
    graph_free(made.graph);
    cr_expect_not(embedded_graph(eval, "nothing", &made));
    graph_free(eval);
    diagnostics_free(diags);
}

/* n points are exact for polynomials up to degree 2 n - 1. */
Test(embedded, points_of_gauss_and_legendre) {
    for (int64_t n = 2; n <= 100; n += 7) {
        double points[100], weights[100];
        gauss_legendre(n, points, weights);
        for (int degree = 0; degree < 2 * n; degree += 3) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++) sum += weights[i] * pow(points[i], degree);
            cr_expect_float_eq(sum, 1.0 / (degree + 1), 1e-12, "%d points, degree %d", (int)n, degree);
        }
    }
}
