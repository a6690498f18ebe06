/* Step bench: warm-up, steps as they run in training, then once more with a clock around each kernel. */
#include "runtime/inspect/step_bench.h"

#include <stdlib.h>

#include "runtime/engine/clock.h"

enum { WARM_UP = 3 };

typedef struct StepBench {
    Session *s;
    const BenchOptions *o;
    Dataset *data;
    Batch *batch;
    double *times; /* [steps] */
    int64_t *rows; /* [batch]: of the step at hand */
    int step;      /* of those that are timed, from 0 */
} StepBench;

static bool one_step(StepBench *b, int task) {
    if (b->o->eval) {
        OutputValue outputs[MAX_OUTPUTS];
        return model_evaluate(b->s->model, task, b->batch, outputs, b->s->diags);
    }
    StepResult result;
    UpdateSettings settings = {.rate = b->o->rate, .clip = b->o->clip, .decay = b->o->decay, .weight = 1};
    return model_step(b->s->model, task, b->batch, &settings, &result, b->s->diags);
}

/* The rows of step `step`; the file begins anew when it ends. */
static void fill(StepBench *b, int64_t step) {
    for (int64_t i = 0; i < b->o->batch; i++) b->rows[i] = (step * b->o->batch + i) % b->data->rows;
    b->batch->rng[1] = (int32_t)step;
    batch_begin(b->batch, b->data, b->rows, b->o->batch, NUMBERS_OF_UPDATE);
    batch_fill(b->batch, b->data, b->rows, b->o->batch, 0);
}

static double useful_flops(const StepBench *b, const Task *task) {
    const Graph *graph = b->o->eval ? task->eval : task->train;
    int64_t extents[MAX_SYMBOLS] = {0};
    for (int i = 0; i < graph->symbols.count; i++) extents[i] = batch_extent(b->batch, task, &graph->symbols.roles[i]);
    return token_flops(graph, extents) * (b->o->eval ? 1 : 3);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool time_step(StepBench *b, int task, int64_t step, Timing *t) {
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

static bool time_steps(StepBench *b, int task, Timing *t) {
    for (int64_t step = WARM_UP; step < WARM_UP + b->o->steps; step++) {
        b->step = (int)(step - WARM_UP);
        if (!time_step(b, task, step, t)) return false;
    }
    qsort(b->times, (size_t)b->o->steps, sizeof *b->times, by_size);
    t->median = b->times[b->o->steps / 2];
    return true;
}

static bool run_steps(StepBench *b, int task, Measured *m) {
    Timing ignored;
    for (int64_t step = 0; step < WARM_UP; step++) {
        if (!time_step(b, task, step, &ignored)) return false;
    }
    if (!time_steps(b, task, &m->plain)) return false;
    model_profile(b->s->model, &b->step);
    return time_steps(b, task, &m->profiled);
}

/* Steps until the trace is full. One that does not fit is there, but the next is not begun. */
static bool trace_steps(StepBench *b, int task, Measured *m, int64_t steps) {
    int64_t bytes = 0;
    bool good = true;
    model_trace(b->s->model, b->o->trace);
    for (int64_t i = 0; good && i < steps && bytes + (i ? bytes / i : 0) <= TRACE_BYTES; i++) {
        double began = seconds_now();
        fill(b, WARM_UP + i);
        trace_add(b->o->trace, 0, "rows into batches", began, seconds_now());
        good = one_step(b, task);
        bytes = trace_add_step(b->o->trace, m->task->name, began, seconds_now());
        m->traced++;
    }
    model_trace(b->s->model, NULL);
    return good;
}

static int64_t steps_to_trace(const StepBench *b) {
    int64_t tasks = 0;
    for (int t = 0; t < b->s->program->tasks.count; t++) tasks += b->s->tasks[t];
    return (TRACE_STEPS + tasks - 1) / tasks;
}

static bool measure_task(StepBench *b, int task, Measured *m) {
    *m = (Measured){.task = &b->s->program->tasks.items[task], .steps = b->o->steps};
    int64_t wanted = b->o->batch * (WARM_UP + b->o->steps);
    b->data = session_dataset(b->s, task, b->o->split ? b->o->split : "train", wanted);
    if (!b->data) return false;
    b->batch = batch_new((const Dataset *const[]){b->data}, 1, b->o->batch);
    b->batch->rng[0] = (int32_t)b->o->seed;
    bool good = run_steps(b, task, m) && (!b->o->trace || trace_steps(b, task, m, steps_to_trace(b)));
    m->profile = model_profile_rows(b->s->model, b->s->arena);
    batch_free(b->batch);
    dataset_free(b->data);
    return good;
}

bool step_bench(Session *s, const BenchOptions *options, Measured *list, int *count) {
    StepBench bench = {.s = s, .o = options};
    bench.rows = arena_array(s->arena, (size_t)options->batch + 1, sizeof *bench.rows);
    bench.times = arena_array(s->arena, (size_t)options->steps + 1, sizeof *bench.times);
    *count = 0;
    for (int t = 0; t < s->program->tasks.count; t++) {
        if (s->tasks[t] && !measure_task(&bench, t, &list[(*count)++])) return false;
    }
    return true;
}
