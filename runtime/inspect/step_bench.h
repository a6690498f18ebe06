/* Step bench: steps of each task on real rows in file order, and where their time goes, kernel by kernel. */
#ifndef GRADC_RUNTIME_INSPECT_STEP_BENCH_H
#define GRADC_RUNTIME_INSPECT_STEP_BENCH_H

#include "runtime/session/session.h"

typedef struct BenchOptions {
    bool eval;            /* evaluation instead of training */
    int64_t steps, batch; /* that are timed; rows of one */
    const char *split;    /* NULL: train */
    int64_t seed;
    double rate, clip, decay; /* of updates, see UpdateSettings */
    Trace *trace;             /* gets TRACE_STEPS more steps, of all tasks together, or fewer; NULL: nobody asks */
} BenchOptions;

enum { TRACE_STEPS = 10, TRACE_BYTES = 1000000 }; /* of a trace, at most */

/* Steps on the same rows. Times in seconds. */
typedef struct Timing {
    int64_t rows, tokens;
    double whole, fill; /* all of it; rows into batches */
    double median;      /* of a step */
    double flops;       /* of the encoder's matrices: 2 a weight and token forward, 6 in training */
} Timing;

/* One task: its steps as they run in training, then once more with a clock around each kernel, which takes time itself.
 * */
typedef struct Measured {
    const Task *task;
    int64_t steps;
    Timing plain, profiled;
    Profile profile;
    int64_t traced; /* steps in the trace */
} Measured;

/* The tasks that are wanted of a session with its model; `list` [tasks]. A profile lives in the session's arena, its
 * kernels with the model. False with diagnostics. */
bool step_bench(Session *session, const BenchOptions *options, Measured *list, int *count);

#endif
