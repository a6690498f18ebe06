/* Replayed run: a run's folder, opened so that its steps can be repeated (runtime/train/replay.h), for the commands
 * that look into them. */
#ifndef GRADC_RUNTIME_COMMANDS_REPLAYED_RUN_H
#define GRADC_RUNTIME_COMMANDS_REPLAYED_RUN_H

#include "runtime/commands/options.h"
#include "runtime/inspect/run.h"
#include "runtime/report/run_log.h"
#include "runtime/train/replay.h"

typedef struct ReplayedRun {
    const char *folder;
    Session session;
    Options options; /* as the run has them */
    json_t *settings, *record;
    RunLog log;
    Replay replay;
} ReplayedRun;

/* Settings and log; then all that its steps need. `given`: of the command line, with any file. False with a diagnostic;
 * to be closed all the same. */
bool replayed_run_read(ReplayedRun *run, const char *folder, Arena *arena, Diagnostics *diags);
bool replayed_run_open(ReplayedRun *run, const Options *given, Diagnostics *diags);
void replayed_run_close(ReplayedRun *run);

/* The probe of a task with the run's text and sizes, for `probe`, whose session is empty. False with a diagnostic. */
bool replayed_run_probe(const ReplayedRun *run, const Task *task, Run *probe);
/* The leaves of the probe's graph: a batch, and parameters. */
void replayed_run_leaves(Run *probe, const Batch *batch, const Parameters *params);

#endif
