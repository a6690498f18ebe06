/* Sampler: which rows of which task make the next batch. A pure function of seed and epoch: its position is a number.
 *
 * An epoch has about as many batches as all sets together hold, whatever the rule: the rule says how many of them each
 * task gets. A task that gets more than it has begins its rows anew, in another order; one that gets fewer leaves some
 * out, other ones each time. */
#ifndef GRADC_RUNTIME_DATA_SAMPLER_H
#define GRADC_RUNTIME_DATA_SAMPLER_H

#include "runtime/data/dataset.h"

/* One batch: `count` row indices of the task's data set. */
typedef struct Draw {
    int task;
    const int64_t *rows;
    int64_t count;
} Draw;

typedef struct Sampler Sampler;

/* A rule gives task t shares in proportion to (its batches) ^ exponent. */
typedef struct SamplerRule {
    const char *name, *does;
    double exponent, last_exponent; /* in the first epoch and in the last, linearly in between */
    bool in_turn;                   /* tasks take turns, in the order of the file */
    bool together;                  /* a step is a batch of each task */
} SamplerRule;

/* The rules by number; NULL after the last. The first is the default. */
const SamplerRule *sampler_rule(int index);
const char *sampler_rule_names(Arena *arena); /* "proportional, sqrt, ... or together" */
/* The rule of this name, NULL being the default's. NULL and a diagnostic when there is none. */
const SamplerRule *sampler_find_rule(const char *name, Diagnostics *diags);

typedef struct SamplerOptions {
    int64_t batch;
    uint64_t seed;
    bool shuffle;            /* false: rows in file order, tasks round robin until each has had its share */
    const SamplerRule *rule; /* NULL: the default */
    /* [tasks]: in place of what the rule's exponent gives; NULL: none. Not negative, one of them positive. */
    const double *shares;
    int64_t epochs; /* of the run, for rules that change */
} SamplerOptions;

/* `sizes[t]`: rows of task t. */
Sampler *sampler_new(const int64_t *sizes, int n_tasks, SamplerOptions options);
void sampler_free(Sampler *sampler);

int64_t sampler_steps_per_epoch(const Sampler *sampler);
/* One, or as many as there are tasks. */
int sampler_draws_per_step(const Sampler *sampler);
/* Draw `draw` of step `step` of epoch `epoch`, all from 0. The rows are valid until a draw of another epoch. */
Draw sampler_draw(Sampler *sampler, int64_t epoch, int64_t step, int draw);

#endif
