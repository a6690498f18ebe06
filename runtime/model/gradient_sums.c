/* Gradient sums: slabs of gradients, their products and their sum. */
#include "runtime/model/gradient_sums.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/engine/slab.h"
#include "runtime/model/model_state.h"

struct GradientSums {
    Model *model;
    int groups, most_waiting;
    int n_slabs;       /* one for each group where they are compared; otherwise one, for the group at hand */
    float **slabs;     /* [n_slabs][trained] */
    float **waiting;   /* [most_waiting - 1][trained]: behind the group's own, where its first sum waits */
    int n_waiting;     /* of the group at hand */
    int at_hand;       /* -1: none yet */
    RankSums *meeting; /* NULL: one rank is alone */
    bool *active;      /* [n_slabs, runs]: what the slabs hold */
    float *total;      /* [trained]: the sum of the groups before the one at hand; NULL: there are none */
    bool *summed;      /* [runs]: that the total, or what is put in place, holds */
    double *weights;   /* [groups] */
    bool *shared;      /* [runs]: trained by several groups that are compared */
    double *surgical;  /* [groups]: surgery's factors, of runs that are shared */
    double *mixed;     /* [groups]: room to work in */
    double *products;  /* [groups, groups]; NULL: they are not compared */
    double *weighted;  /* [groups, groups]: of the weighted gradients */
    double *partial;   /* [blocks, groups, groups]: products of one block each */
    size_t partial_bytes;
};

static int n_runs(const GradientSums *p) { return p->model->params->n_runs; }

static bool *active_in(const GradientSums *p, int slab) { return p->active + (size_t)slab * (size_t)n_runs(p); }

static int slab_of(const GradientSums *p, int group) { return p->products ? group : 0; }

static size_t slab_bytes(const GradientSums *p) { return (size_t)p->model->params->trained * sizeof(float); }

static bool get_slabs(const GradientSums *p, float **slabs, int count) {
    for (int i = 0; i < count; i++) {
        if (!(slabs[i] = slab_new(slab_bytes(p)))) return false;
    }
    return true;
}

static bool get_products(GradientSums *p) {
    size_t pairs = (size_t)p->groups * (size_t)p->groups;
    p->products = arena_array(p->model->arena, pairs + 1, sizeof *p->products);
    p->weighted = arena_array(p->model->arena, pairs + 1, sizeof *p->weighted);
    p->partial_bytes = (size_t)(p->model->params->trained / RUN_ALIGN + 1) * pairs * sizeof *p->partial;
    return (p->partial = slab_new(p->partial_bytes)) != NULL;
}

static bool get_memory(GradientSums *p, bool compares) {
    bool has_total = p->groups > 1 && !compares;
    return get_slabs(p, p->slabs, p->n_slabs) && get_slabs(p, p->waiting, p->most_waiting - 1) &&
           get_slabs(p, &p->total, has_total) && (!compares || get_products(p));
}

GradientSums *gradient_sums_new(Model *model, const GradientSumsOptions *options, Diagnostics *diags) {
    Arena *arena = model->arena;
    GradientSums *p = arena_alloc(arena, sizeof *p);
    size_t runs = (size_t)model->params->n_runs + 1, count = (size_t)options->groups + 1;
    *p = (GradientSums){.model = model, .groups = options->groups, .most_waiting = options->most_waiting};
    p->n_slabs = options->compares ? p->groups : 1;
    p->slabs = arena_array(arena, (size_t)p->n_slabs, sizeof *p->slabs);
    p->waiting = arena_array(arena, (size_t)p->most_waiting, sizeof *p->waiting);
    p->active = arena_array(arena, runs * (size_t)p->n_slabs, sizeof *p->active);
    p->summed = arena_array(arena, runs, sizeof *p->summed);
    p->shared = arena_array(arena, runs, sizeof *p->shared);
    p->weights = arena_array(arena, count, sizeof *p->weights);
    p->surgical = arena_array(arena, count, sizeof *p->surgical);
    p->mixed = arena_array(arena, count, sizeof *p->mixed);
    p->meeting = rank_sums_new(options->ranks, model->params->trained, model->options.team);
    if (get_memory(p, options->compares)) return p;
    diag_error(diags, "E0904", (Pos){0}, "there is no memory for the gradients of a step: %zu MiB",
               gradient_sums_bytes(p) >> 20);
    diag_hint(diags, "take another --sampler, train fewer tasks with --tasks, or take fewer --shards");
    gradient_sums_free(p);
    return NULL;
}

static void free_slabs(const GradientSums *p, float **slabs, int count) {
    for (int i = 0; i < count; i++) slab_free(slabs[i], slab_bytes(p));
}

void gradient_sums_free(GradientSums *p) {
    if (!p) return;
    free_slabs(p, p->slabs, p->n_slabs);
    free_slabs(p, p->waiting, p->most_waiting - 1);
    free_slabs(p, &p->total, 1);
    slab_free(p->partial, p->partial_bytes);
    rank_sums_free(p->meeting);
}

size_t gradient_sums_bytes(const GradientSums *p) {
    if (!p) return 0;
    size_t slabs = (size_t)(p->n_slabs + p->most_waiting - 1 + (p->total != NULL));
    return slabs * slab_bytes(p) + p->partial_bytes + rank_sums_bytes(p->meeting);
}

void gradient_sums_begin(GradientSums *p) {
    p->at_hand = -1;
    memset(p->active, 0, (size_t)p->n_slabs * (size_t)n_runs(p) * sizeof *p->active);
    memset(p->summed, 0, (size_t)n_runs(p) * sizeof *p->summed);
}

/* This thread's share of a run: whole blocks of RUN_ALIGN floats. */
static void share_of(const ParamRun *run, const Worker *worker, int64_t *from, int64_t *to) {
    int64_t blocks = run->count / RUN_ALIGN;
    *from = run->offset + blocks * worker->thread / worker->threads * RUN_ALIGN;
    *to = run->offset + blocks * (worker->thread + 1) / worker->threads * RUN_ALIGN;
}

/* --- The sum of the groups ---------------------------------------------------------------------------------------- */

/* A group that is whole, on its way into the sum. */
typedef struct Summing {
    const GradientSums *sums;
    int group;
    float *to;
} Summing;

static float factor_of(const GradientSums *p, int group, int run) {
    return (float)(p->weights[group] * (p->shared[run] ? p->surgical[group] : 1));
}

static void sum_share(void *user, const Worker *worker) {
    const Summing *s = user;
    const GradientSums *p = s->sums;
    const Parameters *params = p->model->params;
    const bool *held = active_in(p, slab_of(p, s->group));
    const float *from = p->slabs[slab_of(p, s->group)];
    float *to = s->to;
    for (int r = 0; r < params->n_runs; r++) {
        int64_t begin, end;
        const float factor = factor_of(p, s->group, r);
        bool first = !p->summed[r];
        share_of(&params->runs[r], worker, &begin, &end);
        if (!held[r]) continue;
        for (int64_t i = begin; first && i < end; i++) to[i] = factor * from[i];
        for (int64_t i = begin; !first && i < end; i++) to[i] += factor * from[i];
    }
}

/* The sum `to` has the group too; its slab is free for the next. */
static void sum_group(GradientSums *p, int group, float *to) {
    bool *held = active_in(p, slab_of(p, group));
    team_run(p->model->options.team, sum_share, &(Summing){p, group, to});
    for (int r = 0; r < n_runs(p); r++) {
        p->summed[r] |= held[r];
        held[r] = false;
    }
}

static void place_share(void *user, const Worker *worker) {
    const GradientSums *p = user;
    const Parameters *params = p->model->params;
    for (int r = 0; r < params->n_runs; r++) {
        int64_t begin, end;
        share_of(&params->runs[r], worker, &begin, &end);
        if (p->summed[r]) memcpy(params->gradients + begin, p->total + begin, (size_t)(end - begin) * sizeof(float));
    }
}

/* --- Adding ------------------------------------------------------------------------------------------------------- */

typedef struct Adding {
    GradientSums *sums;
    int merges;
} Adding;

/* Where the sum waits before which `before` others do. */
static float *waiting_at(const GradientSums *p, int before) {
    return before ? p->waiting[before - 1] : p->slabs[slab_of(p, p->at_hand)];
}

static void add_stretch(float *to, const float *from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

static void add_share(void *user, const Worker *worker) {
    const Adding *a = user;
    const GradientSums *p = a->sums;
    const Parameters *params = p->model->params;
    for (int r = 0; r < params->n_runs; r++) {
        int64_t begin, end;
        share_of(&params->runs[r], worker, &begin, &end);
        if (!active_in(p, slab_of(p, p->at_hand))[r]) continue;
        const float *sum = params->gradients;
        if (!a->merges) memcpy(waiting_at(p, p->n_waiting) + begin, sum + begin, (size_t)(end - begin) * sizeof *sum);
        for (int i = 1; i <= a->merges; i++) {
            float *to = waiting_at(p, p->n_waiting - i);
            add_stretch(to + begin, sum + begin, end - begin);
            sum = to;
        }
    }
}

void gradient_sums_turn(GradientSums *p, int group, int graph, double weight) {
    const bool *active = p->model->tasks[graph].active;
    assert(p->at_hand < group);
    if (p->at_hand >= 0 && !p->products) sum_group(p, p->at_hand, p->total);
    p->at_hand = group;
    p->n_waiting = 0;
    p->weights[group] = weight;
    memcpy(active_in(p, slab_of(p, group)), active, (size_t)n_runs(p) * sizeof *active);
}

void gradient_sums_add(GradientSums *p, int merges) {
    team_run(p->model->options.team, add_share, &(Adding){p, merges});
    p->n_waiting += 1 - merges;
}

void gradient_sums_meet(GradientSums *p, const StepSum *list, int count) {
    float **own = memory_new((size_t)p->n_waiting + 1, sizeof *own);
    for (int i = 0; p->meeting && i < p->n_waiting; i++) own[i] = waiting_at(p, i);
    if (p->meeting) rank_sums_meet(p->meeting, list, count, own, p->slabs[slab_of(p, p->at_hand)]);
    free(own);
}

/* --- Products ----------------------------------------------------------------------------------------------------- */

/* <a, b> over one block: 16 sums, then theirs, in double. */
static double product_of(const float *a, const float *b) {
    double sums[16] = {0}, all = 0;
    for (int i = 0; i < RUN_ALIGN; i += 16) {
        for (int j = 0; j < 16; j++) sums[j] += (double)a[i + j] * (double)b[i + j];
    }
    for (int j = 0; j < 16; j++) all += sums[j];
    return all;
}

static void products_of_run(const GradientSums *p, int run, const Worker *worker) {
    int64_t begin, end;
    share_of(&p->model->params->runs[run], worker, &begin, &end);
    for (int64_t at = begin; at < end; at += RUN_ALIGN) {
        double *partial = p->partial + at / RUN_ALIGN * p->groups * p->groups;
        for (int i = 0; i < p->groups; i++) {
            for (int j = 0; j <= i; j++) {
                bool both = active_in(p, i)[run] && active_in(p, j)[run];
                partial[i * p->groups + j] = both ? product_of(p->slabs[i] + at, p->slabs[j] + at) : 0;
            }
        }
    }
}

/* Marks what more than one group trains. */
static void find_shared(GradientSums *p) {
    for (int r = 0; r < n_runs(p); r++) {
        int count = 0;
        for (int g = 0; g < p->groups; g++) count += active_in(p, g)[r];
        p->shared[r] = count > 1;
    }
}

static void products_share(void *user, const Worker *worker) {
    const GradientSums *p = user;
    for (int r = 0; r < n_runs(p); r++) {
        if (p->shared[r]) products_of_run(p, r, worker);
    }
}

static void find_products(GradientSums *p) {
    const Parameters *params = p->model->params;
    int n = p->groups;
    memset(p->products, 0, (size_t)(n * n) * sizeof *p->products);
    team_run(p->model->options.team, products_share, p);
    for (int r = 0; r < params->n_runs; r++) {
        if (!p->shared[r]) continue;
        for (int64_t block = params->runs[r].offset / RUN_ALIGN;
             block < (params->runs[r].offset + params->runs[r].count) / RUN_ALIGN; block++) {
            for (int i = 0; i < n * n; i++) p->products[i] += p->partial[block * n * n + i];
        }
    }
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) p->products[i * n + j] = p->products[j * n + i];
    }
}

double gradient_sums_cosine(const GradientSums *p, int a, int b) {
    double lengths = p->products[a * p->groups + a] * p->products[b * p->groups + b];
    return lengths > 0 ? p->products[a * p->groups + b] / sqrt(lengths) : NAN;
}

/* `mixed` is g_i on its way, as a sum of all gradients. */
void gradient_sums_surgery(const double *products, int n, int64_t turn, double *factors, double *mixed) {
    for (int i = 0; i < n; i++) factors[i] = 0;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) mixed[k] = k == i;
        for (int step = 0; step < n; step++) {
            int j = (int)((turn + step) % n);
            double along = 0;
            for (int k = 0; k < n; k++) along += mixed[k] * products[k * n + j];
            if (j != i && along < 0) mixed[j] -= along / products[j * n + j];
        }
        for (int k = 0; k < n; k++) factors[k] += mixed[k];
    }
}

/* --- The update --------------------------------------------------------------------------------------------------- */

/* The products of the weighted gradients decide; what they are multiplied with comes on top of the weight. */
static void find_factors(GradientSums *p, bool surgery, int64_t turn) {
    int n = p->groups;
    for (int g = 0; g < n; g++) p->surgical[g] = 1;
    for (int i = 0; surgery && i < n * n; i++) p->weighted[i] = p->weights[i / n] * p->weights[i % n] * p->products[i];
    if (surgery) gradient_sums_surgery(p->weighted, n, turn, p->surgical, p->mixed);
}

static void sum_compared(GradientSums *p, bool surgery, int64_t turn) {
    find_shared(p);
    find_products(p);
    find_factors(p, surgery, turn);
    for (int g = 0; g < p->groups; g++) sum_group(p, g, p->model->params->gradients);
}

static void sum_last(GradientSums *p) {
    sum_group(p, p->at_hand, p->total ? p->total : p->model->params->gradients);
    if (p->total) team_run(p->model->options.team, place_share, p);
}

void gradient_sums_total(GradientSums *p, bool surgery, int64_t turn) {
    if (p->products)
        sum_compared(p, surgery, turn);
    else
        sum_last(p);
    memcpy(p->model->active, p->summed, (size_t)n_runs(p) * sizeof *p->summed);
}
