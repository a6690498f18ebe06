/* Train keep: the folder of a run: its settings, its checkpoints, and taking it up again. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_KEEP_H
#define GRADC_RUNTIME_TRAIN_TRAIN_KEEP_H

#include "runtime/train/run_folder.h"
#include "runtime/train/run_schedule.h"
#include "runtime/train/run_state.h"

typedef struct RunKeeper {
    Session *s;
    const TrainOptions *o;
    const TrainData *data;
    FolderLock *lock;             /* of the folder; NULL: none is written */
    json_t *settings;             /* see settings.h */
    int64_t checkpoint, previous; /* steps of the last two; negative: none yet */
    int64_t epochs, best;         /* epochs that were done at the last one, and the best so far */
} RunKeeper;

/* May the run write to its folder (run_folder.h)? False with an error, before anything is computed. */
bool run_keeper_check(const RunKeeper *keeper);

/* Before the first step, when there are weights: with --resume the state of the last checkpoint, otherwise a folder for
 * a new run. False with a diagnostic; to be closed all the same. */
bool run_keeper_open(RunKeeper *keeper, RunLength length, RunState *state);
void run_keeper_close(RunKeeper *keeper);
/* What the run is (settings.h), when there are weights. The caller owns it. */
json_t *run_keeper_settings(const RunKeeper *keeper, RunLength length);

/* A checkpoint of now, in place of one of this step that knew fewer evaluations; nothing without --out or when the last
 * one knew the same. False with a diagnostic. */
bool run_keeper_save(RunKeeper *keeper, const RunState *state);

#endif
