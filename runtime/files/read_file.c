/* Reading a file whole, through zlib, which passes on what is not compressed. */
#include "runtime/files/read_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "graph/base/input_file.h"
#include "graph/base/memory.h"
#include "runtime/files/memory_room.h"

static void fail(const char *path, const char *reason, Diagnostics *diags) {
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot read the file: %s", reason);
    diag_hint(diags, "check the path, and that you may read what is there");
}

/* Read to the end rather than asked for its size: pipes and files that grow work too. What is not compressed comes as
 * it is. More than `most` is read, by what a buffer takes, when there is more. */
static char *read_all(gzFile file, size_t most, size_t *size) {
    enum { AT_ONCE = 1 << 24, FIRST = 1 << 16 };
    char *bytes = NULL;
    int64_t capacity = 0;
    int got = 1;
    for (*size = 0; got > 0 && *size <= most; *size += got > 0 ? (size_t)got : 0) {
        bytes = memory_grow(bytes, &capacity, (int64_t)*size + FIRST, 1);
        size_t room = (size_t)capacity - 1 - *size;
        got = gzread(file, bytes + *size, room < AT_ONCE ? (unsigned)room : AT_ONCE);
    }
    bytes[*size] = '\0';
    return bytes;
}

/* What went wrong, or NULL. That a compressed file ends early is known only when it is closed. */
static const char *close_file(gzFile file) {
    int number;
    const char *text = gzerror(file, &number);
    bool of_system = number == Z_ERRNO, damaged = number < 0 && !of_system;
    if (of_system) text = strerror(errno ? errno : EIO);
    int closed = gzclose_r(file);
    if (of_system) return text;
    return damaged || closed == Z_BUF_ERROR ? "it is compressed with gzip, but damaged or cut off" : NULL;
}

/* NULL: `*problem` says why. */
static gzFile open_file(const char *path, const char **problem) {
    bool standard = strcmp(path, "-") == 0;
    int descriptor = standard ? dup(STDIN_FILENO) : input_open(path, problem);
    if (descriptor < 0 && standard) *problem = strerror(errno);
    if (descriptor < 0) return NULL;
    gzFile file = gzdopen(descriptor, "rb");
    if (!file) memory_out(0);
    return file;
}

static void fail_bound(const char *path, size_t most, Diagnostics *diags) {
    bool small = most < 1 << 20;
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, path, NULL), 0),
               "it holds more than %zu %s, the most that is read of such a file", most >> (small ? 10 : 20),
               small ? "KiB" : "MiB");
    diag_hint(diags, "check the path; of a table, which may take half of the free memory and of --max-memory, give a "
                     "part at a time");
}

size_t read_bound(size_t memory) {
    size_t room = memory_room();
    return (memory && memory < room ? memory : room) / 2;
}

char *read_file(const char *path, size_t most, size_t *size, Diagnostics *diags) {
    *size = 0;
    const char *problem = NULL;
    gzFile file = open_file(path, &problem);
    if (!file) {
        fail(path, problem, diags);
        return NULL;
    }
    errno = 0;
    char *bytes = read_all(file, most, size);
    bool beyond = *size > most;
    problem = close_file(file);
    if (!beyond && !problem) return bytes;
    if (beyond)
        fail_bound(path, most, diags);
    else
        fail(path, problem, diags);
    free(bytes);
    *size = 0;
    return NULL;
}

bool path_is_folder(const char *path) {
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}
