/* A lock on a folder: one process at a time writes there. It is held through flock on a file of the folder, so that the
 * lock of a process that died is none; the file says which process has it, and is gone when it is given back. */
#ifndef GRADC_RUNTIME_FILES_FOLDER_LOCK_H
#define GRADC_RUNTIME_FILES_FOLDER_LOCK_H

#include "graph/base/diag.h"

typedef struct FolderLock FolderLock;

/* NULL and an error when another process has it, or when it cannot be had. */
FolderLock *folder_lock(const char *folder, Diagnostics *diags);
void folder_unlock(FolderLock *lock); /* NULL is allowed */
/* False and an error when another process has it at this moment; nothing is made. Not for its holder. */
bool folder_is_unlocked(const char *folder, Diagnostics *diags);

/* Removes from a folder what processes that were killed left half-written (atomic_file.h). For the holder of its lock:
 * nobody else is writing. */
void folder_remove_unfinished(const char *folder);

#endif
