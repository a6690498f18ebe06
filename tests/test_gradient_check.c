/* Gradient check: gradients that are right pass, and each way of being wrong is caught. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "frontend/frontend.h"
#include "passes/differentiate.h"
#include "runtime/inspect/gradcheck.h"
#include "runtime/inspect/synthetic.h"

static const char *const tiny[] = {"hidden=4", "layers=1", "heads=2", "ffn=8", "vocab=9", "positions=8"};
static const char query[] = "bert.encoder.layer.0.attention.self.query.weight";

/* One task of the model with random parameters and a ragged batch. */
typedef struct Fixture {
    Diagnostics *diags;
    Program *program;
    Graph *graph, *gradients;
    Values *values;
    uint64_t state;
} Fixture;

static void give_parameters(Fixture *f, const Graph *graph) {
    for (int i = 0; i < graph->nodes.count; i++) {
        const Node *node = graph->nodes.items[i];
        if (node->op == OP_param) values_random(f->values, node, NULL, &f->state);
    }
}

static Fixture fixture_new(void) {
    static const int64_t lengths[] = {1, 2, 5};
    Fixture f = {.diags = diagnostics_new(), .values = values_new(), .state = 1};
    ProgramOptions options = {.sets = tiny, .n_sets = sizeof tiny / sizeof *tiny, .dropout = -1};
    f.program = program_load("models/bert.graph", &options, f.diags);
    cr_assert_not_null(f.program);
    const Task *task = &f.program->tasks.items[0];
    f.graph = graph_canonical(task->train);
    f.gradients = differentiate(f.graph, (const char *[]){query, "heads.sentiment.bias"}, 2, f.diags);
    cr_assert_not_null(f.gradients);
    give_parameters(&f, f.graph);
    synthetic_texts(f.values, f.program, task, lengths, 3, &f.state);
    synthetic_rest(f.values, f.graph, task, 1, &f.state);
    return f;
}

static void fixture_free(Fixture *f) {
    values_free(f->values);
    graph_free(f->gradients);
    graph_free(f->graph);
    program_free(f->program);
    diagnostics_free(f->diags);
}

static GradientFinding check(Fixture *f, const char *name, const double *compiled) {
    double floor = 0;
    GradientCheck *check = gradient_check_new(f->graph, f->gradients, NULL, f->values, &floor, f->diags);
    cr_assert_not_null(check);
    GradientFinding finding = gradient_check_param(check, name, compiled, 4, &f->state);
    gradient_check_free(check);
    return finding;
}

Test(gradient_check, right_gradients_pass) {
    Fixture f = fixture_new();
    GradientFinding finding = check(&f, query, NULL);
    cr_expect(gradient_finding_good(&finding), "%g", finding.difference_error);
    cr_expect(finding.elements == 4 && finding.directions == 1 && finding.largest > 0);
    finding = check(&f, "heads.sentiment.bias", NULL);
    cr_expect(gradient_finding_good(&finding) && finding.elements == 4 && finding.directions == 1);
    fixture_free(&f);
}

/* A rule that is off by 1 in 10,000. */
Test(gradient_check, a_wrong_rule_is_caught_by_differences) {
    Fixture f = fixture_new();
    for (int i = 0; i < f.gradients->outputs.count; i++) {
        Output *output = &f.gradients->outputs.items[i];
        if (output->role.kind != ROLE_GRADIENT) continue;
        Node *factor =
            graph_broadcast(f.gradients, graph_const(f.gradients, ELEM_F32, 1.0001, NULL), &output->node->type, NULL);
        output->node = graph_op2(f.gradients, OP_mul, output->node, factor, NULL);
    }
    GradientFinding finding = check(&f, query, NULL);
    cr_expect_not(gradient_finding_good(&finding));
    cr_expect_float_eq(finding.interpreted / finding.difference, 1.0001, 1e-5);
    fixture_free(&f);
}

static void copy_gradient(const Fixture *f, const char *output, double *to, int64_t count) {
    int64_t extents[MAX_SYMBOLS];
    Arena *arena = arena_new();
    values_extents(f->values, &f->gradients->symbols, extents);
    int n_bindings;
    const Binding *bindings = values_bindings(f->values, f->gradients, arena, &n_bindings);
    Interpretation *run = interpret(f->gradients, extents, bindings, n_bindings);
    cr_assert_null(run->error);
    memcpy(to, run->values[graph_find_output(f->gradients, output)->id], (size_t)count * sizeof *to);
    interpretation_free(run);
    arena_free(arena);
}

/* One wrong element out of 16, then one that is NaN. */
Test(gradient_check, a_wrong_kernel_is_caught_and_its_element_named) {
    Fixture f = fixture_new();
    double compiled[16];
    copy_gradient(&f, "grad.bert.encoder.layer.0.attention.self.query.weight", compiled, 16);
    GradientFinding finding = check(&f, query, compiled);
    cr_expect(gradient_finding_good(&finding) && finding.compiled_error == 0);
    double right = compiled[11];
    compiled[11] += 1e-3 * finding.largest + 1e-3;
    finding = check(&f, query, compiled);
    cr_expect(!gradient_finding_good(&finding) && finding.element == 11 && finding.compiled == compiled[11]);
    cr_expect(finding.interpreted == right && fabs(finding.difference - right) < 1e-6, "%g %g", finding.difference,
              right);
    compiled[11] = NAN;
    finding = check(&f, query, compiled);
    cr_expect(!gradient_finding_good(&finding) && finding.element == 11);
    fixture_free(&f);
}
