/* Log: jansson writes the lines. */
#include "runtime/files/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct Log {
    FILE *file; /* NULL: writes nothing */
    FILE *echo; /* NULL: none */
    const char *path;
    bool failed;
};

/* What a killed run wrote last may lack its end. */
static bool ends_inside_line(const char *path) {
    FILE *file = path ? fopen(path, "r") : NULL;
    bool inside = file && fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n';
    if (file) fclose(file);
    return inside;
}

Log *log_open(const char *path, bool append, Diagnostics *diags) {
    FILE *file = path ? fopen(path, append ? "a" : "w") : NULL;
    if (path && !file) {
        diag_error(diags, "E0914", (Pos){0}, "the log %s cannot be written: %s", path, strerror(errno));
        diag_hint(diags, "its folder must exist and may be written to; name another file with --log");
        return NULL;
    }
    Log *log = calloc(1, sizeof *log);
    if (!log) abort();
    log->file = file;
    if (append && ends_inside_line(path)) fputc('\n', file);
    log->path = path;
    return log;
}

bool log_close(Log *log, Diagnostics *diags) {
    if (!log) return true;
    bool failed = log->failed;
    if (log->file && fclose(log->file) != 0) failed = true;
    if (failed) diag_error(diags, "E0915", (Pos){0}, "the log %s is not complete: is the disk full?", log->path);
    free(log);
    return !failed;
}

void log_echo(Log *log, FILE *out) { log->echo = out; }

static bool write_line(const json_t *event, FILE *out) {
    return json_dumpf(event, out, JSON_REAL_PRECISION(9) | JSON_COMPACT) == 0 && fputc('\n', out) != EOF &&
           fflush(out) == 0;
}

void log_event(Log *log, json_t *event) {
    if (log->file && !write_line(event, log->file)) log->failed = true;
    if (log->echo) write_line(event, log->echo);
    json_decref(event);
}
