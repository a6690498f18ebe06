/* The folder of a run, before anything is written there. A new run needs one that holds no other, and no weights:
 * settings and log of one run beside the weights of another would be taken for one. */
#ifndef GRADC_RUNTIME_TRAIN_RUN_FOLDER_H
#define GRADC_RUNTIME_TRAIN_RUN_FOLDER_H

#include "runtime/files/folder_lock.h"

typedef struct RunFolder {
    const char *path;
    const char *weights;  /* the folder that the run starts from; NULL: none */
    bool resumes, forces; /* --resume, --force */
} RunFolder;

/* May the run write there? False with an error that says what the folder holds. A folder that does not exist may be
 * made. Nothing is changed. */
bool run_folder_check(const RunFolder *folder, Diagnostics *diags);
/* Is it there, or is there a parent in which it may be made? False with an error. */
bool run_folder_can_be_made(const RunFolder *folder, Diagnostics *diags);
/* Is there a checkpoint to resume from? */
bool run_folder_has_checkpoint(const RunFolder *folder);

/* May a model be exported there? Not over the one that it comes from, and not into a run: it would lose its weights. */
bool run_folder_check_export(const RunFolder *folder, Diagnostics *diags);

/* Makes the folder and locks it; checks once more; removes what a killed process left half-written and, with --force,
 * what another run left, but for the weights that this one starts from. NULL with an error. */
FolderLock *run_folder_open(const RunFolder *folder, Diagnostics *diags);

#endif
