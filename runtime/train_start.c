/* Before the first step: data, sampler, schedule, and what is said about them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/train.h"

/* N of "TASK=N" for this task; 0: no limit is given. */
static bool limit_of(Trainer *t, const char *task, int64_t *limit) {
    *limit = 0;
    for (int i = 0; i < t->o->limit.count; i++) {
        const char *text = t->o->limit.items[i], *equals = strchr(text, '=');
        char *end = NULL;
        long long value = equals ? strtoll(equals + 1, &end, 10) : 0;
        if (!equals || end == equals + 1 || *end || value < 1) {
            diag_error(t->diags, "E0940", (Pos){0}, "--limit takes TASK=N, not '%s'", text);
            diag_hint(t->diags, "for example: --limit %s=1000", task);
            return false;
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
    int64_t batch = t->o->batch;
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

bool train_open_log(Trainer *t, bool append) {
    const char *out = t->o->out, *path = t->o->log;
    if (!path && out) path = arena_printf(t->s->arena, "%s/log.jsonl", out);
    t->log = log_open(path, append, t->diags);
    return t->log != NULL;
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
    log_event(t->log, json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:o, s:O}", "event", "start", "version",
                                GRADC_VERSION, "target", target_name(t->s->target), "threads", team_threads(t->s->team),
                                "seed", (json_int_t)t->o->seed, "steps", (json_int_t)t->rate.steps, "parameters",
                                (json_int_t)params->total, "trained", (json_int_t)params->trained, "kernels_compiled",
                                code->compiled, "kernels_cached", code->cached, "compile_ms", t->s->compile_ms, "load_ms",
                                t->load_ms, "start_ms", train_process_ms(), "tasks", tasks, "settings", t->settings));
}

void train_say_start(Trainer *t) {
    log_start(t);
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

bool train_prepare(Trainer *t) {
    double began = seconds_now();
    if (!load_data(t)) return false;
    t->load_ms = 1e3 * (seconds_now() - began);
    make_sampler(t);
    return make_schedule(t);
}
