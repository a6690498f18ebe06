/* Reading a small file whole, through zlib, which passes on what is not compressed. */
#include "runtime/files/read_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void fail(const char *path, const char *reason, Diagnostics *diags) {
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot read the file: %s", reason);
    diag_hint(diags, "check the path, and that you may read what is there");
}

/* Doubles the buffer; false when there is no memory (the old buffer stays). */
static bool grow(char **bytes, size_t *capacity) {
    if (*capacity > SIZE_MAX / 2) return false;
    char *grown = realloc(*bytes, *capacity * 2);
    if (!grown) return false;
    *bytes = grown;
    *capacity *= 2;
    return true;
}

/* Read to the end rather than asked for its size: pipes and files that grow work too. What is not compressed comes as
 * it is. */
static char *read_all(gzFile file, size_t *size) {
    enum { AT_ONCE = 1 << 30 };
    size_t capacity = 1 << 16, used = 0;
    char *bytes = malloc(capacity);
    while (bytes) {
        size_t room = capacity - 1 - used;
        int got = gzread(file, bytes + used, room < AT_ONCE ? (unsigned)room : AT_ONCE);
        if (got <= 0) break;
        used += (size_t)got;
        if (used == capacity - 1 && !grow(&bytes, &capacity)) {
            free(bytes);
            bytes = NULL;
            errno = ENOMEM;
        }
    }
    if (bytes) bytes[used] = '\0';
    *size = used;
    return bytes;
}

/* What went wrong, or NULL. A compressed file that ends early is told only when it is closed. */
static const char *close_file(gzFile file) {
    int number;
    const char *text = gzerror(file, &number);
    bool of_system = number == Z_ERRNO, damaged = number < 0 && !of_system;
    if (of_system) text = strerror(errno ? errno : EIO);
    int closed = gzclose_r(file);
    if (of_system) return text;
    return damaged || closed == Z_BUF_ERROR ? "it is compressed with gzip, but damaged or cut off" : NULL;
}

static gzFile open_file(const char *path) {
    if (strcmp(path, "-") != 0) return gzopen(path, "rb");
    int copy = dup(STDIN_FILENO);
    return copy < 0 ? NULL : gzdopen(copy, "rb");
}

char *read_file(const char *path, size_t *size, Diagnostics *diags) {
    *size = 0;
    errno = 0;
    gzFile file = open_file(path);
    if (!file) {
        fail(path, strerror(errno ? errno : ENOMEM), diags);
        return NULL;
    }
    char *bytes = read_all(file, size);
    const char *problem = bytes ? NULL : strerror(errno ? errno : ENOMEM), *later = close_file(file);
    if (!problem) problem = later;
    if (!problem) return bytes;
    fail(path, problem, diags);
    free(bytes);
    *size = 0;
    return NULL;
}
