/* Train report. */
#include "runtime/train/train_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "graph/base/count_text.h"
#include "graph/base/hash.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/machine.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/session/settings.h"

enum { MOST_TASKS = 12 }; /* in a line */

/* Seconds since 1970. */
static double wall_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Lines for people on standard error, beside warnings. */
static bool talks(const TrainReport *r) { return !r->o->quiet && !r->o->json; }

bool report_open(TrainReport *r, const RunState *state) {
    const char *out = r->o->out, *path = r->o->log;
    if (!path && out) path = arena_printf(r->s->arena, "%s/log.jsonl", out);
    r->log = log_open(path, state != NULL, r->s->diags);
    if (r->o->tensorboard) r->events = event_file_open(r->o->tensorboard, wall_time(), r->s->diags);
    if (!r->log || (r->o->tensorboard && !r->events)) return false;
    if (state) log_event(r->log, json_pack("{s:s, s:I}", "event", "resume", "step", (json_int_t)state->step));
    if (r->o->json) log_echo(r->log, stdout);
    return true;
}

bool report_close(TrainReport *r) {
    bool good = log_close(r->log, r->s->diags);
    return event_file_close(r->events, r->s->diags) && good;
}

/* --- The start ---------------------------------------------------------------------------------------------------- */

static json_t *tasks_json(const TrainData *data) {
    json_t *tasks = json_object();
    for (int i = 0; i < data->count; i++) {
        const Dataset *set = data->tasks[i].train, *dev = data->tasks[i].dev;
        json_object_set_new(tasks, set->task->name,
                            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "file", set->file->path, "rows",
                                      (json_int_t)set->rows, "left_out", (json_int_t)set->skipped, "cut",
                                      (json_int_t)set->cut, "unknown", (json_int_t)set->unknown, "dev_rows",
                                      (json_int_t)(dev ? dev->rows : 0)));
    }
    return tasks;
}

/* --- The plan ----------------------------------------------------------------------------------------------------- */

static void print_plan_tasks(const RunPlan *plan, const TrainData *data, FILE *out) {
    fprintf(out, "%-16s %9s %8s %7s %7s %9s %12s %9s\n", "task", "rows", "left out", "cut", "unknown", "steps",
            "tokens", "evaluated");
    for (int i = 0; i < data->count; i++) {
        const Dataset *set = data->tasks[i].train, *dev = data->tasks[i].dev;
        fprintf(out,
                "%-16s %9" PRId64 " %8" PRId64 " %7" PRId64 " %7" PRId64 " %9" PRId64 " %12" PRId64 " %9" PRId64 "\n",
                set->task->name, set->rows, set->skipped, set->cut, set->unknown, plan->tasks[i].steps,
                plan->tasks[i].tokens, dev ? dev->rows : 0);
    }
}

void report_plan(TrainReport *r, const RunPlan *plan, const RunSpeed *speed, const StepRunner *runner) {
    if (r->o->quiet && !r->o->dry_run) return;
    FILE *out = r->o->dry_run ? stdout : stderr;
    const Parameters *params = model_parameters(r->s->model);
    TrainSeconds seconds = run_plan_seconds(plan, speed);
    double bytes = (double)(step_runner_bytes(runner) + model_slab_bytes(r->s->model));
    int64_t tokens = 0;
    for (int i = 0; i < plan->n_tasks; i++) tokens += plan->tasks[i].tokens;
    print_plan_tasks(plan, r->data, out);
    fprintf(out, "%s in %s, %s, %" PRId64 " trained\n", count_text(plan->steps, "step").text,
            count_text(plan->epochs, "epoch").text, count_text(params->total, "parameter").text, params->trained);
    if (train_shards(r->o) > 1)
        fprintf(out, "the rows of an update in %s\n", count_text(train_shards(r->o), "shard").text);
    fprintf(out, "memory: %.0f MB for parameters, gradients, states and activations\n", bytes * 1e-6);
    fprintf(out, "time here, with %s: %.2f minutes, training %.2f (%.0f tokens/s), evaluation %.2f\n",
            count_text(team_threads(r->s->team), "thread").text, (seconds.training + seconds.evaluation) / 60,
            seconds.training / 60, seconds.training > 0 ? (double)tokens / seconds.training : 0,
            seconds.evaluation / 60);
}

void report_within(TrainReport *r, const RunPlan *plan, int64_t steps, int64_t dev_rows) {
    if (r->o->quiet && !r->o->dry_run) return;
    FILE *out = r->o->dry_run ? stdout : stderr;
    const char *within = r->o->within;
    int64_t rows = train_data_dev_rows(r->data);
    fprintf(out, "within %s: %s%" PRId64 " of %s, %.2f minutes gone\n", within, plan->steps < steps ? "" : "all ",
            plan->steps, count_text(steps, "step").text, (seconds_of_process() - r->o->began) / 60);
    if (rows == dev_rows) return;
    fprintf(out,
            "within %s: evaluation would take most of it; only the first %" PRId64 " of %" PRId64
            " rows are evaluated, as with",
            within, rows, dev_rows);
    for (int i = 0; i < r->data->count; i++) {
        const TrainTask *task = &r->data->tasks[i];
        if (task->dev_limit) fprintf(out, " --limit-dev %s=%" PRId64, task->task->name, task->dev_limit);
    }
    fputc('\n', out);
}

/* --- The start ---------------------------------------------------------------------------------------------------- */

static void log_start(TrainReport *r, int64_t steps, int joined, const json_t *settings) {
    const Code *code = model_code(r->s->model);
    const Parameters *params = model_parameters(r->s->model);
    log_event(r->log, json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:i, s:b, s:o, s:O}",
                                "event", "start", "version", GRADC_VERSION, "target", target_name(r->s->target),
                                "threads", team_threads(r->s->team), "seed", (json_int_t)r->o->seed, "steps",
                                (json_int_t)steps, "parameters", (json_int_t)params->total, "trained",
                                (json_int_t)params->trained, "kernels_compiled", code->compiled, "kernels_cached",
                                code->cached, "compile_ms", r->s->compile_ms, "load_ms", r->data->load_ms, "start_ms",
                                1e3 * seconds_of_process(), "sets_from_cache", train_data_cached(r->data), "joined",
                                joined, "tasks", tasks_json(r->data), "settings", settings));
}

void report_start(TrainReport *r, const RunSchedule *schedule, const StepRunner *runner, const ModelUse *use,
                  const json_t *settings) {
    int joined = runner->batch->n_tasks;
    log_start(r, schedule->rate.steps, joined, settings);
    if (!talks(r)) return;
    const Code *code = model_code(r->s->model);
    if (!r->o->out) fprintf(stderr, "without --out: nothing of this run will be kept\n");
    fprintf(stderr, "settings: %s\n", r->o->record.text(json_object_get(settings, "options"), r->s->arena));
    fprintf(stderr, "%s, %s; %s compiled, %d from the cache\n", target_name(r->s->target),
            count_text(team_threads(r->s->team), "thread").text, count_text(code->compiled, "kernel").text,
            code->cached);
    if (r->s->rounds)
        fprintf(stderr,
                "products are bf16, computed in f32: no faster on this machine, with the bits that a unit for them "
                "would give\n");
    if (use->steps.together && r->data->count > 1)
        fprintf(stderr, "a step is %s\n", joined ? "one pass over the rows of all tasks" : "a pass for each task");
    for (int i = 0; i < r->data->count; i++) {
        const TrainTask *task = &r->data->tasks[i];
        session_say_dataset(r->s, task->train);
        if (task->dev)
            fprintf(stderr, ", %s%" PRId64 " to evaluate", task->dev_limit ? "the first " : "", task->dev->rows);
        if (task->dev) session_say_unknown(r->s, task->dev);
        fputc('\n', stderr);
    }
}

/* Then the share of the peak does not follow from the tokens. */
static bool is_any_frozen(const TrainReport *r) {
    const Parameters *params = model_parameters(r->s->model);
    for (int i = 0; i < r->data->count; i++) {
        const Task *task = r->data->tasks[i].task;
        for (int j = 0; j < task->n_params; j++) {
            if (!params->slots[task->params[j]].trained) return true;
        }
    }
    return false;
}

/* Of a step: forward, and twice as much for the two gradients of each product. */
static double flops_of_token(const Task *task) {
    int64_t extents[MAX_SYMBOLS] = {0};
    int input;
    for (int i = 0; i < task->train->symbols.count; i++)
        extents[i] = batch_symbol(task, &task->train->symbols.roles[i], &input) == ROWS_OF_TOKENS;
    return 3 * token_flops(task->train, extents) / task->n_inputs;
}

bool report_begin(TrainReport *r, int64_t first, int64_t steps) {
    Progress *p = &r->progress;
    p->tasks = arena_array(r->s->arena, (size_t)r->data->count + 1, sizeof *p->tasks);
    for (p->n_tasks = 0; p->n_tasks < r->data->count; p->n_tasks++) {
        const Task *task = r->data->tasks[p->n_tasks].task;
        p->tasks[p->n_tasks] = (TaskProgress){.name = task->name, .loss = -1, .flops = flops_of_token(task)};
    }
    if (!is_any_frozen(r) && progress_has_terminal() && talks(r)) {
        Machine machine;
        if (!machine_measure(&machine, r->s->team, r->s->target, r->s->diags)) return false;
        p->peak = machine.flops;
    }
    progress_start(p, !talks(r), first, steps);
    return true;
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

/* "KIND/TASK" in the event file; `name` NULL: of no task. */
static void put_scalar(TrainReport *r, int64_t step, const char *kind, const char *name, double value) {
    char tag[256];
    if (!r->events) return;
    snprintf(tag, sizeof tag, "%s%s%s", kind, name ? "/" : "", name ? name : "");
    event_scalar(r->events, wall_time(), step, tag, value);
}

/* What a step did to one task. */
typedef struct TaskStep {
    int64_t number;
    const Task *task;
    const Draw *draw;
    const DrawResult *result;
    double rate, norm, ms; /* ms 0: stands with the last task of the step */
} TaskStep;

static void log_task_step(TrainReport *r, const TaskStep *t) {
    log_event(r->log,
              json_pack("{s:s, s:I, s:s, s:f, s:f, s:f, s:I, s:I, s:f}", "event", "step", "step", (json_int_t)t->number,
                        "task", t->task->name, "loss", (double)t->result->loss, "lr", t->rate, "norm", t->norm, "rows",
                        (json_int_t)t->draw->count, "tokens", (json_int_t)t->result->tokens, "ms", t->ms));
}

static void put_task_step(TrainReport *r, const TaskStep *t) {
    put_scalar(r, t->number, "loss", t->task->name, (double)t->result->loss);
    if (t->ms <= 0) return;
    put_scalar(r, t->number, "train/lr", NULL, t->rate);
    put_scalar(r, t->number, "train/norm", NULL, t->norm);
    put_scalar(r, t->number, "train/ms", NULL, t->ms);
}

static void log_cosines(TrainReport *r, const GradientSums *sums, int64_t number) {
    const TrainTask *tasks = r->data->tasks;
    json_t *cosines = json_object();
    for (int a = 0; a < r->data->count; a++) {
        for (int b = a + 1; b < r->data->count; b++) {
            double cosine = gradient_sums_cosine(sums, a, b);
            const char *pair = arena_printf(r->s->diags->arena, "%s,%s", tasks[a].task->name, tasks[b].task->name);
            json_object_set_new(cosines, pair, isfinite(cosine) ? json_real(cosine) : json_null());
        }
    }
    log_event(r->log, json_pack("{s:s, s:I, s:o}", "event", "cosine", "step", (json_int_t)number, "between", cosines));
}

void report_step(TrainReport *r, const Step *step, const StepRunner *runner, int64_t number, double rate) {
    double now = seconds_now();
    if (step->n_places > 1 && step_compares(r->o)) log_cosines(r, runner->sums, number);
    for (int i = 0; i < step->n_draws; i++) {
        const Draw *draw = &step->draws[i];
        double ms = i + 1 < step->n_draws ? 0 : 1e3 * (now - r->last_step);
        TaskStep task = {number, r->data->tasks[draw->task].task, draw, &runner->results[i], rate, runner->norm, ms};
        log_task_step(r, &task);
        put_task_step(r, &task);
        progress_step(&r->progress, number, draw->task, (double)task.result->loss, task.result->tokens);
    }
    r->last_step = now;
}

/* --- Epochs ------------------------------------------------------------------------------------------------------- */

void report_evaluation(TrainReport *r, int64_t epoch, int64_t step, int index, const Evaluation *evaluation) {
    const Task *task = r->data->tasks[index].task;
    json_t *event = json_pack("{s:s, s:I, s:s, s:I}", "event", "eval", "epoch", (json_int_t)epoch, "task", task->name,
                              "rows", (json_int_t)evaluation->rows);
    const char *tag = arena_printf(r->s->arena, "dev/%s", task->name);
    for (int i = 0; i < evaluation_figures(task); i++) {
        double value = evaluation_figure(task, evaluation, i);
        json_object_set_new(event, evaluation_name(task, i), metric_json(value));
        put_scalar(r, step, tag, evaluation_name(task, i), value);
    }
    log_event(r->log, event);
    if (task->n_metrics) progress_metric(&r->progress, index, task->metrics[0], evaluation->metrics[0]);
}

void report_fits(TrainReport *r, int64_t epoch, const Task *task) {
    const Parameters *params = model_parameters(r->s->model);
    for (int i = 0; i < task->n_fits; i++) {
        const Fit *fit = &task->fits[i];
        const float *numbers = params->weights + params->slots[fit->param].offset;
        const char *text = "";
        json_t *values = json_array();
        for (int64_t j = 0; j < fit->count; j++) {
            json_array_append_new(values, json_real((double)numbers[j]));
            text = arena_printf(r->s->diags->arena, "%s %.4g", text, (double)numbers[j]);
        }
        log_event(r->log, json_pack("{s:s, s:I, s:s, s:s, s:s, s:o}", "event", "fit", "epoch", (json_int_t)epoch,
                                    "task", task->name, "name", fit->name, "for", fit->metric, "values", values));
        if (!talks(r)) continue;
        fprintf(stderr, "epoch %" PRId64 ":  %s fitted for %s, %s:%s\n", epoch, task->name, fit->metric, fit->name,
                text);
    }
}

/* The first metric, and the loss where it is another. */
static void say_task(const Task *task, const Evaluation *evaluation) {
    const char *first = evaluation_name(task, 0);
    fprintf(stderr, "  %s %s %s", task->name, first, metric_text(evaluation_figure(task, evaluation, 0)).text);
    if (strcmp(first, "loss") != 0) fprintf(stderr, ", loss %s", metric_text(evaluation->loss).text);
}

void report_epoch(TrainReport *r, int64_t epoch, int64_t step, const Evaluation *evaluations) {
    double overall = overall_score(evaluations, r->data->count);
    log_event(r->log, json_pack("{s:s, s:I, s:o}", "event", "score", "epoch", (json_int_t)epoch, "overall",
                                metric_json(overall)));
    put_scalar(r, step, "dev/overall", NULL, overall);
    if (!talks(r)) return;
    fprintf(stderr, "epoch %" PRId64 ":", epoch);
    for (int i = 0; i < r->data->count && i < MOST_TASKS; i++) say_task(r->data->tasks[i].task, &evaluations[i]);
    if (r->data->count > MOST_TASKS)
        fprintf(stderr, "  and %s", count_text(r->data->count - MOST_TASKS, "more task").text);
    fprintf(stderr, "  overall %s\n", metric_text(overall).text);
}

/* --- The end ------------------------------------------------------------------------------------------------------ */

void report_early_stop(TrainReport *r, const RunState *state) {
    log_event(r->log, json_pack("{s:s, s:I, s:I}", "event", "early_stop", "epoch", (json_int_t)state->epochs,
                                "best_epoch", (json_int_t)state->best.epoch));
    if (!r->o->quiet) fprintf(stderr, "no better epoch since epoch %" PRId64 ": stopped\n", state->best.epoch);
}

void report_pause(TrainReport *r, const RunState *state, int64_t steps, double score) {
    progress_clear(&r->progress);
    log_event(r->log, json_pack("{s:s, s:I, s:o}", "event", "pause", "step", (json_int_t)state->step, "score",
                                metric_json(score)));
    if (!talks(r)) return;
    fprintf(stderr, "pause after step %" PRId64 " of %" PRId64 ": score %s\n", state->step, steps,
            metric_text(score).text);
}

static void say_how_to_go_on(const TrainReport *r) {
    if (r->o->again)
        fprintf(stderr, "; to go on: %s\n", r->o->again);
    else if (r->o->out)
        fprintf(stderr, "; to go on:\n  gradc train %s --resume\n", r->o->out);
    else
        fprintf(stderr, "; without --out there is nothing to go on from\n");
}

void report_stop(TrainReport *r, const RunState *state, int64_t steps) {
    log_event(r->log, json_pack("{s:s, s:I}", "event", "stop", "step", (json_int_t)state->step));
    fprintf(stderr, "stopped after step %" PRId64 " of %" PRId64, state->step, steps);
    if (state->step == steps) fprintf(stderr, ", before its evaluation");
    say_how_to_go_on(r);
}

void report_late(TrainReport *r, const RunState *state, int64_t steps) {
    log_event(r->log, json_pack("{s:s, s:I}", "event", "late", "step", (json_int_t)state->step));
    fprintf(stderr, "within %s: the machine slowed down; ended after step %" PRId64 " of %" PRId64, r->o->within,
            state->step, steps);
    say_how_to_go_on(r);
}

void report_done(TrainReport *r, const RunState *state, const StepRunner *runner, size_t planned_slab) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const Parameters *params = model_parameters(r->s->model);
    size_t slab = model_slab_bytes(r->s->model), planned = step_runner_bytes(runner) + slab;
    double seconds = state->train_seconds > 0 ? state->train_seconds : 1e-9, tokens = (double)state->tokens / seconds;
    const char *hash = bytes_hash(r->s->arena, params->weights, (size_t)params->total * sizeof(float));
    log_event(r->log, json_pack("{s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:s}", "event", "done", "train_s",
                                state->train_seconds, "real_tokens_per_s", tokens, "examples_per_s",
                                (double)state->examples / seconds, "peak_bytes", (json_int_t)usage.ru_maxrss * 1024,
                                "planned_bytes", (json_int_t)planned, "planned_slab_bytes", (json_int_t)planned_slab,
                                "slab_bytes", (json_int_t)slab, "weights", hash));
    if (!talks(r)) return;
    progress_clear(&r->progress);
    fprintf(stderr, "trained %s in %.1f s, %.0f tokens/s; weights %s\n", count_text(state->examples, "row").text,
            state->train_seconds, tokens, hash);
    if (!r->o->no_eval)
        fprintf(stderr, "the best epoch was %" PRId64 "%s%s\n", state->best.epoch,
                r->o->out ? "; its weights are in " : "", r->o->out ? r->o->out : "");
}
