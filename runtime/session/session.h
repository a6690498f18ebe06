/* Session: what train, eval and predict have in common: a program, a model folder, this machine, and the model made of
 * them. */
#ifndef GRADC_RUNTIME_SESSION_SESSION_H
#define GRADC_RUNTIME_SESSION_SESSION_H

#include "frontend/frontend.h"
#include "graph/base/text_list.h"
#include "runtime/hub/hf_folder.h"
#include "runtime/model/model.h"
#include "runtime/ranks/ranks.h"
#include "runtime/session/rates.h"

/* What a program is loaded from. */
typedef struct SessionSource {
    const char *file;       /* a graph file; or the folder of a run, which holds both graph and weights */
    const char *weights;    /* a Hugging Face folder; NULL: the run's */
    TextList weights_of;    /* "SCOPE=DIR": see scopes.h */
    const char *lower_case; /* see hf_tokenizer.h */
    const char *passes;     /* see passes/pipeline.h; NULL: the usual ones */
    TextList sets;          /* "NAME=VALUE" */
    TextList data;          /* folders */
    double dropout;         /* see ProgramOptions */
    bool skip_bad_rows;     /* where classes are counted */
    size_t memory;          /* see DatasetOptions */
} SessionSource;

/* The machine, and how code is made for it. */
typedef struct SessionMachine {
    const char *cpu, *cache; /* NULL: the one at hand; the user's cache folder */
    const char *perf;        /* the folder where kernels are described to perf (jit_dump.h); NULL: nowhere */
    int64_t lanes, threads;  /* 0: as the CPU has; one a core */
    int64_t cache_size;      /* MiB */
    bool no_cache;           /* of kernels and of tokens */
    Ranks *ranks;            /* that this process is one of; NULL: it is alone */
} SessionMachine;

/* What is wanted of a program, once it is known. */
typedef struct SessionUse {
    const char *tasks;    /* "a,b"; NULL: all */
    const char *products; /* "f32" or "bf16": what operands of matrix products are rounded to; NULL: f32 */
    int64_t max_length;   /* tokens; 0: the model's positions */
    int64_t fold;         /* which one is dev */
    int64_t seed;         /* of initial values */
    bool skip_bad_rows;
    const char *token_folder; /* of a run, where tokens of data sets are kept (token_cache.h); NULL: nowhere */
    SessionMachine machine;
} SessionUse;

/* What a command does with weights, and so what may be missing of them. */
typedef enum WeightsNeed {
    NEED_ANSWERS, /* it answers: whatever the answers are computed from must be there */
    NEED_BASE,    /* it trains: no weights at all, or all of the encoder; heads and adapters may be new */
    NEED_NOTHING  /* it looks or measures: any values will do */
} WeightsNeed;

/* How a model is made. */
typedef struct ModelUse {
    bool training;
    WeightsNeed need;
    TextList freeze; /* patterns (graph/base/pattern.h) of parameters that are not trained */
    RateOptions rates;
    StepRule steps;             /* see ModelOptions */
    size_t kept_room;           /* likewise */
    const OutputNames *outputs; /* [program's tasks]: what it evaluates; NULL: what the metrics read */
} ModelUse;

/* The folder that the parameters in a scope start from. */
typedef struct ScopeFolder {
    const char *scope; /* "teacher." */
    HfFolder *folder;
} ScopeFolder;

typedef struct Session {
    Arena *arena;
    Diagnostics *diags;
    SessionSource source;
    SessionUse use;
    const char *run_folder;                /* of source.file; NULL: it is no folder */
    const char *graph_path, *weights_path; /* weights_path NULL: none given */
    const char *overlay_path;              /* the run's weights without its base's (overlay.h); NULL: none */
    const char *const *saved_names;        /* [program's parameters]: see origin.h */
    HfFolder *folder;                      /* NULL without weights_path */
    ScopeFolder *scopes;                   /* [n_scopes]: see scopes.h */
    int n_scopes;
    Program *program;
    bool rounds;                /* products are bf16 */
    bool *tasks;                /* [program's tasks]: wanted */
    const Tokenizer *tokenizer; /* the folder's */
    Target *target;
    Cache *cache;
    Team *team;
    Model *model;
    int64_t max_length;
    double compile_ms; /* from graphs to loaded kernels */
} Session;

/* The program of a file or run; all of its tasks are wanted. False with diagnostics. `source` is copied, its strings
 * and lists must live as long as the session. */
bool session_load_program(Session *session, const SessionSource *source, Diagnostics *diags);
/* The same for a probe (see frontend.h). */
bool session_load_probe(Session *session, const SessionSource *source, const ProbeOptions *probe, Diagnostics *diags);
/* After the program: what is wanted of it. False with a diagnostic for a task that it does not have, products or passes
 * that there are not. */
bool session_use(Session *session, const SessionUse *use);
/* After that: tokenizer, machine, compiled model; then weights. Says on standard error what was not found or not
 * used. */
bool session_load_model(Session *session, const ModelUse *use);
/* The two apart: before there are weights, parameters take no memory. */
bool session_make_model(Session *session, const ModelUse *use);
bool session_fill_model(Session *session, const ModelUse *use);
/* Its parts, for tools that compile by themselves. */
bool session_load_tokenizer(Session *session);
bool session_choose_length(Session *session);
bool session_open_machine(Session *session);
/* Of `cpu` and `lanes` as target_new has them, for code as the session's products need it. NULL with a diagnostic. */
Target *session_target(const Session *session, const char *cpu, int lanes);
/* Room for all of the program's parameters, none of them trained; the caller owns it. NULL and a diagnostic. */
Parameters *session_parameters(const Session *session);
/* [program's tasks]: what it evaluates. */
const OutputNames *session_outputs(Session *session, const ModelUse *use);
/* Weights from the folder, or else from initialisers; says on standard error what is missing. `needed` [program's
 * parameters] are those that must be there for NEED_ANSWERS, and of which it is said otherwise; NULL: all. */
bool session_load_weights(Session *session, const Parameters *params, WeightsNeed need, const bool *needed);
void session_close(Session *session);

/* Marks the tasks of a list "a,b"; NULL: all. */
bool session_choose_tasks(Session *session, const char *list);
void session_hint_tasks(Session *s); /* "the tasks are: ..." */
/* The task of this name; NULL: the only one that is wanted; -1 with a diagnostic that names the command. */
int session_only_task(Session *s, const char *name, const char *command);
void session_take_task(Session *session, int task);        /* from now on it is the only one that is wanted */
int session_single_task(const Session *session);           /* the only one that is wanted; -1: there are others */
int session_find_task(Session *session, const char *name); /* -1 with a diagnostic */

/* Of all rows of a split, without labels, for who wants something else of them. */
DatasetOptions session_dataset_options(const Session *session, const char *split);
/* A split with its labels, at most `limit` rows of it (0: all); from the token cache (token_cache.h) of `token_folder`
 * where that has it. And put there, when the folder exists. NULL, false with a diagnostic. */
Dataset *session_dataset(Session *session, int task, const char *split, int64_t limit);
/* The same with the cells of these columns (DatasetOptions.keep), which come from the file. */
Dataset *session_dataset_keeping(Session *session, int task, const char *split, const char *const *columns, int count);
bool session_keep_dataset(Session *session, const Dataset *data, const char *split, int64_t limit);

/* "mood: 560 rows, 2 left out, 3 cut to 64 tokens, 5 mostly [UNK]", on standard error; the line is not ended. */
void session_say_dataset(const Session *session, const Dataset *data);
void session_say_unknown(const Session *session,
                         const Dataset *data); /* ", 3 mostly [UNK]" where there are such rows */

/* Writes a folder that session and transformers can load: config.json, vocab.txt, model.safetensors, and model.graph.
 * */
bool session_save(Session *session, const char *folder);
/* The same without weights: what a run that has just begun leaves for those who take it up again. */
bool session_save_description(Session *session, const char *folder);

#endif
