/* The part of the machine: a roofline with the kernels of a step on it, where the time of a step goes, and what bounds
 * each kernel. */
#ifndef GRADC_RUNTIME_REPORT_MACHINE_PART_H
#define GRADC_RUNTIME_REPORT_MACHINE_PART_H

#include "runtime/engine/machine.h"
#include "runtime/inspect/step_bench.h"
#include "runtime/report/pictures.h"

typedef struct MachinePart {
    Machine machine;
    const char *target; /* "znver4, 16 lanes" */
    int threads;
    Measured *tasks; /* [count] */
    int count;
    bool linked; /* the page has the model's part, too */
} MachinePart;

/* "roofline": achieved over the work a byte (Williams, Waterman and Patterson 2009), a roof for each level. Kernels
 * without products are not on it. */
void picture_of_roofline(Pictures *pictures, const MachinePart *part);

void page_machine(FILE *out, const MachinePart *part, Arena *arena);

#endif
