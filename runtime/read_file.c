/* Reading a small file whole. */
#include "runtime/read_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *path, const char *reason, Diagnostics *diags) {
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, path, NULL), 0),
               "cannot read the file: %s", reason);
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

/* Read to the end rather than asked for its size: pipes and files that grow work too. */
static char *read_all(FILE *file, size_t *size) {
    size_t capacity = 1 << 16, used = 0;
    char *bytes = malloc(capacity);
    while (bytes) {
        used += fread(bytes + used, 1, capacity - 1 - used, file);
        if (used < capacity - 1) break;
        if (!grow(&bytes, &capacity)) {
            free(bytes);
            bytes = NULL;
            errno = ENOMEM;
        }
    }
    if (bytes) bytes[used] = '\0';
    *size = used;
    return bytes;
}

char *read_file(const char *path, size_t *size, Diagnostics *diags) {
    *size = 0;
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (!file) {
        fail(path, strerror(errno), diags);
        return NULL;
    }
    errno = 0;
    char *bytes = read_all(file, size);
    if (!bytes || ferror(file)) {
        fail(path, strerror(errno ? errno : EIO), diags);
        free(bytes);
        bytes = NULL;
        *size = 0;
    }
    if (!standard) fclose(file);
    return bytes;
}
