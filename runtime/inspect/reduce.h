/* Reduction: a program's sizes made small, its structure kept, so that an interpreter can evaluate it many times. */
#ifndef GRADC_RUNTIME_INSPECT_REDUCE_H
#define GRADC_RUNTIME_INSPECT_REDUCE_H

#include "frontend/program.h"
#include "runtime/session/options.h"

/* Adds to `options->set`, before the sets that are there, a "NAME=VALUE" for each integer config value that can be made
 * small while the program still elaborates. False with diagnostics when it does not as it is. Strings live in `arena`.
 * */
bool reduce_sizes(Options *options, Arena *arena, Diagnostics *diags);

#endif
