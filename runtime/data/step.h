/* Steps: what each step of a run computes, as a list of passes. Plain data, which the sampler's draws and a few numbers
 * decide: whoever runs a step, all of it or some of its passes, needs nothing else to know what to do.
 *
 *     draws     rows of each task            a: 24 rows           b: 20 rows
 *     shards    of each draw, in order       a 0..12 | a 12..24 | b 0..10 | b 10..20
 *     passes    one batch each               forward and back
 *     places    of its gradients             0       | 0        | 1       | 1
 *
 *     joined                                 a 0..12 + b 0..10 | a 12..24 + b 10..20
 *                                            0                 | 0
 *
 * The rows of a draw are dealt into shards as equal as possible. What is summed over rows begins anew in each of them,
 * and the sums of the shards are added by one binary tree over their numbers, a shard without rows being left out. So
 * what comes of a step depends on its rows and on the number of shards alone. The tree stands in the list as in reverse
 * Polish notation: after a pass its sums are added to the last `merges` that wait, one after the other, and wait.
 *
 *     ((0 + 1) + (2 + 3))                    0 | 1 + | 2 | 3 + +        merges 0, 1, 0, 2
 *
 * Several ranks have a stretch of the shards each. A rank adds up the subtrees that are its own; these sums, in the
 * order of the shards, make up the rest of the tree in the same notation, whoever carries it out.
 *
 *     rank 0: 0 1 2    rank 1: 3             sums (0 + 1) | 2 | 3 + +   joins 0, 0, 2 */
#ifndef GRADC_RUNTIME_DATA_STEP_H
#define GRADC_RUNTIME_DATA_STEP_H

#include "runtime/data/sampler.h"

/* What a step is, whatever it draws. */
typedef struct StepRule {
    bool together;  /* it has a batch of each task */
    bool joins;     /* then in one pass for all tasks, where their training graphs can be joined */
    int64_t shards; /* of the rows of a task; at least 1 */
} StepRule;

/* Are gradients of several passes added? `joined`: the tasks' graphs are one. */
bool step_adds(const StepRule *rule, bool joined);
/* Sums that wait at the same time, at most. */
int step_most_waiting(int64_t shards);

/* Some rows of a draw: `count` from number `from` on. */
typedef struct PassRows {
    int draw;
    int64_t from, count;
} PassRows;

typedef struct StepPass {
    int graph;            /* whose training graph: of a task, by its number in the program, or of all */
    int place;            /* gradients of passes with the same place are added up; these follow one another */
    int merges;           /* see above */
    int rank;             /* that runs it */
    const PassRows *rows; /* [n_rows]: one, or of each task of a joined batch, whose rows may be none */
    int n_rows;
} StepPass;

/* What a rank hands in of a place; after it, `joins` additions. Of one rank alone it is the sum of the place. */
typedef struct StepSum {
    int rank, place, joins;
} StepSum;

typedef struct Step {
    Draw *draws; /* [n_draws]: of one task each */
    int n_draws;
    StepPass *passes; /* [n_passes]: in the order in which they are run */
    int n_passes;
    int n_places;  /* the place is number `draw`, or 0 of passes that join all draws */
    StepSum *sums; /* [n_sums]: of one place after the other */
    int n_sums;
} Step;

typedef struct StepOptions {
    int64_t shards;    /* as in the rule */
    const int *graphs; /* [sampler's tasks]: the number of each one's graph */
    int joined;        /* the number of the graph that takes all draws; -1: there is none */
    int ranks;         /* from 1 to `shards` */
} StepOptions;

typedef struct Steps Steps;

/* Borrows the sampler and the graphs. */
Steps *steps_new(Sampler *sampler, const StepOptions *options);
void steps_free(Steps *steps); /* NULL is allowed */

/* Step `index` of epoch `epoch`; and one of these draws, as many as a step of the sampler has. Valid until the next
 * one, its rows until a draw of another epoch. */
const Step *steps_get(Steps *steps, int64_t epoch, int64_t index);
const Step *steps_of_draws(Steps *steps, const Draw *draws);

/* The numbers of these rows in their data set. */
const int64_t *step_rows(const Step *step, const PassRows *rows);

#endif
