/* Deferred: the update of a table of which a step touches few rows.
 *
 * A row that a batch does not touch has the gradient zero, but the optimizer changes it all the same: moments fade,
 * weights decay. Those updates are put off until somebody looks: a batch that reads the row, an evaluation, a
 * checkpoint. They are then made up for one after another, with the numbers of each step, by the very code that updates
 * everything else: a row ends with the bits that it would have had. Only the rows of the batch pass through memory at
 * each step, instead of the whole table with its moments.
 *
 *     history   step 0 | step 1 | step 2 | ...        numbers of the updates since all rows were last up to date
 *     row 7     done = 1: steps 1, 2, ... are owed
 *
 * A step: rows are selected and the gradient's place is known (table_rows.h), then deferred_gradient, in one thread;
 * deferred_catch_up, the training graph and deferred_squares in all; deferred_push in one; deferred_update in all. */
#ifndef GRADC_RUNTIME_MODEL_DEFERRED_H
#define GRADC_RUNTIME_MODEL_DEFERRED_H

#include "passes/schedule.h"
#include "runtime/engine/team.h"
#include "runtime/model/parameters.h"
#include "runtime/model/table_rows.h"

/* The scalar inputs of the optimizer's update. */
typedef struct UpdateNumbers {
    float rate, decay, step, scale;
} UpdateNumbers;

/* Code as a list with the function of each launch. */
typedef struct CodeList {
    const KernelList *list;
    KernelFunction *const *functions;
} CodeList;

typedef struct Deferred Deferred;

/* The table is parameter `slot`; `touched` its rows that the step at hand touches. `update`: the optimizer; `norm`:
 * "gradient" f32[R, columns] to "squares" f32[R, 1]. All is borrowed. NULL when there is no memory. */
Deferred *deferred_new(const Parameters *params, int slot, const TableRows *touched, CodeList update, CodeList norm,
                       const char *const *states, Team *team);
void deferred_free(Deferred *table); /* NULL is allowed */

/* The rows are selected, and the step will leave their gradient where `touched` says. */
void deferred_gradient(Deferred *table);

/* Brings this thread's share of the selected rows up to date. They may be read after a barrier. */
void deferred_catch_up(Deferred *table, const Worker *worker);

/* This thread's share of the squares of the gradient; after a barrier their sum, in order. */
void deferred_squares(Deferred *table, const Worker *worker);
double deferred_sum(const Deferred *table);

/* One more update for all rows. */
void deferred_push(Deferred *table, UpdateNumbers numbers);

/* Applies it to this thread's share of the selected rows. */
void deferred_update(Deferred *table, const Worker *worker);

/* All rows up to date, on all threads. */
void deferred_flush(Deferred *table);

/* For the profile: what the first thread updates with. */
Executable *deferred_executable(const Deferred *table);

#endif
