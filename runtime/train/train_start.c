/* Before the first step: data, sampler, schedule, and what is said about them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/data/overlap.h"
#include "runtime/engine/clock.h"
#include "runtime/train/train.h"

/* Does the text give a number to this task: "TASK=X"? */
static bool is_of_task(const char *text, const char *task) {
    size_t length = strcspn(text, "=");
    return strncmp(text, task, length) == 0 && !task[length];
}

/* What the last "TASK=X" for this task says, or `fallback`. The list has been checked. */
static double task_number(const Trainer *t, const TextList *list, int task, double fallback) {
    for (int i = 0; i < list->count; i++) {
        if (is_of_task(list->items[i], t->s->program->tasks.items[task].name))
            fallback = strtod(strchr(list->items[i], '=') + 1, NULL);
    }
    return fallback;
}

/* Every item gives a number of `least` or more to a task. */
static bool check_task_numbers(Trainer *t, const char *option, const TextList *list, double least, bool whole) {
    for (int i = 0; i < list->count; i++) {
        const char *text = list->items[i], *equals = strchr(text, '=');
        char *end = NULL;
        double value = equals ? strtod(equals + 1, &end) : 0;
        if (!equals || end == equals + 1 || *end || !(value >= least) || !isfinite(value) ||
            (whole && value != floor(value))) {
            diag_error(t->diags, "E0940", (Pos){0}, "--%s takes TASK=%s, not '%s'", option, whole ? "N" : "X", text);
            diag_hint(t->diags, "for example: --%s %s=%s", option, t->s->program->tasks.items[0].name,
                      whole ? "1000" : "0.5");
            return false;
        }
        if (session_find_task(t->s, arena_strndup(t->s->arena, text, strcspn(text, "="))) < 0) return false;
    }
    return true;
}

static bool check_steps(Trainer *t, const SamplerRule *rule) {
    const char *option = t->o->pcgrad ? "pcgrad" : t->o->cosines ? "cosines" : NULL;
    if (!option || rule->together) return true;
    diag_error(t->diags, "E0919", (Pos){0}, "--%s needs steps over all tasks", option);
    diag_hint(t->diags, "add --sampler together");
    return false;
}

/* "TASK.METRIC" */
static bool find_best(Trainer *t) {
    const char *text = t->o->best, *dot = text ? strchr(text, '.') : NULL;
    t->best_task = -1;
    if (!text || strcmp(text, "overall") == 0) return true;
    const char *name = arena_strndup(t->s->arena, text, strcspn(text, "."));
    if ((t->best_task = session_find_task(t->s, name)) < 0) return false;
    const Task *task = &t->s->program->tasks.items[t->best_task];
    for (t->best_metric = 0; dot && t->s->tasks[t->best_task] && t->best_metric < task->n_metrics; t->best_metric++) {
        if (strcmp(task->metrics[t->best_metric], dot + 1) == 0) return true;
    }
    diag_error(t->diags, "E0926", task->pos, "--best takes TASK.METRIC of a task that is trained, not '%s'", text);
    diag_hint(t->diags, "for example: --best %s.%s", task->name, task->n_metrics ? task->metrics[0] : "loss");
    return false;
}

bool train_choose_steps(Trainer *t) {
    const SamplerRule *rule = sampler_find_rule(t->o->sampler, t->diags);
    t->use.training = true;
    t->use.need = NEED_BASE;
    t->use.adds = t->o->accumulate > 1;
    t->use.together = rule && rule->together;
    t->use.joins = !t->o->pcgrad && !t->o->cosines;
    t->use.kept_room = t->o->no_reuse ? 0 : train_kept_room(t);
    return rule && check_steps(t, rule) && find_best(t) && check_task_numbers(t, "limit", &t->o->limit, 1, true) &&
           check_task_numbers(t, "share", &t->o->share, 0, false) &&
           check_task_numbers(t, "loss-weight", &t->o->loss_weight, 0, false);
}

/* A score on rows that were trained on says little. */
static void warn_of_overlap(Trainer *t, const Dataset *train, const Dataset *dev) {
    enum { MOST_LINES = 5 };
    uint32_t lines[MOST_LINES];
    int64_t shared = overlap_find(train, dev, lines, MOST_LINES);
    const char *list = "";
    for (int i = 0; i < shared && i < MOST_LINES; i++)
        list = arena_printf(t->s->arena, "%s%s%u", list, i ? ", " : "", lines[i]);
    if (!shared) return;
    diag_warning(t->diags, "E0856", pos_in_file(dev->file, lines[0]),
                 "%" PRId64 " of %" PRId64 " rows to evaluate on are among those to train on too (line %s%s)", shared,
                 dev->rows, list, shared > MOST_LINES ? ", ..." : "");
}

static int64_t limit_of(const Trainer *t, int task) { return (int64_t)task_number(t, &t->o->limit, task, 0); }

bool train_keep_data(Trainer *t) {
    bool good = true;
    for (int i = 0; good && t->o->out && i < t->n_tasks; i++) {
        int task = t->order[i];
        good = session_keep_dataset(t->s, t->train[task], "train", limit_of(t, task)) &&
               (!t->dev[task] || session_keep_dataset(t->s, t->dev[task], "dev", 0));
    }
    return good;
}

static bool load_data(Trainer *t) {
    int count = t->s->program->tasks.count;
    size_t size = (size_t)count + 1;
    t->train = arena_array(t->s->arena, size, sizeof *t->train);
    t->dev = arena_array(t->s->arena, size, sizeof *t->dev);
    t->order = arena_array(t->s->arena, size, sizeof *t->order);
    t->evaluations = arena_array(t->s->arena, size, sizeof *t->evaluations);
    t->best_ones = arena_array(t->s->arena, size, sizeof *t->best_ones);
    bool good = true;
    for (int i = 0; good && i < count; i++) {
        if (!t->s->tasks[i]) continue;
        int64_t limit = limit_of(t, i);
        t->train[i] = session_dataset(t->s, i, "train", limit);
        if (t->train[i] && !t->o->no_eval) t->dev[i] = session_dataset(t->s, i, "dev", 0);
        good = t->train[i] && (t->dev[i] || t->o->no_eval);
        if (t->train[i] && t->dev[i]) warn_of_overlap(t, t->train[i], t->dev[i]);
        t->order[t->n_tasks++] = i;
    }
    return good;
}

/* The shares that --share gives; NULL: none. False and a diagnostic when all of them are 0. */
static bool find_shares(Trainer *t, double **shares) {
    double sum = 0;
    *shares = NULL;
    if (t->o->share.count == 0) return true;
    *shares = arena_array(t->s->arena, (size_t)t->n_tasks + 1, sizeof **shares);
    for (int i = 0; i < t->n_tasks; i++) sum += (*shares)[i] = task_number(t, &t->o->share, t->order[i], 1);
    if (sum > 0) return true;
    diag_error(t->diags, "E0940", (Pos){0}, "no task has a share of the steps");
    diag_hint(t->diags, "give one of them a positive --share, or choose tasks with --tasks");
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

/* And the slabs in which gradients are added. */
static bool make_batch(Trainer *t, const Dataset *const *sets) {
    bool joined = model_joined(t->s->model) >= 0, adds = t->use.adds || (t->use.together && !joined);
    t->batch = joined ? batch_joined_new(sets, t->n_tasks, t->o->batch) : batch_new(sets, t->n_tasks, t->o->batch);
    t->batch->rng[0] = (int32_t)(uint32_t)t->o->seed;
    for (int i = 0; i < t->batch->n_parts; i++) {
        t->batch->parts[i]->weight[0] = (float)t->weights[i];
        t->batch->parts[i]->rng[0] = t->batch->rng[0];
    }
    if (adds) t->parts = parts_new(t->s->model, joined ? 1 : sampler_parts(t->sampler), t->diags);
    return t->parts || !adds;
}

static bool make_sampler(Trainer *t) {
    int64_t sizes[64];
    const Dataset *sets[64];
    double *shares;
    t->weights = arena_array(t->s->arena, (size_t)t->n_tasks + 1, sizeof *t->weights);
    for (int i = 0; i < t->n_tasks; i++) {
        sets[i] = t->train[t->order[i]];
        sizes[i] = sets[i]->rows;
        t->progress.tasks[i] =
            (TaskProgress){.name = sets[i]->task->name, .loss = -1, .flops = flops_of_token(sets[i]->task)};
        t->weights[i] = task_number(t, &t->o->loss_weight, t->order[i], 1);
    }
    t->progress.n_tasks = t->n_tasks;
    if (!find_shares(t, &shares)) return false;
    SamplerOptions options = {.batch = t->o->batch * t->o->accumulate,
                              .seed = (uint64_t)t->o->seed,
                              .shuffle = !t->o->no_shuffle,
                              .rule = sampler_find_rule(t->o->sampler, t->diags),
                              .shares = shares,
                              .epochs = t->length.epochs};
    t->sampler = sampler_new(sizes, t->n_tasks, options);
    return make_batch(t, sets);
}

static bool make_schedule(Trainer *t) {
    int64_t all = t->length.epochs * sampler_steps_per_epoch(t->sampler);
    t->rate.steps = t->length.steps && t->length.steps < all ? t->length.steps : all;
    t->rate.peak = t->o->lr;
    double warmup = t->o->warmup < 1 ? t->o->warmup * (double)t->rate.steps : t->o->warmup;
    t->rate.warmup = (int64_t)warmup;
    return rate_kind(t->o->schedule, &t->rate.kind, t->diags);
}

bool train_plan_steps(Trainer *t) {
    sampler_free(t->sampler);
    parts_free(t->parts);
    batch_free(t->batch);
    t->sampler = NULL, t->parts = NULL, t->batch = NULL;
    return make_sampler(t) && make_schedule(t);
}

double train_wall_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool train_open_log(Trainer *t, bool append) {
    const char *out = t->o->out, *path = t->o->log;
    if (!path && out) path = arena_printf(t->s->arena, "%s/log.jsonl", out);
    t->log = log_open(path, append, t->diags);
    if (t->o->tensorboard) t->events = event_file_open(t->o->tensorboard, train_wall_time(), t->diags);
    return t->log && (t->events || !t->o->tensorboard);
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

/* Data sets that need not be read again. */
static int count_cached(const Trainer *t) {
    int count = 0;
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *dev = t->dev[t->order[i]];
        count += t->train[t->order[i]]->is_cached + (dev && dev->is_cached);
    }
    return count;
}

static void log_start(Trainer *t) {
    const Code *code = model_code(t->s->model);
    const Parameters *params = model_parameters(t->s->model);
    json_t *tasks = json_object();
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *set = t->train[t->order[i]];
        json_object_set_new(tasks, set->task->name,
                            json_pack("{s:s, s:I, s:I, s:I}", "file", set->file->path, "rows", (json_int_t)set->rows,
                                      "left_out", (json_int_t)set->skipped, "cut", (json_int_t)set->cut));
    }
    log_event(t->log,
              json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:i, s:b, s:o, s:O}",
                        "event", "start", "version", GRADC_VERSION, "target", target_name(t->s->target), "threads",
                        team_threads(t->s->team), "seed", (json_int_t)t->o->seed, "steps", (json_int_t)t->rate.steps,
                        "parameters", (json_int_t)params->total, "trained", (json_int_t)params->trained,
                        "kernels_compiled", code->compiled, "kernels_cached", code->cached, "compile_ms",
                        t->s->compile_ms, "load_ms", t->load_ms, "start_ms", train_process_ms(), "sets_from_cache",
                        count_cached(t), "joined", t->batch->n_parts, "tasks", tasks, "settings", t->settings));
}

void train_say_start(Trainer *t) {
    log_start(t);
    if (t->o->quiet || t->o->json) return;
    const Code *code = model_code(t->s->model);
    if (!t->o->out) fprintf(stderr, "without --out: nothing of this run will be kept\n");
    fprintf(stderr, "settings: %s\n", t->o->record.text(json_object_get(t->settings, "options"), t->s->arena));
    fprintf(stderr, "%s, %d threads; %d kernels compiled, %d from the cache\n", target_name(t->s->target),
            team_threads(t->s->team), code->compiled, code->cached);
    if (t->use.together && t->n_tasks > 1)
        fprintf(stderr, "a step is %s\n",
                t->batch->n_parts ? "one pass over the rows of all tasks" : "a pass for each task");
    for (int i = 0; i < t->n_tasks; i++) {
        const Dataset *set = t->train[t->order[i]];
        fprintf(stderr, "%s: %" PRId64 " rows", set->task->name, set->rows);
        if (set->skipped) fprintf(stderr, ", %" PRId64 " left out", set->skipped);
        if (set->cut) fprintf(stderr, ", %" PRId64 " cut to %" PRId64 " tokens", set->cut, t->s->max_length);
        fputc('\n', stderr);
    }
}

bool train_prepare(Trainer *t) {
    double began = seconds_now();
    if (!load_data(t)) return false;
    t->load_ms = 1e3 * (seconds_now() - began);
    return make_sampler(t) && make_schedule(t);
}
