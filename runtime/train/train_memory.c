/* The memory of a run: what its largest batches need, before the first step. The need of a batch grows with its tokens,
 * so only those with the most tokens of each task are planned; a smaller one with a rarer mixture of rows may still
 * make the slab grow a little. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/train/train.h"

enum { CANDIDATES = 8 };

/* A batch of the run: rows from `from` on of what a step draws for its part. */
typedef struct Place {
    int64_t tokens, epoch, step, from;
    int part;
} Place;

typedef struct Largest {
    Place places[CANDIDATES]; /* the most tokens first */
    int count;
} Largest;

static void consider(Largest *largest, Place place) {
    int at = largest->count;
    for (; at > 0 && largest->places[at - 1].tokens < place.tokens; at--) {
        if (at < CANDIDATES) largest->places[at] = largest->places[at - 1];
    }
    if (at == CANDIDATES) return;
    largest->places[at] = place;
    largest->count += largest->count < CANDIDATES;
}

static int64_t tokens_from(const Trainer *t, const Draw *draw, int64_t from) {
    Draw rows = train_rows_from(t, draw, from);
    return dataset_tokens_of(t->train[t->order[draw->task]], rows.rows, rows.count);
}

static void consider_draw(const Trainer *t, const Draw *draw, Place place, Largest *largest) {
    for (place.from = 0; place.from < draw->count; place.from += t->o->batch) {
        place.tokens = tokens_from(t, draw, place.from);
        consider(&largest[draw->task], place);
    }
}

/* Batches that join those of all parts are counted with the first task. */
static void consider_joined(const Trainer *t, Place place, Largest *largest) {
    for (place.from = 0; place.from < t->o->batch * t->o->accumulate; place.from += t->o->batch) {
        place.tokens = 0;
        for (int part = 0; part < sampler_parts(t->sampler); part++) {
            Draw draw = sampler_draw(t->sampler, place.epoch, place.step, part);
            place.tokens += tokens_from(t, &draw, place.from);
        }
        if (place.tokens > 0) consider(&largest[0], place);
    }
}

static void find_largest(const Trainer *t, Largest *largest) {
    int64_t per_epoch = sampler_steps_per_epoch(t->sampler);
    for (int64_t step = t->step; step < t->rate.steps; step++) {
        if (t->batch->n_parts) {
            consider_joined(t, (Place){.epoch = step / per_epoch, .step = step % per_epoch}, largest);
            continue;
        }
        for (int part = 0; part < sampler_parts(t->sampler); part++) {
            Draw draw = sampler_draw(t->sampler, step / per_epoch, step % per_epoch, part);
            consider_draw(t, &draw, (Place){.epoch = step / per_epoch, .step = step % per_epoch, .part = part},
                          largest);
        }
    }
}

static size_t plan_place(Trainer *t, const Place *place) {
    return train_plan_batch(t, place->epoch, place->step, place->part, place->from);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static size_t plan_run(Trainer *t) {
    Largest *largest = calloc((size_t)t->n_tasks + 1, sizeof *largest);
    size_t most = 0;
    if (!largest) abort();
    find_largest(t, largest);
    for (int i = 0; i < t->n_tasks; i++) {
        for (int j = 0; j < largest[i].count; j++) most = larger(most, plan_place(t, &largest[i].places[j]));
        const Dataset *dev = t->dev[t->order[i]];
        if (dev) most = larger(most, collect_plan(t->s->model, t->order[i], dev, EVAL_BATCH));
    }
    free(largest);
    return most;
}

/* The longest row of each task by itself: no batch needs less. */
static void fill_longest(const Dataset *data, Batch *batch) {
    int64_t longest = 0;
    for (int64_t row = 0; row < data->rows; row++)
        longest = dataset_tokens(data, row) > dataset_tokens(data, longest) ? row : longest;
    batch_begin(batch, data, &longest, 1, NUMBERS_OF_UPDATE);
    batch_fill(batch, data, &longest, 1, 0);
}

static size_t plan_single_rows(Trainer *t) {
    bool joined = t->batch->n_parts > 0;
    size_t most = 0;
    for (int i = 0; i < t->n_tasks; i++) {
        fill_longest(t->train[t->order[i]], joined ? t->batch->parts[i] : t->batch);
        if (!joined) most = larger(most, model_plan(t->s->model, t->order[i], true, t->batch));
    }
    if (!joined) return most;
    batch_join(t->batch);
    return model_plan(t->s->model, model_joined(t->s->model), true, t->batch);
}

static double mib(double bytes) { return bytes / 0x1p20; }

/* Bytes; "512M" is 512 * 2^20 of them. 0: it is no size. */
static double read_size(const char *text) {
    static const char units[] = "KMGT";
    char *end;
    double size = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    bool good = end != text && size > 0 && (!*end || (unit && !end[1]));
    return !good ? 0 : unit ? ldexp(size, 10 * (int)(unit - units + 1)) : size;
}

static bool bad_size(const Trainer *t) {
    diag_error(t->diags, "E0910", (Pos){0}, "--max-memory takes a size such as 512M or 4G, not '%s'", t->o->max_memory);
    diag_hint(t->diags, "K, M, G and T are powers of 1024");
    return false;
}

size_t train_kept_room(const Trainer *t) {
    double all = t->o->max_memory ? read_size(t->o->max_memory)
                                  : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return (size_t)(all / 4);
}

/* What of it the data sets will take, in the order in which they come. */
static size_t plan_kept(const Trainer *t) {
    size_t room = t->use.kept_room, taken = 0;
    for (int i = 0; i < 2 * t->n_tasks; i++) {
        bool training = i < t->n_tasks;
        int task = t->order[training ? i : i - t->n_tasks];
        const Dataset *data = training ? t->train[task] : t->dev[task];
        size_t bytes = data ? model_kept_bytes(t->s->model, task, training, data) : 0;
        if (bytes <= room - taken) taken += bytes;
    }
    return taken;
}

/* Is there a frozen part of which only dropout keeps the training from remembering it? */
static bool only_dropout_prevents(const Trainer *t) {
    for (int i = 0; i < t->n_tasks; i++) {
        int task = t->order[i];
        bool eval = t->dev[task] && model_kept_bytes(t->s->model, task, false, t->dev[task]);
        if (eval && !model_kept_bytes(t->s->model, task, true, t->train[task])) return true;
    }
    return false;
}

static void say_kept(const Trainer *t, size_t bytes) {
    bool prevented = only_dropout_prevents(t);
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

static Standing standing_of(const Trainer *t) {
    double gradients = (double)parts_bytes(t->parts);
    return (Standing){(double)parameters_bytes(model_parameters(t->s->model)) + gradients, (double)plan_kept(t)};
}

static bool refuse(Trainer *t, Standing standing, double most, double limit) {
    double always = standing.own + standing.kept, least = always + (double)plan_single_rows(t);
    const char *kept = standing.kept > 0 ? arena_printf(t->diags->arena, " and %.1f for what is kept of a frozen part",
                                                        mib(standing.kept))
                                         : "";
    diag_error(
        t->diags, "E0988", (Pos){0},
        "the run needs %.1f MiB, %.1f of them for weights, gradients and moments%s, the rest for the largest batch",
        mib(always + most), mib(standing.own), kept);
    if (least <= limit)
        diag_hint(t->diags,
                  "smaller batches need less, with --accumulate as many rows a step: with --batch 1 it is %.1f MiB",
                  mib(least));
    else
        diag_hint(
            t->diags,
            "with --batch 1 it would be %.1f MiB: freeze a part (--freeze), cut texts (--max-length), or allow more",
            mib(least));
    return false;
}

static bool check_limit(Trainer *t, Standing standing, double most) {
    double limit = t->o->max_memory ? read_size(t->o->max_memory) : INFINITY;
    if (limit <= 0) return bad_size(t);
    return standing.own + standing.kept + most <= limit || refuse(t, standing, most, limit);
}

bool train_check_memory(Trainer *t) { return !t->o->max_memory || check_limit(t, standing_of(t), (double)plan_run(t)); }

bool train_plan_memory(Trainer *t) {
    Standing standing = standing_of(t);
    t->planned_slab = plan_run(t);
    if (!t->o->quiet && !t->o->json) {
        say_kept(t, (size_t)standing.kept);
        fprintf(stderr, "memory: %.1f MiB of weights, gradients and moments, %.1f MiB for the largest batch\n",
                mib(standing.own), mib((double)t->planned_slab));
    }
    return check_limit(t, standing, (double)t->planned_slab) && model_reserve(t->s->model, t->planned_slab, t->diags);
}
