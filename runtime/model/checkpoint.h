/* Checkpoints: everything that a run needs to go on as if it had never stopped. One safetensors file each,
 *
 *     FOLDER/step-000000000120.safetensors     weights as in model.safetensors; the optimizer's states as
 *                                              "optimizer.STATE.NAME"; beside them the caller's state in JSON and the
 *                                              XXH3-128 of every tensor and of that JSON
 *
 * written aside, synced and renamed, so it is there whole or not at all. The newest few are kept: when the last one was
 * damaged afterwards, the one before it is used. */
#ifndef GRADC_RUNTIME_MODEL_CHECKPOINT_H
#define GRADC_RUNTIME_MODEL_CHECKPOINT_H

#include <jansson.h>

#include "runtime/model/parameters.h"

typedef struct Checkpoint Checkpoint;

/* Writes the checkpoint of step `step`, which follows the one of step `previous` (negative: none). Then takes away what
 * is no predecessor of it, files of unfinished writes included, and the oldest of more than `limit`, at least 1.
 * `states[params->n_states]` names the optimizer's states; `state` is borrowed and is any JSON object. False and an
 * error when it cannot be written: the older checkpoints are then untouched. */
bool checkpoint_save(const char *folder, int64_t step, int64_t previous, int64_t limit, const Parameters *params,
                     const char *const *states, json_t *state, Diagnostics *diags);

/* Has the folder any, whole or damaged? */
bool checkpoint_exists(const char *folder);
/* Removes them all. */
void checkpoint_remove_all(const char *folder);

/* Opens the newest checkpoint, of at most `most` steps, whose hashes are right; a damaged one gets a warning that names
 * it and what is wrong. `*checkpoint` is NULL when the folder has none. False and an error when all that it has are
 * damaged. */
bool checkpoint_open(const char *folder, int64_t most, Checkpoint **checkpoint, Diagnostics *diags);
void checkpoint_close(Checkpoint *checkpoint); /* NULL is allowed */

const char *checkpoint_path(const Checkpoint *checkpoint);
/* What was saved as `state`; lives as long as the checkpoint. */
const json_t *checkpoint_state(const Checkpoint *checkpoint);

/* Copies weights, states and the runs' step counts to `params`. False and an error when the checkpoint is of another
 * model; what `params` holds is then undefined. */
bool checkpoint_restore(const Checkpoint *checkpoint, Parameters *params, const char *const *states,
                        Diagnostics *diags);

#endif
