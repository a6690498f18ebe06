/* Options of the command line, which one table describes (option_rows.h). They are parsed once and const from then on:
 * what a run's folder or a text adds makes another Options of them. No library reads them; each is given the part that
 * concerns it (run_options.h). */
#ifndef GRADC_RUNTIME_COMMANDS_OPTIONS_H
#define GRADC_RUNTIME_COMMANDS_OPTIONS_H

#include <jansson.h>

#include "frontend/program.h"
#include "graph/base/text_list.h"
#include "runtime/ranks/ranks.h"

typedef struct Options {
    const char *file; /* the graph file, or the folder of a run: the first operand */
    const char *bad_rows;
    const char *best;
    const char *cache;
    const char *class;
    const char *compare;
    const char *cpu;
    const char *def;
    const char *emit;
    const char *errors;
    const char *format;
    const char *grads;
    const char *graph;
    const char *group;
    const char *input;
    const char *label;
    const char *log;
    const char *lower_case;
    const char *max_memory;
    const char *npy;
    const char *out;
    const char *output;
    const char *pair;
    const char *passes;
    const char *perf;
    const char *plot;
    const char *products;
    const char *sampler;
    const char *schedule;
    const char *seeds;
    const char *show;
    const char *socket;
    const char *split;
    const char *stage;
    const char *task;
    const char *tasks;
    const char *tensorboard;
    const char *trace;
    const char *weights;
    const char *why;
    const char *within;
    TextList data;
    TextList diff; /* two or none */
    TextList freeze;
    TextList given; /* names of the options that the command line had */
    TextList inputs;
    TextList keep;
    TextList limit;
    TextList limit_dev;
    TextList loss_weight;
    TextList number;
    TextList operands; /* all that the command line has */
    TextList rate;
    TextList set;
    TextList shape;
    TextList share;
    TextList shows;
    TextList text;
    TextList tries;
    TextList weights_of;
    int64_t accumulate;
    int64_t batch;
    int64_t cache_size;
    int64_t epochs;
    int64_t fold;
    int64_t lanes;
    int64_t max_length;
    int64_t patience;
    int64_t points;
    int64_t save_every;
    int64_t save_limit;
    int64_t seed;
    int64_t shards;
    int64_t step;
    int64_t steps;
    int64_t threads;
    double clip;
    double dropout;
    double layer_decay;
    double lr;
    double warmup;
    double weight_decay;
    bool all_folds;
    bool bench;
    bool compiled;
    bool dry_run;
    bool eval;
    bool force, classes;
    bool full;
    bool grad;
    bool header;
    bool json;
    bool merge;
    bool no_cache;
    bool no_eval;
    bool no_model;
    bool no_reuse;
    bool no_shuffle;
    bool cosines, pcgrad;
    bool probabilities;
    bool profile;
    bool quiet;
    bool remarks;
    bool report;
    bool resume;
    bool skip_bad_rows;
    bool texts;
    bool time_passes;
    bool training;
    bool write;
    Ranks *ranks; /* no option: those that this process is one of; NULL: it is alone */
} Options;

/* Fills `options` from the words after the command's name. False with diagnostics for an unknown option or a bad value
 * (wrong usage). */
bool options_parse(const char *command, int argc, char **argv, Options *options, Diagnostics *diags);

/* Every option as by default. */
Options options_default(void);

/* Of `given` what leaves the weights of a run as they are: threads, caches, logs and the like. */
Options options_of_machine(const Options *given, Arena *arena);

/* Was it on the command line, or in what was added since? */
bool options_have(const Options *options, const char *name);

/* Takes the value of text as if the command line had it. False with a diagnostic at `pos` for a bad one. */
struct OptionRow;
bool options_set(Options *options, const struct OptionRow *row, const char *text, Pos pos, Diagnostics *diags);

/* --- option_values.c: as JSON, and as a text has them --- */

/* The settings of a run: the values of all options of `train` that are set and not of one start alone, as {"lr": 1e-3,
 * "freeze": ["a.*"], ...}. The caller owns it. */
json_t *options_to_json(const Options *options);
/* `given`, and from the settings of a run (NULL: none) what it does not have: for `train` all of them, so that a run is
 * repeated as it was, whatever its text says; for a use of the run what holds for uses. */
Options options_of_run(const char *command, const Options *given, const json_t *settings, Arena *arena);
/* Those that the command line has and that are otherwise than in the run's settings: "--max-length 12 (64 in
 * training)"; NULL: none. */
const char *options_departures(const Options *given, const json_t *settings, Arena *arena);
/* May weights differ when this option does, in a run with these settings? */
bool option_decides(const char *name, const json_t *settings);

/* Adds what the text of a program says (see Setting) and `options` do not have: for `train` all, for a use of what it
 * trains what holds for uses. False with diagnostics at the setting's place for one that there is not, that belongs to
 * the machine at hand, or that has a bad value. */
bool options_of_text(const char *command, const Program *program, Options *options, Diagnostics *diags);
/* The settings of the training that are not as by default, as the command line would have them: "--epochs 3 --lr
 * 3e-05"; in `arena`. */
const char *options_settings_text(const Options *options, Arena *arena);

/* --- option_help.c --- */

/* The options that `command` takes, as help text. */
void options_print(const char *command, FILE *out);

#endif
