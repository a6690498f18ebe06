/* One training run of `gradc train`, by itself or as a member of several. */
#ifndef GRADC_RUNTIME_COMMANDS_TRAIN_ONE_H
#define GRADC_RUNTIME_COMMANDS_TRAIN_ONE_H

#include "runtime/commands/options.h"
#include "runtime/train/train.h"

/* What the others want of it; see TrainOptions. */
typedef struct TrainMember {
    double pause;
    const char *again;
} TrainMember;

/* The part of the options that a run takes; `record` (options_to_json) is borrowed. */
TrainOptions train_options(const Options *options, const TrainMember *member, json_t *record);

/* Its exit status. `outcome` adds to what it held. */
int train_one(const Options *given, const TrainMember *member, TrainOutcome *outcome, Diagnostics *diags);

#endif
