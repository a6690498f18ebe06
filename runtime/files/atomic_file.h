/* Files that appear whole or not at all: written under another name in the same folder, synced, then renamed over the
 * old file. A killed process, a full disk or a failed write leaves the old file as it was. A file that is replaced
 * keeps its mode, and stays where links to it lead (see file_place.h).
 *
 * What is no plain file (a device, a FIFO, /dev/stdout) cannot be replaced: it is written into, from the first byte
 * on. */
#ifndef GRADC_RUNTIME_FILES_ATOMIC_FILE_H
#define GRADC_RUNTIME_FILES_ATOMIC_FILE_H

#include <stddef.h>

#include "graph/base/diag.h"

typedef struct AtomicFile AtomicFile;

/* Begins a new content for `path`. NULL and an error when nothing can be written there. `diags` is
 * kept until the file is committed or aborted. */
AtomicFile *atomic_file_open(const char *path, Diagnostics *diags);
/* The same for a file that only its owner may read. */
AtomicFile *atomic_file_open_private(const char *path, Diagnostics *diags);
/* Private, not synced, and in place of whatever has the name, a link too: for a cache in a folder of its own that knows
 * its files by their checksums, as a power cut may leave a new one empty. */
AtomicFile *atomic_file_open_cache(const char *path, Diagnostics *diags);

/* Appends. After the first failure, which adds the error, this and all later calls return false and
 * write nothing. */
bool atomic_file_write(AtomicFile *file, const void *bytes, size_t size);

/* Puts the new content in place and frees `file`. False, with an error (added here unless a write already had), when
 * any write or this failed: the old file is then untouched and no other file is left behind; only when the folder could
 * not be synced, which the error says, is the new content in place, but a power cut may bring the old one back. */
bool atomic_file_commit(AtomicFile *file);

/* Drops the new content and frees `file`; NULL is allowed. */
void atomic_file_abort(AtomicFile *file);

/* Is this a name under which a new content is written? Then a process that was killed left it. */
bool atomic_file_is_aside(const char *name);

/* Makes a folder, unless it is there already; the one above it must be. False and an error. */
bool folder_make(const char *path, Diagnostics *diags);

/* Open, write, commit. */
bool atomic_file_put(const char *path, const void *bytes, size_t size, Diagnostics *diags);

#endif
