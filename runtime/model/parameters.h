/* Parameters: where weights, gradients and the optimizer's states lie.
 *
 * One slab each, all with the same layout, row-major tensors as in checkpoints:
 *
 *     | run 0: trained by all tasks, decay | run 1: ... no decay | head of task 0 | ... || frozen parameters |
 *
 * A run is a stretch of parameters that are always updated together: the same tasks train them, with one rate, and
 * weight decay applies to all or none. A table, whose updates may be deferred (deferred.h), is a run by itself; where
 * the optimizer sees one parameter at a time each is one, and states lie closer when they are smaller than it.
 * Otherwise an update is a flat loop over a few long runs. Runs begin at multiples of RUN_ALIGN floats; the gaps stay
 * zero. Gradients and states exist for the trained part only. */
#ifndef GRADC_RUNTIME_MODEL_PARAMETERS_H
#define GRADC_RUNTIME_MODEL_PARAMETERS_H

#include "frontend/program.h"

enum { RUN_ALIGN = 1024, TENSOR_ALIGN = 16 }; /* floats */

typedef struct ParamSlot {
    const Param *param;
    int64_t offset, count;                                       /* floats */
    int64_t state_offsets[MAX_STATES], state_counts[MAX_STATES]; /* of a trained one */
    bool trained;
    int run; /* -1: frozen */
} ParamSlot;

typedef struct ParamRun {
    int64_t offset, count; /* floats; count includes the gaps up to the next run */
    const bool *tasks;     /* [program's tasks]: who trains it */
    bool decay;
    double rate;   /* what the learning rate is multiplied with */
    int table;     /* the parameter, when it is a table; -1 */
    int single;    /* the parameter, when the optimizer sees one at a time; -1 */
    int64_t steps; /* updates done: the optimizer's step number of this run */
} ParamRun;

typedef struct Parameters {
    Arena *arena;
    ParamSlot *slots; /* [program's parameters] */
    int n_slots;
    ParamRun *runs;
    int n_runs;
    int64_t trained, total; /* floats of the trained part and of all */
    float *weights, *gradients, *states[MAX_STATES];
    int64_t state_floats[MAX_STATES];
    int n_states;
} Parameters;

/* `wanted` [program's tasks]: whose parameters are used (NULL: all); `trained[i]`: whether parameter i is trained;
 * `tables[i]`: whether it is a table (NULL: none is); `rates[i]`: see ParamRun (NULL: all 1). All memory is zero. NULL
 * and a diagnostic when there is not enough memory. Borrows the program. */
Parameters *parameters_new(const Program *program, const bool *wanted, const bool *trained, const bool *tables,
                           const double *rates, Diagnostics *diags);
void parameters_free(Parameters *params);

/* Of weights, gradients and states. */
size_t parameters_bytes(const Parameters *params);

/* Fills a tensor from its initialiser, from the seed and its name alone. Normal numbers are sums of eight 16-bit
 * numbers (Irwin and Hall), in integers until the last step: the same bits everywhere. */
void parameter_initialise(const Parameters *params, int index, uint64_t seed);

/* Gives the states that begin as the weight its numbers, when there are weights. */
void parameters_begin_states(const Parameters *params, const Optimizer *optimizer);
/* Weights that are trained and what is evaluated in their place change places; the same again puts them back. Nothing
 * where the optimizer evaluates the weights themselves. */
void parameters_exchange(const Parameters *params, const Optimizer *optimizer);

/* What the optimizer's graph and the norm's take beside weights and numbers. */
static const Role gradient_role = {.kind = ROLE_GRADIENT, .of = "weight"};
static inline Role state_role(const char *state) { return (Role){.kind = ROLE_STATE, .of = state}; }

#endif
