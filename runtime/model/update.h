/* Update: the optimizer over the parameter slabs, run by run, and the norm of the gradients before it. */
#ifndef GRADC_RUNTIME_MODEL_UPDATE_H
#define GRADC_RUNTIME_MODEL_UPDATE_H

#include "runtime/model/deferred.h"

/* A result that waits until nothing reads what it replaces. */
typedef struct WaitingResult {
    const float *from;
    float *to;
    int64_t count;
} WaitingResult;

/* What one run of parameters is updated with, whatever the form of its gradient. A step: the gradient is there, in the
 * slab or, of a deferred run, where the rows say; run_update_squares in all threads, run_update_push in one,
 * run_update_apply in all. */
typedef struct RunUpdate {
    Deferred *deferred; /* the gradient has the form of rows; NULL: it is dense, and all of the run is updated */
    Executable *norm, *update;
    UpdateNumbers numbers;
    float *partial; /* [partials]: sums of squares, of rows of a table or of RUN_ALIGN numbers */
    int64_t partials;
    void *slabs[2]; /* what lies between the kernels of the norm and of the update, where there are several */
    size_t slab_bytes[2];
    /* Of an optimizer that sees a whole parameter: its kernels may read weights and states again after the new ones are
     * there, so these are put in their places when all is done. Otherwise none. */
    WaitingResult results[1 + MAX_STATES];
    int n_results;
} RunUpdate;

/* Floats that the results of a run take while they wait; 0: they do not. */
int64_t run_update_waiting(const Parameters *params, int run);

/* The graph of the norm: a gradient f32[R, columns] to its squares f32[R, 1], by these roles. The caller frees it. */
Graph *norm_graph(int64_t columns);

/* Binds the executables of a run to its part of the slabs. `touched`: of a table whose gradient has the form of rows;
 * NULL: it is dense. `waiting`: where results wait, room for those of one run, which others use after it. Borrows all
 * of that. NULL: no memory. */
RunUpdate *run_update_new(CodeList norm, CodeList update, const Parameters *params, int run, const TableRows *touched,
                          const char *const *states, float *waiting, Team *team, Arena *arena);
void run_update_free(RunUpdate *run); /* NULL is allowed */

/* This thread's share of the squares of the gradient; after a barrier their sum, in order, in double. */
void run_update_squares(const RunUpdate *run, const Worker *worker);
double run_update_sum(const RunUpdate *run);
/* The numbers of the next update; then this thread's share of it. */
void run_update_push(RunUpdate *run, UpdateNumbers numbers);
void run_update_apply(const RunUpdate *run, const Worker *worker);

/* For the profile: of the norm (NULL: it has none of its own) and of the update. */
Executable *run_update_executable(const RunUpdate *run, bool norm);

#endif
