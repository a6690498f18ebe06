/* Replay: a run's steps once more, to the bit, from the checkpoint nearest before the one that is wanted, or from the
 * run's start. The run's folder is only read. */
#ifndef GRADC_RUNTIME_TRAIN_REPLAY_H
#define GRADC_RUNTIME_TRAIN_REPLAY_H

#include "runtime/train/train_step.h"

typedef struct Replay {
    Session *s;
    TrainOptions options;
    ModelUse use;
    TrainData data;
    RunSchedule schedule;
    StepRunner runner;
    const char *folder;     /* of the run */
    const json_t *settings; /* of the run (settings.h) */
    int64_t from, done;     /* steps: behind which it began; that are behind it now */
} Replay;

/* A session of the run's folder, as for its training; `settings` are borrowed. False with a diagnostic: rows or text
 * are not those of the run any more, for one; to be closed all the same. */
bool replay_open(Replay *replay, Session *session, const ModelUse *use, const TrainOptions *options,
                 const json_t *settings);
void replay_close(Replay *replay);

/* Weights and states as they were after so many steps, which are at least `done`. False with a diagnostic. */
bool replay_go(Replay *replay, int64_t steps);

/* The step that comes next, its rate, and what there is to know of it once it has run, from `runner`. */
const Step *replay_step(const Replay *replay);
double replay_rate(const Replay *replay);
bool replay_run(Replay *replay);

#endif
