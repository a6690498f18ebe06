/* The plan of a run: what it will do, and how long it will take here, told by a few steps whose updates are thrown
 * away.
 *
 * The time of a step of a task is taken to be proportional to its tokens: the factor is what the timed steps took, all
 * together, for each of theirs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine/clock.h"
#include "runtime/train/train.h"

enum { TIMED_STEPS = 8, WARM_STEPS = 2, TIMED_ROWS = 512 };
static const double enough_seconds = 10; /* of steps of one task */

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

typedef struct Plan {
    Trainer *t;
    Share *training, *evaluation; /* [t->n_tasks]: of the whole run */
    Work *work;                   /* [t->n_tasks] */
    int64_t *tokens;              /* [steps of an epoch]: of the first epoch */
    int *tasks;                   /* [steps of an epoch] */
    int64_t longest;              /* the step of the first epoch with the most tokens */
} Plan;

/* --- What weights and states were --------------------------------------------------------------------------------- */

typedef struct Snapshot {
    float *weights, *states[4];
    int64_t *steps;
} Snapshot;

static void *copy_of(const void *from, size_t size) {
    void *copy = malloc(size + 1);
    if (!copy) abort();
    if (size) memcpy(copy, from, size);
    return copy;
}

static Snapshot take(const Parameters *p) {
    Snapshot s = {.weights = copy_of(p->weights, (size_t)p->total * sizeof(float)),
                  .steps = calloc((size_t)p->n_runs + 1, sizeof *s.steps)};
    if (!s.steps) abort();
    for (int i = 0; i < p->n_states; i++) s.states[i] = copy_of(p->states[i], (size_t)p->trained * sizeof(float));
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

/* Tokens of a step, and the task of its first batch; `work` [t->n_tasks] (may be NULL) grows by what it does. */
static int64_t tokens_of_step(const Trainer *t, int64_t epoch, int64_t step, int *task, Work *work) {
    int64_t all = 0;
    for (int i = 0; i < sampler_parts(t->sampler); i++) {
        Draw draw = sampler_draw(t->sampler, epoch, step, i);
        int64_t tokens = dataset_tokens_of(t->train[t->order[draw.task]], draw.rows, draw.count);
        if (work) work[draw.task].steps++, work[draw.task].tokens += tokens;
        if (i == 0) *task = draw.task;
        all += tokens;
    }
    return all;
}

/* The steps of the run, each once. */
static void count_training(Plan *plan) {
    Trainer *t = plan->t;
    int64_t per_epoch = sampler_steps_per_epoch(t->sampler);
    for (int i = 0; i < t->n_tasks; i++) {
        plan->training[i].tokens = plan->training[i].first_tokens = 0;
        plan->work[i] = (Work){0};
    }
    for (int64_t step = 0; step < t->rate.steps; step++) {
        int task = 0;
        int64_t tokens = tokens_of_step(t, step / per_epoch, step % per_epoch, &task, plan->work);
        plan->training[task].tokens += tokens;
        if (step < per_epoch) plan->training[task].first_tokens += tokens;
    }
}

static int64_t epochs_of(const Trainer *t) {
    int64_t per_epoch = sampler_steps_per_epoch(t->sampler);
    return per_epoch ? (t->rate.steps + per_epoch - 1) / per_epoch : 0;
}

static void count_evaluation(Plan *plan) {
    Trainer *t = plan->t;
    for (int i = 0; i < t->n_tasks && !t->o->no_eval; i++) {
        const Dataset *data = t->dev[t->order[i]];
        plan->evaluation[i].first_tokens = 0;
        for (int64_t row = 0; row < data->rows; row++) plan->evaluation[i].first_tokens += dataset_tokens(data, row);
        plan->evaluation[i].tokens = plan->evaluation[i].first_tokens * epochs_of(t);
    }
}

static void look_at_first_epoch(Plan *plan) {
    int64_t steps = sampler_steps_per_epoch(plan->t->sampler);
    plan->tokens = calloc((size_t)steps + 1, sizeof *plan->tokens);
    plan->tasks = calloc((size_t)steps + 1, sizeof *plan->tasks);
    if (!plan->tokens || !plan->tasks) abort();
    for (int64_t i = 0; i < steps; i++) {
        plan->tokens[i] = tokens_of_step(plan->t, 0, i, &plan->tasks[i], NULL);
        if (plan->tokens[i] > plan->tokens[plan->longest]) plan->longest = i;
    }
}

/* --- How long it takes -------------------------------------------------------------------------------------------- */

/* Some steps of a task, from all over the epoch: seconds of a token. */
static bool time_task(Plan *plan, int task, bool warm, double *result) {
    int64_t steps = sampler_steps_per_epoch(plan->t->sampler), of_task = 0, seen = 0, tokens = 0;
    double seconds = 0;
    int done = 0, wanted = warm ? WARM_STEPS : TIMED_STEPS;
    for (int64_t i = 0; i < steps; i++) of_task += plan->tasks[i] == task;
    if (of_task < wanted) wanted = (int)of_task;
    for (int64_t i = 0; i < steps && done < wanted && seconds < enough_seconds; i++) {
        if (plan->tasks[i] != task || seen++ < (2 * done + 1) * of_task / (2 * wanted) - 1) continue;
        double began = seconds_now();
        if (!train_try_step(plan->t, i)) return false;
        seconds += seconds_now() - began;
        tokens += plan->tokens[i];
        done++;
    }
    *result = tokens ? seconds / (double)tokens : 0;
    return true;
}

/* The first rows of the development set. */
static bool time_evaluation(Plan *plan, int index, double *result) {
    Trainer *t = plan->t;
    Dataset part = *t->dev[t->order[index]];
    Evaluation ignored;
    int64_t tokens = 0;
    if (part.rows > TIMED_ROWS) part.rows = TIMED_ROWS;
    for (int64_t row = 0; row < part.rows; row++) tokens += dataset_tokens(&part, row);
    model_touch(t->s->model); /* what was computed for a fit is computed anew after every epoch */
    double began = seconds_now();
    bool good = evaluate(t->s->model, t->order[index], &part, EVAL_BATCH, &ignored, NULL, t->diags);
    *result = tokens ? (seconds_now() - began) / (double)tokens : 0;
    return good;
}

static bool keeps(const Trainer *t, int index, bool training) {
    int task = t->order[index];
    return model_kept_bytes(t->s->model, task, training, training ? t->train[task] : t->dev[task]) > 0;
}

static bool time_all(Plan *plan) {
    Trainer *t = plan->t;
    bool good =
        sampler_steps_per_epoch(t->sampler) == 0 || train_try_step(t, plan->longest); /* all memory that will be used */
    for (int i = 0; good && i < t->n_tasks; i++) {
        Share *share = &plan->training[i];
        good = time_task(plan, i, true, &share->first) && time_task(plan, i, false, &share->first);
        share->later = share->first;
        if (good && keeps(t, i, true)) good = time_task(plan, i, false, &share->later); /* the same steps */
    }
    for (int i = 0; good && i < t->n_tasks && !t->o->no_eval; i++) {
        Share *share = &plan->evaluation[i];
        good = time_evaluation(plan, i, &share->first) && time_evaluation(plan, i, &share->later);
        if (!keeps(t, i, false)) share->first = share->later;
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

static double seconds_of_run(const Plan *plan) {
    return seconds_of(plan->training, plan->t->n_tasks) + seconds_of(plan->evaluation, plan->t->n_tasks);
}

/* --- A budget ----------------------------------------------------------------------------------------------------- */

/* Seconds of "90s", "45m", "2h" or "1.5h"; a bare number is minutes. */
static bool read_budget(const Trainer *t, double *seconds) {
    char *end;
    const char *text = t->o->within;
    double number = strtod(text, &end);
    double unit = *end == 's' ? 1 : *end == 'h' ? 3600 : 60;
    *seconds = number * unit;
    bool good = end != text && number > 0 && number < 1e9 && (!*end || (strchr("smh", *end) && !end[1]));
    if (good) return true;
    diag_error(t->diags, "E0910", (Pos){0}, "--within takes a time, not '%s'", text);
    diag_hint(t->diags, "for example: 90s, 45m or 2h");
    return false;
}

static bool again(Plan *plan) {
    if (!train_plan_steps(plan->t)) return false;
    count_training(plan);
    count_evaluation(plan);
    return true;
}

/* As many whole epochs as fit, no more than were asked for; less than one: its first steps. */
static bool fit(Plan *plan, double budget) {
    Trainer *t = plan->t;
    int64_t epochs = epochs_of(t);
    double all = seconds_of_run(plan);
    if (all <= budget || epochs == 0) return true;
    t->length = (RunLength){.epochs = 1};
    if (!again(plan)) return false;
    double one = seconds_of_run(plan), evaluation = seconds_of(plan->evaluation, t->n_tasks);
    if (one <= budget) {
        t->length.epochs = 1 + (int64_t)((budget - one) / (all - one) * (double)(epochs - 1));
        return again(plan);
    }
    t->length.steps = (int64_t)((budget - evaluation) / (one - evaluation) * (double)t->rate.steps);
    if (t->length.steps < 1) t->length.steps = 1;
    return again(plan);
}

/* --- What is said ------------------------------------------------------------------------------------------------- */

static void print_plan(const Plan *plan, FILE *out) {
    const Trainer *t = plan->t;
    const Parameters *params = model_parameters(t->s->model);
    int64_t tokens = 0;
    double training = seconds_of(plan->training, t->n_tasks), evaluation = seconds_of(plan->evaluation, t->n_tasks);
    double bytes = (double)(parameters_bytes(params) + model_slab_bytes(t->s->model));
    fprintf(out, "%-16s %9s %8s %7s %9s %12s\n", "task", "rows", "left out", "cut", "steps", "tokens");
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *data = t->train[t->order[i]];
        fprintf(out, "%-16s %9" PRId64 " %8" PRId64 " %7" PRId64 " %9" PRId64 " %12" PRId64 "\n", data->task->name,
                data->rows, data->skipped, data->cut, plan->work[i].steps, plan->work[i].tokens);
        tokens += plan->work[i].tokens;
    }
    fprintf(out, "%" PRId64 " steps in %" PRId64 " epochs, %" PRId64 " parameters, %" PRId64 " trained\n",
            t->rate.steps, epochs_of(t), params->total, params->trained);
    fprintf(out, "memory: %.0f MB for parameters, gradients, states and activations\n", bytes * 1e-6);
    fprintf(out, "time here, with %d threads: %.2f minutes, training %.2f (%.0f tokens/s), evaluation %.2f\n",
            team_threads(t->s->team), (training + evaluation) / 60, training / 60,
            training > 0 ? (double)tokens / training : 0, evaluation / 60);
}

bool train_plan(Trainer *t) {
    size_t size = (size_t)t->n_tasks + 1;
    Plan plan = {.t = t,
                 .training = arena_array(t->s->arena, size, sizeof *plan.training),
                 .evaluation = arena_array(t->s->arena, size, sizeof *plan.evaluation),
                 .work = arena_array(t->s->arena, size, sizeof *plan.work)};
    Parameters *params = model_parameters(t->s->model);
    double budget = 0;
    if (t->o->within && !t->o->resume && !read_budget(t, &budget)) return false;
    look_at_first_epoch(&plan);
    count_training(&plan);
    count_evaluation(&plan);
    Snapshot before = take(params);
    bool good = time_all(&plan);
    put_back(model_parameters(t->s->model), &before);
    model_touch(t->s->model);
    if (good && budget > 0) good = fit(&plan, budget - 1e-3 * train_process_ms()); /* less what it took to get here */
    if (good && (t->o->dry_run || !t->o->quiet)) print_plan(&plan, t->o->dry_run ? stdout : stderr);
    free(plan.tokens);
    free(plan.tasks);
    return good;
}
