/* Run speed: steps whose updates are undone.
 *
 * The time of a step of a task is taken to be proportional to its tokens: the factor is what the timed steps took, all
 * together, for each of theirs. */
#include "runtime/train/run_speed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/engine/clock.h"
#include "runtime/measure/evaluate.h"

enum { TIMED_STEPS = 8, WARM_STEPS = 2, TIMED_ROWS = 512, TRIALS = 5 /* of a task */ };
enum { STEP_BY_EVALUATION = 3 };         /* what a token takes in one and in the other, about */
static const double enough_seconds = 10; /* of steps of one task */

typedef struct Stopwatch {
    StepRunner *runner;
    const RunSchedule *schedule;
    const TrainData *data;
    int64_t *tokens; /* [steps of an epoch]: of the first epoch */
    int *tasks;      /* [steps of an epoch]: with which a step is counted */
    int64_t longest; /* the step of the first epoch with the most tokens */
    double enough;   /* seconds that are tried of a task, each time */
    double deadline; /* by the clock */
    double rate;     /* seconds of a token, of what was tried last */
} Stopwatch;

/* --- What weights and states were --------------------------------------------------------------------------------- */

typedef struct Snapshot {
    float *weights, *states[MAX_STATES];
    int64_t *steps;
} Snapshot;

static Snapshot take(const Parameters *p) {
    Snapshot s = {.weights = memory_copy(p->weights, (size_t)p->total * sizeof(float)),
                  .steps = memory_new((size_t)p->n_runs, sizeof *s.steps)};
    for (int i = 0; i < p->n_states; i++)
        s.states[i] = memory_copy(p->states[i], (size_t)p->state_floats[i] * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) s.steps[i] = p->runs[i].steps;
    return s;
}

static void put_back(Parameters *p, Snapshot *s) {
    memcpy(p->weights, s->weights, (size_t)p->total * sizeof(float));
    for (int i = 0; i < p->n_states; i++)
        memcpy(p->states[i], s->states[i], (size_t)p->state_floats[i] * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) p->runs[i].steps = s->steps[i];
    for (int i = 0; i < p->n_states; i++) free(s->states[i]);
    free(s->weights);
    free(s->steps);
}

/* --- Trials -------------------------------------------------------------------------------------------- */

static void look_at_first_epoch(Stopwatch *watch) {
    int64_t steps = watch->schedule->per_epoch;
    watch->tokens = memory_new((size_t)steps + 1, sizeof *watch->tokens);
    watch->tasks = memory_new((size_t)steps + 1, sizeof *watch->tasks);
    for (int64_t i = 0; i < steps; i++) {
        watch->tokens[i] = run_plan_step(watch->schedule, watch->data, i, &watch->tasks[i], NULL);
        if (watch->tokens[i] > watch->tokens[watch->longest]) watch->longest = i;
    }
}

/* A step of the first epoch. */
static bool try_step(const Stopwatch *watch, int64_t index) {
    enum { NOT_THE_FIRST = 1 }; /* whose gradients may be asked for */
    const Step *step = run_schedule_step(watch->schedule, index);
    return step_run(watch->runner, step, NOT_THE_FIRST, rate_at(&watch->schedule->rate, NOT_THE_FIRST));
}

static Ranks *ranks_of(const Stopwatch *watch) { return watch->runner->s->use.machine.ranks; }

/* By rank 0's clock, so that all ranks time the same steps. */
static double seconds_since(const Stopwatch *watch, double began) {
    double seconds = seconds_now() - began;
    ranks_share(ranks_of(watch), &seconds, sizeof seconds);
    return seconds;
}

static bool is_late(const Stopwatch *watch) { return seconds_since(watch, watch->deadline) >= 0; }

/* The largest of the first epoch, for all memory that will be used. */
static bool try_longest(Stopwatch *watch) {
    double began = seconds_now();
    if (watch->schedule->per_epoch == 0) return true;
    if (!try_step(watch, watch->longest)) return false;
    watch->rate = seconds_since(watch, began) / (double)(watch->tokens[watch->longest] + 1);
    return true;
}

/* Some steps of a task, from all over the epoch: seconds of a token. */
static bool time_task(Stopwatch *watch, int task, bool warm, double *result) {
    int64_t steps = watch->schedule->per_epoch, of_task = 0, seen = 0, tokens = 0;
    double seconds = 0;
    int done = 0, wanted = warm ? WARM_STEPS : TIMED_STEPS;
    for (int64_t i = 0; i < steps; i++) of_task += watch->tasks[i] == task;
    if (of_task < wanted) wanted = (int)of_task;
    *result = of_task ? watch->rate : 0;
    if (is_late(watch)) return true;
    for (int64_t i = 0; i < steps && done < wanted && seconds < watch->enough && !(done && is_late(watch)); i++) {
        if (watch->tasks[i] != task || seen++ < (2 * done + 1) * of_task / (2 * wanted) - 1) continue;
        double began = seconds_now();
        if (!try_step(watch, i)) return false;
        seconds += seconds_since(watch, began);
        tokens += watch->tokens[i];
        done++;
    }
    if (tokens) *result = watch->rate = seconds / (double)tokens;
    return true;
}

/* The first rows of the development set, no more than there is time for. */
static int64_t rows_to_time(const Stopwatch *watch, const Dataset *dev, int64_t *tokens) {
    int64_t rows = 0;
    for (*tokens = 0; rows < dev->rows && rows < TIMED_ROWS; rows++) {
        if (rows > 0 && (double)*tokens * watch->rate > STEP_BY_EVALUATION * watch->enough) break;
        *tokens += dataset_tokens(dev, rows);
    }
    return rows;
}

static bool time_evaluation(Stopwatch *watch, int index, double *result) {
    const TrainTask *task = &watch->data->tasks[index];
    Model *model = watch->runner->s->model;
    Collected outputs[MAX_OUTPUTS] = {0};
    Dataset part = *task->dev;
    int64_t tokens;
    *result = watch->rate / STEP_BY_EVALUATION;
    if (is_late(watch)) return true;
    part.rows = rows_to_time(watch, task->dev, &tokens);
    model_touch(model); /* what was computed for a fit is computed anew after every epoch */
    double began = seconds_now();
    Pace pace = {.batch = EVAL_BATCH, .ranks = ranks_of(watch)};
    bool good = collect_outputs(model, task->number, &part, &pace, outputs, watch->runner->s->diags);
    collected_free(outputs, model_outputs(model, task->number));
    *result = tokens ? seconds_since(watch, began) / (double)tokens : 0;
    return good;
}

static bool keeps(const Stopwatch *watch, int index, bool training) {
    const TrainTask *task = &watch->data->tasks[index];
    return model_kept_bytes(watch->runner->s->model, task->number, training, training ? task->train : task->dev) > 0;
}

static bool time_all(Stopwatch *watch, RunSpeed *speed) {
    bool good = try_longest(watch);
    for (int i = 0; good && i < watch->data->count; i++) {
        TokenSeconds *token = &speed->training[i];
        good = time_task(watch, i, true, &token->first) && time_task(watch, i, false, &token->first);
        token->later = token->first;
        if (good && keeps(watch, i, true)) good = time_task(watch, i, false, &token->later); /* the same steps */
    }
    for (int i = 0; good && i < watch->data->count; i++) {
        TokenSeconds *token = &speed->evaluation[i];
        if (!watch->data->tasks[i].dev) continue;
        good = time_evaluation(watch, i, &token->first) && time_evaluation(watch, i, &token->later);
        if (!keeps(watch, i, false)) token->first = token->later;
    }
    return good;
}

bool run_speed_measure(StepRunner *runner, const RunSchedule *schedule, double most, RunSpeed *speed) {
    Session *s = runner->s;
    size_t size = (size_t)runner->data->count + 1;
    speed->training = arena_array(s->arena, size, sizeof *speed->training);
    speed->evaluation = arena_array(s->arena, size, sizeof *speed->evaluation);
    Stopwatch watch = {.runner = runner,
                       .schedule = schedule,
                       .data = runner->data,
                       .enough = fmin(enough_seconds, most / TRIALS / (double)size),
                       .deadline = seconds_now() + most};
    look_at_first_epoch(&watch);
    Snapshot before = take(model_parameters(s->model));
    bool good = time_all(&watch, speed);
    put_back(model_parameters(s->model), &before);
    model_touch(s->model);
    free(watch.tokens);
    free(watch.tasks);
    return good;
}
