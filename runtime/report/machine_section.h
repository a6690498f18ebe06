/* The section of the machine: a roofline with the kernels of a step on it, where the time of a step goes, and what
 * bounds each kernel. */
#ifndef GRADC_RUNTIME_REPORT_MACHINE_SECTION_H
#define GRADC_RUNTIME_REPORT_MACHINE_SECTION_H

#include "runtime/engine/machine.h"
#include "runtime/inspect/step_bench.h"
#include "runtime/report/pictures.h"

typedef struct MachineSection {
    Machine machine;
    const char *target; /* "znver4, 16 lanes" */
    int threads;
    Measured *tasks; /* [count] */
    int count;
    bool linked; /* the page has the model's section, too */
} MachineSection;

/* "roofline": achieved over the work a byte (Williams, Waterman and Patterson 2009), a roof for each level. Kernels
 * without products are not on it. */
void picture_of_roofline(Pictures *pictures, const MachineSection *section);

void page_machine(FILE *out, const MachineSection *section, Arena *arena);

#endif
