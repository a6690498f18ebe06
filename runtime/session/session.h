/* Session: what train, eval and predict have in common: a program, a model folder, this machine, and the model made of
 * them. */
#ifndef GRADC_RUNTIME_SESSION_SESSION_H
#define GRADC_RUNTIME_SESSION_SESSION_H

#include "frontend/frontend.h"
#include "runtime/hub/hf_folder.h"
#include "runtime/model/model.h"
#include "runtime/session/options.h"

typedef struct Session {
    Arena *arena;
    const Options *options;
    Diagnostics *diags;
    const char *graph_path, *weights_path; /* weights_path NULL: none given */
    const char *overlay_path;              /* what a run keeps apart from its base (see apart.h); NULL: nothing */
    HfFolder *folder;                      /* NULL without weights_path */
    Program *program;
    bool *tasks; /* [program's tasks]: wanted */
    Tokenizer *tokenizer;
    Target *target;
    Cache *cache;
    Team *team;
    Model *model;
    bool adds, together, joins; /* as the model's options; set before it is loaded */
    size_t kept_room;           /* as the model's option; set before it is loaded */
    const OutputNames *outputs; /* [program's tasks]: what the model evaluates; NULL: what the metrics read */
    int64_t max_length;
    const char *token_folder; /* of a run; NULL: nothing is kept */
    Graph *joined;            /* of all tasks, for tools that ask for it (stages.h); NULL: nobody did */
    double compile_ms;        /* from graphs to loaded kernels */
} Session;

/* `options->file` may be a graph file or a run's folder, which holds both graph and weights. Wanted tasks are those of
 * --tasks, or those that the run has trained, or all. */
bool session_load_program(Session *session, const Options *options, Diagnostics *diags);
/* The same for a probe (see frontend.h); all its tasks are wanted. */
bool session_load_probe(Session *session, const Options *options, const ProbeOptions *probe, Diagnostics *diags);
/* After the program: tokenizer, machine, compiled model; then weights. Says on standard error what was not found or not
 * used. */
bool session_load_model(Session *session, bool training);
/* The two apart: before there are weights, parameters take no memory. */
bool session_make_model(Session *session, bool training);
bool session_fill_model(Session *session, bool training);
/* Its parts, for tools that compile by themselves. */
bool session_load_tokenizer(Session *session);
bool session_choose_length(Session *session);
bool session_open_machine(Session *session);
/* Room for all of the program's parameters, none of them trained; the caller owns it. NULL and a diagnostic. */
Parameters *session_parameters(const Session *session);
/* Weights from the folder, or else from initialisers. */
bool session_load_weights(Session *session, const Parameters *params);
void session_close(Session *session);

/* Marks the tasks of a list "a,b"; NULL: all. */
bool session_choose_tasks(Session *session, const char *list);
void session_hint_tasks(Session *s); /* "the tasks are: ..." */
/* The task that --task names, or the only one that is wanted; -1 with a diagnostic. */
int session_only_task(Session *s, const char *command);
int session_single_task(const Session *session);           /* the only one that is wanted; -1: there are others */
int session_find_task(Session *session, const char *name); /* -1 with a diagnostic */

/* Of all rows of a split, without labels, for who wants something else of them. */
DatasetOptions session_dataset_options(const Session *session, const char *split);
/* The optimizer's weight decay: the option's, or else the file's. */
double session_decay(const Session *session);

/* A split with its labels, at most `limit` rows of it (0: all); from the token cache (token_cache.h) of `token_folder`
 * where that has it. And put there, when the folder exists. NULL, false with a diagnostic. */
Dataset *session_dataset(Session *session, int task, const char *split, int64_t limit);
bool session_keep_dataset(Session *session, const Dataset *data, const char *split, int64_t limit);

/* Writes a folder that session and transformers can load: config.json, vocab.txt, model.safetensors, and model.graph.
 * */
bool session_save(Session *session, const char *folder);
/* The same without weights: what a run that has just begun leaves for those who take it up again. */
bool session_save_description(Session *session, const char *folder);

#endif
