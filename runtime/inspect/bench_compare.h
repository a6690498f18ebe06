/* Bench compare: what became faster or slower between two measurements of the same steps, and what is noise. */
#ifndef GRADC_RUNTIME_INSPECT_BENCH_COMPARE_H
#define GRADC_RUNTIME_INSPECT_BENCH_COMPARE_H

#include <jansson.h>

#include "graph/base/diag.h"

/* Two objects as `gradc bench --json` writes them, the first one read from `path`; a table to `out`. Each step is a
 * repetition: of each kernel the quotients of its times in the same steps are taken. It changed where their median
 * differs from 1 by more than three standard errors, estimated from the median deviation, and by more than 2 %.
 * False and a diagnostic (E0967) when `then` is no such object, or has other steps. */
bool bench_compare(const json_t *then, const json_t *now, const char *path, FILE *out, Diagnostics *diags);

/* The median of quotients and its standard error; sorts them. */
typedef struct Quotient {
    double median, error;
} Quotient;
Quotient quotient_of(double *quotients, int count);

#endif
