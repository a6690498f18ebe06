/* Profile: the launches of executables, summed by kernel, as a table. */
#ifndef GRADC_RUNTIME_ENGINE_PROFILE_H
#define GRADC_RUNTIME_ENGINE_PROFILE_H

#include <stdio.h>

#include "runtime/engine/executable.h"
#include "runtime/engine/machine.h"

enum { PROFILE_NAME = 60 }; /* columns of a kernel's name in the table */

typedef struct ProfileRow {
    const Kernel *kernel;
    const char *label; /* of the first launch; in a profile, with the number of others that are called otherwise */
    VEC(const char *) places; /* the labels of all launches, each once */
    int64_t runs;
    double run_s, wait_s; /* of the first thread: in it; at the barriers before it */
    double after_s;       /* at the barriers behind it: for who computes the rest of it, as far as there is one */
    Cost cost;
    VEC(double) step_s; /* [steps]: of the first thread, in it, as in LaunchTime */
} ProfileRow;

typedef struct Profile {
    ProfileRow *rows; /* the costliest first */
    int count;
} Profile;

/* The launches of all executables (NULL ones are passed over) since profiling was switched on, summed by kernel; in
 * `arena`. */
Profile profile_of(Executable *const *executables, int count, Arena *arena);

/* The sum of all rows, without kernel and label. */
ProfileRow profile_sum(const Profile *profile);

/* A line each: calls, time, share of `whole_s` (wall time of all steps), rates, waiting before it, what bounds it
 * (verdict.h); then all kernels together. `machine` NULL: no shares of its peak and no verdicts. */
void profile_print(const Profile *profile, double whole_s, const Machine *machine, FILE *out);

#endif
