/* Train: the loop. */
#include "runtime/train/train.h"

#include <math.h>
#include <string.h>

#include "runtime/engine/clock.h"
#include "runtime/engine/interrupt.h"
#include "runtime/measure/evaluation_table.h"
#include "runtime/measure/fit.h"
#include "runtime/train/deadline.h"
#include "runtime/train/run_speed.h"
#include "runtime/train/task_numbers.h"
#include "runtime/train/train_keep.h"
#include "runtime/train/train_memory.h"
#include "runtime/train/train_ranks.h"
#include "runtime/train/train_report.h"

/* Whose value makes an epoch the best. */
typedef struct Goal {
    int task, metric; /* task -1: the overall score */
} Goal;

typedef struct Trainer {
    Session *s;
    const TrainOptions *o;
    ModelUse use;
    Goal goal;
    TrainData data;
    RunSchedule schedule;
    StepRunner runner;
    RunState state;
    RunKeeper keeper;
    TrainReport report;
    Evaluation *evaluations; /* [tasks]: of the last epoch */
    size_t planned_slab;     /* bytes for the largest batch */
    int signal;              /* that some rank has been sent, by the last look */
    bool stopped;            /* by a signal, before its end */
    int64_t pause;           /* after so many steps, before its end; 0: none */
    double score;            /* of the pause */
    RunSpeed speed;          /* as measured; where there is a deadline */
    Deadline deadline;
    bool late; /* the deadline leaves no time for another step */
} Trainer;

static Ranks *ranks_of(const Trainer *t) { return t->s->use.machine.ranks; }

/* --- What is asked for -------------------------------------------------------------------------------------------- */

/* "TASK.METRIC" */
static bool find_best(Session *s, const char *text, Goal *goal) {
    const char *dot = text ? strchr(text, '.') : NULL;
    goal->task = -1;
    if (!text || strcmp(text, "overall") == 0) return true;
    const char *name = arena_strndup(s->arena, text, strcspn(text, "."));
    if ((goal->task = session_find_task(s, name)) < 0) return false;
    const Task *task = &s->program->tasks.items[goal->task];
    for (goal->metric = 0; dot && s->tasks[goal->task] && goal->metric < task->n_metrics; goal->metric++) {
        if (strcmp(task->metrics[goal->metric], dot + 1) == 0) return true;
    }
    diag_error(s->diags, "E0926", task->pos, "--best takes TASK.METRIC of a task that is trained, not '%s'", text);
    diag_hint(s->diags, "for example: --best %s.%s", task->name, task->n_metrics ? task->metrics[0] : "loss");
    return false;
}

/* Before the model is made, which depends on what a step is. */
static bool choose_steps(Trainer *t) {
    Session *s = t->s;
    const TrainOptions *o = t->o;
    if (!train_model_use(&t->use, o, s->diags) || !train_losses_fit(s, o) || !train_ranks_fit(s, o)) return false;
    return find_best(s, o->best, &t->goal) && task_numbers_check(s, "limit", &o->limit, 1, true) &&
           task_numbers_check(s, "limit-dev", &o->limit_dev, 1, true) &&
           task_numbers_check(s, "share", &o->share, 0, false) &&
           task_numbers_check(s, "loss-weight", &o->loss_weight, 0, false);
}

/* --- Epochs ------------------------------------------------------------------------------------------------------- */

/* What --best names, on the scale of scores. */
static double score_of(const Trainer *t) {
    if (t->goal.task < 0) return overall_score(t->evaluations, t->data.count);
    const Task *task = &t->s->program->tasks.items[t->goal.task];
    int metric = t->goal.metric;
    for (int i = 0; i < t->data.count; i++) {
        if (t->data.tasks[i].number == t->goal.task)
            return metric_score(metric_find(task->metrics[metric]), t->evaluations[i].metrics[metric]);
    }
    return 0;
}

/* --patience epochs without a better one have passed. */
static bool has_lost_patience(const Trainer *t) {
    const RunState *state = &t->state;
    return t->o->patience && !t->o->no_eval && state->best.epoch > 0 &&
           state->epochs - state->best.epoch >= t->o->patience;
}

/* What is evaluated and saved is what the optimizer says: the weights, or an average of them. */
static bool save_weights(Trainer *t) {
    if (!t->o->out) return true;
    model_exchange(t->s->model);
    bool good = session_save(t->s, t->o->out);
    model_exchange(t->s->model);
    return good;
}

/* Saves the weights of the best epoch so far. */
static bool keep_best(Trainer *t, int64_t epoch) {
    BestEpoch *best = &t->state.best;
    double score = score_of(t);
    if (score <= best->score) return true; /* where it is undefined, the last epoch is the best */
    best->score = score;
    best->epoch = epoch;
    memcpy(best->evaluations, t->evaluations, (size_t)t->data.count * sizeof *best->evaluations);
    return save_weights(t);
}

/* Ranks take the same turn. */
static bool is_interrupted(Trainer *t) {
    t->signal = ranks_most(ranks_of(t), interrupt_signal());
    return t->signal != 0;
}

/* Between the batches of an evaluation. */
static bool goes_on(void *trainer, const Dataset *data, int64_t done) {
    Trainer *t = trainer;
    progress_evaluation(&t->report.progress, data->task->name, done, data->rows);
    return !interrupt_signal();
}

/* False with a diagnostic; without one after a signal, and nothing is reported of this epoch then. */
static bool evaluate_tasks(Trainer *t) {
    Pace pace = {EVAL_BATCH, goes_on, t, ranks_of(t)};
    bool good = true;
    model_exchange(t->s->model);
    for (int i = 0; good && i < t->data.count; i++) {
        const TrainTask *task = &t->data.tasks[i];
        good = fit_task(t->s->model, task->number, task->dev, &pace, t->s->diags) &&
               evaluate(t->s->model, task->number, task->dev, &pace, &t->evaluations[i], NULL, t->s->diags);
    }
    model_exchange(t->s->model);
    progress_clear(&t->report.progress);
    return good;
}

static void report_tasks(Trainer *t, int64_t epoch) {
    for (int i = 0; i < t->data.count; i++) {
        report_fits(&t->report, epoch, t->data.tasks[i].task);
        report_evaluation(&t->report, epoch, t->state.step, i, &t->evaluations[i]);
    }
    report_epoch(&t->report, epoch, t->state.step, t->evaluations);
}

static bool run_step(Trainer *t) {
    RunState *state = &t->state;
    double began = seconds_now();
    const Step *step = run_schedule_step(&t->schedule, state->step);
    double rate = rate_at(&t->schedule.rate, state->step);
    if (!step_run(&t->runner, step, state->step, rate)) return false;
    report_step(&t->report, step, &t->runner, ++state->step, rate);
    for (int i = 0; i < step->n_draws; i++) {
        state->tokens += t->runner.results[i].tokens;
        state->examples += step->draws[i].count;
    }
    state->train_seconds += seconds_now() - began;
    bool due = t->o->save_every && state->step % t->o->save_every == 0;
    return !due || run_keeper_save(&t->keeper, state);
}

static bool has_deadline(const Trainer *t) { return isfinite(t->deadline.at); }

/* A step of the run, and what it says about the speed of now. */
static bool time_step(Trainer *t) {
    if (!has_deadline(t)) return run_step(t);
    int task;
    int64_t tokens = run_plan_step(&t->schedule, &t->data, t->state.step, &task, NULL);
    const TokenSeconds *token = &t->speed.training[task];
    double began = seconds_now(), planned = (double)tokens * (t->state.epochs == 0 ? token->first : token->later);
    if (!run_step(t)) return false;
    deadline_add_step(&t->deadline, (TimedStep){planned, seconds_now() - began});
    return true;
}

/* Are there steps that no evaluation has followed, or steps to come? */
static bool is_unfinished(const Trainer *t) {
    return t->state.step < t->schedule.rate.steps || t->state.step > t->state.epochs * t->schedule.per_epoch;
}

/* The rest of the epoch at hand. False with a diagnostic; true and fewer steps after a signal. */
static bool run_steps(Trainer *t) {
    int64_t end = (t->state.epochs + 1) * t->schedule.per_epoch;
    t->report.last_step = seconds_now();
    int64_t last = t->pause ? t->pause : t->schedule.rate.steps;
    while (!is_interrupted(t) && t->state.step < end && t->state.step < last) {
        t->late = !deadline_allows_step(&t->deadline, seconds_now());
        ranks_share(ranks_of(t), &t->late, sizeof t->late);
        if (t->late) break;
        if (!time_step(t)) return false;
    }
    t->stopped = t->signal && is_unfinished(t);
    return true;
}

/* After a signal: keeps what there is and says how to go on. An evaluation, which may have numbers half fitted, has its
 * checkpoint already. */
static bool stop(Trainer *t) {
    progress_clear(&t->report.progress);
    if (!run_keeper_save(&t->keeper, &t->state)) return false;
    report_stop(&t->report, &t->state, t->schedule.rate.steps);
    return true;
}

/* The evaluation of an epoch, whose checkpoint is written before: a run that is taken up there begins with it. */
static bool evaluate_epoch(Trainer *t, int64_t epoch) {
    if (!run_keeper_save(&t->keeper, &t->state)) return false;
    if (!evaluate_tasks(t)) return t->stopped = is_interrupted(t) && t->s->diags->errors == 0;
    report_tasks(t, epoch);
    if (!t->late) t->state.epochs = epoch;
    return keep_best(t, epoch);
}

/* What follows the steps of an epoch. One that the deadline cuts short is evaluated and does not count as done, so that
 * a run that is taken up there goes on as if it had not been cut. */
static bool end_epoch(Trainer *t) {
    double began = seconds_now();
    int64_t epoch = t->state.epochs + (t->schedule.rate.steps > 0);
    progress_clear(&t->report.progress);
    if (t->o->no_eval && !t->late) t->state.epochs = epoch;
    if (!(t->o->no_eval ? run_keeper_save(&t->keeper, &t->state) : evaluate_epoch(t, epoch))) return false;
    deadline_add_closing(&t->deadline, seconds_now() - began);
    t->report.progress.start += seconds_now() - began; /* progress shows the speed of steps */
    return true;
}

/* The last checkpoint knows the last evaluation. */
static bool keep_end(Trainer *t) {
    if (!run_keeper_save(&t->keeper, &t->state)) return false;
    return !t->o->no_eval || save_weights(t);
}

static bool is_at_pause(const Trainer *t) { return t->pause && t->state.step == t->pause; }

/* In the middle of an epoch, as at its end: a checkpoint, and how good it is now. What the evaluation fits is not kept,
 * so that the run goes on as if it had not paused. */
static bool pause_run(Trainer *t) {
    if (!run_keeper_save(&t->keeper, &t->state)) return false;
    bool ends_epoch = t->state.step == t->state.epochs * t->schedule.per_epoch;
    if (!ends_epoch && !evaluate_tasks(t)) return t->stopped = is_interrupted(t) && t->s->diags->errors == 0;
    if (!ends_epoch) t->score = score_of(t);
    report_pause(&t->report, &t->state, t->schedule.rate.steps, fmax(t->score, t->state.best.score));
    return true;
}

/* A run of no steps is evaluated once. */
static bool run_epochs(Trainer *t) {
    bool evaluates = t->schedule.rate.steps == 0;
    while (!has_lost_patience(t) && (is_unfinished(t) || evaluates)) {
        evaluates = false;
        if (!run_steps(t)) return false;
        bool is_inside = is_at_pause(t) && t->pause % t->schedule.per_epoch != 0;
        bool is_closed = t->late && t->state.step == t->state.epochs * t->schedule.per_epoch;
        if (!t->stopped && !is_inside && !is_closed && !end_epoch(t)) return false;
        if (!t->stopped && is_at_pause(t) && !pause_run(t)) return false;
        if (t->stopped) return stop(t);
        if (is_at_pause(t)) return true;
        if (t->late || t->state.step >= t->schedule.rate.steps) break;
        if (has_lost_patience(t)) report_early_stop(&t->report, &t->state);
    }
    return keep_end(t);
}

/* --- The run ------------------------------------------------------------------------------------------------------ */

static void make_state(Trainer *t) {
    size_t count = (size_t)t->data.count + 1;
    t->evaluations = arena_array(t->s->arena, count, sizeof *t->evaluations);
    t->state.best.evaluations = arena_array(t->s->arena, count, sizeof *t->evaluations);
    t->state.best.score = -INFINITY;
}

static bool make_schedule(Trainer *t, RunLength length) {
    return run_schedule_make(&t->schedule, length, model_joined(t->s->model), &t->data, t->s, t->o);
}

/* Data, schedule and batch, for the model that has just been made. */
static bool prepare(Trainer *t) {
    if (!train_data_load(&t->data, t->s, t->o)) return false;
    make_state(t);
    return make_schedule(t, (RunLength){t->o->epochs, t->o->steps}) &&
           step_runner_open(&t->runner, &t->use.steps, &t->data, t->s, t->o);
}

/* --- Its length --------------------------------------------------------------------------------------------------- */

static RunPlan plan_of(const Trainer *t) { return run_plan_make(&t->schedule, &t->data, t->s->arena); }

/* Seconds of what is written after an epoch, about: a checkpoint before its evaluation and one behind it, and the
 * weights. Nothing has been written yet. */
static double saving_seconds(const Trainer *t) {
    static const double bytes_a_second = 300e6, states = 2; /* of all bytes of parameters, with room for more */
    double bytes = t->o->out ? states * (double)parameters_bytes(model_parameters(t->s->model)) : 0;
    ranks_share(ranks_of(t), &bytes, sizeof bytes); /* one rank writes them */
    return bytes / bytes_a_second;
}

/* What the end of an epoch takes counts as its evaluation. */
static TrainSeconds with_saving(const Trainer *t, TrainSeconds seconds, int64_t epochs) {
    return (TrainSeconds){seconds.training, seconds.evaluation + (double)epochs * saving_seconds(t)};
}

/* As many of the steps that were asked for as fit into so many seconds. Evaluations count; where one alone would take
 * most of the time, it has fewer rows. */
static bool shorten(Trainer *t, double seconds) {
    int64_t asked = t->schedule.rate.steps;
    RunPlan plan = plan_of(t);
    TrainSeconds all = with_saving(t, run_plan_seconds(&plan, &t->speed), plan.epochs);
    if (all.training + all.evaluation <= seconds || asked == 0) return true;
    train_data_limit_dev(&t->data, budget_evaluated(seconds, run_plan_first_epoch(&plan, &t->speed).evaluation));
    if (!make_schedule(t, (RunLength){.epochs = 1})) return false;
    plan = plan_of(t);
    TrainSeconds first = with_saving(t, run_plan_first_epoch(&plan, &t->speed), 1);
    TrainSeconds later = with_saving(t, run_plan_later_epoch(&plan, &t->speed), 1);
    int64_t per_epoch = t->schedule.per_epoch, steps = budget_steps(seconds, first, later, per_epoch, asked);
    return make_schedule(t, (RunLength){(steps + per_epoch - 1) / per_epoch, steps % per_epoch ? steps : 0});
}

static void set_deadline(Trainer *t, double seconds) {
    static const double ending = 0.03; /* part of the time: what comes after the last file is written */
    RunPlan plan = plan_of(t);
    double gone = seconds_of_process() - t->o->began;
    t->deadline.at = seconds_now() + (1 - ending) * seconds - gone;
    t->deadline.closing = saving_seconds(t);
    if (!t->o->no_eval) t->deadline.closing += run_plan_first_epoch(&plan, &t->speed).evaluation;
}

/* For --dry-run and --within: what the run will do is measured and said, and shortened to fit; a run that goes on has
 * its steps. */
static bool plan_run(Trainer *t) {
    static const double measured = 0.1; /* part of a budget that measuring may take */
    static const double margin = 0.1;   /* of it: what timing cannot know */
    int64_t asked = t->schedule.rate.steps, dev_rows = train_data_dev_rows(&t->data);
    double budget = INFINITY;
    if (t->o->within && !budget_read(t->o->within, &budget, t->s->diags)) return false;
    if (!run_speed_measure(&t->runner, &t->schedule, measured * budget, &t->speed)) return false;
    double left = (1 - margin) * budget - (seconds_of_process() - t->o->began);
    ranks_share(ranks_of(t), &left, sizeof left);
    if (!t->o->resume && !shorten(t, left)) return false;
    RunPlan plan = plan_of(t);
    report_plan(&t->report, &plan, &t->speed, &t->runner);
    if (isfinite(budget) && !t->o->resume) report_within(&t->report, &plan, asked, dev_rows);
    if (isfinite(budget)) set_deadline(t, budget);
    return true;
}

/* --- From its start to its end ------------------------------------------------------------------------------------ */

/* How long the files of an epoch take here is known from a checkpoint of the beginning. */
static bool time_saving(Trainer *t) {
    enum { CLOSING = 3 }; /* two checkpoints and the weights */
    double began = seconds_now();
    if (!run_keeper_save(&t->keeper, &t->state)) return false;
    t->deadline.closing += CLOSING * (seconds_now() - began) - saving_seconds(t);
    return true;
}

/* The run's folder, its log, and where it goes on from. */
static bool begin(Trainer *t) {
    if (!run_keeper_open(&t->keeper, t->schedule.length, &t->state)) return false;
    if (t->o->resume) train_ranks_take_up(&t->keeper, &t->state);
    bool goes_on = t->keeper.checkpoint >= 0;
    if (!report_open(&t->report, goes_on ? &t->state : NULL) || !train_data_keep(&t->data, t->s, t->o)) return false;
    report_start(&t->report, &t->schedule, &t->runner, &t->use, t->keeper.settings);
    return !has_deadline(t) || goes_on || time_saving(t);
}

static void finish(Trainer *t) {
    if (t->late) report_late(&t->report, &t->state, t->schedule.rate.steps);
    report_done(&t->report, &t->state, &t->runner, t->planned_slab);
    if (t->o->profile) {
        Profile profile = model_profile_rows(t->s->model, t->s->arena);
        profile_print(&profile, t->state.train_seconds, NULL, stderr);
    }
    if (!t->o->no_eval && !t->o->json)
        print_evaluations(stdout, t->s->program, t->state.best.evaluations, t->data.count);
}

/* A step of the run's own, that is not behind it. */
static void choose_pause(Trainer *t) {
    int64_t steps = t->schedule.rate.steps, pause = (int64_t)ceil(t->o->pause * (double)steps);
    t->pause = pause >= t->state.step && pause < steps ? pause : 0;
}

static bool train(Trainer *t) {
    Session *s = t->s;
    if (!run_keeper_check(&t->keeper) || !evaluate_check(s->program, s->tasks, s->diags)) return false;
    if (!choose_steps(t) || !session_make_model(s, &t->use) || !prepare(t)) return false;
    MemoryNeed need = {&t->runner, &t->schedule, t->use.kept_room, 0};
    if (!train_check_memory(&need) || !session_fill_model(s, &t->use)) return false;
    if (!train_ranks_check(&t->keeper, t->schedule.length)) return false;
    bool plans = t->o->dry_run || t->o->within;
    if (plans && (!plan_run(t) || t->o->dry_run)) return s->diags->errors == 0;
    if (!begin(t)) return false;
    if (t->o->pause > 0) choose_pause(t);
    need.first = t->state.step;
    if (!train_plan_memory(&need, &t->planned_slab)) return false;
    if (t->o->profile) model_profile(s->model, NULL);
    if (!report_begin(&t->report, t->state.step, t->schedule.rate.steps)) return false;
    interrupt_watch();
    bool good = run_epochs(t);
    interrupt_unwatch();
    if (good && !t->stopped && !is_at_pause(t)) finish(t);
    return good;
}

static void trainer_close(Trainer *t) {
    run_keeper_close(&t->keeper);
    step_runner_close(&t->runner);
    run_schedule_close(&t->schedule);
    train_data_close(&t->data);
}

/* Names and values of what the run ends with, in the arena of the diagnostics. */
static void list_figures(const Trainer *t, Figures *figures) {
    const Evaluation *best = t->state.best.evaluations;
    Arena *arena = t->s->diags->arena;
    for (int i = 0; i < t->data.count; i++) {
        const Task *task = t->data.tasks[i].task;
        for (int j = 0; j < task->n_metrics; j++) {
            const char *name = arena_printf(arena, "%s %s", task->name, task->metrics[j]);
            vec_push(arena, figures, ((Figure){name, best[i].metrics[j]}));
        }
    }
    vec_push(arena, figures, ((Figure){"overall", overall_score(best, t->data.count)}));
}

int train_once(Session *session, const ModelUse *use, const TrainOptions *options, TrainOutcome *outcome) {
    enum { SIGNAL_STATUS = 128 }; /* as shells have it: 130 after Ctrl-C */
    Trainer t = {.s = session, .o = options, .use = *use};
    t.score = -INFINITY;
    t.deadline.at = INFINITY;
    t.keeper = (RunKeeper){.s = session, .o = options, .data = &t.data};
    t.report = (TrainReport){.s = session, .o = options, .data = &t.data};
    bool good = train(&t);
    good = report_close(&t.report) && good;
    bool ended = good && !t.stopped && !options->dry_run && !is_at_pause(&t);
    if (ended && !options->no_eval) list_figures(&t, &outcome->figures);
    outcome->score = fmax(t.score, t.state.best.score);
    trainer_close(&t);
    if (!good) return 1;
    return t.stopped ? SIGNAL_STATUS + t.signal : 0;
}
