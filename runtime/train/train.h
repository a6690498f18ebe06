/* The training run, for the files that make it up: train.c steps and evaluates, train_start.c makes it ready,
 * train_keep.c keeps it in checkpoints and takes it up again. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_H
#define GRADC_RUNTIME_TRAIN_TRAIN_H

#include "runtime/data/sampler.h"
#include "runtime/files/event_file.h"
#include "runtime/files/folder_lock.h"
#include "runtime/files/log.h"
#include "runtime/measure/evaluate.h"
#include "runtime/model/parts.h"
#include "runtime/session/session.h"
#include "runtime/session/settings.h"
#include "runtime/train/progress.h"
#include "runtime/train/rate.h"

/* What a run is asked to do; docs/training.md says what each of them means. Strings that are not given are NULL. */
typedef struct TrainOptions {
    RunRecord record;
    const char *out, *log, *tensorboard, *grads;                 /* files and folders */
    const char *best, *sampler, *schedule, *max_memory, *within; /* as written: "TASK.METRIC", "2G", "45m" */
    TextList limit, share, loss_weight;                          /* "TASK=X" */
    int64_t epochs, steps, batch, accumulate, patience, seed;    /* steps, patience 0: not limited */
    int64_t save_every, save_limit;                              /* steps (0: after epochs only), checkpoints */
    double lr, warmup, clip, decay;                              /* decay negative: as the optimizer says */
    bool no_eval, no_reuse, no_shuffle, cosines, pcgrad;
    bool resume, force, dry_run, json, quiet, profile;
} TrainOptions;

/* How long a run is: what was asked for, or what --within left of it. */
typedef struct RunLength {
    int64_t epochs, steps; /* steps 0: those of all epochs */
} RunLength;

typedef struct Trainer {
    Session *s;
    const TrainOptions *o;
    Diagnostics *diags;
    ModelUse use;
    RunLength length;
    FolderLock *lock; /* of the folder of the run; NULL: none is written */
    Log *log;
    EventFile *events;      /* NULL: none is written */
    Dataset **train, **dev; /* [program's tasks]; NULL: not wanted */
    int *order;             /* the sampler's task numbers as the program's */
    int n_tasks;
    Sampler *sampler;
    double *weights; /* [n_tasks]: of the losses */
    Parts *parts;    /* NULL: a step is one batch */
    Batch *batch;    /* a joined one when a step is one batch of all tasks */
    RateSchedule rate;
    Progress progress;
    Evaluation *evaluations;    /* [n_tasks] */
    Evaluation *best_ones;      /* [n_tasks]: of the epoch whose weights are saved */
    int best_task, best_metric; /* whose value makes an epoch the best; task -1: the overall score */
    double best;                /* its score; -INFINITY: none yet */
    int64_t best_epoch;
    double began, last_step;      /* seconds */
    int64_t step, epochs;         /* done; an epoch is done when it is evaluated */
    json_t *settings;             /* see settings.h */
    int64_t checkpoint, previous; /* steps of the last two; negative: none yet */
    bool stopped;                 /* by a signal, before its end */
    double load_ms;
    size_t planned_slab; /* bytes for the largest batch */
    double train_seconds;
    int64_t tokens, examples;
} Trainer;

typedef struct Figure {
    const char *name;
    double value;
} Figure;
typedef VEC(Figure) Figures;

/* --- train.c --- */

/* One run of a session's program, once it is known what is wanted of it (session_use); its exit status. `use` says what
 * is trained and at which rates, the rest of it is chosen here. Adds the metrics of the best epoch to `figures`, when
 * the run came to its end. */
int train_once(Session *session, const ModelUse *use, const TrainOptions *options, Figures *figures);

/* --- train_start.c: all of these return false with a diagnostic --- */

/* What the options say of steps: before the model is made, which must know whether gradients are added. */
bool train_choose_steps(Trainer *t);
/* Data sets, sampler, batch, schedule. */
bool train_prepare(Trainer *t);
/* `append`: a run that goes on. */
bool train_open_log(Trainer *t, bool append);
/* The tokens of the data sets in the run's folder (token_cache.h), once there is one. */
bool train_keep_data(Trainer *t);
/* The start of the run, in the log and on standard error. */
void train_say_start(Trainer *t);
/* Seconds since 1970. */
double train_wall_time(void);
/* Milliseconds since the process began. */
double train_process_ms(void);

/* Sampler, batch and schedule anew, after the length of the run has changed. */
bool train_plan_steps(Trainer *t);

/* --- train_step.c --- */

/* One batch of a task, or what several of them add to a step. */
typedef struct StepPart {
    Draw draw;
    StepResult result;
    int64_t tokens;
} StepPart;

/* The rows of a draw in the batch that begins at `from`; none, where others that it is joined with have more. */
Draw train_rows_from(const Trainer *t, const Draw *draw, int64_t from);
/* Step `step` of the run, which is number `index` of its epoch. `parts` [MAX_GROUPS]: zeros, and then the first
 * sampler_parts of them. False with a diagnostic. */
bool train_compute_step(Trainer *t, int64_t step, int64_t epoch, int64_t index, StepPart *parts);
/* What model_plan says of a batch: of the rows from `from` on of a part of a step, or, joined, of all its parts. */
size_t train_plan_batch(Trainer *t, int64_t epoch, int64_t index, int part, int64_t from);

/* --- train.c --- */

/* A step of the first epoch that is told to nobody and whose update the caller undoes. */
bool train_try_step(Trainer *t, int64_t index);

/* --- train_memory.c --- */

/* Before there are weights: may the run take what it needs? */
bool train_check_memory(Trainer *t);
/* Finds out what the largest batch of the run needs, says it, and sets it aside. False with a diagnostic when it is not
 * there. */
bool train_plan_memory(Trainer *t);
/* Bytes that the outputs of a frozen part may take (see kept.h): a quarter of what there is or of what --max-memory
 * allows. */
size_t train_kept_room(const Trainer *t);

/* --- train_plan.c --- */

/* Before train_begin: prints what the run will do and how long it will take here; with --within fewer epochs or steps,
 * so that it takes no longer. A few steps are run; weights, states and step numbers are as before when it returns. */
bool train_plan(Trainer *t);

/* --- train_keep.c --- */

/* May the run write to its folder (run_folder.h)? False with an error, before anything is computed. */
bool train_check_folder(Trainer *t);
/* After train_prepare and before the first step: with --resume from the last checkpoint, otherwise a folder for a new
 * run. */
bool train_begin(Trainer *t);
/* A checkpoint of now; nothing without --out or when there is one of this step. */
bool train_checkpoint(Trainer *t);

#endif
