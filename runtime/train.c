/* gradc train: the training loop. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "runtime/commands.h"
#include "runtime/log.h"
#include "runtime/progress.h"
#include "runtime/rate.h"
#include "runtime/sampler.h"
#include "runtime/session.h"

enum { EVAL_BATCH = 64, TRAIN_BATCH = 32 };

typedef struct Trainer {
    Session *s;
    const Options *o;
    Diagnostics *diags;
    Log *log;
    Dataset **train, **dev; /* [program's tasks]; NULL: not wanted */
    int *order;             /* the sampler's task numbers as the program's */
    int n_tasks;
    Sampler *sampler;
    Batch *batch;
    RateSchedule rate;
    Progress progress;
    Evaluation *evaluations; /* [n_tasks] */
    Evaluation *best_ones;   /* [n_tasks]: of the epoch whose weights are saved */
    double best;             /* overall score; negative: none yet */
    int64_t best_epoch;
    double began, last_step; /* seconds */
    double train_seconds;
    int64_t tokens, examples;
} Trainer;

/* --- Before the first step ------------------------------------------------------------------------------------------ */

/* N of "TASK=N" for this task; 0: no limit is given. */
static bool limit_of(Trainer *t, const char *task, int64_t *limit) {
    *limit = 0;
    for (int i = 0; i < t->o->limit.count; i++) {
        const char *text = t->o->limit.items[i], *equals = strchr(text, '=');
        char *end = NULL;
        long long value = equals ? strtoll(equals + 1, &end, 10) : 0;
        if (!equals || end == equals + 1 || *end || value < 1) {
            return diag_error(t->diags, "E0940", (Pos){0}, "--limit takes TASK=N, as in paraphrase=12000, not '%s'", text);
        }
        if (strncmp(text, task, (size_t)(equals - text)) == 0 && !task[equals - text]) *limit = value;
    }
    return true;
}

/* Every --limit names a task. */
static bool check_limits(Trainer *t) {
    for (int i = 0; i < t->o->limit.count; i++) {
        const char *text = t->o->limit.items[i];
        const char *name = arena_strndup(t->s->arena, text, strcspn(text, "="));
        if (session_find_task(t->s, name) < 0) return false;
    }
    return true;
}

static bool load_data(Trainer *t) {
    int count = t->s->program->tasks.count;
    size_t size = (size_t)count + 1;
    t->train = arena_array(t->s->arena, size, sizeof *t->train);
    t->dev = arena_array(t->s->arena, size, sizeof *t->dev);
    t->order = arena_array(t->s->arena, size, sizeof *t->order);
    t->evaluations = arena_array(t->s->arena, size, sizeof *t->evaluations);
    t->best_ones = arena_array(t->s->arena, size, sizeof *t->best_ones);
    bool good = check_limits(t);
    for (int i = 0; good && i < count; i++) {
        int64_t limit;
        if (!t->s->tasks[i]) continue;
        good = limit_of(t, t->s->program->tasks.items[i].name, &limit);
        if (good) t->train[i] = session_dataset(t->s, i, "train", NULL, limit, true);
        if (t->train[i] && !t->o->no_eval) t->dev[i] = session_dataset(t->s, i, "dev", NULL, 0, true);
        good = t->train[i] && (t->dev[i] || t->o->no_eval);
        t->order[t->n_tasks++] = i;
    }
    return good;
}

static void make_sampler(Trainer *t) {
    int64_t sizes[64];
    const Dataset *sets[64];
    for (int i = 0; i < t->n_tasks; i++) {
        sets[i] = t->train[t->order[i]];
        sizes[i] = sets[i]->rows;
        t->progress.names[i] = sets[i]->task->name;
    }
    t->progress.n_tasks = t->n_tasks;
    int64_t batch = t->o->batch ? t->o->batch : TRAIN_BATCH;
    SamplerOptions options = {.batch = batch, .seed = (uint64_t)t->o->seed, .shuffle = !t->o->no_shuffle};
    t->sampler = sampler_new(sizes, t->n_tasks, options);
    t->batch = batch_new(sets, t->n_tasks, batch);
    t->batch->rng[0] = (int32_t)(uint32_t)t->o->seed;
}

static bool make_schedule(Trainer *t) {
    int64_t all = t->o->epochs * sampler_steps_per_epoch(t->sampler);
    t->rate.steps = t->o->steps && t->o->steps < all ? t->o->steps : all;
    t->rate.peak = t->o->lr;
    double warmup = t->o->warmup < 1 ? t->o->warmup * (double)t->rate.steps : t->o->warmup;
    t->rate.warmup = (int64_t)warmup;
    return rate_kind(t->o->schedule, &t->rate.kind, t->diags);
}

static bool open_log(Trainer *t) {
    const char *out = t->o->out, *path = t->o->log;
    if (out && mkdir(out, 0777) != 0 && errno != EEXIST) {
        diag_error(t->diags, "E0941", (Pos){0}, "the folder %s cannot be made: %s", out, strerror(errno));
        return false;
    }
    if (!path && out) path = arena_printf(t->s->arena, "%s/log.jsonl", out);
    t->log = log_open(path, false, t->diags);
    return t->log != NULL;
}

static void log_start(Trainer *t) {
    const Code *code = model_code(t->s->model);
    const Parameters *params = model_parameters(t->s->model);
    json_t *tasks = json_object();
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *set = t->train[t->order[i]];
        json_object_set_new(tasks, set->task->name,
                            json_pack("{s:s, s:I, s:I, s:I}", "file", set->file->path, "rows", (json_int_t)set->rows,
                                      "without_label", (json_int_t)set->skipped, "cut", (json_int_t)set->cut));
    }
    log_event(t->log, json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:o}", "event", "start", "version",
                                GRADC_VERSION, "target", target_name(t->s->target), "threads", team_threads(t->s->team),
                                "seed", (json_int_t)t->o->seed, "steps", (json_int_t)t->rate.steps, "parameters",
                                (json_int_t)params->total, "trained", (json_int_t)params->trained, "kernels_compiled",
                                code->compiled, "kernels_cached", code->cached, "tasks", tasks));
}

static void say_start(Trainer *t) {
    if (t->o->quiet) return;
    const Code *code = model_code(t->s->model);
    fprintf(stderr, "%s, %d threads; %d kernels compiled, %d from the cache\n", target_name(t->s->target),
            team_threads(t->s->team), code->compiled, code->cached);
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *set = t->train[t->order[i]];
        fprintf(stderr, "%s: %" PRId64 " rows", set->task->name, set->rows);
        if (set->skipped) fprintf(stderr, ", %" PRId64 " without a label left out", set->skipped);
        if (set->cut) fprintf(stderr, ", %" PRId64 " cut to %" PRId64 " tokens", set->cut, t->s->max_length);
        fputc('\n', stderr);
    }
}

/* --- Gradients of the first step, for comparison with other programs ------------------------------------------------- */

static bool write_gradients(Trainer *t, int task) {
    float loss;
    if (!model_gradients(t->s->model, task, t->batch, &loss, t->diags)) return false;
    const Parameters *params = model_parameters(t->s->model);
    const Task *info = &t->s->program->tasks.items[task];
    TensorToWrite *list = arena_array(t->s->arena, (size_t)info->n_params + 1, sizeof *list);
    int count = 0;
    for (int i = 0; i < info->n_params; i++) {
        const ParamSlot *slot = &params->slots[info->params[i]];
        if (!slot->trained) continue;
        int64_t *shape = arena_array(t->s->arena, MAX_RANK, sizeof *shape);
        for (int j = 0; j < slot->param->type.rank; j++) shape[j] = slot->param->type.dims[j].offset;
        list[count++] = (TensorToWrite){slot->param->name, slot->param->type.rank, shape, params->gradients + slot->offset};
    }
    return safetensors_write(t->o->grads, list, count, NULL, 0, t->diags);
}

/* --- Steps ----------------------------------------------------------------------------------------------------------- */

static void log_step(Trainer *t, int64_t step, int task, const StepResult *result, double rate) {
    double now = seconds_now();
    log_event(t->log, json_pack("{s:s, s:I, s:s, s:f, s:f, s:f, s:I, s:I, s:f}", "event", "step", "step", (json_int_t)step,
                                "task", t->s->program->tasks.items[task].name, "loss", (double)result->loss, "lr", rate,
                                "norm", result->norm, "rows", (json_int_t)t->batch->rows, "tokens",
                                (json_int_t)batch_tokens(t->batch), "ms", 1e3 * (now - t->last_step)));
    t->last_step = now;
}

static bool one_step(Trainer *t, int64_t step, int64_t epoch, int64_t index) {
    Draw draw = sampler_draw(t->sampler, epoch, index);
    int task = t->order[draw.task];
    batch_fill(t->batch, t->train[task], draw.rows, draw.count, 0);
    t->batch->update_rows[0] = (float)draw.count;
    t->batch->rng[1] = (int32_t)(uint32_t)step;
    if (step == 0 && t->o->grads && !write_gradients(t, task)) return false;
    UpdateSettings settings = {.rate = rate_at(&t->rate, step), .clip = t->o->clip, .decay = t->s->program->optimizer.decay};
    StepResult result;
    if (!model_step(t->s->model, task, t->batch, &settings, &result, t->diags)) return false;
    t->tokens += batch_tokens(t->batch);
    t->examples += draw.count;
    log_step(t, step + 1, task, &result, settings.rate);
    progress_step(&t->progress, step + 1, draw.task, (double)result.loss, batch_tokens(t->batch));
    return true;
}

static void log_evaluation(Trainer *t, int64_t epoch, const Evaluation *evaluation) {
    const Task *task = &t->s->program->tasks.items[evaluation->task];
    json_t *event = json_pack("{s:s, s:I, s:s, s:I}", "event", "eval", "epoch", (json_int_t)epoch, "task", task->name, "rows",
                              (json_int_t)evaluation->rows);
    for (int i = 0; i < task->n_metrics; i++) json_object_set_new(event, task->metrics[i], json_real(evaluation->metrics[i]));
    log_event(t->log, event);
}

/* Saves where the run belongs, the best so far, and `last` beside it. */
static bool save(Trainer *t, bool is_best) {
    if (!t->o->out) return true;
    return !is_best || session_save(t->s, t->o->out);
}

static bool end_epoch(Trainer *t, int64_t epoch) {
    if (t->o->no_eval) return true;
    progress_clear(&t->progress);
    for (int i = 0; i < t->n_tasks; i++) {
        int task = t->order[i];
        if (!evaluate(t->s->model, task, t->dev[task], EVAL_BATCH, &t->evaluations[i], t->diags)) return false;
        log_evaluation(t, epoch, &t->evaluations[i]);
    }
    double overall = overall_score(t->evaluations, t->n_tasks);
    log_event(t->log, json_pack("{s:s, s:I, s:f}", "event", "score", "epoch", (json_int_t)epoch, "overall", overall));
    if (!t->o->quiet) {
        fprintf(stderr, "epoch %" PRId64 ":", epoch);
        for (int i = 0; i < t->n_tasks; i++) {
            const Task *task = &t->s->program->tasks.items[t->order[i]];
            fprintf(stderr, "  %s %s %.3f", task->name, task->n_metrics ? task->metrics[0] : "", t->evaluations[i].metrics[0]);
        }
        fprintf(stderr, "  overall %.3f\n", overall);
    }
    bool is_best = overall > t->best;
    if (is_best) {
        t->best = overall;
        t->best_epoch = epoch;
        memcpy(t->best_ones, t->evaluations, (size_t)t->n_tasks * sizeof *t->best_ones);
    }
    return save(t, is_best);
}

static bool run_epochs(Trainer *t) {
    int64_t per_epoch = sampler_steps_per_epoch(t->sampler), step = 0;
    progress_start(&t->progress, t->o->quiet, t->rate.steps);
    t->last_step = seconds_now();
    for (int64_t epoch = 0; step < t->rate.steps; epoch++) {
        double began = t->last_step = seconds_now();
        for (int64_t i = 0; i < per_epoch && step < t->rate.steps; i++) {
            if (!one_step(t, step++, epoch, i)) return false;
        }
        t->train_seconds += seconds_now() - began;
        if (!end_epoch(t, epoch + 1)) return false;
        t->progress.start += seconds_now() - began - (t->last_step - began);
    }
    if (t->rate.steps == 0 && !end_epoch(t, 0)) return false;
    return t->o->no_eval ? save(t, true) : true;
}

/* The fingerprint of all parameters: equal for equal bits. */
static const char *weights_hash(Trainer *t) {
    const Parameters *params = model_parameters(t->s->model);
    XXH128_hash_t hash = XXH3_128bits(params->weights, (size_t)params->total * sizeof(float));
    return arena_printf(t->s->arena, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

static void log_done(Trainer *t) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const Parameters *params = model_parameters(t->s->model);
    int64_t planned = 4 * (params->total + (1 + params->n_states) * params->trained) + (int64_t)model_slab_bytes(t->s->model);
    double seconds = t->train_seconds > 0 ? t->train_seconds : 1e-9;
    log_event(t->log, json_pack("{s:s, s:f, s:f, s:f, s:I, s:I, s:s}", "event", "done", "train_s", t->train_seconds,
                                "real_tokens_per_s", (double)t->tokens / seconds, "examples_per_s",
                                (double)t->examples / seconds, "peak_bytes", (json_int_t)usage.ru_maxrss * 1024,
                                "planned_bytes", (json_int_t)planned, "weights", weights_hash(t)));
    if (!t->o->quiet) {
        progress_clear(&t->progress);
        fprintf(stderr, "trained %" PRId64 " rows in %.1f s, %.0f tokens/s; weights %s\n", t->examples, t->train_seconds,
                (double)t->tokens / seconds, weights_hash(t));
        if (!t->o->no_eval) fprintf(stderr, "the best epoch was %" PRId64 "%s%s\n", t->best_epoch, t->o->out ? "; its weights are in " : "", t->o->out ? t->o->out : "");
    }
}

static bool train(Trainer *t) {
    Session *s = t->s;
    if (!evaluate_check(s->program, s->tasks, t->diags)) return false;
    if (!session_load_model(s, true) || !load_data(t)) return false;
    make_sampler(t);
    if (!make_schedule(t) || !open_log(t)) return false;
    say_start(t);
    log_start(t);
    if (t->o->profile) model_profile(s->model);
    bool good = run_epochs(t);
    if (good) log_done(t);
    if (good && t->o->profile) model_print_profile(s->model, t->train_seconds, stderr);
    if (good && !t->o->no_eval) print_evaluations(s->program, t->best_ones, t->n_tasks);
    return good;
}

static void trainer_close(Trainer *t) {
    for (int i = 0; t->train && i < t->s->program->tasks.count; i++) {
        dataset_free(t->train[i]);
        dataset_free(t->dev[i]);
    }
    sampler_free(t->sampler);
    batch_free(t->batch);
}

int command_train(const Options *options, Diagnostics *diags) {
    Session session = {0};
    Trainer trainer = {.s = &session, .o = options, .diags = diags, .best = -1};
    bool good = session_load_program(&session, options, diags) && train(&trainer);
    good = log_close(trainer.log, diags) && good;
    trainer_close(&trainer);
    session_close(&session);
    return good ? 0 : 1;
}
