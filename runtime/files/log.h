/* Log: JSON lines, one event a line, written at once so that a killed run keeps them. */
#ifndef GRADC_RUNTIME_FILES_LOG_H
#define GRADC_RUNTIME_FILES_LOG_H

#include <jansson.h>
#include <stdio.h>

#include "graph/base/diag.h"

typedef struct Log Log;

/* NULL path: a log that writes nothing. `append`: keeps what is there (a resumed run). NULL and a diagnostic when the
 * file cannot be written. */
Log *log_open(const char *path, bool append, Diagnostics *diags);
/* False with a diagnostic when not all could be written. */
bool log_close(Log *log, Diagnostics *diags);

/* Events go there too, from now on. */
void log_echo(Log *log, FILE *out);

/* Takes the object: log_event(log, json_pack("{s:s, s:i}", "event", "step", "step", 1)). */
void log_event(Log *log, json_t *event);

#endif
