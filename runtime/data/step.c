/* Steps: draws cut into passes. */
#include "runtime/data/step.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

struct Steps {
    Sampler *sampler;
    StepOptions options;
    Step step;
    PassRows *rows; /* of the passes of the step at hand, one after the other */
    int n_rows;
    int64_t room_passes, room_rows, room_sums;
};

bool step_adds(const StepRule *rule, bool joined) { return rule->shards > 1 || (rule->together && !joined); }

int step_most_waiting(int64_t shards) {
    int levels = 1;
    while (shards > INT64_C(1) << levels) levels++;
    return levels;
}

Steps *steps_new(Sampler *sampler, const StepOptions *options) {
    Steps *s = memory_new(1, sizeof *s);
    *s = (Steps){.sampler = sampler, .options = *options};
    s->step.n_draws = sampler_draws_per_step(sampler);
    s->step.draws = memory_new((size_t)s->step.n_draws, sizeof *s->step.draws);
    return s;
}

void steps_free(Steps *s) {
    if (!s) return;
    free(s->step.draws);
    free(s->step.passes);
    free(s->step.sums);
    free(s->rows);
    free(s);
}

/* The rows of a draw in a shard, which may be none. */
static int64_t add_rows(Steps *s, int draw, int64_t shard) {
    int64_t rows = s->step.draws[draw].count, shards = s->options.shards;
    int64_t from = rows * shard / shards, end = rows * (shard + 1) / shards;
    s->rows = memory_grow(s->rows, &s->room_rows, s->n_rows + 1, sizeof *s->rows);
    s->rows[s->n_rows++] = (PassRows){draw, from, end - from};
    return end - from;
}

static void add_pass(Steps *s, StepPass pass) {
    s->step.passes = memory_grow(s->step.passes, &s->room_passes, s->step.n_passes + 1, sizeof *s->step.passes);
    s->step.passes[s->step.n_passes++] = pass;
}

/* Their stretches of the shards are as equal as possible. */
static int rank_of(const Steps *s, int64_t shard) {
    return (int)(((shard + 1) * s->options.ranks - 1) / s->options.shards);
}

/* A shard of a draw; of all draws where the graphs are joined. False: none of them has rows in it. */
static bool cut_shard(Steps *s, int draw, int64_t shard) {
    int joined = s->options.joined, draws = joined < 0 ? 1 : s->step.n_draws, before = s->n_rows;
    int64_t rows = 0;
    for (int i = 0; i < draws; i++) rows += add_rows(s, draw + i, shard);
    if (rows)
        add_pass(s, (StepPass){.graph = joined < 0 ? s->options.graphs[s->step.draws[draw].task] : joined,
                               .place = draw,
                               .rank = rank_of(s, shard),
                               .n_rows = draws});
    else
        s->n_rows = before;
    return rows > 0;
}

/* A subtree: `count` shards from number `first` on. False: none of them has rows. */
static bool cut_shards(Steps *s, int draw, int64_t first, int64_t count) {
    if (count == 1) return cut_shard(s, draw, first);
    bool left = cut_shards(s, draw, first, count / 2);
    bool right = cut_shards(s, draw, first + count / 2, count - count / 2);
    if (left && right) s->step.passes[s->step.n_passes - 1].merges++;
    return left || right;
}

static void add_sum(Steps *s, StepSum sum) {
    s->step.sums = memory_grow(s->step.sums, &s->room_sums, s->step.n_sums + 1, sizeof *s->step.sums);
    s->step.sums[s->step.n_sums++] = sum;
}

/* The same of several ranks. */
static bool cut_ranks(Steps *s, int draw, int64_t first, int64_t count) {
    int rank = rank_of(s, first);
    if (rank == rank_of(s, first + count - 1)) {
        bool any = cut_shards(s, draw, first, count);
        if (any) add_sum(s, (StepSum){.rank = rank, .place = draw});
        return any;
    }
    bool left = cut_ranks(s, draw, first, count / 2);
    bool right = cut_ranks(s, draw, first + count / 2, count - count / 2);
    if (left && right) s->step.sums[s->step.n_sums - 1].joins++;
    return left || right;
}

static const Step *cut(Steps *s) {
    s->n_rows = s->step.n_passes = s->step.n_sums = 0;
    s->step.n_places = s->options.joined < 0 ? s->step.n_draws : 1;
    for (int i = 0; i < s->step.n_places; i++) cut_ranks(s, i, 0, s->options.shards);
    const PassRows *rows = s->rows; /* where they lie at last */
    for (int i = 0; i < s->step.n_passes; i++) {
        s->step.passes[i].rows = rows;
        rows += s->step.passes[i].n_rows;
    }
    return &s->step;
}

const Step *steps_get(Steps *s, int64_t epoch, int64_t index) {
    for (int i = 0; i < s->step.n_draws; i++) s->step.draws[i] = sampler_draw(s->sampler, epoch, index, i);
    return cut(s);
}

const Step *steps_of_draws(Steps *s, const Draw *draws) {
    memcpy(s->step.draws, draws, (size_t)s->step.n_draws * sizeof *draws);
    return cut(s);
}

const int64_t *step_rows(const Step *step, const PassRows *rows) { return step->draws[rows->draw].rows + rows->from; }
