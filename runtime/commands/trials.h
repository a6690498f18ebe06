/* Trials: a run for each combination of the values that `--try` gives to options, in OUT/try-1 and so on; with --within
 * by successive halving. What has been found out so far is in OUT/try.json, so that --resume goes on there. */
#ifndef GRADC_RUNTIME_COMMANDS_TRIALS_H
#define GRADC_RUNTIME_COMMANDS_TRIALS_H

#include "runtime/commands/options.h"

/* All of them, and the table of what came of them; an exit status. */
int train_trials(const Options *given, Diagnostics *diags);

#endif
