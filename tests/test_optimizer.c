/* Optimizers: two updates of four numbers, a matrix of 2 x 2 where one parameter is seen at a time, beside numbers of
 * others. Paths are relative to the project's root. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "frontend/frontend.h"
#include "graph/interpret.h"

enum { N = 4, STEPS = 2 };

static const double start[N] = {1, -2, 3, 0.5};
static const double gradients[STEPS][N] = {{0.1, 0.2, -0.3, 0.4}, {0.5, -0.1, 0.2, 0.3}};

static const int64_t flat[] = {N}; /* the extents of a graph over a flat run */

/* The value of a state, or of the weight, in an update. */
typedef struct Held {
    double values[N];
    int64_t count;
} Held;

static void read_output(Held *held, const Graph *graph, const Interpretation *got, const char *name) {
    const Node *node = graph_find_output(graph, name);
    held->count = type_count(&node->type, flat);
    memcpy(held->values, got->values[node->id], (size_t)held->count * sizeof(double));
}

/* Both updates; `weights` are those after each, or what is evaluated in their place. */
static void update_twice(const Optimizer *optimizer, const Graph *graph, double decay, double weights[STEPS][N]) {
    Held weight = {.count = N}, states[MAX_STATES] = {0};
    const double rate = 0.01, one = 1;
    memcpy(weight.values, start, sizeof start);
    for (int i = 0; i < optimizer->n_states; i++) {
        if (optimizer->begins_as_weight[i]) states[i] = weight;
    }
    for (int step = 0; step < STEPS; step++) {
        const double number = step + 1;
        Binding bindings[6 + MAX_STATES] = {{"weight", weight.values}, {"gradient", gradients[step]},
                                            {"rate", &rate},           {"decay", &decay},
                                            {"step", &number},         {"scale", &one}};
        for (int i = 0; i < optimizer->n_states; i++)
            bindings[6 + i] = (Binding){optimizer->states[i], states[i].values};
        Interpretation *got = interpret(graph, flat, bindings, 6 + optimizer->n_states);
        cr_assert_null(got->error);
        read_output(&weight, graph, got, "weight");
        for (int i = 0; i < optimizer->n_states; i++) read_output(&states[i], graph, got, optimizer->states[i]);
        interpretation_free(got);
        memcpy(weights[step], weight.values, sizeof weight.values);
        for (int i = 0; i < optimizer->n_states; i++) {
            if (optimizer->is_evaluated[i]) memcpy(weights[step], states[i].values, sizeof states[i].values);
        }
    }
}

/* The update of a flat run, or of parameters of 2 x 2, which the table of segments has with a width of 2. */
static void expect_updates(const char *path, double decay, const double wanted[STEPS][N]) {
    static const char *const sets[] = {"hidden=2", "heads=1", "layers=1", "ffn=3", "vocab=50", "positions=20"};
    Diagnostics *diags = diagnostics_new();
    Program *program = program_load(path, &(ProgramOptions){.sets = sets, .n_sets = 6, .dropout = -1}, diags);
    cr_assert_not_null(program);
    Dim two[] = {dim_const(2), dim_const(2)};
    Type type = type_make(ELEM_F32, 2, two);
    int index = optimizer_update(&program->optimizer, &type);
    cr_assert_geq(index, 0);
    double weights[STEPS][N];
    update_twice(&program->optimizer, program->optimizer.updates.items[index].graph, decay, weights);
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < N; i++)
            cr_expect_float_eq(weights[step][i], wanted[step][i], 1e-6, "step %d, %d: %.9g", step + 1, i,
                               weights[step][i]);
    }
    program_free(program);
    diagnostics_free(diags);
}

/* From transformers.optimization.Adafactor with scale_parameter, without relative_step, in double. */
Test(optimizer, adafactor_is_that_of_transformers) {
    static const double wanted[STEPS][N] = {
        {0.9853798084827865, -2.0206760731281355, 3.019615045245933, 0.481506757991},
        {0.9563311071161746, -2.0136396085575106, 3.008336314562, 0.4610164128665}};
    expect_updates("models/optimizers/adafactor.graph", 0, wanted);
}

/* Written out in NumPy's manner, in double: You et al. 2020, algorithm 2. */
Test(optimizer, lamb_is_as_published) {
    static const double wanted[STEPS][N] = {{0.9807712169171935, -2.0186577206465905, 3.0184673665014, 0.48086626706},
                                            {0.9562050371354414, -2.025601424051053, 3.021692693654, 0.453012866252}};
    expect_updates("models/optimizers/lamb.graph", 0.01, wanted);
}

/* The two below in NumPy, in double. */
Test(optimizer, l2_sp_pulls_to_the_start) {
    static const double wanted[STEPS][N] = {{0.990000001, -2.0099999995, 3.009999999666667, 0.49000000025},
                                            {0.9814395386, -2.0126133697306, 3.0113952049088, 0.4802242497121}};
    expect_updates("models/optimizers/l2_sp.graph", 0.5, wanted);
}

Test(optimizer, a_mean_is_evaluated) {
    static const double wanted[STEPS][N] = {{0.9985000001, -1.99999999995, 2.999499999967, 0.498750000025},
                                            {0.9957964539513, -1.999266336928, 2.997697020461, 0.4963986749937}};
    expect_updates("models/optimizers/averaged.graph", 0.5, wanted);
}

Test(optimizer, states_of_a_row_and_of_a_column_are_small) {
    Diagnostics *diags = diagnostics_new();
    Program *program = program_load("models/optimizers/adafactor.graph", &(ProgramOptions){.dropout = -1}, diags);
    cr_assert_not_null(program);
    const Optimizer *optimizer = &program->optimizer;
    cr_assert_eq(optimizer->n_states, 2);
    cr_expect(!optimizer->spans[0].one_row && optimizer->spans[0].one_column);
    cr_expect(optimizer->spans[1].one_row && !optimizer->spans[1].one_column);
    program_free(program);
    diagnostics_free(diags);
}
