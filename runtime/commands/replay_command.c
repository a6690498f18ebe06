/* gradc replay: a step of a run once more: its rows, its numbers, and any value in it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/run_options.h"
#include "runtime/commands/train_one.h"
#include "runtime/inspect/run.h"
#include "runtime/model/binding.h"
#include "runtime/report/run_log.h"
#include "runtime/train/replay.h"

typedef struct Replayer {
    Session *s; /* of the run */
    Replay *replay;
    const Options *given, *o; /* o: as the run has them */
    Diagnostics *diags;
    Arena *arena;
    RunLog log;
    Parameters before; /* the run's, with weights of their own: as they were before the step */
    int task;          /* in the data; -1: all that the step draws */
} Replayer;

/* --- The step ----------------------------------------------------------------------------------------------------- */

static void say_rows(const Dataset *set, const Draw *draw) {
    printf("  %s: line%s", set->file->path, draw->count == 1 ? "" : "s");
    for (int64_t i = 0; i < draw->count; i++) printf("%s %" PRIu32, i ? "," : "", set->lines[draw->rows[i]]);
    putchar('\n');
}

static const LoggedStep *logged_step(const Replayer *p, int64_t number, const char *task) {
    int index = run_log_task(&p->log, task);
    for (int i = p->log.steps.count - 1; i >= 0; i--) {
        const LoggedStep *step = &p->log.steps.items[i];
        if (step->step == number && step->task == index) return step;
    }
    return NULL;
}

/* The log has 9 digits: all bits of a loss, which is f32, and as many of the norm. */
static bool same_digits(double a, double b) {
    char texts[2][32];
    snprintf(texts[0], sizeof texts[0], "%.9g", a);
    snprintf(texts[1], sizeof texts[1], "%.9g", b);
    return strcmp(texts[0], texts[1]) == 0;
}

/* Its bits are the run's, or what is shown is not of the run. */
static bool check_draw(const Replayer *p, const LoggedStep *logged, double loss, double norm) {
    if (same_digits(logged->loss, loss) && same_digits(logged->norm, norm)) return true;
    diag_error(p->diags, "E0999", (Pos){0},
               "step %" PRId64 " has loss %.9g and norm %.9g here, %.9g and %.9g in the log", logged->step, loss, norm,
               logged->loss, logged->norm);
    diag_hint(p->diags, "gradc explain E0999 says what they depend on");
    return false;
}

static bool say_draw(const Replayer *p, const Draw *draw, const DrawResult *result) {
    const TrainTask *task = &p->replay->data.tasks[draw->task];
    const LoggedStep *logged = logged_step(p, p->replay->done, task->task->name);
    double loss = (double)result->loss, norm = p->replay->runner.norm;
    bool good = !logged || check_draw(p, logged, loss, norm);
    const char *says = !logged ? "the log does not have it" : good ? "as in the log" : "not as in the log";
    printf("%s: %s, %s, loss %.9g, norm %.9g, %s\n", task->task->name, count_text(draw->count, "row").text,
           count_text(result->tokens, "token").text, loss, norm, says);
    say_rows(task->train, draw);
    return good;
}

static bool is_wanted(const Replayer *p, const Draw *draw) { return p->task < 0 || draw->task == p->task; }

static bool say_step(const Replayer *p, const Step *step, double rate) {
    const Replay *r = p->replay;
    bool good = true;
    printf("step %" PRId64 " of %" PRId64 ", %s, learning rate %.9g\n", r->done, r->schedule.rate.steps,
           r->from ? arena_printf(p->arena, "from the checkpoint of step %" PRId64, r->from) : "from the start", rate);
    for (int i = 0; i < step->n_draws; i++) {
        if (is_wanted(p, &step->draws[i])) good = say_draw(p, &step->draws[i], &r->runner.results[i]) && good;
    }
    return good;
}

/* --- Values in it ------------------------------------------------------------------------------------------------- */

/* The task's probe, with the run's text and sizes. */
static bool open_probe(const Replayer *p, const Task *task, Run *run) {
    SessionSource source = source_of_options(p->o);
    run->probe = (ProbeOptions){.task = task->name, .training = true};
    if (!session_load_probe(run->s, &source, &run->probe, p->diags)) return false;
    SessionUse use = use_of_options(p->o);
    use.tasks = NULL;
    run->task = &run->s->program->tasks.items[0];
    return session_use(run->s, &use) && run_choose(run) && run_make_graph(run);
}

static bool show_pass(const Replayer *p, Run *run, const Batch *part) {
    values_free(run->values);
    run->values = values_new();
    batch_values(run->values, run->graph, run->task, part);
    run_give_parameters_of(run, &p->before);
    return run_show_all(run);
}

/* Pass by pass, where --accumulate made several of the rows. */
static bool show_draw(const Replayer *p, const Step *step, int draw, Run *run) {
    bool good = true;
    int shown = 0;
    for (int i = 0; good && i < step->n_passes; i++) {
        step_fill(&p->replay->runner, step, p->replay->done - 1, &step->passes[i]);
        const Batch *part = step_part(&p->replay->runner, &step->passes[i], draw);
        if (!part) continue;
        if (shown++ || part->rows < step->draws[draw].count) printf("pass %d of the rows:\n", shown);
        good = show_pass(p, run, part);
    }
    return good;
}

static bool show_values(const Replayer *p, const Step *step, int draw) {
    const Options *g = p->given;
    RunOptions options = {
        .shows = g->shows, .npy = g->npy, .grad = g->grad, .full = g->full, .compiled = true, .figures = true};
    Session session = {0};
    Run run = {.s = &session, .o = &options, .diags = p->diags, .arena = arena_new(), .values = NULL};
    const Task *task = p->replay->data.tasks[step->draws[draw].task].task;
    bool good = open_probe(p, task, &run) && show_draw(p, step, draw, &run);
    graph_free(run.graph);
    values_free(run.values);
    session_close(&session);
    arena_free(run.arena);
    return good;
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static bool choose_task(Replayer *p) {
    p->task = -1;
    if (!p->given->task) return true;
    int number = session_find_task(p->s, p->given->task);
    for (int i = 0; i < p->replay->data.count; i++) {
        if (p->replay->data.tasks[i].number == number) p->task = i;
    }
    return p->task >= 0;
}

static void keep_weights(Replayer *p) {
    const Parameters *params = model_parameters(p->s->model);
    p->before = *params;
    p->before.weights = memory_new((size_t)params->total + 1, sizeof *p->before.weights);
    memcpy(p->before.weights, params->weights, (size_t)params->total * sizeof *params->weights);
}

static bool replay(Replayer *p) {
    if (!choose_task(p) || !replay_go(p->replay, p->given->step - 1)) return false;
    double rate = replay_rate(p->replay);
    keep_weights(p);
    if (!replay_run(p->replay)) return false;
    const Step *step = run_schedule_step(&p->replay->schedule, p->replay->done - 1);
    bool good = say_step(p, step, rate), shows = p->given->shows.count || p->given->grad || p->given->npy;
    for (int i = 0; good && shows && i < step->n_draws; i++) {
        if (is_wanted(p, &step->draws[i])) good = show_values(p, step, i);
    }
    return good;
}

static bool no_run(const Options *given, Diagnostics *diags) {
    diag_error(diags, "E0994", pos_in_file(diagnostics_file(diags, given->file, NULL), 0),
               "a step is repeated in the folder of a run, with its settings and its log");
    diag_hint(diags, "gradc train FILE --out DIR makes it");
    return false;
}

static bool check_usage(const Options *given, Diagnostics *diags) {
    if (given->step > 0) return true;
    diag_error(diags, "E0998", (Pos){0}, "--step says which step is repeated, and is missing");
    diag_hint(diags, "for example: gradc replay %s --step 1", given->file);
    return false;
}

static bool open_and_replay(Replayer *p, Session *session, Replay *replayed, const json_t *settings) {
    Options options;
    if (!session_of_options("train", p->given, &options, session, p->diags)) return false;
    json_t *record = options_to_json(&options);
    TrainOptions training = train_options(&options, &(TrainMember){0}, record);
    ModelUse use = model_use_of_options(&options, true);
    p->o = &options;
    bool good = replay_open(replayed, session, &use, &training, settings) && replay(p);
    json_decref(record);
    return good;
}

int command_replay(const Options *given, Diagnostics *diags) {
    Session session = {0};
    Replay replayed = {0};
    Replayer p = {.s = &session, .replay = &replayed, .given = given, .diags = diags, .arena = arena_new()};
    const char *log = arena_printf(p.arena, "%s/log.jsonl", given->file);
    int errors = diags->errors;
    json_t *settings = settings_read(given->file, diags);
    bool good = check_usage(given, diags) && (settings || (diags->errors == errors && no_run(given, diags)));
    good = good && run_log_read(&p.log, log, p.arena, diags) && open_and_replay(&p, &session, &replayed, settings);
    replay_close(&replayed);
    run_log_free(&p.log);
    free(p.before.weights);
    json_decref(settings);
    session_close(&session);
    arena_free(p.arena);
    return good ? 0 : 1;
}
