/* Frontend: a program's text as parameters, tasks with typed graphs, and the optimizer's update.
 * The only header of this folder that others include. */
#ifndef GRADC_FRONTEND_FRONTEND_H
#define GRADC_FRONTEND_FRONTEND_H

#include "graph/program.h"

typedef struct ProgramOptions {
    const char *const *sets; /* "NAME=VALUE": override a config value; stronger than `lookup`, which
                                beats the text */
    int n_sets;
    /* The number that config.json holds under `key`; false when it has none. NULL: there is no
     * config.json. */
    bool (*lookup)(void *user, const char *key, double *value);
    /* Where config.json gives that key, for messages. */
    Pos (*where)(void *user, const char *key);
    void *user;
    double dropout; /* replaces every positive dropout rate in training graphs; negative: rates as
                       written */
} ProgramOptions;

/* Reads the file at `path` and all that it imports, and elaborates every task into a training and
 * an evaluation graph, canonical and verified. NULL and at least one error in `diags` on a mistake;
 * several mistakes are told at once where they are independent. Positions in the program point into
 * `diags`, which must outlive it. Free with program_free. */
Program *program_load(const char *path, const ProgramOptions *options, Diagnostics *diags);

void program_free(Program *program); /* its graphs too; NULL is allowed */

/* The file's text in the canonical layout, in `arena`: the same tokens and comments, so the same
 * program. Formatting it again changes nothing. NULL and diagnostics when the file does not parse;
 * what it imports is not read. */
const char *source_format(const SourceFile *file, Arena *arena, Diagnostics *diags);

#endif
