/* Update: the optimizer over the parameter slabs, run by run, and the norm of the gradients before it. */
#ifndef GRADC_RUNTIME_UPDATE_H
#define GRADC_RUNTIME_UPDATE_H

#include "passes/schedule.h"
#include "runtime/executable.h"
#include "runtime/parameters.h"

/* What one run of parameters is updated with. */
typedef struct RunUpdate {
    Executable *norm, *update;
    float rate, decay, step, scale; /* the update's scalar inputs */
    float *partial;                 /* [count / RUN_ALIGN]: sums of squares */
    int64_t partials;
    void *slabs[2]; /* what lies between the kernels of the norm and of the update, where there are several */
    size_t slab_bytes[2];
} RunUpdate;

/* The graph of the norm: "gradient" f32[R, RUN_ALIGN] to "squares" f32[R, 1]. The caller frees it. */
Graph *norm_graph(void);

/* Binds the executables of a run to its part of the slabs. Borrows the states' names. NULL: no memory. */
RunUpdate *run_update_new(const KernelList *norm, KernelFunction *const *norm_code, const KernelList *update,
                          KernelFunction *const *update_code, const Parameters *params, int run,
                          const char *const *states, Arena *arena);
void run_update_free(RunUpdate *run);

/* The square root of all runs' sums, added in order in double: every thread gets the same number. `active[run]` */
double gradient_norm(RunUpdate *const *runs, const bool *active, int count);

#endif
