/* The memory of a run: what its largest batches need, before the first step. The need of a batch grows with its tokens,
 * so only those with the most tokens of each task are planned; a smaller one with a rarer mixture of rows may still
 * make the slab grow a little. */
#include "runtime/train/train_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/memory.h"
#include "runtime/files/byte_size.h"
#include "runtime/measure/evaluate.h"

enum { CANDIDATES = 8 };

/* A pass of the run. */
typedef struct StepPlace {
    int64_t tokens, step;
    int pass; /* of the step */
} StepPlace;

typedef struct Largest {
    StepPlace places[CANDIDATES]; /* the most tokens first */
    int count;
} Largest;

static void consider(Largest *largest, StepPlace place) {
    int at = largest->count;
    for (; at > 0 && largest->places[at - 1].tokens < place.tokens; at--) {
        if (at < CANDIDATES) largest->places[at] = largest->places[at - 1];
    }
    if (at == CANDIDATES) return;
    largest->places[at] = place;
    largest->count += largest->count < CANDIDATES;
}

/* Of each training graph. */
static void find_largest(const MemoryNeed *need, Largest *largest) {
    for (int64_t number = need->first; number < need->schedule->rate.steps; number++) {
        const Step *step = run_schedule_step(need->schedule, number);
        for (int i = 0; i < step->n_passes; i++) {
            if (step->passes[i].rank != ranks_number(need->runner->s->use.machine.ranks)) continue;
            int64_t tokens = step_pass_tokens(need->runner->data, step, &step->passes[i]);
            consider(&largest[step->passes[i].graph], (StepPlace){tokens, number, i});
        }
    }
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static size_t plan_place(const MemoryNeed *need, const StepPlace *place) {
    const Step *step = run_schedule_step(need->schedule, place->step);
    return step_pass_bytes(need->runner, step, &step->passes[place->pass]);
}

static size_t plan_run(const MemoryNeed *need) {
    int graphs = need->runner->s->program->tasks.count + 1;
    Largest *largest = memory_new((size_t)graphs, sizeof *largest);
    size_t most = 0;
    find_largest(need, largest);
    for (int i = 0; i < graphs; i++) {
        for (int j = 0; j < largest[i].count; j++) most = larger(most, plan_place(need, &largest[i].places[j]));
    }
    free(largest);
    for (int i = 0; i < need->runner->data->count; i++) {
        const TrainTask *task = &need->runner->data->tasks[i];
        if (task->dev) most = larger(most, collect_plan(need->runner->s->model, task->number, task->dev, EVAL_BATCH));
    }
    return most;
}

static int64_t longest_row(const Dataset *data) {
    int64_t longest = 0;
    for (int64_t row = 0; row < data->rows; row++)
        longest = dataset_tokens(data, row) > dataset_tokens(data, longest) ? row : longest;
    return longest;
}

/* The longest row of each task by itself: no batch needs less. */
static size_t plan_single_rows(const MemoryNeed *need) {
    const TrainData *data = need->runner->data;
    int per_step = sampler_draws_per_step(need->schedule->sampler);
    Arena *arena = need->runner->s->arena;
    int64_t *rows = arena_array(arena, (size_t)data->count + 1, sizeof *rows);
    Draw *draws = arena_array(arena, (size_t)data->count + 1, sizeof *draws);
    size_t most = 0;
    for (int i = 0; i < data->count; i++) {
        rows[i] = longest_row(data->tasks[i].train);
        draws[i] = (Draw){i, &rows[i], 1};
    }
    for (int i = 0; i < data->count; i += per_step) {
        const Step *step = steps_of_draws(need->schedule->steps, &draws[i]);
        for (int j = 0; j < step->n_passes; j++)
            most = larger(most, step_pass_bytes(need->runner, step, &step->passes[j]));
    }
    return most;
}

static double mib(double bytes) { return bytes / 0x1p20; }

static bool bad_size(const char *text, Diagnostics *diags) {
    diag_error(diags, "E0910", (Pos){0}, "--max-memory takes a size such as 512M or 4G, not '%s'", text);
    diag_hint(diags, "K, M, G and T are powers of 1024");
    return false;
}

size_t train_kept_room(const TrainOptions *o) {
    if (o->no_reuse) return 0;
    double all =
        o->max_memory ? byte_size_read(o->max_memory) : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return (size_t)(all / 4);
}

static size_t kept_of(const MemoryNeed *need, const TrainTask *task, bool training) {
    const Dataset *data = training ? task->train : task->dev;
    return data ? model_kept_bytes(need->runner->s->model, task->number, training, data) : 0;
}

/* What of it the data sets will take, in the order in which they come. */
static size_t plan_kept(const MemoryNeed *need) {
    const TrainData *data = need->runner->data;
    size_t taken = 0;
    for (int i = 0; i < 2 * data->count; i++) {
        size_t bytes = kept_of(need, &data->tasks[i % data->count], i < data->count);
        if (bytes <= need->kept_room - taken) taken += bytes;
    }
    return taken;
}

/* Is there a frozen part of which only dropout keeps the training from remembering it? */
static bool only_dropout_prevents(const MemoryNeed *need) {
    const TrainData *data = need->runner->data;
    for (int i = 0; i < data->count; i++) {
        if (kept_of(need, &data->tasks[i], false) && !kept_of(need, &data->tasks[i], true)) return true;
    }
    return false;
}

static void say_kept(const MemoryNeed *need, size_t bytes) {
    bool prevented = only_dropout_prevents(need);
    if (prevented)
        fprintf(stderr, "frozen: it has dropout, so training computes it in each epoch; with --dropout 0 once\n");
    if (bytes)
        fprintf(stderr, "frozen: what it gives each row%s is computed once and kept, %.1f MiB\n",
                prevented ? " to evaluate" : "", mib((double)bytes));
}

/* Bytes of a run beside its largest batch. */
typedef struct Standing {
    double own;  /* weights, gradients, those that are added up, moments */
    double kept; /* outputs of a frozen part */
} Standing;

static Standing standing_of(const MemoryNeed *need) {
    return (Standing){(double)step_runner_bytes(need->runner), (double)plan_kept(need)};
}

static bool refuse(const MemoryNeed *need, Standing standing, double most, double limit) {
    Diagnostics *diags = need->runner->s->diags;
    double always = standing.own + standing.kept, least = always + (double)plan_single_rows(need);
    const char *kept = standing.kept > 0 ? arena_printf(diags->arena, " and %.1f for what is kept of a frozen part",
                                                        mib(standing.kept))
                                         : "";
    diag_error(
        diags, "E0988", (Pos){0},
        "the run needs %.1f MiB, %.1f of them for weights, gradients and moments%s, the rest for the largest batch",
        mib(always + most), mib(standing.own), kept);
    if (least <= limit)
        diag_hint(diags,
                  "smaller batches need less, with --accumulate as many rows a step: with --batch 1 it is %.1f MiB",
                  mib(least));
    else
        diag_hint(
            diags,
            "with --batch 1 it would be %.1f MiB: freeze a part (--freeze), cut texts (--max-length), or allow more",
            mib(least));
    return false;
}

static bool check_limit(const MemoryNeed *need, Standing standing, double most) {
    const char *text = need->runner->o->max_memory;
    double limit = text ? byte_size_read(text) : INFINITY;
    if (limit <= 0) return bad_size(text, need->runner->s->diags);
    return standing.own + standing.kept + most <= limit || refuse(need, standing, most, limit);
}

bool train_check_memory(const MemoryNeed *need) {
    return !need->runner->o->max_memory || check_limit(need, standing_of(need), (double)plan_run(need));
}

bool train_plan_memory(const MemoryNeed *need, size_t *slab) {
    Standing standing = standing_of(need);
    *slab = plan_run(need);
    if (!need->runner->o->quiet && !need->runner->o->json) {
        say_kept(need, (size_t)standing.kept);
        fprintf(stderr, "memory: %.1f MiB of weights, gradients and moments, %.1f MiB for the largest batch\n",
                mib(standing.own), mib((double)*slab));
    }
    return check_limit(need, standing, (double)*slab) &&
           model_reserve(need->runner->s->model, *slab, need->runner->s->diags);
}
