/* Run state: how far a run has come, as its checkpoints keep it. */
#ifndef GRADC_RUNTIME_TRAIN_RUN_STATE_H
#define GRADC_RUNTIME_TRAIN_RUN_STATE_H

#include "runtime/measure/evaluate.h"

/* The epoch whose weights are saved. */
typedef struct BestEpoch {
    int64_t epoch;           /* from 1; 0: none yet */
    double score;            /* -INFINITY: none yet */
    Evaluation *evaluations; /* [tasks] */
} BestEpoch;

typedef struct RunState {
    int64_t step, epochs; /* done; an epoch is done when it is evaluated */
    int64_t tokens, examples;
    double train_seconds;
    BestEpoch best;
} RunState;

#endif
