/* Settings of a training run: what was asked for, and what it depends on besides. Kept in the run's folder and in each
 * checkpoint:
 *
 *     {"options": {"epochs": 3, "lr": 3e-05, ...}, "graph": HASH, "config": {"hidden": 64, ...},
 *      "data": {"TASK.train": HASH, ...}, "initial_weights": HASH, "version": "0.1.0"} */
#ifndef GRADC_RUNTIME_SESSION_SETTINGS_H
#define GRADC_RUNTIME_SESSION_SETTINGS_H

#include <jansson.h>

#include "runtime/session/session.h"

/* The options of a run, by name. */
typedef struct RunRecord {
    json_t *options; /* {"epochs": 3, ...} */
    /* May the weights differ when this option does, in a run with these settings? */
    bool (*decides)(const char *name, const json_t *options);
    /* What is not as by default, as the command line would have it: "--epochs 3 --lr 3e-05"; in `arena`. */
    const char *(*text)(const json_t *options, Arena *arena);
} RunRecord;

/* The data sets may be NULL where they are not wanted. `initial` is the hash of the weights before the first step;
 * NULL: not known. The caller owns the object, which shares `options`. */
json_t *settings_collect(Session *session, json_t *options, Dataset *const *train, Dataset *const *dev,
                         const char *initial);

/* True when a run with `saved` may go on under `now`: options that do not decide its weights (threads, log ...) may
 * differ. Otherwise one error with a note for each difference. */
bool settings_match(const json_t *saved, const json_t *now, const RunRecord *record, Diagnostics *diags);

/* What decides the weights and differs: "lr: 0.1 and 0.2", each in `arena`. */
TextList settings_differences(const json_t *a, const json_t *b, const RunRecord *record, Arena *arena);

/* DIR/settings.json. Reading gives NULL without an error when there is no such file. */
bool settings_write(const char *folder, const json_t *settings, Diagnostics *diags);
json_t *settings_read(const char *folder, Diagnostics *diags);

#endif
