/* Options of the command line: one table, from which parsing, help and completion of names are derived. */
#ifndef GRADC_RUNTIME_OPTIONS_H
#define GRADC_RUNTIME_OPTIONS_H

#include <jansson.h>

#include "graph/diag.h"

typedef VEC(const char *) TextList;

typedef struct Options {
    const char *file; /* the graph file, or the folder of a run */
    const char *weights, *out, *tasks, *schedule, *sampler, *seeds, *best, *log, *split, *task, *input, *output, *stage, *format, *cpu, *graph, *why,
        *cache, *grads, *passes, *emit, *show, *def, *npy;
    TextList data, freeze, rate, limit, share, loss_weight, set, shows, shape, inputs, text;
    const char *bad_rows, *socket, *within, *tensorboard;
    TextList keep;
    bool header, probabilities, dry_run;
    TextList diff;  /* two or none */
    TextList given; /* names of the options that the command line had */
    int64_t epochs, steps, batch, max_length, seed, threads, lanes, save_every, accumulate, patience, cache_size;
    double lr, dropout, warmup, clip, layer_decay, weight_decay;
    bool no_shuffle, pcgrad, report, json, no_cache, no_eval, quiet, remarks, time_passes, profile, resume, write, eval, full, grad, compiled, training;
} Options;

/* Fills `options` from the words after the command's name. False with diagnostics for an unknown option or a bad value (wrong usage). */
bool options_parse(const char *command, int argc, char **argv, Options *options, Diagnostics *diags);

/* The values of all options that `command` takes and that are set, as {"lr": 1e-3, "freeze": ["a.*"], ...}. The caller owns it. */
json_t *options_to_json(const char *command, const Options *options);
/* Sets from such an object what the command line did not give; names that there are not are left out. */
void options_from_json(const char *command, const json_t *values, Options *options, Diagnostics *diags);

/* The options that `command` takes, as help text. */
void options_print(const char *command, FILE *out);

#endif
