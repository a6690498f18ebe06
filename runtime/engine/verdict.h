/* Verdict: what bounds a kernel, and how near it is to that bound. */
#ifndef GRADC_RUNTIME_ENGINE_VERDICT_H
#define GRADC_RUNTIME_ENGINE_VERDICT_H

#include "runtime/engine/profile.h"

/*  compute     its products would take longer than its data, at the peak of this machine
 *  L1 ... L3,  its operands and results, each moved once, would: from the least level that holds those of a call, or
 *  memory      from memory
 *  latency     neither explains a seventh of its time: it waits for single operations, for scattered rows, or computes
 *              what is not counted (exp, random numbers), or is so short that to begin it takes most of it
 *  imbalance   the first thread waits behind it for others for more than half as long as it ran
 *  barriers    so it does, but no longer than threads take to meet */
typedef struct Verdict {
    const char *bound;
    /* what compute or the level, the slower of the two, would take alone, of the time until all threads were through */
    double share;
} Verdict;

/* `row`: of some runs. */
Verdict verdict_of(const ProfileRow *row, const Machine *machine);

/* The level that holds so many bytes. */
const MachineLevel *machine_level(const Machine *machine, double bytes);

typedef struct VerdictText {
    char text[40]; /* "compute, 61 %" */
} VerdictText;
VerdictText verdict_text(Verdict verdict);

#endif
