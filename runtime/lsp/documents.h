/* Documents: the texts that an editor holds, and places in them as the protocol counts: lines from 0, and in a line
 * code units of UTF-16, or bytes where the editor agreed to that. */
#ifndef GRADC_RUNTIME_LSP_DOCUMENTS_H
#define GRADC_RUNTIME_LSP_DOCUMENTS_H

#include <jansson.h>
#include <stdint.h>

#include "graph/base/diag.h"

typedef struct Document {
    char *uri, *path, *text; /* path: the real one where the file exists */
} Document;

typedef struct Documents {
    Document *items; /* [count] */
    int64_t count, capacity;
    int64_t edits; /* texts that came or went so far */
    bool counts_bytes;
} Documents;

/* Adds it, or replaces its text. NULL: the address names no file. */
Document *documents_open(Documents *documents, const char *uri, const char *text);
void documents_close(Documents *documents, const char *uri);
void documents_free(Documents *documents);
Document *documents_find(const Documents *documents, const char *uri); /* NULL: it is not open */
/* The text of an open file by its real path; NULL: it is not open. */
const char *documents_text(const Documents *documents, const char *real_path);

/* "file:///a/b" of a path, in `arena`. */
const char *documents_uri(const char *path, Arena *arena);

/* The byte, from 1, at a character of a line, from 0; at most one behind the line's last. */
uint32_t documents_column(const Documents *documents, const char *text, uint32_t line, int64_t character);
/* {"line": .., "character": ..} for line and byte from 1. The caller owns it. */
json_t *documents_position(const Documents *documents, const char *text, uint32_t line, uint32_t column);
/* {"start": .., "end": ..} of what a diagnostic points at: a whole line where it names no column. */
json_t *documents_range(const Documents *documents, Pos pos);

#endif
