/* Update: the optimizer over the parameter slabs, run by run, and the norm of the gradients before it. */
#ifndef GRADC_RUNTIME_MODEL_UPDATE_H
#define GRADC_RUNTIME_MODEL_UPDATE_H

#include "passes/schedule.h"
#include "runtime/engine/executable.h"
#include "runtime/model/parameters.h"

/* The scalar inputs of the optimizer's update. */
typedef struct UpdateNumbers {
    float rate, decay, step, scale;
} UpdateNumbers;

/* Code as a list with the function of each launch. */
typedef struct CodeList {
    const KernelList *list;
    KernelFunction *const *functions;
} CodeList;

/* What one run of parameters is updated with. */
typedef struct RunUpdate {
    Executable *norm, *update;
    UpdateNumbers numbers;
    float *partial; /* [partials]: sums of squares, of rows of a table or of RUN_ALIGN numbers */
    int64_t partials;
    void *slabs[2]; /* what lies between the kernels of the norm and of the update, where there are several */
    size_t slab_bytes[2];
} RunUpdate;

/* The graph of the norm: "gradient" f32[R, columns] to "squares" f32[R, 1]. The caller frees it. */
Graph *norm_graph(int64_t columns);

/* Binds the executables of a run to its part of the slabs. Borrows the states' names. NULL: no memory. */
RunUpdate *run_update_new(CodeList norm, CodeList update, const Parameters *params, int run, const char *const *states,
                          Arena *arena);
void run_update_free(RunUpdate *run);

/* The sum of a run's squares, added in order in double. */
double run_squares(const RunUpdate *run);

#endif
