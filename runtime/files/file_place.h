/* File place: where what is written to a path goes.
 *
 *     a plain file, or none yet      the file at the end of all symbolic links: it can be replaced
 *     a device, a FIFO               the thing itself: it is written into, never replaced
 *     /dev/stdout, /proc/self/fd/N   the descriptor that this process has already, wherever it leads */
#ifndef GRADC_RUNTIME_FILES_FILE_PLACE_H
#define GRADC_RUNTIME_FILES_FILE_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "graph/base/arena.h"

typedef struct FilePlace {
    const char *path; /* of the plain file, without links */
    bool exists;      /* then `info` is about it */
    struct stat info;
    int stream; /* open for writing, for the caller to close; -1: it is a plain file */
} FilePlace;

/* Opens what is no plain file: a FIFO waits for its reader. False and errno: there is nothing that could be written,
 * such as a folder. The path lies in the arena. */
bool file_place_find(const char *path, Arena *arena, FilePlace *place);

#endif
