/* Train ranks: what the ranks of a run must have in common before the first step. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_RANKS_H
#define GRADC_RUNTIME_TRAIN_TRAIN_RANKS_H

#include "runtime/train/train_keep.h"

/* Are there shards for all ranks? False with a diagnostic. */
bool train_ranks_fit(Session *session, const TrainOptions *options);

/* Of all: is this rank's run that of rank 0: settings, graph, rows and weights? False with a diagnostic that names what
 * differs. */
bool train_ranks_check(const RunKeeper *keeper, RunLength length);

/* Of all: what rank 0 has read of a checkpoint, to all. */
void train_ranks_take_up(RunKeeper *keeper, RunState *state);

#endif
