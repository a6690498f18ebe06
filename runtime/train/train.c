/* gradc train: the training loop. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/engine/clock.h"
#include "runtime/engine/interrupt.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/measure/fit.h"
#include "runtime/train/train.h"

/* --- Steps -------------------------------------------------------------------------------------------------------- */

static void log_part(Trainer *t, int64_t step, const StepPart *part, double rate, double ms) {
    log_event(t->log, json_pack("{s:s, s:I, s:s, s:f, s:f, s:f, s:I, s:I, s:f}", "event", "step", "step",
                                (json_int_t)step, "task", t->s->program->tasks.items[t->order[part->draw.task]].name,
                                "loss", (double)part->result.loss, "lr", rate, "norm", part->result.norm, "rows",
                                (json_int_t)part->draw.count, "tokens", (json_int_t)part->tokens, "ms", ms));
}

/* "KIND/TASK" in the event file; `name` NULL: of no task. */
static void put_scalar(Trainer *t, int64_t step, const char *kind, const char *name, double value) {
    char tag[256];
    if (!t->events) return;
    snprintf(tag, sizeof tag, "%s%s%s", kind, name ? "/" : "", name ? name : "");
    event_scalar(t->events, train_wall_time(), step, tag, value);
}

static void put_step(Trainer *t, int64_t step, const StepPart *part, double rate, double ms) {
    put_scalar(t, step, "loss", t->s->program->tasks.items[t->order[part->draw.task]].name, (double)part->result.loss);
    if (ms <= 0) return; /* told with the last part */
    put_scalar(t, step, "train/lr", NULL, rate);
    put_scalar(t, step, "train/norm", NULL, part->result.norm);
    put_scalar(t, step, "train/ms", NULL, ms);
}

/* The time of a step stands in the line of its last part. */
static void tell_step(Trainer *t, int64_t step, const StepPart *parts, int count, double rate) {
    double now = seconds_now();
    for (int i = 0; i < count; i++) {
        const StepPart *part = &parts[i];
        double ms = i + 1 < count ? 0 : 1e3 * (now - t->last_step);
        log_part(t, step, part, rate, ms);
        put_step(t, step, part, rate, ms);
        progress_step(&t->progress, step, part->draw.task, (double)part->result.loss, part->tokens);
        t->tokens += part->tokens;
        t->examples += part->draw.count;
    }
    t->last_step = now;
}

bool train_try_step(Trainer *t, int64_t index) {
    enum { NOT_THE_FIRST = 1 }; /* whose gradients may be asked for */
    StepPart parts[MAX_GROUPS] = {0};
    return train_compute_step(t, NOT_THE_FIRST, 0, index, parts);
}

static bool one_step(Trainer *t, int64_t step, int64_t epoch, int64_t index) {
    StepPart parts[MAX_GROUPS] = {0};
    if (!train_compute_step(t, step, epoch, index, parts)) return false;
    tell_step(t, step + 1, parts, sampler_parts(t->sampler), rate_at(&t->rate, step));
    return true;
}

static void log_evaluation(Trainer *t, int64_t epoch, const Evaluation *evaluation) {
    const Task *task = &t->s->program->tasks.items[evaluation->task];
    json_t *event = json_pack("{s:s, s:I, s:s, s:I}", "event", "eval", "epoch", (json_int_t)epoch, "task", task->name,
                              "rows", (json_int_t)evaluation->rows);
    for (int i = 0; i < task->n_metrics; i++) {
        json_object_set_new(event, task->metrics[i], metric_json(evaluation->metrics[i]));
        put_scalar(t, t->step, arena_printf(t->s->arena, "dev/%s", task->name), task->metrics[i],
                   evaluation->metrics[i]);
    }
    log_event(t->log, event);
}

/* What --best names, on the scale of scores. */
static double best_score(const Trainer *t) {
    if (t->best_task < 0) return overall_score(t->evaluations, t->n_tasks);
    const Task *task = &t->s->program->tasks.items[t->best_task];
    for (int i = 0; i < t->n_tasks; i++) {
        if (t->order[i] == t->best_task)
            return metric_score(metric_find(task->metrics[t->best_metric]), t->evaluations[i].metrics[t->best_metric]);
    }
    return 0;
}

/* --patience epochs without a better one have passed. */
static bool has_lost_patience(const Trainer *t) {
    return t->o->patience && !t->o->no_eval && t->best_epoch > 0 && t->epochs - t->best_epoch >= t->o->patience;
}

static void tell_early_stop(Trainer *t) {
    log_event(t->log, json_pack("{s:s, s:I, s:I}", "event", "early_stop", "epoch", (json_int_t)t->epochs, "best_epoch",
                                (json_int_t)t->best_epoch));
    if (!t->o->quiet) fprintf(stderr, "no better epoch since epoch %" PRId64 ": stopped\n", t->best_epoch);
}

/* What the task's fits came to. */
static void tell_fits(Trainer *t, int64_t epoch, int index) {
    const Task *task = &t->s->program->tasks.items[index];
    const Parameters *params = model_parameters(t->s->model);
    for (int i = 0; i < task->n_fits; i++) {
        const Fit *fit = &task->fits[i];
        const float *numbers = params->weights + params->slots[fit->param].offset;
        const char *text = "";
        json_t *values = json_array();
        for (int64_t j = 0; j < fit->count; j++) {
            json_array_append_new(values, json_real((double)numbers[j]));
            text = arena_printf(t->diags->arena, "%s %.4g", text, (double)numbers[j]);
        }
        log_event(t->log, json_pack("{s:s, s:I, s:s, s:s, s:s, s:o}", "event", "fit", "epoch", (json_int_t)epoch,
                                    "task", task->name, "name", fit->name, "for", fit->metric, "values", values));
        if (!t->o->quiet && !t->o->json)
            fprintf(stderr, "epoch %" PRId64 ":  %s fitted for %s, %s:%s\n", epoch, task->name, fit->metric, fit->name,
                    text);
    }
}

static bool end_epoch(Trainer *t, int64_t epoch) {
    if (t->o->no_eval) return true;
    progress_clear(&t->progress);
    for (int i = 0; i < t->n_tasks; i++) {
        int task = t->order[i];
        if (!fit_task(t->s->model, task, t->dev[task], EVAL_BATCH, t->diags)) return false;
        tell_fits(t, epoch, task);
        if (!evaluate(t->s->model, task, t->dev[task], EVAL_BATCH, &t->evaluations[i], NULL, t->diags)) return false;
        log_evaluation(t, epoch, &t->evaluations[i]);
        if (t->s->program->tasks.items[task].n_metrics)
            progress_metric(&t->progress, i, t->s->program->tasks.items[task].metrics[0], t->evaluations[i].metrics[0]);
    }
    double overall = overall_score(t->evaluations, t->n_tasks);
    log_event(t->log, json_pack("{s:s, s:I, s:o}", "event", "score", "epoch", (json_int_t)epoch, "overall",
                                metric_json(overall)));
    put_scalar(t, t->step, "dev/overall", NULL, overall);
    if (!t->o->quiet && !t->o->json) {
        fprintf(stderr, "epoch %" PRId64 ":", epoch);
        for (int i = 0; i < t->n_tasks; i++) {
            const Task *task = &t->s->program->tasks.items[t->order[i]];
            fprintf(stderr, "  %s %s %s", task->name, task->n_metrics ? task->metrics[0] : "",
                    metric_text(t->evaluations[i].metrics[0]).text);
        }
        fprintf(stderr, "  overall %s\n", metric_text(overall).text);
    }
    double score = best_score(t);
    bool is_best = !(score <= t->best); /* where it is undefined, the last epoch is the best */
    if (is_best) {
        t->best = score;
        t->best_epoch = epoch;
        memcpy(t->best_ones, t->evaluations, (size_t)t->n_tasks * sizeof *t->best_ones);
    }
    return !is_best || !t->o->out || session_save(t->s, t->o->out);
}

/* The rest of the epoch at hand. False with a diagnostic; true and less steps after a signal. */
static bool run_steps(Trainer *t) {
    int64_t first = t->epochs * sampler_steps_per_epoch(t->sampler), end = first + sampler_steps_per_epoch(t->sampler);
    for (; t->step < end && t->step < t->rate.steps && !interrupt_signal();) {
        if (!one_step(t, t->step, t->epochs, t->step - first)) return false;
        t->step++;
        bool due = t->o->save_every && t->step % t->o->save_every == 0;
        if (due && !train_checkpoint(t)) return false;
    }
    return true;
}

static bool run_epochs(Trainer *t) {
    progress_start(&t->progress, t->o->quiet || t->o->json, t->step, t->rate.steps);
    bool evaluates = t->rate.steps == 0;
    while (!has_lost_patience(t) &&
           (t->step < t->rate.steps || t->step > t->epochs * sampler_steps_per_epoch(t->sampler) || evaluates)) {
        double began = t->last_step = seconds_now();
        evaluates = false;
        if (!run_steps(t)) return false;
        t->train_seconds += seconds_now() - began;
        t->stopped = interrupt_signal() &&
                     (t->step < t->rate.steps || t->step > t->epochs * sampler_steps_per_epoch(t->sampler));
        if (t->stopped) return true;
        int64_t epoch = t->epochs + (t->rate.steps > 0);
        if (!end_epoch(t, epoch)) return false;
        t->epochs = epoch;
        if (!train_checkpoint(t)) return false;
        t->progress.start += seconds_now() - began - (t->last_step - began);
        if (t->step >= t->rate.steps) break;
        if (has_lost_patience(t)) {
            tell_early_stop(t);
            break;
        }
    }
    return !t->o->no_eval || !t->o->out || session_save(t->s, t->o->out);
}

/* The fingerprint of all parameters: equal for equal bits. */
static const char *weights_hash(Trainer *t) {
    const Parameters *params = model_parameters(t->s->model);
    return bytes_hash(t->s->arena, params->weights, (size_t)params->total * sizeof(float));
}

static void log_done(Trainer *t) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const Parameters *params = model_parameters(t->s->model);
    size_t planned = parameters_bytes(params) + model_slab_bytes(t->s->model);
    double seconds = t->train_seconds > 0 ? t->train_seconds : 1e-9;
    log_event(t->log, json_pack("{s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:s}", "event", "done", "train_s",
                                t->train_seconds, "real_tokens_per_s", (double)t->tokens / seconds, "examples_per_s",
                                (double)t->examples / seconds, "peak_bytes", (json_int_t)usage.ru_maxrss * 1024,
                                "planned_bytes", (json_int_t)planned, "planned_slab_bytes", (json_int_t)t->planned_slab,
                                "slab_bytes", (json_int_t)model_slab_bytes(t->s->model), "weights", weights_hash(t)));
    if (!t->o->quiet && !t->o->json) {
        progress_clear(&t->progress);
        fprintf(stderr, "trained %" PRId64 " rows in %.1f s, %.0f tokens/s; weights %s\n", t->examples,
                t->train_seconds, (double)t->tokens / seconds, weights_hash(t));
        if (!t->o->no_eval)
            fprintf(stderr, "the best epoch was %" PRId64 "%s%s\n", t->best_epoch,
                    t->o->out ? "; its weights are in " : "", t->o->out ? t->o->out : "");
    }
}

/* After a signal: keeps what there is and says how to go on. */
static bool stop(Trainer *t) {
    progress_clear(&t->progress);
    if (!train_checkpoint(t)) return false;
    log_event(t->log, json_pack("{s:s, s:I}", "event", "stop", "step", (json_int_t)t->step));
    fprintf(stderr, "stopped after step %" PRId64 " of %" PRId64, t->step, t->rate.steps);
    if (t->o->out)
        fprintf(stderr, "; to go on:\n  gradc train %s --resume\n", t->o->out);
    else
        fprintf(stderr, "; without --out there is nothing to go on from\n");
    return true;
}

static bool finish(Trainer *t) {
    log_done(t);
    if (t->o->profile) {
        Profile profile = model_profile_rows(t->s->model, t->s->arena);
        profile_print(&profile, t->train_seconds, NULL, stderr);
    }
    if (!t->o->no_eval && !t->o->json) print_evaluations(stdout, t->s->program, t->best_ones, t->n_tasks);
    return true;
}

/* Then the share of the peak cannot be told from the tokens. */
static bool is_any_frozen(const Trainer *t) {
    const Parameters *params = model_parameters(t->s->model);
    for (int i = 0; i < t->n_tasks; i++) {
        const Task *task = &t->s->program->tasks.items[t->order[i]];
        for (int j = 0; j < task->n_params; j++) {
            if (!params->slots[task->params[j]].trained) return true;
        }
    }
    return false;
}

static bool train(Trainer *t) {
    Session *s = t->s;
    if (!train_check_folder(t) || !evaluate_check(s->program, s->tasks, t->diags)) return false;
    if (!train_choose_steps(t) || !session_make_model(s, &t->use) || !train_prepare(t)) return false;
    if (!train_check_memory(t) || !session_fill_model(s, &t->use)) return false;
    bool plans = t->o->dry_run || (t->o->within && !t->o->resume); /* a run that goes on has its steps */
    if (plans && (!train_plan(t) || t->o->dry_run)) return t->diags->errors == 0;
    if (!train_begin(t) || !train_keep_data(t)) return false;
    if (t->o->json) log_echo(t->log, stdout);
    train_say_start(t);
    if (!train_plan_memory(t)) return false;
    if (t->o->profile) model_profile(s->model);
    if (!is_any_frozen(t) && progress_has_terminal() && !t->o->quiet && !t->o->json) {
        Machine machine;
        if (!machine_measure(&machine, s->team, s->target, t->diags)) return false;
        t->progress.peak = machine.flops;
    }
    interrupt_watch();
    bool good = run_epochs(t);
    interrupt_unwatch();
    if (good && t->stopped) return stop(t);
    return good && finish(t);
}

static void trainer_close(Trainer *t) {
    for (int i = 0; t->train && i < t->s->program->tasks.count; i++) {
        dataset_free(t->train[i]);
        dataset_free(t->dev[i]);
    }
    json_decref(t->settings);
    folder_unlock(t->lock);
    sampler_free(t->sampler);
    parts_free(t->parts);
    batch_free(t->batch);
}

/* Names and values of what the run ends with, in the arena of the diagnostics. */
static void list_figures(const Trainer *t, Figures *figures) {
    Arena *arena = t->diags->arena;
    for (int i = 0; !t->o->no_eval && i < t->n_tasks; i++) {
        const Task *task = &t->s->program->tasks.items[t->order[i]];
        for (int j = 0; j < task->n_metrics; j++) {
            vec_push(
                arena, figures,
                ((Figure){arena_printf(arena, "%s %s", task->name, task->metrics[j]), t->best_ones[i].metrics[j]}));
        }
    }
    if (!t->o->no_eval) vec_push(arena, figures, ((Figure){"overall", overall_score(t->best_ones, t->n_tasks)}));
}

int train_once(Session *session, const ModelUse *use, const TrainOptions *options, Figures *figures) {
    enum { SIGNAL_STATUS = 128 }; /* as shells have it: 130 after Ctrl-C */
    Diagnostics *diags = session->diags;
    Trainer trainer = {.s = session,
                       .o = options,
                       .diags = diags,
                       .use = *use,
                       .length = {options->epochs, options->steps},
                       .best = -INFINITY,
                       .checkpoint = -1,
                       .previous = -1};
    bool good = train(&trainer);
    good = log_close(trainer.log, diags) && good;
    good = event_file_close(trainer.events, diags) && good;
    if (good && !trainer.stopped && !options->dry_run) list_figures(&trainer, figures);
    trainer_close(&trainer);
    if (!good) return 1;
    return trainer.stopped ? SIGNAL_STATUS + interrupt_signal() : 0;
}
