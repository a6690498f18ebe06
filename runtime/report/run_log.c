/* Run log: one event after the other. */
#include "runtime/report/run_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/files/read_file.h"
#include "runtime/measure/metrics.h"

typedef struct LogReader {
    RunLog *log;
    Arena *arena;
} LogReader;

static int64_t whole(const json_t *event, const char *name) { return json_integer_value(json_object_get(event, name)); }

static double number(const json_t *event, const char *name) {
    const json_t *value = json_object_get(event, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

int run_log_task(const RunLog *log, const char *name) {
    for (int i = 0; i < log->n_tasks; i++) {
        if (strcmp(log->tasks[i], name) == 0) return i;
    }
    return -1;
}

static int task_named(LogReader *r, const char *name) {
    RunLog *log = r->log;
    int task = run_log_task(log, name);
    if (task >= 0) return task;
    if (log->n_tasks == log->task_capacity)
        log->tasks = arena_grow(r->arena, log->tasks, &log->task_capacity, sizeof *log->tasks);
    log->tasks[log->n_tasks] = arena_strdup(r->arena, name);
    return log->n_tasks++;
}

static int task_of(LogReader *r, const json_t *event) {
    const char *name = json_string_value(json_object_get(event, "task"));
    return task_named(r, name ? name : "");
}

int64_t run_log_last_step(const RunLog *log) {
    return log->steps.count ? log->steps.items[log->steps.count - 1].step : 0;
}

/* --- Events ------------------------------------------------------------------------------------------------------- */

static void take_start(LogReader *r, const json_t *event) {
    const char *name;
    json_t *task;
    r->log->start = event;
    json_object_foreach(json_object_get(event, "tasks"), name, task) task_named(r, name);
}

static void take_step(LogReader *r, const json_t *event) {
    LoggedStep step = {.step = whole(event, "step"),
                       .rows = whole(event, "rows"),
                       .tokens = whole(event, "tokens"),
                       .task = task_of(r, event),
                       .loss = number(event, "loss"),
                       .rate = number(event, "lr"),
                       .norm = number(event, "norm"),
                       .ms = number(event, "ms")};
    vec_push(r->arena, &r->log->steps, step);
}

static void take_evaluation(LogReader *r, const json_t *event) {
    RunLog *log = r->log;
    LoggedEvaluation found = {whole(event, "epoch"), run_log_last_step(log), task_of(r, event), event};
    for (int i = 0; i < log->evaluations.count; i++) { /* an epoch that ended twice */
        LoggedEvaluation *old = &log->evaluations.items[i];
        if (old->epoch != found.epoch || old->task != found.task) continue;
        *old = found;
        return;
    }
    vec_push(r->arena, &log->evaluations, found);
}

static void take_score(LogReader *r, const json_t *event) {
    LoggedNumber score = {whole(event, "epoch"), run_log_last_step(r->log), "overall", number(event, "overall")};
    int last = r->log->scores.count - 1;
    if (last >= 0 && r->log->scores.items[last].epoch == score.epoch)
        r->log->scores.items[last] = score;
    else
        vec_push(r->arena, &r->log->scores, score);
}

static void take_cosines(LogReader *r, const json_t *event) {
    const char *pair;
    json_t *value;
    json_object_foreach(json_object_get(event, "between"), pair, value) {
        double cosine = json_is_number(value) ? json_number_value(value) : NAN;
        vec_push(r->arena, &r->log->cosines, ((LoggedNumber){0, whole(event, "step"), pair, cosine}));
    }
}

/* Numbers come in the order of their steps. */
static void forget(LoggedNumber *items, int *count, int64_t step) {
    while (*count && items[*count - 1].step > step) (*count)--;
}

static void take_resume(LogReader *r, const json_t *event) {
    RunLog *log = r->log;
    int64_t step = whole(event, "step");
    while (log->steps.count && log->steps.items[log->steps.count - 1].step > step) log->steps.count--;
    int kept = 0;
    for (int i = 0; i < log->evaluations.count; i++) {
        if (log->evaluations.items[i].step <= step) log->evaluations.items[kept++] = log->evaluations.items[i];
    }
    log->evaluations.count = kept;
    forget(log->scores.items, &log->scores.count, step);
    forget(log->cosines.items, &log->cosines.count, step);
    log->done = NULL;
}

static void take_done(LogReader *r, const json_t *event) { r->log->done = event; }
static void take_stop(LogReader *r, const json_t *event) { (void)event, r->log->stopped = true; }

typedef struct EventKind {
    const char *name;
    void (*take)(LogReader *reader, const json_t *event);
} EventKind;

static const EventKind kinds[] = {{"start", take_start}, {"step", take_step},      {"eval", take_evaluation},
                                  {"score", take_score}, {"cosine", take_cosines}, {"resume", take_resume},
                                  {"done", take_done},   {"stop", take_stop}};

/* What else there may be in a log is not shown. */
static void take(LogReader *r, const json_t *event) {
    const char *name = json_string_value(json_object_get(event, "event"));
    r->log->stopped = false;
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) == 0) kinds[i].take(r, event);
    }
}

/* --- The file ----------------------------------------------------------------------------------------------------- */

static bool damaged(const char *path, uint32_t line, Diagnostics *diags) {
    diag_error(diags, "E0995", pos_in_file(diagnostics_file(diags, path, NULL), line), "this is no event of a run");
    diag_hint(diags, "the log is JSON, one object a line, as `gradc train` writes it");
    return false;
}

static bool read_lines(LogReader *r, const char *path, char *text, Diagnostics *diags) {
    char *rest = text;
    for (uint32_t line = 1; rest && *rest; line++) {
        bool whole_line = strchr(rest, '\n') != NULL;
        char *one = strsep(&rest, "\n");
        json_t *event = json_loads(one, 0, NULL);
        if (!json_is_object(event)) {
            json_decref(event);
            return !whole_line || damaged(path, line, diags);
        }
        json_array_append_new(r->log->events, event);
        take(r, event);
    }
    return true;
}

bool run_log_read(RunLog *log, const char *path, Arena *arena, Diagnostics *diags) {
    *log = (RunLog){.events = json_array()};
    LogReader reader = {log, arena};
    size_t size;
    char *text = read_file(path, read_bound(0), &size, diags);
    bool good = text && read_lines(&reader, path, text, diags);
    free(text);
    return good;
}

void run_log_free(RunLog *log) {
    json_decref(log->events);
    *log = (RunLog){0};
}

/* --- What follows from it ----------------------------------------------------------------------------------------- */

double logged_figure(const LoggedEvaluation *evaluation, const char *name) { return number(evaluation->figures, name); }

/* Is this an evaluation of the task that `best` begins with? Then how it scores by the metric behind the dot. */
static bool scores_by(const RunLog *log, const LoggedEvaluation *found, const char *best, double *score) {
    const char *dot = strrchr(best, '.'), *task = log->tasks[found->task];
    if (!dot || strlen(task) != (size_t)(dot - best) || strncmp(task, best, (size_t)(dot - best)) != 0) return false;
    double value = logged_figure(found, dot + 1);
    const Metric *metric = metric_find(dot + 1);
    *score = metric ? metric_score(metric, value) : value;
    return true;
}

int64_t run_log_best_epoch(const RunLog *log, const char *best) {
    double most = -INFINITY, score;
    int64_t epoch = 0;
    bool overall = !best || !strchr(best, '.');
    for (int i = 0; overall && i < log->scores.count; i++) {
        if (log->scores.items[i].value > most) most = log->scores.items[i].value, epoch = log->scores.items[i].epoch;
    }
    for (int i = 0; !overall && i < log->evaluations.count; i++) {
        const LoggedEvaluation *found = &log->evaluations.items[i];
        if (scores_by(log, found, best, &score) && score > most) most = score, epoch = found->epoch;
    }
    return epoch;
}
