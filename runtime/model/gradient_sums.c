/* Gradient sums: slabs of gradients, their products and their sum. */
#include "runtime/model/gradient_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/engine/slab.h"
#include "runtime/model/model_state.h"

struct GradientSums {
    Model *model;
    int groups, most_waiting;
    float **slabs;   /* [groups][trained] */
    float **waiting; /* [most_waiting - 1][trained]: behind the group's own, where its first sum waits */
    int n_waiting;   /* of the group at hand */
    int at_hand;
    RankSums *meeting; /* NULL: one rank is alone */
    bool *active;      /* [groups, runs]: what the slabs hold */
    bool *any;         /* [runs]: of all groups */
    double *weights;   /* [groups] */
    float *factors;    /* [runs, groups] */
    double *shared;    /* [groups]: surgery's factors, of runs that are shared */
    double *mixed;     /* [groups]: room to work in */
    double *products;  /* [groups, groups]; NULL: they are not compared */
    double *weighted;  /* [groups, groups]: of the weighted gradients */
    double *partial;   /* [blocks, groups, groups]: products of one block each */
    size_t partial_bytes;
};

static int n_runs(const GradientSums *p) { return p->model->params->n_runs; }

static bool *active_in(const GradientSums *p, int group) { return p->active + (size_t)group * (size_t)n_runs(p); }

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
    return get_slabs(p, p->slabs, p->groups) && get_slabs(p, p->waiting, p->most_waiting - 1) &&
           (!compares || get_products(p));
}

GradientSums *gradient_sums_new(Model *model, const GradientSumsOptions *options, Diagnostics *diags) {
    Arena *arena = model->arena;
    GradientSums *p = arena_alloc(arena, sizeof *p);
    size_t runs = (size_t)model->params->n_runs + 1, count = (size_t)options->groups + 1;
    *p = (GradientSums){.model = model, .groups = options->groups, .most_waiting = options->most_waiting};
    p->slabs = arena_array(arena, count, sizeof *p->slabs);
    p->waiting = arena_array(arena, (size_t)p->most_waiting, sizeof *p->waiting);
    p->active = arena_array(arena, runs * count, sizeof *p->active);
    p->any = arena_array(arena, runs, sizeof *p->any);
    p->weights = arena_array(arena, count, sizeof *p->weights);
    p->factors = arena_array(arena, runs * count, sizeof *p->factors);
    p->shared = arena_array(arena, count, sizeof *p->shared);
    p->mixed = arena_array(arena, count, sizeof *p->mixed);
    p->meeting = rank_sums_new(options->ranks, model->params->trained, model->options.team);
    if (get_memory(p, options->compares)) return p;
    gradient_sums_free(p);
    diag_error(diags, "E0904", (Pos){0}, "there is no memory for the gradients of %s of a step",
               count_text(p->groups + p->most_waiting - 1, "sum").text);
    diag_hint(diags, "take another --sampler, train fewer tasks with --tasks, or take fewer --shards");
    return NULL;
}

void gradient_sums_free(GradientSums *p) {
    for (int g = 0; p && g < p->groups; g++) slab_free(p->slabs[g], slab_bytes(p));
    for (int i = 0; p && i + 1 < p->most_waiting; i++) slab_free(p->waiting[i], slab_bytes(p));
    if (p) slab_free(p->partial, p->partial_bytes);
    if (p) rank_sums_free(p->meeting);
}

size_t gradient_sums_bytes(const GradientSums *p) {
    return p ? (size_t)(p->groups + p->most_waiting - 1) * slab_bytes(p) + rank_sums_bytes(p->meeting) : 0;
}

void gradient_sums_begin(GradientSums *p) {
    memset(p->active, 0, (size_t)p->groups * (size_t)n_runs(p) * sizeof *p->active);
    memset(p->any, 0, (size_t)n_runs(p) * sizeof *p->any);
}

/* --- Adding ------------------------------------------------------------------------------------------------------- */

typedef struct Adding {
    GradientSums *sums;
    int merges;
} Adding;

/* Where the sum waits before which `before` others do. */
static float *waiting_at(const GradientSums *p, int before) {
    return before ? p->waiting[before - 1] : p->slabs[p->at_hand];
}

/* This thread's share of a run: whole blocks of RUN_ALIGN floats. */
static void share_of(const ParamRun *run, const Worker *worker, int64_t *from, int64_t *to) {
    int64_t blocks = run->count / RUN_ALIGN;
    *from = run->offset + blocks * worker->thread / worker->threads * RUN_ALIGN;
    *to = run->offset + blocks * (worker->thread + 1) / worker->threads * RUN_ALIGN;
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
        if (!active_in(p, p->at_hand)[r]) continue;
        const float *sum = params->gradients;
        if (!a->merges) memcpy(waiting_at(p, p->n_waiting) + begin, sum + begin, (size_t)(end - begin) * sizeof *sum);
        for (int i = 1; i <= a->merges; i++) {
            float *to = waiting_at(p, p->n_waiting - i);
            add_stretch(to + begin, sum + begin, end - begin);
            sum = to;
        }
    }
}

void gradient_sums_turn(GradientSums *p, int group, int graph) {
    const bool *active = p->model->tasks[graph].active;
    p->at_hand = group;
    p->n_waiting = 0;
    memcpy(active_in(p, group), active, (size_t)n_runs(p) * sizeof *active);
    for (int r = 0; r < n_runs(p); r++) p->any[r] |= active[r];
}

void gradient_sums_add(GradientSums *p, int merges) {
    team_run(p->model->options.team, add_share, &(Adding){p, merges});
    p->n_waiting += 1 - merges;
}

void gradient_sums_meet(GradientSums *p, const StepSum *list, int count) {
    float **own = memory_new((size_t)p->n_waiting + 1, sizeof *own);
    for (int i = 0; p->meeting && i < p->n_waiting; i++) own[i] = waiting_at(p, i);
    if (p->meeting) rank_sums_meet(p->meeting, list, count, own, p->slabs[p->at_hand]);
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

/* Is it trained by more than one group? */
static bool is_shared(const GradientSums *p, int run) {
    int count = 0;
    for (int g = 0; g < p->groups; g++) count += active_in(p, g)[run];
    return count > 1;
}

static void products_share(void *user, const Worker *worker) {
    const GradientSums *p = user;
    for (int r = 0; r < n_runs(p); r++) {
        if (is_shared(p, r)) products_of_run(p, r, worker);
    }
}

static void find_products(GradientSums *p) {
    const Parameters *params = p->model->params;
    int n = p->groups;
    memset(p->products, 0, (size_t)(n * n) * sizeof *p->products);
    team_run(p->model->options.team, products_share, p);
    for (int r = 0; r < params->n_runs; r++) {
        if (!is_shared(p, r)) continue;
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

/* --- The sum ------------------------------------------------------------------------------------------------------ */

void gradient_sums_weight(GradientSums *p, int group, double weight) { p->weights[group] = weight; }

/* The products of the weighted gradients decide; what they are multiplied with comes on top of the weight. */
static void find_factors(GradientSums *p, bool surgery, int64_t turn) {
    int n = p->groups;
    for (int g = 0; g < n; g++) p->shared[g] = 1;
    for (int i = 0; surgery && i < n * n; i++) p->weighted[i] = p->weights[i / n] * p->weights[i % n] * p->products[i];
    if (surgery) gradient_sums_surgery(p->weighted, n, turn, p->shared, p->mixed);
    for (int r = 0; r < n_runs(p); r++) {
        for (int g = 0; g < n; g++)
            p->factors[r * n + g] = (float)(p->weights[g] * (is_shared(p, r) ? p->shared[g] : 1));
    }
}

static void sum_share(void *user, const Worker *worker) {
    const GradientSums *p = user;
    const Parameters *params = p->model->params;
    for (int r = 0; r < params->n_runs; r++) {
        int64_t begin, end;
        bool first = true;
        share_of(&params->runs[r], worker, &begin, &end);
        for (int g = 0; g < p->groups; g++) {
            if (!active_in(p, g)[r]) continue;
            const float factor = p->factors[r * p->groups + g], *from = p->slabs[g];
            float *to = params->gradients;
            for (int64_t i = begin; first && i < end; i++) to[i] = factor * from[i];
            for (int64_t i = begin; !first && i < end; i++) to[i] += factor * from[i];
            first = false;
        }
    }
}

void gradient_sums_total(GradientSums *p, bool surgery, int64_t turn) {
    if (p->products) find_products(p);
    find_factors(p, surgery && p->products, turn);
    team_run(p->model->options.team, sum_share, p);
    memcpy(p->model->active, p->any, (size_t)n_runs(p) * sizeof *p->any);
}
