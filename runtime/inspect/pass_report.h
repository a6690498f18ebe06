/* What passes report on request: --remarks, what was done and what not and why; --time-passes, where the time went.
 * Both to standard error. */
#ifndef GRADC_RUNTIME_INSPECT_PASS_REPORT_H
#define GRADC_RUNTIME_INSPECT_PASS_REPORT_H

#include "passes/pipeline.h"

typedef struct PassReport {
    Remarks *remarks; /* NULL: not asked for */
    PassTimes *times; /* NULL: not asked for */
    Arena *arena;
} PassReport;

/* To be handed to pipelines. */
PassReport pass_report_begin(bool remarks, bool times);
/* Prints what came together, and frees it. */
void pass_report_end(PassReport *report);

#endif
