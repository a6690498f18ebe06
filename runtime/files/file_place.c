/* File places: links are followed one by one, as realpath would, so that the end of a dangling one is found too, and
 * that the links of /proc/self/fd, which lead to what may have no name, are met on the way. */
#include "runtime/files/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files/descriptor.h"

enum { MOST_LINKS = 40 };

/* "a/b": "a"; "/b": "/"; "b": "." */
static const char *folder_of(const char *path, Arena *arena) {
    const char *slash = strrchr(path, '/');
    if (!slash) return ".";
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

/* The number of a descriptor of this process that the path names; -1. */
static int own_descriptor(const char *path, Arena *arena) {
    char folder[PATH_MAX], own[PATH_MAX];
    const char *name = strrchr(path, '/');
    bool is_own = name && realpath(folder_of(path, arena), folder) && realpath("/proc/self/fd", own) &&
                  strcmp(folder, own) == 0 && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1);
    return is_own ? atoi(name + 1) : -1;
}

/* What the link at `path` says, from where this process is. NULL and errno. */
static const char *follow(const char *path, Arena *arena) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) return NULL;
    const char *name = arena_strndup(arena, target, (size_t)length);
    return *name == '/' ? name : arena_printf(arena, "%s/%s", folder_of(path, arena), name);
}

static bool use_stream(FilePlace *place, int stream) {
    place->stream = stream;
    return stream >= 0;
}

bool file_place_find(const char *path, Arena *arena, FilePlace *place) {
    *place = (FilePlace){.path = path, .stream = -1};
    for (int i = 0; place->path && i < MOST_LINKS; i++) {
        int own = own_descriptor(place->path, arena);
        if (own >= 0) return use_stream(place, fcntl(own, F_DUPFD_CLOEXEC, 0));
        place->exists = lstat(place->path, &place->info) == 0;
        if (!place->exists) return errno == ENOENT; /* the folder may be missing: opening the file tells */
        if (S_ISREG(place->info.st_mode)) return true;
        if (!S_ISLNK(place->info.st_mode)) return use_stream(place, descriptor_open(place->path, O_WRONLY, 0));
        place->path = follow(place->path, arena);
    }
    if (place->path) errno = ELOOP;
    return false;
}
