/* Reduction: a program's sizes made small, its structure kept, so that an interpreter can evaluate it many times. */
#ifndef GRADC_RUNTIME_INSPECT_REDUCE_H
#define GRADC_RUNTIME_INSPECT_REDUCE_H

#include "frontend/program.h"
#include "runtime/session/session.h"

/* The sets of `source`, before them a "NAME=VALUE" for each integer config value that can be made small while the
 * program still elaborates; in `arena`. False with diagnostics when it does not as it is. */
bool reduce_sizes(const SessionSource *source, TextList *sets, Arena *arena, Diagnostics *diags);

#endif
