/* gradc diff-runs: where two runs part: the settings that differ, the first step that does, and in it the rate, the
 * row, the named value or the tensor. Both are repeated as far as it takes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/hash.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/replayed_run.h"

enum { FIRST_RUN, SECOND_RUN, RUNS_TO_COMPARE };

typedef struct RunPair {
    ReplayedRun runs[RUNS_TO_COMPARE];
    const Options *given;
    Diagnostics *diags;
    Arena *arena;
} RunPair;

/* --- What the folders tell ---------------------------------------------------------------------------------------- */

static int say_settings(RunPair *p) {
    RunRecord record = {.decides = option_decides};
    TextList list = settings_differences(p->runs[FIRST_RUN].settings, p->runs[SECOND_RUN].settings, &record, p->arena);
    puts(list.count ? "settings that differ:" : "no setting that decides the weights differs");
    for (int i = 0; i < list.count; i++) printf("  %s\n", list.items[i]);
    return list.count;
}

static bool same_number(double a, double b) { return a == b || (a != a && b != b); }

/* The first step that the logs tell otherwise; 0: none, as far as both go. */
static int64_t first_in_logs(const RunPair *p) {
    const RunLog *a = &p->runs[FIRST_RUN].log, *b = &p->runs[SECOND_RUN].log;
    for (int i = 0; i < a->steps.count && i < b->steps.count; i++) {
        const LoggedStep *x = &a->steps.items[i], *y = &b->steps.items[i];
        bool same = x->step == y->step && strcmp(a->tasks[x->task], b->tasks[y->task]) == 0 && x->rows == y->rows &&
                    x->tokens == y->tokens && same_number(x->loss, y->loss) && same_number(x->norm, y->norm) &&
                    same_number(x->rate, y->rate);
        if (!same) return x->step < y->step ? x->step : y->step;
    }
    return 0;
}

static int64_t last_of_both(const RunPair *p) {
    int64_t a = run_log_last_step(&p->runs[FIRST_RUN].log), b = run_log_last_step(&p->runs[SECOND_RUN].log);
    return a < b ? a : b;
}

/* --- Tensors ------------------------------------------------------------------------------------------------------ */

static const Parameters *params_of(RunPair *p, int run) { return model_parameters(p->runs[run].session.model); }

static void say_slot(const char *when, const ParamSlot *slot, const float *a, const float *b) {
    int64_t first = -1, count = 0;
    for (int64_t i = 0; i < slot->count; i++) {
        if (memcmp(&a[i], &b[i], sizeof *a) == 0) continue;
        if (first < 0) first = i;
        count++;
    }
    printf("  first tensor %s: %s, in %" PRId64 " of %s; element %" PRId64 " is %.9g and %.9g\n", when,
           slot->param->name, count, count_text(slot->count, "element").text, first, (double)a[first],
           (double)b[first]);
}

/* `when` NULL: says nothing. */
static bool same_tensors(RunPair *p, const char *when) {
    const Parameters *a = params_of(p, FIRST_RUN), *b = params_of(p, SECOND_RUN);
    for (int i = 0; i < a->n_slots || i < b->n_slots; i++) {
        const ParamSlot *x = i < a->n_slots ? &a->slots[i] : NULL, *y = i < b->n_slots ? &b->slots[i] : NULL;
        if (!x || !y || strcmp(x->param->name, y->param->name) != 0 || x->count != y->count) {
            const char *name = x ? x->param->name : y->param->name;
            if (when) printf("  first tensor %s: %s is not in both, or of another size\n", when, name);
            return false;
        }
        const float *one = a->weights + x->offset, *other = b->weights + y->offset;
        if (memcmp(one, other, (size_t)x->count * sizeof *one) == 0) continue;
        if (when) say_slot(when, x, one, other);
        return false;
    }
    return true;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

static bool same_ids(const TokenIds *a, const TokenIds *b, const int64_t *from_a, const int64_t *from_b) {
    size_t count = (size_t)(from_a[1] - from_a[0]);
    return from_a[1] - from_a[0] == from_b[1] - from_b[0] &&
           memcmp(a->items + from_a[0], b->items + from_b[0], count * sizeof *a->items) == 0;
}

/* What both rows have of one of the task's labels or numbers. */
static bool same_values(const Dataset *a, const Dataset *b, int value, int64_t row_a, int64_t row_b) {
    const Labels *x = &a->values[value], *y = &b->values[value];
    if (!x->bounds || !y->bounds) return x->bounds == y->bounds;
    int64_t width = a->task->values[value].width, count = x->bounds[row_a + 1] - x->bounds[row_a];
    return count == y->bounds[row_b + 1] - y->bounds[row_b] && width == b->task->values[value].width &&
           memcmp(x->values + x->bounds[row_a] * width, y->values + y->bounds[row_b] * width,
                  (size_t)(count * width) * sizeof *x->values) == 0;
}

static const char *row_difference(const Dataset *a, const Dataset *b, int64_t row_a, int64_t row_b) {
    for (int i = 0; i < a->task->n_inputs && i < b->task->n_inputs; i++) {
        const Sequences *x = &a->inputs[i], *y = &b->inputs[i];
        if (!same_ids(&x->ids, &y->ids, &x->bounds[row_a], &y->bounds[row_b])) return "tokens";
    }
    for (int i = 0; i < a->task->n_values && i < b->task->n_values; i++) {
        if (!same_values(a, b, i, row_a, row_b)) return "labels";
    }
    return a->task->n_values == b->task->n_values ? NULL : "labels";
}

static const Dataset *set_of(const RunPair *p, int run, const Draw *draw) {
    return p->runs[run].replay.data.tasks[draw->task].train;
}

static bool same_draw(const RunPair *p, const Draw *x, const Draw *y) {
    const Dataset *a = set_of(p, FIRST_RUN, x), *b = set_of(p, SECOND_RUN, y);
    if (strcmp(a->task->name, b->task->name) != 0 || x->count != y->count) {
        printf("  %s of task %s and %s of task %s\n", count_text(x->count, "row").text, a->task->name,
               count_text(y->count, "row").text, b->task->name);
        return false;
    }
    for (int64_t i = 0; i < x->count; i++) {
        const char *what = row_difference(a, b, x->rows[i], y->rows[i]);
        if (!what) continue;
        printf("  first row: %s:%" PRIu32 " and %s:%" PRIu32 " have other %s\n", a->file->path, a->lines[x->rows[i]],
               b->file->path, b->lines[y->rows[i]], what);
        return false;
    }
    return true;
}

/* What a step takes, before it computes anything: its rate and its rows. */
static void say_what_it_takes(const RunPair *p) {
    const Replay *a = &p->runs[FIRST_RUN].replay, *b = &p->runs[SECOND_RUN].replay;
    const Step *x = replay_step(a), *y = replay_step(b);
    if (replay_rate(a) != replay_rate(b)) printf("  learning rate: %.9g and %.9g\n", replay_rate(a), replay_rate(b));
    bool same = x->n_draws == y->n_draws;
    if (!same) printf("  it draws from %d and from %s\n", x->n_draws, count_text(y->n_draws, "task").text);
    for (int i = 0; same && i < x->n_draws; i++) same = same_draw(p, &x->draws[i], &y->draws[i]);
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

/* One run's values of a task in a step. */
typedef struct StepValues {
    Session session;
    Run probe;
    uint64_t *hashes; /* [shown] */
    Tensor value;     /* of the one that is looked at */
} StepValues;

static void hash_value(void *user, int index, const Tensor *tensor) {
    ((StepValues *)user)->hashes[index] =
        XXH3_64bits(tensor->elements, (size_t)tensor_count(tensor) * sizeof *tensor->elements);
}

static void keep_value(void *user, int index, const Tensor *tensor) {
    StepValues *v = user;
    size_t count = (size_t)tensor_count(tensor);
    (void)index;
    v->value = *tensor;
    v->value.elements = arena_array(v->probe.arena, count + 1, sizeof *v->value.elements);
    memcpy(v->value.elements, tensor->elements, count * sizeof *tensor->elements);
}

static const RunOptions value_options = {.compiled = true};

static bool open_values(RunPair *p, int run, int draw, StepValues *v) {
    ReplayedRun *of = &p->runs[run];
    const Step *step = replay_step(&of->replay);
    const StepPass *pass = step->passes;
    v->probe = (Run){.s = &v->session, .o = &value_options, .diags = p->diags, .arena = arena_new()};
    const Task *task = set_of(p, run, &step->draws[draw])->task;
    if (!replayed_run_probe(of, task, &v->probe)) return false;
    run_choose_all(&v->probe);
    if (!run_make_graph(&v->probe)) return false;
    step_fill(&of->replay.runner, step, of->replay.done, pass);
    Batch *batch = step_batch(&of->replay.runner, pass, draw);
    while (!batch && ++pass < step->passes + step->n_passes) {
        step_fill(&of->replay.runner, step, of->replay.done, pass);
        batch = step_batch(&of->replay.runner, pass, draw);
    }
    v->hashes = arena_array(v->probe.arena, (size_t)v->probe.shown.count + 1, sizeof *v->hashes);
    if (!batch) return true;
    replayed_run_leaves(&v->probe, batch, params_of(p, run));
    return run_visit(&v->probe, hash_value, v);
}

static void close_values(StepValues *v) {
    graph_free(v->probe.graph);
    values_free(v->probe.values);
    session_close(&v->session);
    arena_free(v->probe.arena);
}

static void say_elements(const Tensor *a, const Tensor *b) {
    int64_t count = tensor_count(a), i = 0;
    if (count != tensor_count(b)) {
        printf("; %s and %s", count_text(count, "element").text, count_text(tensor_count(b), "element").text);
        return;
    }
    while (i < count && memcmp(&a->elements[i], &b->elements[i], sizeof *a->elements) == 0) i++;
    if (i < count)
        printf("; element %" PRId64 " of %" PRId64 " is %.9g and %.9g", i, count, a->elements[i], b->elements[i]);
}

static bool say_value(StepValues values[], int index) {
    for (int run = 0; run < RUNS_TO_COMPARE; run++) {
        Run *probe = &values[run].probe;
        probe->shown.items[0] = probe->shown.items[index];
        probe->shown.count = 1;
        if (!run_visit(probe, keep_value, &values[run])) return false;
    }
    const Watched *w = values[FIRST_RUN].probe.shown.items[0];
    printf("  first value: %s (%s:%u%s%s%s%s)", w->name, w->pos.file ? w->pos.file->path : "", w->pos.line,
           w->def ? ", in " : "", w->def ? w->def : "", w->pos.scope ? ", " : "", w->pos.scope ? w->pos.scope : "");
    say_elements(&values[FIRST_RUN].value, &values[SECOND_RUN].value);
    putchar('\n');
    return true;
}

static bool say_first_value(StepValues values[]) {
    const Run *a = &values[FIRST_RUN].probe, *b = &values[SECOND_RUN].probe;
    for (int i = 0; i < a->shown.count && i < b->shown.count; i++) {
        const Watched *x = a->shown.items[i], *y = b->shown.items[i];
        if (strcmp(x->output, y->output) != 0) {
            printf("  the texts differ from here on: %s and %s\n", x->output, y->output);
            return true;
        }
        if (values[FIRST_RUN].hashes[i] != values[SECOND_RUN].hashes[i]) return say_value(values, i);
    }
    puts("  all values that have a name are the same");
    return true;
}

/* Of the first task that both draw. */
static bool compare_values(RunPair *p) {
    StepValues values[RUNS_TO_COMPARE] = {0};
    const Step *x = replay_step(&p->runs[FIRST_RUN].replay), *y = replay_step(&p->runs[SECOND_RUN].replay);
    if (strcmp(set_of(p, FIRST_RUN, x->draws)->task->name, set_of(p, SECOND_RUN, y->draws)->task->name) != 0)
        return true;
    bool good = open_values(p, FIRST_RUN, 0, &values[FIRST_RUN]) &&
                open_values(p, SECOND_RUN, 0, &values[SECOND_RUN]) && say_first_value(values);
    for (int run = 0; run < RUNS_TO_COMPARE; run++) {
        if (values[run].probe.arena) close_values(&values[run]);
    }
    return good;
}

/* --- Steps -------------------------------------------------------------------------------------------------------- */

static bool open_runs(RunPair *p) {
    return replayed_run_open(&p->runs[FIRST_RUN], p->given, p->diags) &&
           replayed_run_open(&p->runs[SECOND_RUN], p->given, p->diags);
}

static bool go(RunPair *p, int64_t steps) {
    return replay_go(&p->runs[FIRST_RUN].replay, steps) && replay_go(&p->runs[SECOND_RUN].replay, steps);
}

static bool run_both(RunPair *p) {
    return replay_run(&p->runs[FIRST_RUN].replay) && replay_run(&p->runs[SECOND_RUN].replay);
}

/* The step that comes next, from the same weights. */
static bool look_into_step(RunPair *p) {
    printf("first step that differs: step %" PRId64 "\n", p->runs[FIRST_RUN].replay.done + 1);
    say_what_it_takes(p);
    if (!compare_values(p) || !run_both(p)) return false;
    const StepRunner *a = &p->runs[FIRST_RUN].replay.runner, *b = &p->runs[SECOND_RUN].replay.runner;
    printf("  loss %.9g and %.9g, norm of the gradients %.9g and %.9g\n", (double)a->results[0].loss,
           (double)b->results[0].loss, a->norm, b->norm);
    if (same_tensors(p, "after its update")) puts("  all tensors are the same after it");
    return true;
}

static bool reopen(RunPair *p) {
    for (int run = 0; run < RUNS_TO_COMPARE; run++) {
        const char *folder = p->runs[run].folder;
        replayed_run_close(&p->runs[run]);
        p->runs[run] = (ReplayedRun){0};
        if (!replayed_run_read(&p->runs[run], folder, p->arena, p->diags)) return false;
    }
    return open_runs(p);
}

/* The tensors differ before the step that the logs tell: from the start, one step after the other, until they do. */
static bool look_before(RunPair *p, int64_t step) {
    if (step > 1 && (!reopen(p) || !go(p, 0))) return false;
    if (!same_tensors(p, NULL)) {
        puts("first step that differs: none, they begin otherwise");
        same_tensors(p, "before step 1");
        return true;
    }
    for (int64_t i = 1; i < step; i++) {
        if (!run_both(p)) return false;
        if (same_tensors(p, NULL)) continue;
        printf("first step that differs: step %" PRId64 ", in its update\n", i);
        same_tensors(p, "after its update");
        return true;
    }
    return true;
}

static bool diff_runs(RunPair *p) {
    int settings = say_settings(p);
    int64_t step = first_in_logs(p), last = last_of_both(p);
    if (!step) printf("the logs are the same, for %s\n", count_text(last, "step").text);
    if (step) printf("the logs are the same before step %" PRId64 "\n", step);
    if (!step && (!settings || !last)) return true;
    if (!step) step = last;
    if (!open_runs(p) || !go(p, step - 1)) return false;
    return same_tensors(p, NULL) ? look_into_step(p) : look_before(p, step);
}

static bool check_usage(const Options *given, Diagnostics *diags) {
    if (given->operands.count == RUNS_TO_COMPARE) return true;
    diag_error(diags, "E0994", (Pos){0}, "diff-runs compares two runs, not %d", given->operands.count);
    diag_hint(diags, "for example: gradc diff-runs run/a run/b");
    return false;
}

int command_diff_runs(const Options *given, Diagnostics *diags) {
    RunPair p = {.given = given, .diags = diags, .arena = arena_new()};
    bool good = check_usage(given, diags);
    for (int run = 0; good && run < RUNS_TO_COMPARE; run++)
        good = replayed_run_read(&p.runs[run], given->operands.items[run], p.arena, diags);
    good = good && diff_runs(&p);
    for (int run = 0; run < RUNS_TO_COMPARE; run++) replayed_run_close(&p.runs[run]);
    arena_free(p.arena);
    return good ? 0 : 1;
}
