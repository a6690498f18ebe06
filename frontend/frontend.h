/* Frontend: a program's text as parameters, tasks with typed graphs, and the optimizer's update.
 * The only header of this folder that others include. */
#ifndef GRADC_FRONTEND_FRONTEND_H
#define GRADC_FRONTEND_FRONTEND_H

#include "frontend/program.h"
#include "graph/base/names.h"

/* The shape of a tensor that is given to an argument. */
typedef struct ProbeShape {
    const char *name;
    int rank;
    int64_t extents[MAX_RANK];
} ProbeShape;

/* One graph in which every value that the text names is an output: for looking at them. */
typedef struct ProbeOptions {
    const char *task; /* this task, or */
    const char *def;  /* this definition by itself */
    /* of the definition: "NAME=4" or, of a size known batch by batch, "NAME=x.T", for a generic dimension or an
     * argument that is a number; "NAME=2x3", a tensor for an argument without a type */
    const char *const *sizes;
    int n_sizes;
    const ProbeShape *shapes; /* of arguments of the definition, stronger than sizes */
    int n_shapes;
    bool training; /* with dropout */
} ProbeOptions;

/* What training data says of a task's classes. */
typedef struct ClassCounts {
    const char *const *names; /* [classes] */
    const int64_t *counts;    /* [classes]: labels of each */
    int64_t classes;
} ClassCounts;

/* A name at a place of a text: where it is declared, used or called. */
typedef struct SourceName {
    const char *word;
    Pos pos;
    const char *is; /* "f32[x.T, 384]", "the number 384"; of a definition how it begins; NULL: only a call knows it */
    bool declares;
    Pos declared; /* of a config value or a definition, where it is used; no file: see source_name_declaration() */
} SourceName;

typedef struct SourceNames {
    Arena *arena;
    VEC(SourceName) list; /* a place comes again when a name has several types there, from call to call */
    NameIndex seen;
} SourceNames;

SourceNames *source_names_new(void);
void source_names_free(SourceNames *names);
/* The next one after `after` (NULL: the first) at a place; NULL: there is none. */
const SourceName *source_name_at(const SourceNames *names, const char *path, uint32_t line, uint32_t column,
                                 const SourceName *after);
/* Where it is declared; no file: in the language itself. */
Pos source_name_declaration(const SourceNames *names, const SourceName *name);

typedef struct ProgramOptions {
    const char *const *sets; /* "NAME=VALUE": override a config value; stronger than `lookup`, which
                                beats the text */
    int n_sets;
    /* The number that config.json holds under `key`; false when it has none. NULL: there is no
     * config.json. */
    bool (*lookup)(void *user, const char *key, double *value);
    /* Where config.json gives that key, for messages. */
    Pos (*where)(void *user, const char *key);
    /* For `label x: class`, whose classes are those of the data (its names and number not set), and for `weights
     * balanced`. NULL after a diagnostic. NULL instead of the function: no data is at hand, which is an error
     * where it is needed. */
    const ClassCounts *(*count_classes)(void *user, const Task *task, const Label *label);
    /* The text of a file that an editor holds, by its real path; NULL: it is read from where it lies. */
    const char *(*open_text)(void *user, const char *real_path);
    SourceNames *names; /* that get what the names of the text stand for, mistakes or not; NULL: nobody asks */
    void *user;
    /* NULL: tasks and optimizer. Otherwise the program has one task and no optimizer: its `train` is the probe's
     * graph, whose outputs are "loss" and those of `watched`; `eval` is NULL. The task of a definition has its text
     * inputs alone; its loss is the sum of what it returns. */
    const ProbeOptions *probe;
    double dropout; /* replaces every positive dropout rate in training graphs; negative: rates as
                       written */
} ProgramOptions;

/* Reads the file at `path` and all that it imports, and elaborates every task into a training and
 * an evaluation graph, canonical and verified. NULL and at least one error in `diags` on a mistake;
 * several mistakes are reported at once where they are independent. Positions in the program point into
 * `diags`, which must outlive it. Free with program_free. */
Program *program_load(const char *path, const ProgramOptions *options, Diagnostics *diags);

void program_free(Program *program); /* its graphs too; NULL is allowed */

/* The hint where a pattern matches no parameter: the name that begins most like it. */
void hint_parameter(const Program *program, const char *pattern, Diagnostics *diags);

/* Words such as `if` and `in`, which are no names. */
bool is_reserved(const char *text);

/* The file's text in the canonical layout, in `arena`: the same tokens and comments, so the same
 * program. Formatting it again changes nothing. NULL and diagnostics when the file does not parse;
 * what it imports is not read. */
const char *source_format(const SourceFile *file, Arena *arena, Diagnostics *diags);

/* A definition of the prelude as it is written, with the comment above it, in `arena`; NULL when the prelude has none
 * of this name. */
const char *prelude_definition(const char *name, Arena *arena);

/* A construct of the language, for people. */
typedef struct LanguageWord {
    const char *words; /* that belong to it, the first ones begin it: "split dev folds" */
    const char *means, *example;
} LanguageWord;

/* The next construct with this word behind `after` (NULL: the first); NULL: there is none. */
const LanguageWord *language_word(const char *word, const LanguageWord *after);

#endif
