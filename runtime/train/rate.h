/* Learning rate of a step: warm-up from 0, then a schedule. Steps count from 0; the first of `warmup` warm-up steps has
 * rate 0, as in Hugging Face's get_linear_schedule_with_warmup. The constant schedule has no warm-up. */
#ifndef GRADC_RUNTIME_TRAIN_RATE_H
#define GRADC_RUNTIME_TRAIN_RATE_H

#include "graph/base/diag.h"

typedef enum RateKind { RATE_LINEAR, RATE_COSINE, RATE_CONSTANT } RateKind;

typedef struct RateSchedule {
    RateKind kind;
    double peak;
    int64_t warmup, steps;
} RateSchedule;

/* False and a diagnostic for an unknown name. NULL: linear. */
bool rate_kind(const char *name, RateKind *kind, Diagnostics *diags);

double rate_at(const RateSchedule *schedule, int64_t step);

#endif
