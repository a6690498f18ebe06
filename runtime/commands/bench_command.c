/* gradc bench: steps of each task on real rows in file order, and where their time goes, beside what this machine can
 * do. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/machine.h"
#include "runtime/measure/evaluate.h"

enum { WARM_UP = 3, TRAIN_BATCH = 32 };

/* Steps on the same rows. Times in seconds. */
typedef struct Timing {
    int64_t rows, tokens;
    double whole, fill; /* all of it; rows into batches */
    double median;      /* of a step */
    double flops;       /* of the encoder's matrices: 2 a weight and token forward, 6 in training */
} Timing;

/* One task: its steps as they run in training, then once more with a clock around each kernel, which takes time itself.
 * */
typedef struct Measured {
    const Task *task;
    int64_t steps;
    Timing plain, profiled;
    Profile profile;
} Measured;

typedef struct Bench {
    Session *s;
    const Options *o;
    Diagnostics *diags;
    Machine machine;
    Dataset *data;
    Batch *batch;
    double *times; /* [steps] */
    int64_t *rows; /* [size]: of the step at hand */
    int64_t size;  /* rows of a batch */
    int64_t steps; /* that are timed */
    double decay;
} Bench;

static bool one_step(Bench *b, int task) {
    if (b->o->eval) {
        OutputValue outputs[MAX_OUTPUTS];
        return model_evaluate(b->s->model, task, b->batch, outputs, b->diags);
    }
    StepResult result;
    UpdateSettings settings = {.rate = b->o->lr, .clip = b->o->clip, .decay = b->decay, .weight = 1};
    return model_step(b->s->model, task, b->batch, &settings, &result, b->diags);
}

/* The rows of step `step`; the file begins anew when it ends. */
static void fill(Bench *b, int64_t step) {
    for (int64_t i = 0; i < b->size; i++) b->rows[i] = (step * b->size + i) % b->data->rows;
    b->batch->rng[1] = (int32_t)step;
    batch_begin(b->batch, b->data, b->rows, b->size, NUMBERS_OF_UPDATE);
    batch_fill(b->batch, b->data, b->rows, b->size, 0);
}

static double useful_flops(const Bench *b, const Task *task) {
    const Graph *graph = b->o->eval ? task->eval : task->train;
    int64_t extents[MAX_SYMBOLS] = {0};
    for (int i = 0; i < graph->symbols.count; i++) extents[i] = batch_extent(b->batch, task, &graph->symbols.roles[i]);
    return token_flops(graph, extents) * (b->o->eval ? 1 : 3);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool time_step(Bench *b, int task, int64_t step, Timing *t) {
    double began = seconds_now();
    fill(b, step);
    double filled = seconds_now();
    if (!one_step(b, task)) return false;
    double ended = seconds_now();
    t->whole += ended - began;
    t->fill += filled - began;
    t->rows += b->batch->rows;
    t->tokens += batch_tokens(b->batch);
    t->flops += useful_flops(b, &b->s->program->tasks.items[task]);
    if (step >= WARM_UP) b->times[step - WARM_UP] = ended - began;
    return true;
}

static bool time_steps(Bench *b, int task, Timing *t) {
    for (int64_t step = WARM_UP; step < WARM_UP + b->steps; step++) {
        if (!time_step(b, task, step, t)) return false;
    }
    qsort(b->times, (size_t)b->steps, sizeof *b->times, by_size);
    t->median = b->times[b->steps / 2];
    return true;
}

static bool run_steps(Bench *b, int task, Measured *m) {
    Timing ignored;
    for (int64_t step = 0; step < WARM_UP; step++) {
        if (!time_step(b, task, step, &ignored)) return false;
    }
    if (!time_steps(b, task, &m->plain)) return false;
    model_profile(b->s->model);
    return time_steps(b, task, &m->profiled);
}

static bool measure_task(Bench *b, int task, Measured *m) {
    *m = (Measured){.task = &b->s->program->tasks.items[task], .steps = b->steps};
    int64_t wanted = b->size * (WARM_UP + b->steps);
    b->data = session_dataset(b->s, task, b->o->split ? b->o->split : "train", wanted);
    if (!b->data) return false;
    b->batch = batch_new((const Dataset *const[]){b->data}, 1, b->size);
    b->batch->rng[0] = (int32_t)b->o->seed;
    bool good = run_steps(b, task, m);
    m->profile = model_profile_rows(b->s->model, b->s->arena);
    batch_free(b->batch);
    dataset_free(b->data);
    return good;
}

static void print_outside(const char *what, double seconds, double whole) {
    printf("%-45s %7s %9.1f %5.1f%%\n", what, "", 1e3 * seconds, 100 * seconds / whole);
}

static void print_measured(const Bench *b, const Measured *m) {
    const Timing *t = &m->plain;
    ProfileRow sum = profile_sum(&m->profile);
    double whole = m->profiled.whole, rest = whole - sum.run_s - sum.wait_s - m->profiled.fill;
    printf("\n%s, %s: %s of %s, %s in %.1f ms; median step %.2f ms\n", m->task->name,
           b->o->eval ? "evaluation" : "training", count_text(m->steps, "step").text, count_text(b->size, "row").text,
           count_text(t->tokens, "token").text, 1e3 * t->whole, 1e3 * t->median);
    printf("%.0f real tokens/s; useful %.1f GFLOP/s, %.1f %% of peak\n", (double)t->tokens / t->whole,
           1e-9 * t->flops / t->whole, 100 * t->flops / t->whole / b->machine.flops);
    printf("the same steps with a clock around each kernel, %.1f ms:\n", 1e3 * whole);
    profile_print(&m->profile, whole, &b->machine, stdout);
    print_outside("waiting at barriers", sum.wait_s, whole);
    print_outside("rows into batches", m->profiled.fill, whole);
    print_outside("the rest: memory plan, fork and join, norm", rest, whole);
}

static json_t *kernels_json(const Profile *profile) {
    json_t *list = json_array();
    for (int i = 0; i < profile->count; i++) {
        const ProfileRow *row = &profile->rows[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:I, s:f, s:f, s:f, s:f}", "kernel", row->kernel->name, "kind",
                                        kernel_kind_name(row->kernel->kind), "from", row->label, "calls",
                                        (json_int_t)row->runs, "ms", 1e3 * row->run_s, "wait_ms", 1e3 * row->wait_s,
                                        "gflop", 1e-9 * row->cost.flops, "gbyte", 1e-9 * row->cost.bytes));
    }
    return list;
}

static json_t *timing_json(const Bench *b, const Timing *t) {
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "tokens", (json_int_t)t->tokens, "ms", 1e3 * t->whole,
                     "median_step_ms", 1e3 * t->median, "real_tokens_per_s", (double)t->tokens / t->whole,
                     "useful_gflops", 1e-9 * t->flops / t->whole, "share_of_peak",
                     t->flops / t->whole / b->machine.flops);
}

static json_t *measured_json(const Bench *b, const Measured *m) {
    ProfileRow sum = profile_sum(&m->profile);
    json_t *all = timing_json(b, &m->plain);
    json_object_update_new(all, json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:o}", "task", m->task->name, "mode",
                                          b->o->eval ? "eval" : "train", "steps", (json_int_t)m->steps, "batch",
                                          (json_int_t)b->size, "profiled_ms", 1e3 * m->profiled.whole, "kernels_ms",
                                          1e3 * sum.run_s, "wait_ms", 1e3 * sum.wait_s, "kernels",
                                          kernels_json(&m->profile)));
    return all;
}

static void print_json(const Bench *b, const Measured *list, int count) {
    json_t *tasks = json_array();
    for (int i = 0; i < count; i++) json_array_append_new(tasks, measured_json(b, &list[i]));
    json_t *all = json_pack("{s:s, s:i, s:f, s:f, s:f, s:o}", "target", target_name(b->s->target), "threads",
                            team_threads(b->s->team), "peak_gflops", 1e-9 * b->machine.flops, "triad_gbytes",
                            1e-9 * b->machine.bytes, "barrier_us", 1e6 * b->machine.barrier, "tasks", tasks);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void print_all(const Bench *b, const Measured *list, int count) {
    if (b->o->json) {
        print_json(b, list, count);
        return;
    }
    printf("%s, %s: peak %.1f GFLOP/s in f32, %.1f GB/s from memory, %.2f us a barrier\n", target_name(b->s->target),
           count_text(team_threads(b->s->team), "thread").text, 1e-9 * b->machine.flops, 1e-9 * b->machine.bytes,
           1e6 * b->machine.barrier);
    for (int i = 0; i < count; i++) print_measured(b, &list[i]);
}

static bool bench(Bench *b) {
    Session *s = b->s;
    ModelUse use = model_use_of_options(b->o, !b->o->eval);
    if (b->o->eval) use.need = NEED_NOTHING;
    b->decay = b->o->weight_decay >= 0 ? b->o->weight_decay : s->program->optimizer.decay;
    if (!session_load_model(s, &use) || !machine_measure(&b->machine, s->team, s->target, b->diags)) return false;
    Measured *list = arena_array(s->arena, (size_t)s->program->tasks.count + 1, sizeof *list);
    b->rows = arena_array(s->arena, (size_t)b->size + 1, sizeof *b->rows);
    b->times = arena_array(s->arena, (size_t)b->steps + 1, sizeof *b->times);
    int count = 0;
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t] && !measure_task(b, t, &list[count++])) return false;
    }
    if (!machine_measure_again(&b->machine, s->team, s->target, b->diags)) return false;
    print_all(b, list, count);
    return true;
}

int command_bench(const Options *given, Diagnostics *diags) {
    enum { STEPS = 30 };
    Session session = {0};
    Options options;
    Bench state = {.s = &session, .o = &options, .diags = diags, .size = given->batch, .steps = given->steps};
    if (!state.steps) state.steps = STEPS;
    if (!state.size) state.size = given->eval ? EVAL_BATCH : TRAIN_BATCH;
    bool good = session_of_options("bench", given, &options, &session, diags) && bench(&state);
    session_close(&session);
    return good ? 0 : 1;
}
