/* The plan of a run: what it will do, and how long it will take here, told by a few steps whose updates are thrown
 * away.
 *
 * The time of a step of a task is taken to be proportional to its tokens: the factor is what the timed steps took, all
 * together, for each of theirs. */
#include "runtime/train/train_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/engine/clock.h"
#include "runtime/measure/evaluate.h"
#include "runtime/train/budget.h"

enum { TIMED_STEPS = 8, WARM_STEPS = 2, TIMED_ROWS = 512, TRIALS = 5 /* of a task */ };
enum { STEP_BY_EVALUATION = 3 };         /* what a token takes in one and in the other, about */
static const double enough_seconds = 10; /* of steps of one task */
static const double tried_share = 0.1;   /* of a budget: what trying may take of it */

/* What the run does with a task's rows. */
typedef struct Work {
    int64_t steps, tokens; /* steps that have a batch of it */
} Work;

/* The tokens of a step are counted with the task of its first batch. What a frozen part gives rows is computed in the
 * first epoch and there later. */
typedef struct Share {
    int64_t tokens, first_tokens; /* first_tokens: of `tokens`, those of the first epoch */
    double first, later;          /* seconds of a token */
} Share;

typedef struct RunPlan {
    StepRunner *runner;
    RunSchedule *schedule;
    const TrainData *data;
    Share *training, *evaluation; /* [tasks]: of the whole run */
    Work *work;                   /* [tasks] */
    int64_t *tokens;              /* [steps of an epoch]: of the first epoch */
    int *tasks;                   /* [steps of an epoch] */
    int64_t longest;              /* the step of the first epoch with the most tokens */
    int64_t asked;                /* steps */
    double enough;                /* seconds that are tried of a task, each time */
    double deadline;              /* of trying, by the clock: what was not tried by then is taken to be like the rest */
    double rate;                  /* seconds of a token, of what was tried last */
} RunPlan;

/* --- What weights and states were --------------------------------------------------------------------------------- */

typedef struct Snapshot {
    float *weights, *states[4];
    int64_t *steps;
} Snapshot;

static Snapshot take(const Parameters *p) {
    Snapshot s = {.weights = memory_copy(p->weights, (size_t)p->total * sizeof(float)),
                  .steps = memory_new((size_t)p->n_runs, sizeof *s.steps)};
    for (int i = 0; i < p->n_states; i++) s.states[i] = memory_copy(p->states[i], (size_t)p->trained * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) s.steps[i] = p->runs[i].steps;
    return s;
}

static void put_back(Parameters *p, Snapshot *s) {
    memcpy(p->weights, s->weights, (size_t)p->total * sizeof(float));
    for (int i = 0; i < p->n_states; i++) memcpy(p->states[i], s->states[i], (size_t)p->trained * sizeof(float));
    for (int i = 0; i < p->n_runs; i++) p->runs[i].steps = s->steps[i];
    for (int i = 0; i < p->n_states; i++) free(s->states[i]);
    free(s->weights);
    free(s->steps);
}

/* --- What there is to do ------------------------------------------------------------------------------------------ */

/* Tokens of a step, and the task of its first batch; `work` [tasks] (may be NULL) grows by what it does. */
static int64_t tokens_of_step(const RunPlan *plan, int64_t number, int *task, Work *work) {
    const Step *step = run_schedule_step(plan->schedule, number);
    int64_t all = 0;
    for (int i = 0; i < step->n_draws; i++) {
        const Draw *draw = &step->draws[i];
        int64_t tokens = dataset_tokens_of(plan->data->tasks[draw->task].train, draw->rows, draw->count);
        if (work) work[draw->task].steps++, work[draw->task].tokens += tokens;
        all += tokens;
    }
    *task = step->draws[0].task;
    return all;
}

/* The steps of the run, each once. */
static void count_training(RunPlan *plan) {
    for (int i = 0; i < plan->data->count; i++) {
        plan->training[i].tokens = plan->training[i].first_tokens = 0;
        plan->work[i] = (Work){0};
    }
    for (int64_t step = 0; step < plan->schedule->rate.steps; step++) {
        int task = 0;
        int64_t tokens = tokens_of_step(plan, step, &task, plan->work);
        plan->training[task].tokens += tokens;
        if (step < plan->schedule->per_epoch) plan->training[task].first_tokens += tokens;
    }
}

static void count_evaluation(RunPlan *plan) {
    for (int i = 0; i < plan->data->count; i++) {
        const Dataset *dev = plan->data->tasks[i].dev;
        Share *share = &plan->evaluation[i];
        share->first_tokens = 0;
        for (int64_t row = 0; dev && row < dev->rows; row++) share->first_tokens += dataset_tokens(dev, row);
        share->tokens = share->first_tokens * run_schedule_epochs(plan->schedule);
    }
}

static void look_at_first_epoch(RunPlan *plan) {
    int64_t steps = plan->schedule->per_epoch;
    plan->tokens = memory_new((size_t)steps + 1, sizeof *plan->tokens);
    plan->tasks = memory_new((size_t)steps + 1, sizeof *plan->tasks);
    for (int64_t i = 0; i < steps; i++) {
        plan->tokens[i] = tokens_of_step(plan, i, &plan->tasks[i], NULL);
        if (plan->tokens[i] > plan->tokens[plan->longest]) plan->longest = i;
    }
}

/* --- How long it takes -------------------------------------------------------------------------------------------- */

/* A step of the first epoch that is told to nobody and whose update is undone. */
static bool try_step(const RunPlan *plan, int64_t index) {
    enum { NOT_THE_FIRST = 1 }; /* whose gradients may be asked for */
    const Step *step = run_schedule_step(plan->schedule, index);
    return step_run(plan->runner, step, NOT_THE_FIRST, rate_at(&plan->schedule->rate, NOT_THE_FIRST));
}

static bool is_late(const RunPlan *plan) { return seconds_now() >= plan->deadline; }

/* The largest of the first epoch, for all memory that will be used. */
static bool try_longest(RunPlan *plan) {
    double began = seconds_now();
    if (plan->schedule->per_epoch == 0) return true;
    if (!try_step(plan, plan->longest)) return false;
    plan->rate = (seconds_now() - began) / (double)(plan->tokens[plan->longest] + 1);
    return true;
}

/* Some steps of a task, from all over the epoch: seconds of a token. */
static bool time_task(RunPlan *plan, int task, bool warm, double *result) {
    int64_t steps = plan->schedule->per_epoch, of_task = 0, seen = 0, tokens = 0;
    double seconds = 0;
    int done = 0, wanted = warm ? WARM_STEPS : TIMED_STEPS;
    for (int64_t i = 0; i < steps; i++) of_task += plan->tasks[i] == task;
    if (of_task < wanted) wanted = (int)of_task;
    *result = of_task ? plan->rate : 0;
    if (is_late(plan)) return true;
    for (int64_t i = 0; i < steps && done < wanted && seconds < plan->enough && !(done && is_late(plan)); i++) {
        if (plan->tasks[i] != task || seen++ < (2 * done + 1) * of_task / (2 * wanted) - 1) continue;
        double began = seconds_now();
        if (!try_step(plan, i)) return false;
        seconds += seconds_now() - began;
        tokens += plan->tokens[i];
        done++;
    }
    if (tokens) *result = plan->rate = seconds / (double)tokens;
    return true;
}

/* The first rows of the development set, no more than there is time for. */
static int64_t rows_to_time(const RunPlan *plan, const Dataset *dev, int64_t *tokens) {
    int64_t rows = 0;
    for (*tokens = 0; rows < dev->rows && rows < TIMED_ROWS; rows++) {
        if (rows > 0 && (double)*tokens * plan->rate > STEP_BY_EVALUATION * plan->enough) break;
        *tokens += dataset_tokens(dev, rows);
    }
    return rows;
}

static bool time_evaluation(RunPlan *plan, int index, double *result) {
    const TrainTask *task = &plan->data->tasks[index];
    Model *model = plan->runner->s->model;
    Collected outputs[MAX_OUTPUTS] = {0};
    Dataset part = *task->dev;
    int64_t tokens;
    *result = plan->rate / STEP_BY_EVALUATION;
    if (is_late(plan)) return true;
    part.rows = rows_to_time(plan, task->dev, &tokens);
    model_touch(model); /* what was computed for a fit is computed anew after every epoch */
    double began = seconds_now();
    bool good =
        collect_outputs(model, task->number, &part, &(Pace){.batch = EVAL_BATCH}, outputs, plan->runner->s->diags);
    collected_free(outputs, model_outputs(model, task->number));
    *result = tokens ? (seconds_now() - began) / (double)tokens : 0;
    return good;
}

static bool keeps(const RunPlan *plan, int index, bool training) {
    const TrainTask *task = &plan->data->tasks[index];
    return model_kept_bytes(plan->runner->s->model, task->number, training, training ? task->train : task->dev) > 0;
}

static bool time_all(RunPlan *plan) {
    bool good = try_longest(plan);
    for (int i = 0; good && i < plan->data->count; i++) {
        Share *share = &plan->training[i];
        good = time_task(plan, i, true, &share->first) && time_task(plan, i, false, &share->first);
        share->later = share->first;
        if (good && keeps(plan, i, true)) good = time_task(plan, i, false, &share->later); /* the same steps */
    }
    for (int i = 0; good && i < plan->data->count; i++) {
        Share *share = &plan->evaluation[i];
        if (!plan->data->tasks[i].dev) continue;
        good = time_evaluation(plan, i, &share->first) && time_evaluation(plan, i, &share->later);
        if (!keeps(plan, i, false)) share->first = share->later;
    }
    return good;
}

static double seconds_of(const Share *shares, int count) {
    double seconds = 0;
    for (int i = 0; i < count; i++)
        seconds += (double)shares[i].first_tokens * shares[i].first +
                   (double)(shares[i].tokens - shares[i].first_tokens) * shares[i].later;
    return seconds;
}

static double seconds_of_run(const RunPlan *plan) {
    return seconds_of(plan->training, plan->data->count) + seconds_of(plan->evaluation, plan->data->count);
}

/* --- A budget ----------------------------------------------------------------------------------------------------- */

static bool again(RunPlan *plan, RunLength length) {
    StepRunner *runner = plan->runner;
    if (!run_schedule_make(plan->schedule, length, model_joined(runner->s->model), plan->data, runner->s, runner->o))
        return false;
    count_training(plan);
    count_evaluation(plan);
    return true;
}

/* Of an epoch when what a frozen part gives rows has yet to be computed, and when it is there. */
static double seconds_of_first(const Share *shares, int count) {
    double seconds = 0;
    for (int i = 0; i < count; i++) seconds += (double)shares[i].first_tokens * shares[i].first;
    return seconds;
}

static double seconds_of_later(const Share *shares, int count) {
    double seconds = 0;
    for (int i = 0; i < count; i++) seconds += (double)shares[i].first_tokens * shares[i].later;
    return seconds;
}

/* As many of the steps that were asked for as fit. Evaluations count; where one alone would take most of the time, it
 * has fewer rows. */
static bool fit(RunPlan *plan, double budget) {
    static const double margin = 0.05; /* what is written, and what timing cannot know */
    double seconds = (1 - margin) * budget - 1e-3 * train_process_ms();
    int count = plan->data->count;
    if (seconds_of_run(plan) <= seconds || plan->asked == 0) return true;
    train_data_limit_dev(plan->data, budget_evaluated(seconds, seconds_of_first(plan->evaluation, count)));
    if (!again(plan, (RunLength){.epochs = 1})) return false;
    EpochSeconds first = {seconds_of_first(plan->training, count), seconds_of_first(plan->evaluation, count)};
    EpochSeconds later = {seconds_of_later(plan->training, count), seconds_of_later(plan->evaluation, count)};
    int64_t per_epoch = plan->schedule->per_epoch;
    int64_t steps = budget_steps(seconds, first, later, per_epoch, plan->asked);
    return again(plan, (RunLength){(steps + per_epoch - 1) / per_epoch, steps % per_epoch ? steps : 0});
}

static int64_t count_dev_rows(const TrainData *data) {
    int64_t rows = 0;
    for (int i = 0; i < data->count; i++) rows += data->tasks[i].dev ? data->tasks[i].dev->rows : 0;
    return rows;
}

/* --- What is said ------------------------------------------------------------------------------------------------- */

static void print_plan(const RunPlan *plan, FILE *out) {
    const TrainData *data = plan->data;
    Session *s = plan->runner->s;
    const Parameters *params = model_parameters(s->model);
    int64_t tokens = 0;
    double training = seconds_of(plan->training, data->count), evaluation = seconds_of(plan->evaluation, data->count);
    double bytes = (double)(parameters_bytes(params) + model_slab_bytes(s->model));
    fprintf(out, "%-16s %9s %8s %7s %7s %9s %12s %9s\n", "task", "rows", "left out", "cut", "unknown", "steps",
            "tokens", "evaluated");
    for (int i = 0; i < data->count; i++) {
        const Dataset *set = data->tasks[i].train, *dev = data->tasks[i].dev;
        fprintf(out,
                "%-16s %9" PRId64 " %8" PRId64 " %7" PRId64 " %7" PRId64 " %9" PRId64 " %12" PRId64 " %9" PRId64 "\n",
                set->task->name, set->rows, set->skipped, set->cut, set->unknown, plan->work[i].steps,
                plan->work[i].tokens, dev ? dev->rows : 0);
        tokens += plan->work[i].tokens;
    }
    fprintf(out, "%s in %s, %s, %" PRId64 " trained\n", count_text(plan->schedule->rate.steps, "step").text,
            count_text(run_schedule_epochs(plan->schedule), "epoch").text, count_text(params->total, "parameter").text,
            params->trained);
    fprintf(out, "memory: %.0f MB for parameters, gradients, states and activations\n", bytes * 1e-6);
    fprintf(out, "time here, with %s: %.2f minutes, training %.2f (%.0f tokens/s), evaluation %.2f\n",
            count_text(team_threads(s->team), "thread").text, (training + evaluation) / 60, training / 60,
            training > 0 ? (double)tokens / training : 0, evaluation / 60);
}

/* What --within made of the run; `before`: its rows to evaluate, of all tasks. */
static void print_fit(const RunPlan *plan, int64_t before, FILE *out) {
    const char *within = plan->runner->o->within;
    int64_t steps = plan->schedule->rate.steps, rows = count_dev_rows(plan->data);
    fprintf(out, "within %s: %s%" PRId64 " of %s, %.2f minutes gone\n", within, steps < plan->asked ? "" : "all ",
            steps, count_text(plan->asked, "step").text, 1e-3 * train_process_ms() / 60);
    if (rows == before) return;
    fprintf(out,
            "within %s: evaluation would take most of it; only the first %" PRId64 " of %" PRId64
            " rows are evaluated, as with",
            within, rows, before);
    for (int i = 0; i < plan->data->count; i++) {
        const TrainTask *task = &plan->data->tasks[i];
        if (task->dev_limit) fprintf(out, " --limit-dev %s=%" PRId64, task->task->name, task->dev_limit);
    }
    fputc('\n', out);
}

bool train_plan(StepRunner *runner, RunSchedule *schedule) {
    Session *s = runner->s;
    const TrainOptions *o = runner->o;
    size_t size = (size_t)runner->data->count + 1;
    RunPlan plan = {.runner = runner,
                    .schedule = schedule,
                    .data = runner->data,
                    .asked = schedule->rate.steps,
                    .enough = enough_seconds,
                    .deadline = INFINITY,
                    .training = arena_array(s->arena, size, sizeof *plan.training),
                    .evaluation = arena_array(s->arena, size, sizeof *plan.evaluation),
                    .work = arena_array(s->arena, size, sizeof *plan.work)};
    double budget = 0;
    int64_t dev_rows = count_dev_rows(runner->data);
    if (o->within && !o->resume && !budget_read(o->within, &budget, s->diags)) return false;
    if (budget > 0) plan.enough = fmin(enough_seconds, tried_share * budget / TRIALS / (double)size);
    if (budget > 0) plan.deadline = seconds_now() + tried_share * budget;
    look_at_first_epoch(&plan);
    count_training(&plan);
    count_evaluation(&plan);
    Snapshot before = take(model_parameters(s->model));
    bool good = time_all(&plan);
    put_back(model_parameters(s->model), &before);
    model_touch(s->model);
    if (good && budget > 0) good = fit(&plan, budget);
    if (good && (o->dry_run || !o->quiet)) print_plan(&plan, o->dry_run ? stdout : stderr);
    if (good && budget > 0 && (o->dry_run || !o->quiet)) print_fit(&plan, dev_rows, o->dry_run ? stdout : stderr);
    free(plan.tokens);
    free(plan.tasks);
    return good;
}

double train_process_ms(void) {
    enum { BEFORE_START_TIME = 19 }; /* fields of /proc/self/stat between the name and it; see proc(5) */
    char line[1024] = "";
    FILE *file = fopen("/proc/self/stat", "r");
    if (file && !fgets(line, sizeof line, file)) line[0] = 0;
    if (file) fclose(file);
    char *at = strrchr(line, ')');
    for (int i = 0; at && i <= BEFORE_START_TIME; i++) at = strchr(at + 1, ' ');
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return at ? 1e3 * (seconds - strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK)) : 0;
}
