/* gradc replay: a step of a run once more: its rows, its numbers, and any value in it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/replayed_run.h"

typedef struct Replayer {
    ReplayedRun *run;
    Replay *replay; /* the run's */
    const Options *given;
    Diagnostics *diags;
    Arena *arena;
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
    int index = run_log_task(&p->run->log, task);
    for (int i = p->run->log.steps.count - 1; i >= 0; i--) {
        const LoggedStep *step = &p->run->log.steps.items[i];
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

/* Pass by pass, where --accumulate made several of the rows. */
static bool show_draw(const Replayer *p, const Step *step, int draw, Run *run) {
    bool good = true;
    int shown = 0;
    for (int i = 0; good && i < step->n_passes; i++) {
        step_fill(&p->replay->runner, step, p->replay->done - 1, &step->passes[i]);
        const Batch *batch = step_batch(&p->replay->runner, &step->passes[i], draw);
        if (!batch) continue;
        if (shown++ || batch->rows < step->draws[draw].count) printf("pass %d of the rows:\n", shown);
        replayed_run_leaves(run, batch, &p->before);
        good = run_show_all(run);
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
    bool good = replayed_run_probe(p->run, task, &run) && run_choose(&run) && run_make_graph(&run) &&
                show_draw(p, step, draw, &run);
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
    int number = session_find_task(&p->run->session, p->given->task);
    for (int i = 0; i < p->replay->data.count; i++) {
        if (p->replay->data.tasks[i].number == number) p->task = i;
    }
    return p->task >= 0;
}

static void keep_weights(Replayer *p) {
    const Parameters *params = model_parameters(p->run->session.model);
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

static bool check_usage(const Options *given, Diagnostics *diags) {
    if (given->step > 0) return true;
    diag_error(diags, "E0998", (Pos){0}, "--step says which step is repeated, and is missing");
    diag_hint(diags, "for example: gradc replay %s --step 1", given->file);
    return false;
}

int command_replay(const Options *given, Diagnostics *diags) {
    ReplayedRun run = {0};
    Replayer p = {.run = &run, .replay = &run.replay, .given = given, .diags = diags, .arena = arena_new()};
    bool good = check_usage(given, diags) && replayed_run_read(&run, given->file, p.arena, diags) &&
                replayed_run_open(&run, given, diags) && replay(&p);
    replayed_run_close(&run);
    free(p.before.weights);
    arena_free(p.arena);
    return good ? 0 : 1;
}
