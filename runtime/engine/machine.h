/* Machine: what this machine can do at the most, measured: the yardstick of `gradc bench`. */
#ifndef GRADC_RUNTIME_ENGINE_MACHINE_H
#define GRADC_RUNTIME_ENGINE_MACHINE_H

#include "runtime/engine/code.h"

/* A level of the memory: what a kernel gets whose operands and results lie there, and lay there before. */
typedef struct MachineLevel {
    const char *name; /* "L1", "L2", "L3", "memory" */
    double capacity;  /* bytes, of all threads together; of memory infinite */
    double bytes;     /* a second, of the same triad as Machine.bytes */
} MachineLevel;

enum { MACHINE_LEVELS = 4 };

typedef struct Machine {
    /* a second: f32 multiplications and additions of fused multiply-adds in registers, all threads together */
    double flops;
    /* a second: a[i] = b[i] + 3 c[i] over arrays larger than caches; two reads and a write are counted (McCalpin's
     * triad) */
    double bytes;
    /* seconds until all threads have met: how far apart their caches are. On some machines it changes while they run */
    double barrier;
    MachineLevel levels[MACHINE_LEVELS]; /* the fastest first; the last is memory, with `bytes` */
    int n_levels;
} Machine;

/* The best of several runs of some hundredths of a second each. False with a diagnostic when code or memory is not to
 * be had. */
bool machine_measure(Machine *machine, Team *team, const Target *target, Diagnostics *diags);
/* Once more, after what is compared with it: the mean of both times. A processor that has rested is faster for a while.
 * */
bool machine_measure_again(Machine *machine, Team *team, const Target *target, Diagnostics *diags);

#endif
