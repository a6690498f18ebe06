/* Log: jansson makes the lines. */
#include "runtime/files/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files/descriptor.h"
#include "runtime/files/file_place.h"

struct Log {
    Arena *arena;
    const char *path; /* NULL: nothing is written */
    int descriptor;   /* of it; -1 */
    FILE *echo;       /* NULL: none */
    bool failed;
};

/* What a killed run wrote last may lack its end. */
static bool ends_inside_line(const char *path) {
    FILE *file = fopen(path, "r");
    bool inside = file && fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n';
    if (file) fclose(file);
    return inside;
}

static bool put(const Log *log, const char *bytes, size_t size) {
    return descriptor_write(log->descriptor, bytes, size);
}

/* At once, so that whoever reads along never sees half a line. */
static bool put_line(const Log *log, char *text) {
    size_t length = strlen(text);
    text[length] = '\n'; /* in the place of its NUL */
    bool good = put(log, text, length + 1);
    text[length] = '\0';
    return good;
}

static bool open_file(Log *log, bool append) {
    FilePlace place;
    if (!file_place_find(log->path, log->arena, &place)) return false;
    log->descriptor = place.stream;
    if (place.stream >= 0) return true;
    log->descriptor = descriptor_open(place.path, O_WRONLY | O_CREAT | O_APPEND | (append ? 0 : O_TRUNC), 0666);
    if (log->descriptor >= 0 && append && ends_inside_line(place.path)) log->failed = !put(log, "\n", 1);
    return log->descriptor >= 0;
}

Log *log_open(const char *path, bool append, Diagnostics *diags) {
    Arena *arena = arena_new();
    Log *log = arena_alloc(arena, sizeof *log);
    *log = (Log){.arena = arena, .path = path ? arena_strdup(arena, path) : NULL, .descriptor = -1};
    if (!path || open_file(log, append)) return log;
    diag_error(diags, "E0914", (Pos){0}, "the log %s cannot be written: %s", path, strerror(errno));
    diag_hint(diags, "its folder must exist and may be written to; name another file with --log");
    arena_free(arena);
    return NULL;
}

bool log_close(Log *log, Diagnostics *diags) {
    if (!log) return true;
    bool failed = log->failed;
    if (log->descriptor >= 0 && close(log->descriptor) != 0 && errno != EINTR) failed = true;
    if (failed) diag_error(diags, "E0915", (Pos){0}, "the log %s is not complete: is the disk full?", log->path);
    arena_free(log->arena);
    return !failed;
}

void log_echo(Log *log, FILE *out) { log->echo = out; }

void log_event(Log *log, json_t *event) {
    char *text = json_dumps(event, JSON_REAL_PRECISION(9) | JSON_COMPACT);
    if (log->path && !(text && put_line(log, text))) log->failed = true;
    if (log->echo && text) fprintf(log->echo, "%s\n", text), fflush(log->echo);
    free(text);
    json_decref(event);
}
