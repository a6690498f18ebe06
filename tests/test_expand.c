/* grad(y, x) and stop_gradient: what they mean, and that passes keep it. All graphs have x = (1, 2, 3) and an output
 * "d". */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/interpret.h"
#include "passes/demand.h"
#include "passes/differentiate.h"
#include "passes/expand.h"
#include "passes/fuse.h"
#include "passes/pipeline.h"
#include "passes/simplify.h"

enum { N = 3 };
static const double x_values[N] = {1, 2, 3}, w_values[N] = {0.5, -1, 2};

static Graph *read(const char *body, Diagnostics *diags) {
    char text[2000];
    snprintf(text, sizeof text, "graph \"g\"\nsymbols T\n%s", body);
    Graph *g = graph_read(diagnostics_file(diags, "g.gir", text), diags);
    if (!g) diagnostics_print(diags, stderr);
    cr_assert_not_null(g);
    return g;
}

/* The values of an output of a graph without grad. */
static void expect_output(const Graph *g, const char *name, int count, const double *expected, const char *what) {
    const Binding bindings[] = {{"x", x_values}, {"w", w_values}};
    const int64_t extents[MAX_SYMBOLS] = {N};
    cr_expect_not(has_grad(g), "%s: there is a grad left", what);
    Interpretation *run = interpret(g, extents, bindings, 2);
    cr_assert_null(run->error, "%s: %s", what, run->error);
    const Node *node = graph_find_output(g, name);
    cr_assert_not_null(node, "%s: there is no %s", what, name);
    for (int i = 0; i < count; i++) {
        double got = run->values[node->id][i];
        cr_expect(fabs(got - expected[i]) <= 1e-12 * fmax(1, fabs(expected[i])), "%s: element %d is %.17g, not %.17g",
                  what, i, got, expected[i]);
    }
    interpretation_free(run);
}

/* Output "d" after `expand`, and after the whole pipeline in its usual order. */
static void expect(const char *body, const double *expected, const char *what) {
    Diagnostics *diags = diagnostics_new();
    Graph *g = read(body, diags), *expanded = expand(g, diags);
    cr_assert(expanded && !graph_verify(expanded), "%s", what);
    expect_output(expanded, "d", N, expected, what);
    Graph *grouped = pipeline_run(g, &(PipelineOptions){0}, diags);
    cr_assert_not_null(grouped, "%s", what);
    expect_output(grouped, "d", N, expected, what);
    graph_free(grouped);
    graph_free(expanded);
    graph_free(g);
    diagnostics_free(diags);
}

#define X "%0 = param{name=\"x\"} : f32[3]\n"
#define CUBES "%1 = mul(%0, %0) : f32[3]\n%2 = mul(%1, %0) : f32[3]\n%3 = sum{axis=0}(%2) : f32[1]\n" /* sum of x^3 */

Test(expand, first_and_second_derivatives) {
    expect(X CUBES "%4 = grad(%3, %0) : f32[3]\noutput \"d\" = %4\n", (double[]){3, 12, 27}, "3 x^2");
    expect(X CUBES
           "%4 = grad(%3, %0) : f32[3]\n%5 = sum{axis=0}(%4) : f32[1]\n%6 = grad(%5, %0) : f32[3]\noutput \"d\" = %6\n",
           (double[]){6, 12, 18}, "6 x");
    expect(X CUBES "%4 = grad(%3, %0) : f32[3]\n%5 = sum{axis=0}(%4) : f32[1]\n%6 = grad(%5, %0) : f32[3]\n"
                   "%7 = sum{axis=0}(%6) : f32[1]\n%8 = grad(%7, %0) : f32[3]\noutput \"d\" = %8\n",
           (double[]){6, 6, 6}, "6");
}

/* x^2 is varied wherever it is used; x beside it is not. */
Test(expand, an_intermediate_is_a_variable_of_its_own) {
    expect(X CUBES "%4 = grad(%3, %1) : f32[3]\noutput \"d\" = %4\n", (double[]){1, 2, 3}, "d x^3 / d x^2");
    expect(X "%1 = mul(%0, %0) : f32[3]\n%2 = mul(%1, %1) : f32[3]\n%3 = add(%2, %1) : f32[3]\n%4 = sum{axis=0}(%3) : "
             "f32[1]\n"
             "%5 = grad(%4, %1) : f32[3]\noutput \"d\" = %5\n",
           (double[]){3, 9, 19}, "2 x^2 + 1");
}

/* x * 1 is x when it is simplified, but a node of its own before: the derivative for it leaves out what uses x itself.
 * */
Test(expand, comes_before_equal_nodes_are_joined) {
    static const char body[] =
        X "%1 = const{value=1} : f32[]\n%2 = broadcast(%1) : f32[3]\n%3 = mul(%0, %2) : f32[3]\n%4 = mul(%3, %3) : "
          "f32[3]\n"
          "%5 = mul(%4, %0) : f32[3]\n%6 = sum{axis=0}(%5) : f32[1]\n%7 = grad(%6, %3) : f32[3]\noutput \"d\" = %7\n";
    expect(body, (double[]){2, 8, 18}, "2 (x * 1) x");
    Diagnostics *diags = diagnostics_new();
    Graph *g = read(body, diags);
    char *before = graph_print(g, false);
    Graph *(*const passes[])(const Graph *, Remarks *) = {simplify, demand};
    for (int i = 0; i < 2; i++) {
        Graph *after = passes[i](g, NULL);
        char *text = graph_print(after, false);
        cr_expect_str_eq(text, before, "pass %d has changed a graph with a grad", i);
        free(text);
        graph_free(after);
    }
    free(before);
    graph_free(g);
    diagnostics_free(diags);
}

Test(expand, ends_of_the_walk) {
    expect(X CUBES "%4 = param{name=\"w\"} : f32[3]\n%5 = grad(%3, %4) : f32[3]\noutput \"d\" = %5\n",
           (double[]){0, 0, 0}, "y without x");
    expect(X CUBES "%4 = grad(%3, %3) : f32[1]\n%5 = broadcast(%4) : f32[3]\noutput \"d\" = %5\n", (double[]){1, 1, 1},
           "y for itself");
    expect(X "%1 = const{value=0} : f32[]\n%2 = broadcast(%1) : f32[3]\n%3 = less(%2, %0) : bool[3]\n%4 = cast(%3) : "
             "f32[3]\n"
             "%5 = sum{axis=0}(%4) : f32[1]\n%6 = grad(%5, %0) : f32[3]\noutput \"d\" = %6\n",
           (double[]){0, 0, 0}, "through a comparison");
}

/* The gradient for a parameter of a loss that holds a gradient: d/dw sum((w x^2)'^2) with (w x^2)' = 2 w x. */
Test(expand, a_loss_of_a_gradient) {
    Diagnostics *diags = diagnostics_new();
    Graph *g = read(X "%1 = param{name=\"w\"} : f32[3]\n%2 = mul(%0, %0) : f32[3]\n%3 = mul(%1, %2) : f32[3]\n"
                      "%4 = sum{axis=0}(%3) : f32[1]\n%5 = grad(%4, %0) : f32[3]\n%6 = mul(%5, %5) : f32[3]\n"
                      "%7 = sum{axis=0}(%6) : f32[1]\n%8 = reshape(%7) : f32[]\noutput \"loss\" = %8\n",
                    diags);
    Graph *d = differentiate(g, (const char *[]){"w", "x"}, 2, diags);
    cr_assert_not_null(d);
    expect_output(d, "grad.w", N, (double[]){4, -32, 144}, "8 w x^2");
    expect_output(d, "grad.x", N, (double[]){2, 16, 96}, "8 w^2 x");
    graph_free(d);
    graph_free(g);
    diagnostics_free(diags);
}

/* Around an operand, both, the result, inside and outside of a grad, twice, and around a spread value. */
Test(expand, stop_gradient_in_all_positions) {
#define S "%1 = stop_gradient(%0) : f32[3]\n"
#define END(y, sum, d) sum " = sum{axis=0}(" y ") : f32[1]\n" d " = grad(" sum ", %0) : f32[3]\noutput \"d\" = " d "\n"
    expect(X S "%2 = mul(%0, %1) : f32[3]\n" END("%2", "%3", "%4"), (double[]){1, 2, 3}, "x stop(x)");
    expect(X S "%2 = mul(%1, %1) : f32[3]\n" END("%2", "%3", "%4"), (double[]){0, 0, 0}, "stop(x) stop(x)");
    expect(X "%1 = mul(%0, %0) : f32[3]\n%2 = stop_gradient(%1) : f32[3]\n" END("%2", "%3", "%4"), (double[]){0, 0, 0},
           "stop(x x)");
    expect(X S "%2 = stop_gradient(%1) : f32[3]\n%3 = mul(%2, %0) : f32[3]\n" END("%3", "%4", "%5"),
           (double[]){1, 2, 3}, "stop(stop(x)) x");
    expect(X S
           "%2 = sub(%0, %1) : f32[3]\n%3 = mul(%2, %2) : f32[3]\n%4 = add(%3, %2) : f32[3]\n" END("%4", "%5", "%6"),
           (double[]){1, 1, 1}, "straight through: x - stop(x) is zero, with slope one");
    expect(X "%1 = sum{axis=0}(%0) : f32[1]\n%2 = broadcast(%1) : f32[3]\n%3 = stop_gradient(%2) : f32[3]\n%4 = "
             "mul(%3, %0) : f32[3]\n" END("%4", "%5", "%6"),
           (double[]){6, 6, 6}, "stop(spread) x");
    expect(X CUBES "%4 = grad(%3, %0) : f32[3]\n%5 = stop_gradient(%4) : f32[3]\n%6 = mul(%5, %0) : f32[3]\n" END(
               "%6", "%7", "%8"),
           (double[]){3, 12, 27}, "stop(grad) x");
    expect(X CUBES "%4 = stop_gradient(%3) : f32[1]\n%5 = grad(%4, %0) : f32[3]\noutput \"d\" = %5\n",
           (double[]){0, 0, 0}, "grad(stop(y))");
    expect(X S
           "%2 = mul(%0, %0) : f32[3]\n%3 = sum{axis=0}(%2) : f32[1]\n%4 = grad(%3, %1) : f32[3]\noutput \"d\" = %4\n",
           (double[]){0, 0, 0}, "for stop(x), which y does not use");
    expect(X S
           "%2 = mul(%1, %0) : f32[3]\n%3 = sum{axis=0}(%2) : f32[1]\n%4 = grad(%3, %1) : f32[3]\noutput \"d\" = %4\n",
           (double[]){1, 2, 3}, "for stop(x), which y uses");
}

Test(expand, grad_is_not_evaluated_and_not_compiled) {
    Diagnostics *diags = diagnostics_new();
    Graph *g = read(X CUBES "%4 = grad(%3, %0) : f32[3]\noutput \"d\" = %4\n", diags);
    Interpretation *run = interpret(g, (int64_t[MAX_SYMBOLS]){N}, &(Binding){"x", x_values}, 1);
    cr_expect(run->error && strstr(run->error, "expand"));
    interpretation_free(run);
    Graph *grouped = fuse_nothing(g);
    const char *broken = graph_verify(grouped);
    cr_expect(broken && strstr(broken, "rule 9"), "%s", broken);
    graph_free(grouped);
    graph_free(g);
    diagnostics_free(diags);
}

Test(expand, operands_are_checked) {
    Graph *g = graph_new("g", NULL);
    Dim three = dim_const(3);
    Node *x = graph_leaf(g, OP_param, "x", type_make(ELEM_F32, 1, &three));
    Node *i = graph_leaf(g, OP_input, "i", type_make(ELEM_I32, 0, NULL));
    Node *one = graph_const(g, ELEM_F32, 1, NULL);
    Node *const pairs[][2] = {{x, x}, {i, x}, {one, i}};
    for (int k = 0; k < 3; k++) {
        NodeSpec spec = {.op = OP_grad, .n_inputs = 2, .inputs = pairs[k]};
        const char *error = infer_type(g, &spec, &(Type){0});
        cr_expect(error && strstr(error, k == 0 ? "one element" : "must be f32"), "%d: %s", k, error);
    }
    graph_free(g);
}
