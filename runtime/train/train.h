/* Train: a training run from its first step to its last.
 *
 *     TrainOptions   what it is asked to do
 *     TrainData      the tasks and their rows                              train_data.h
 *     RunSchedule    which steps it has, and at which rates                run_schedule.h
 *     RunPlan        what they come to: steps, tokens, seconds             run_plan.h
 *     StepRunner     runs a step: its passes, and the update from them     train_step.h
 *     RunState       how far it has come                                   run_state.h
 *     RunKeeper      its folder: settings, checkpoints                     train_keep.h
 *     TrainReport    what it tells: log, events, progress                  train_report.h
 *
 * Each of them knows those above it alone; train.c has the loop. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_H
#define GRADC_RUNTIME_TRAIN_TRAIN_H

#include "runtime/session/session.h"
#include "runtime/session/settings.h"

/* What a run is asked to do; docs/training.md says what each of them means. Strings that are not given are NULL. */
typedef struct TrainOptions {
    RunRecord record;
    const char *out, *log, *tensorboard, *grads;                 /* files and folders */
    const char *best, *sampler, *schedule, *max_memory, *within; /* as written: "TASK.METRIC", "2G", "45m" */
    TextList limit, limit_dev, share, loss_weight;               /* "TASK=X" */
    int64_t epochs, steps, patience, seed;                       /* steps, patience 0: not limited */
    int64_t batch, accumulate, shards;                           /* rows, batches and shards of an update */
    int64_t save_every, save_limit;                              /* steps (0: after epochs only), checkpoints */
    double lr, warmup, clip, decay;                              /* decay negative: as the optimizer says */
    double began; /* seconds of the process before the run, which its time in `within` does not count */
    double pause; /* below 1: the share of its steps after which it is evaluated and left for --resume; otherwise 0 */
    const char *again; /* how it goes on after a signal; NULL: by itself */
    bool no_eval, no_reuse, no_shuffle, cosines, pcgrad;
    bool resume, force, dry_run, json, quiet, profile;
} TrainOptions;

typedef struct Figure {
    const char *name;
    double value;
} Figure;
typedef VEC(Figure) Figures;

/* What came of a run. */
typedef struct TrainOutcome {
    Figures figures; /* metrics of the best epoch, when it came to its end; those of several runs add up */
    double score;    /* of the best epoch, or of a pause if that is better; NaN: undefined */
} TrainOutcome;

/* Shards of an update of a task: --shards, or one for each batch; and the rows of one, at most. */
int64_t train_shards(const TrainOptions *options);
int64_t train_shard_rows(const TrainOptions *options);

/* How the model of such a run is made. False with a diagnostic for a sampler that does not fit. */
bool train_model_use(ModelUse *use, const TrainOptions *options, Diagnostics *diags);
/* A batch is what a loss is written of: shards may cut it where its rows do not meet. False with a diagnostic. */
bool train_losses_fit(Session *session, const TrainOptions *options);

/* One run of a session's program, once it is known what is wanted of it (session_use); its exit status. `use` says what
 * is trained and at which rates, the rest of it is chosen here. */
int train_once(Session *session, const ModelUse *use, const TrainOptions *options, TrainOutcome *outcome);

#endif
