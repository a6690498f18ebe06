/* Rates: learning rates of parameters' own, beside the run's. */
#ifndef GRADC_RUNTIME_SESSION_RATES_H
#define GRADC_RUNTIME_SESSION_RATES_H

#include "frontend/program.h"
#include "graph/base/text_list.h"

typedef struct RateOptions {
    double lr;          /* of the run */
    double layer_decay; /* 1: none */
    TextList rate;      /* "PATTERN=X" */
} RateOptions;

/* What the learning rate of the run is multiplied with for each parameter, [program's parameters] in `arena`:
 *
 *   --layer-decay D    D ^ (how many layers lie above it). The layer of a parameter is the first whole number among the
 *   parts of its name,
 *                      encoder.layer.3.output: what a `repeat` counts. Parameters without one lie below all layers when
 *                      they are declared
 *                      before the first that has one, and above all otherwise.
 *   --rate PATTERN=X   X / the run's rate instead; the last pattern that matches counts
 *
 * NULL without either of them, and, with a diagnostic, when a pattern matches nothing; `*good` tells these apart. */
const double *rates_of(const Program *program, const RateOptions *options, Arena *arena, bool *good,
                       Diagnostics *diags);

#endif
