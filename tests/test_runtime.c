/* Runtime parts that need no compiled code: sampler, rate, memory plan, parameters. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "passes/fuse.h"
#include "passes/schedule.h"
#include "passes/simplify.h"
#include "runtime/data/sampler.h"
#include "runtime/engine/memory.h"
#include "runtime/model/parameters.h"
#include "runtime/train/rate.h"
#include "tests/random_graph.h"

/* --- Sampler --- */

static const int64_t sizes[] = {70, 33, 8};
enum { TASKS = 3, ROWS = 70 + 33 + 8, BATCH = 8 };

/* All rows of an epoch in the order drawn, as 1000 * task + row. */
static int draw_epoch(Sampler *sampler, int64_t epoch, int64_t *rows) {
    int count = 0;
    for (int64_t step = 0; step < sampler_steps_per_epoch(sampler); step++) {
        Draw draw = sampler_draw(sampler, epoch, step, 0);
        cr_assert(draw.count >= 1 && draw.count <= BATCH && count + draw.count <= ROWS);
        for (int64_t i = 0; i < draw.count; i++) rows[count++] = 1000 * draw.task + draw.rows[i];
    }
    return count;
}

static void expect_each_row_once(const int64_t *rows) {
    int seen[TASKS][ROWS] = {0};
    for (int i = 0; i < ROWS; i++) seen[rows[i] / 1000][rows[i] % 1000]++;
    for (int t = 0; t < TASKS; t++) {
        for (int i = 0; i < ROWS; i++) cr_expect_eq(seen[t][i], i < sizes[t], "task %d row %d", t, i);
    }
}

static void shuffled_epoch(uint64_t seed, int64_t epoch, int64_t *rows) {
    Sampler *sampler = sampler_new(sizes, TASKS, (SamplerOptions){.batch = BATCH, .seed = seed, .shuffle = true});
    cr_assert_eq(sampler_steps_per_epoch(sampler), 9 + 5 + 1);
    cr_assert_eq(draw_epoch(sampler, epoch, rows), ROWS);
    sampler_free(sampler);
}

Test(runtime, an_epoch_has_each_row_once_in_an_order_of_its_own) {
    int64_t a[ROWS], b[ROWS];
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        shuffled_epoch(5, epoch, a);
        expect_each_row_once(a);
    }
    shuffled_epoch(5, 2, b);
    cr_expect_arr_eq(a, b, sizeof a, "the same seed and epoch");
    shuffled_epoch(5, 1, b);
    cr_expect_arr_neq(a, b, sizeof a, "another epoch");
    shuffled_epoch(6, 2, b);
    cr_expect_arr_neq(a, b, sizeof a, "another seed");
}

/* A draw depends on epoch and step alone, not on what was drawn before. */
Test(runtime, a_draw_is_a_pure_function_of_its_number) {
    int64_t whole[ROWS];
    Sampler *sampler = sampler_new(sizes, TASKS, (SamplerOptions){.batch = BATCH, .seed = 5, .shuffle = true});
    draw_epoch(sampler, 1, whole);
    draw_epoch(sampler, 0, (int64_t[ROWS]){0});
    int at = 0;
    for (int64_t step = 0; step < sampler_steps_per_epoch(sampler); step++) {
        sampler_draw(sampler, 7, step, 0);
        Draw draw = sampler_draw(sampler, 1, step, 0);
        for (int64_t i = 0; i < draw.count; i++) cr_assert_eq(whole[at++], 1000 * draw.task + draw.rows[i]);
    }
    sampler_free(sampler);
}

/* Which task comes when is random too: over many epochs the mean place of a task's batches is the
 * middle (of 15 steps: 7). The mean of 9 * 200 draws without replacement has a deviation of about
 * 0.08; of 200 * 1 about 0.3. */
Test(runtime, shuffled_tasks_are_spread_over_the_epoch) {
    double places[TASKS] = {0};
    Sampler *sampler = sampler_new(sizes, TASKS, (SamplerOptions){.batch = BATCH, .seed = 1, .shuffle = true});
    for (int64_t epoch = 0; epoch < 200; epoch++) {
        for (int64_t step = 0; step < 15; step++) places[sampler_draw(sampler, epoch, step, 0).task] += (double)step;
    }
    cr_expect_float_eq(places[0] / (9 * 200), 7, 0.5);
    cr_expect_float_eq(places[1] / (5 * 200), 7, 0.6);
    cr_expect_float_eq(places[2] / 200, 7, 1.5);
    sampler_free(sampler);
}

Test(runtime, without_shuffling_tasks_take_turns_in_file_order) {
    static const int tasks[] = {0, 1, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0};
    int64_t next[TASKS] = {0};
    Sampler *sampler = sampler_new(sizes, TASKS, (SamplerOptions){.batch = BATCH, .seed = 9});
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        memset(next, 0, sizeof next);
        for (int64_t step = 0; step < 15; step++) {
            Draw draw = sampler_draw(sampler, epoch, step, 0);
            cr_assert_eq(draw.task, tasks[step], "step %d", (int)step);
            for (int64_t i = 0; i < draw.count; i++) cr_assert_eq(draw.rows[i], next[draw.task]++);
        }
    }
    sampler_free(sampler);
}

/* --- Rate --- */

/* The multipliers of transformers.optimization: get_linear_schedule_with_warmup and
 * get_cosine_schedule_with_warmup. */
static double hugging_face(RateKind kind, int64_t step, int64_t warmup, int64_t steps) {
    if (kind == RATE_CONSTANT) return 1;
    if (step < warmup) return (double)step / fmax(1, (double)warmup);
    if (kind == RATE_LINEAR) return fmax(0, (double)(steps - step) / fmax(1, (double)(steps - warmup)));
    double progress = (double)(step - warmup) / fmax(1, (double)(steps - warmup));
    return fmax(0, 0.5 * (1 + cos(acos(-1) * 0.5 * 2 * progress)));
}

Test(runtime, rates_are_those_of_hugging_face) {
    static const int64_t warmups[] = {0, 1, 10, 50};
    for (int kind = RATE_LINEAR; kind <= RATE_CONSTANT; kind++) {
        for (int w = 0; w < 4; w++) {
            RateSchedule schedule = {(RateKind)kind, 3e-5, warmups[w], 50};
            for (int64_t step = 0; step < 50; step++) {
                double expected = 3e-5 * hugging_face((RateKind)kind, step, warmups[w], 50);
                cr_assert_float_eq(rate_at(&schedule, step), expected, 1e-18, "kind %d step %d", kind, (int)step);
            }
        }
    }
}

Test(runtime, schedules_have_names) {
    Diagnostics *diags = diagnostics_new();
    RateKind kind;
    cr_expect(rate_kind(NULL, &kind, diags) && kind == RATE_LINEAR);
    cr_expect(rate_kind("cosine", &kind, diags) && kind == RATE_COSINE);
    cr_expect(rate_kind("constant", &kind, diags) && kind == RATE_CONSTANT);
    cr_expect_not(rate_kind("steps", &kind, diags));
    cr_expect_eq(diags->errors, 1);
    diagnostics_free(diags);
}

/* --- Memory plan --- */

typedef struct Plan {
    Lifetimes lives;
    const int64_t *extents;
    size_t *offsets, needed;
} Plan;

static Plan make_plan(Lifetimes lives, const int64_t *extents, int nodes) {
    Plan plan = {lives, extents, calloc((size_t)nodes + 1, sizeof(size_t)), 0};
    void *work = malloc(memory_work_bytes(lives.count));
    plan.needed = plan_memory(&lives, extents, plan.offsets, work);
    free(work);
    return plan;
}

static size_t value_end(const Plan *plan, const StoredValue *value) {
    return plan->offsets[value->node->id] + type_bytes(&value->node->type, plan->extents);
}

/* Values alive at the same time share no byte, all begin at multiples of 64 and lie inside the
 * slab. */
static void expect_sound(const Plan *plan) {
    for (int i = 0; i < plan->lives.count; i++) {
        const StoredValue *a = &plan->lives.values[i];
        cr_expect_eq(plan->offsets[a->node->id] % 64, 0);
        cr_expect_leq(value_end(plan, a), plan->needed);
        for (int j = 0; j < i; j++) {
            const StoredValue *b = &plan->lives.values[j];
            bool together = a->from <= b->to && b->from <= a->to;
            bool apart =
                value_end(plan, a) <= plan->offsets[b->node->id] || value_end(plan, b) <= plan->offsets[a->node->id];
            cr_expect(!together || apart, "values %d and %d overlap", i, j);
        }
    }
}

Test(runtime, random_lives_never_overlap_in_memory) {
    enum { VALUES = 60 };
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint64_t state = seed;
        Graph *graph = graph_new("g", NULL);
        StoredValue values[VALUES];
        int from = 0;
        for (int i = 0; i < VALUES; i++) {
            Dim dims[] = {{.scale = random_below(&state, 3), .offset = 1 + random_below(&state, 300), .symbol = 0}};
            Node *node = graph_leaf(graph, OP_input, arena_printf(graph->arena, "%d", i), type_make(ELEM_F32, 1, dims));
            from += random_below(&state, 2);
            values[i] = (StoredValue){node, from, from + random_below(&state, 8)};
        }
        int64_t extents[] = {random_below(&state, 100)};
        Plan plan = make_plan((Lifetimes){values, VALUES, from + 9}, extents, VALUES);
        expect_sound(&plan);
        free(plan.offsets);
        graph_free(graph);
    }
}

/* Every operand of a launch is alive when it is read, every output at the end. */
static void expect_alive(const KernelList *list, const Lifetimes *lives) {
    const StoredValue **value_of = calloc((size_t)list->graph->nodes.count + 1, sizeof *value_of);
    for (int i = 0; i < lives->count; i++) value_of[lives->values[i].node->id] = &lives->values[i];
    int epoch = 0;
    for (int i = 0; i < list->launches.count; i++) {
        const Launch *launch = &list->launches.items[i];
        epoch += launch->barrier;
        for (int j = 0; j < launch->n_results; j++) cr_expect_eq(value_of[launch->results[j]->id]->from, epoch);
        for (int j = 0; j < launch->n_operands; j++) {
            const StoredValue *value = value_of[node_storage(launch->operands[j])->id];
            cr_expect(!value || (value->from <= epoch && epoch <= value->to), "launch %d operand %d", i, j);
        }
    }
    for (int i = 0; i < list->graph->outputs.count; i++) {
        const StoredValue *value = value_of[node_storage(list->graph->outputs.items[i].node)->id];
        cr_expect(!value || value->to == epoch);
    }
    cr_expect_eq(lives->epochs, epoch + 1);
    free(value_of);
}

Test(runtime, random_graphs_are_placed_soundly) {
    for (uint64_t seed = 0; seed < 30; seed++) {
        RandomGraph *random = random_graph_new(seed, 40, RANDOM_ALL);
        Graph *simple = simplify(random->graph, NULL), *grouped = fuse(simple, NULL);
        KernelSet *set = kernel_set_new();
        KernelList *list = schedule(grouped, set);
        Lifetimes lives = lifetimes_of(list, NULL, random->arena);
        expect_alive(list, &lives);
        Plan plan = make_plan(lives, random->extents, grouped->nodes.count);
        expect_sound(&plan);
        free(plan.offsets);
        kernel_list_free(list);
        kernel_set_free(set);
        graph_free(grouped);
        graph_free(simple);
        random_graph_free(random);
    }
}

/* --- Parameters --- */

static Param make_param(const char *name, int64_t rows, int64_t columns, InitKind init, bool decay) {
    Dim dims[] = {dim_const(rows), dim_const(columns)};
    return (Param){.name = name,
                   .type = type_make(ELEM_F32, 2, dims),
                   .init = init,
                   .init_a = 0.5,
                   .init_b = 0.02,
                   .decay = decay};
}

enum { PARAMS = 5 };
enum { USERS = 2 };
static const bool users[PARAMS][USERS] = {{true, true}, {true, true}, {true, false}, {false, true}, {true, true}};
static const bool trained[PARAMS] = {true, true, true, true, false};

/* Two tasks; parameter 4 is frozen. */
static Parameters *make_parameters(Param *params, Diagnostics *diags) {
    static Program program; /* borrowed by the result */
    static Task tasks[USERS];
    static int used[USERS][PARAMS];
    params[0] = make_param("encoder.weight", 100, 200, INIT_NORMAL, true);
    params[1] = make_param("encoder.bias", 1, 7, INIT_CONSTANT, false);
    params[2] = make_param("first.weight", 3, 33, INIT_NORMAL, true);
    params[3] = make_param("second.weight", 1025, 1, INIT_NORMAL, true);
    params[4] = make_param("frozen.weight", 5, 5, INIT_NORMAL, true);
    program.params.items = params;
    program.params.count = PARAMS;
    program.tasks.items = tasks;
    program.tasks.count = USERS;
    program.optimizer.n_states = 2;
    for (int t = 0; t < USERS; t++) {
        tasks[t] = (Task){.params = used[t]};
        for (int i = 0; i < PARAMS; i++) {
            if (users[i][t]) used[t][tasks[t].n_params++] = i;
        }
    }
    Parameters *p = parameters_new(&program, NULL, trained, NULL, NULL, diags);
    cr_assert_not_null(p);
    return p;
}

Test(runtime, parameters_lie_in_runs_that_are_updated_together) {
    Param params[PARAMS];
    Diagnostics *diags = diagnostics_new();
    Parameters *p = make_parameters(params, diags);
    cr_expect_eq(p->n_runs, 4);
    cr_expect_eq(p->trained % RUN_ALIGN, 0);
    for (int i = 0; i < PARAMS; i++) {
        const ParamSlot *slot = &p->slots[i];
        cr_expect_eq(slot->offset % TENSOR_ALIGN, 0);
        cr_expect_eq(slot->count, type_count(&params[i].type, NULL));
        for (int j = 0; j < i; j++) {
            const ParamSlot *other = &p->slots[j];
            cr_expect(slot->offset + slot->count <= other->offset || other->offset + other->count <= slot->offset);
        }
        if (!trained[i]) {
            cr_expect(slot->run == -1 && slot->offset >= p->trained && slot->offset + slot->count <= p->total);
            continue;
        }
        const ParamRun *run = &p->runs[slot->run];
        cr_expect_eq(run->offset % RUN_ALIGN, 0);
        cr_expect(slot->offset >= run->offset && slot->offset + slot->count <= run->offset + run->count);
        cr_expect(run->tasks[0] == users[i][0] && run->tasks[1] == users[i][1] && run->decay == params[i].decay);
    }
    for (int64_t i = 0; i < p->total; i++) cr_assert_eq(p->weights[i], 0);
    for (int64_t i = 0; i < p->trained; i++)
        cr_assert(p->gradients[i] == 0 && p->states[0][i] == 0 && p->states[1][i] == 0);
    parameters_free(p);
    parameters_free(NULL);
    diagnostics_free(diags);
}

/* Of 20,000 normal numbers, the mean deviates by 0.02 / sqrt(20000) = 0.00014, the deviation by 0.5
 * %: five times that is allowed. */
Test(runtime, initial_values_are_those_of_the_initialiser) {
    Param params[PARAMS];
    Diagnostics *diags = diagnostics_new();
    Parameters *p = make_parameters(params, diags);
    for (int i = 0; i < PARAMS; i++) parameter_initialise(p, i, 1);
    const float *weights = p->weights + p->slots[0].offset, *bias = p->weights + p->slots[1].offset;
    double sum = 0, squares = 0;
    int beyond = 0;
    for (int i = 0; i < 20000; i++) {
        double z = ((double)weights[i] - 0.5) / 0.02;
        sum += z, squares += z * z;
        beyond += fabs(z) > 2;
    }
    cr_expect_float_eq(sum / 20000, 0, 5 * 0.0071);
    cr_expect_float_eq(squares / 20000, 1, 5 * 0.01);
    cr_expect_float_eq(beyond / 20000.0, 0.0455, 0.008); /* Irwin-Hall of eight is a little lighter there */
    for (int i = 0; i < 7; i++) cr_expect_eq(bias[i], 0.5f);
    for (int64_t i = p->slots[1].offset + 7; i < p->runs[p->slots[1].run].offset + p->runs[p->slots[1].run].count;
         i++) {
        cr_assert_eq(p->weights[i], 0, "gaps stay zero");
    }
    parameters_free(p);
    diagnostics_free(diags);
}

/* Of 1,025 uniform numbers: all inside, and every tenth of the range is hit by about 102 of them
 * (deviation 9.6). */
Test(runtime, uniform_initial_values_fill_their_range) {
    Param params[PARAMS];
    Diagnostics *diags = diagnostics_new();
    Parameters *p = make_parameters(params, diags);
    params[3].init = INIT_UNIFORM;
    params[3].init_a = -0.25;
    params[3].init_b = 0.75;
    parameter_initialise(p, 3, 1);
    int tenths[10] = {0};
    for (int i = 0; i < 1025; i++) {
        float value = p->weights[p->slots[3].offset + i];
        cr_assert(value >= -0.25f && value < 0.75f);
        tenths[(int)((value + 0.25f) * 10)]++;
    }
    for (int i = 0; i < 10; i++) cr_expect(tenths[i] > 102 - 48 && tenths[i] < 102 + 48, "%d", tenths[i]);
    parameters_free(p);
    diagnostics_free(diags);
}

/* Seed and name decide, not the place in the slab. */
Test(runtime, initial_values_depend_on_seed_and_name_alone) {
    Param params[PARAMS], moved[PARAMS];
    Diagnostics *diags = diagnostics_new();
    Parameters *p = make_parameters(params, diags), *q = make_parameters(moved, diags);
    moved[4].name = "encoder.weight";
    parameter_initialise(p, 0, 7);
    parameter_initialise(q, 4, 7);
    const float *a = p->weights + p->slots[0].offset, *b = q->weights + q->slots[4].offset;
    cr_expect_arr_eq(a, b, 25 * sizeof(float));
    parameter_initialise(q, 4, 8);
    cr_expect_arr_neq(a, b, 25 * sizeof(float), "another seed");
    parameter_initialise(q, 2, 7);
    cr_expect_arr_neq(a, q->weights + q->slots[2].offset, 25 * sizeof(float), "another name");
    parameters_free(p);
    parameters_free(q);
    diagnostics_free(diags);
}
