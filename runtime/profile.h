/* Profile: the launches of executables, summed by kernel, as a table. */
#ifndef GRADC_RUNTIME_PROFILE_H
#define GRADC_RUNTIME_PROFILE_H

#include <stdio.h>

#include "runtime/executable.h"

/* Kernels of all executables (NULL ones are passed over), the costliest first: calls, time, share, waiting before it. `whole_s`: wall time
 * of all steps, whose rest is shown as spent outside kernels. */
void profile_print(Executable *const *executables, int count, double whole_s, FILE *out);

#endif
