/* Diagnostics: what a user is shown about a mistake, and where it is.
 *
 * A library function that meets a user's mistake adds an error here and returns failure; only the command line
 * prints. An error has a code (E0101, explained by `gradc explain`), a place, one sentence, and may be followed by
 * notes (the other half of a conflict) and hints (the way out). */
#ifndef GRADC_GRAPH_BASE_DIAG_H
#define GRADC_GRAPH_BASE_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/base/arena.h"

/* A file that positions point into. `text` is NULL when the content is not to be shown: private data is cited by
 * file and line only. */
typedef struct SourceFile {
    const char *path;
    const char *text; /* NUL-terminated, or NULL */
} SourceFile;

/* A place. `file` NULL: nowhere. `line` and `column` count from 1; 0 means the whole file or line. `column` and
 * `length` count bytes. `scope` says which of the instances of that line it is, as in "bert.encoder.layer.0"; NULL: not
 * known, or there is but one. */
typedef struct Pos {
    const SourceFile *file;
    uint32_t line, column, length;
    const char *scope;
} Pos;

typedef enum Severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITY_HINT } Severity;

typedef struct Diagnostic {
    Severity severity;
    const char *code; /* "E0101"; NULL for notes and hints */
    Pos pos;
    const char *message;
} Diagnostic;

typedef struct Diagnostics {
    Arena *arena;
    VEC(Diagnostic) list; /* with at most MAX_LISTED_ERRORS; later ones are only counted */
    int errors;
    bool colours; /* for a terminal: diagnostics_print() sets "error", "hint" and the like in colours of their own */
} Diagnostics;

enum { MAX_LISTED_ERRORS = 100 }; /* nobody reads more, and a hostile file could have a million */

Diagnostics *diagnostics_new(void);
void diagnostics_free(Diagnostics *diags);

/* A SourceFile owned by the diagnostics, so that positions outlive the parse. Copies both strings; `text` may be NULL.
 * */
const SourceFile *diagnostics_file(Diagnostics *diags, const char *path, const char *text);

/* True when no more is listed. */
bool diag_is_full(const Diagnostics *diags);

/* Adds an error. Always returns false, so that a caller can `return diag_error(...)`. */
bool diag_error(Diagnostics *diags, const char *code, Pos pos, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_warning(Diagnostics *diags, const char *code, Pos pos, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Belong to the error or warning before them; notes are shown before hints, in whichever order they come. */
void diag_note(Diagnostics *diags, Pos pos, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(Diagnostics *diags, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A position in a file without a line (line 0) or in a data file. */
Pos pos_in_file(const SourceFile *file, uint32_t line);

/* All diagnostics, in order, as
 *     bert.graph:12:7: error[E0204]: no value is called 'hiden'
 *        12 |   q = dense(x, hiden)
 *           |                ^~~~~
 *        = hint: did you mean 'hidden'?
 * Of a long line only what is around the place. A warning that was given before, at the same place, is not repeated. */
void diagnostics_print(const Diagnostics *diags, FILE *out);

/* Text of a file for a terminal: control characters, and bytes that are not UTF-8, are written as \x1b. All that
 * diagnostics print goes through here. */
void print_visible(const char *text, size_t length, FILE *out);

/* A place as diagnostics show it: its name and a newline, then its line with a caret where the text is known. Nothing
 * for nowhere. */
void pos_print(Pos pos, FILE *out);

/* A hint "did you mean 'NAME'?". */
void diag_hint_name(Diagnostics *diags, const char *name);
/* The same with the candidate nearest to `name`. False without one, when none is near. */
bool diag_hint_nearest(Diagnostics *diags, const char *name, const char *const *candidates, int count);
/* That candidate by edit distance; NULL. */
const char *nearest_name(const char *name, const char *const *candidates, int count);

#endif
