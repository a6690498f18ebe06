/* Options of the command line: one table, from which parsing, help and completion of names are derived. */
#ifndef GRADC_RUNTIME_OPTIONS_H
#define GRADC_RUNTIME_OPTIONS_H

#include "graph/diag.h"

typedef VEC(const char *) TextList;

typedef struct Options {
    const char *file; /* the graph file, or the folder of a run */
    const char *weights, *data, *out, *tasks, *schedule, *log, *split, *task, *input, *output, *stage, *format, *cpu,
        *cache, *grads, *show;
    TextList freeze, limit, set;
    int64_t epochs, steps, batch, max_length, seed, threads, lanes;
    double lr, dropout, warmup, clip;
    bool no_shuffle, json, no_fusion, no_cache, no_eval, quiet, profile;
} Options;

/* Fills `options` from the words after the command's name. False with diagnostics for an unknown option or a bad value (wrong usage). */
bool options_parse(const char *command, int argc, char **argv, Options *options, Diagnostics *diags);

/* The options that `command` takes, as help text. */
void options_print(const char *command, FILE *out);

#endif
