/* Options that hold: layer upon layer, each a new value. */
#include "runtime/commands/run_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files/byte_size.h"
#include "runtime/files/read_file.h"
#include "runtime/session/overlay.h"
#include "runtime/session/settings.h"

enum { TRAIN_BATCH = 32 };

/* So that a run can be repeated, and used, from another working directory. */
static const char *absolute(const char *path, Arena *arena) {
    char *real = path ? realpath(path, NULL) : NULL;
    const char *copy = real ? arena_strdup(arena, real) : path;
    free(real);
    return copy;
}

/* "teacher=DIR": DIR; NULL: it has none. */
static const char *folder_of_scope(const char *text) {
    const char *sign = strchr(text, '=');
    return sign ? sign + 1 : NULL;
}

/* The folders of scopes by their absolute paths; `there`: those that still lie where they were. */
static TextList scope_folders(const TextList *given, bool there, Arena *arena) {
    TextList list = {0};
    for (int i = 0; i < given->count; i++) {
        const char *text = given->items[i], *folder = folder_of_scope(text);
        if (folder && (!there || path_is_folder(folder)))
            text = arena_printf(arena, "%.*s%s", (int)(folder - text), text, absolute(folder, arena));
        else if (there)
            continue;
        vec_push(arena, &list, text);
    }
    return list;
}

/* What `gradc train` does by default, and where a run that goes on lies. */
static bool complete_training(Options *options, Diagnostics *diags) {
    if (options->resume && !options->out && path_is_folder(options->file)) options->out = options->file;
    if (options->resume && !options->out) {
        diag_error(diags, "E0947", (Pos){0}, "--resume needs the folder of a run");
        diag_hint(diags, "give it with --out, or in place of the graph file: gradc train DIR --resume");
        return false;
    }
    if (options->resume && options->weights && !path_is_folder(options->weights) && path_is_folder(options->file))
        options->weights = NULL; /* a checkpoint has them */
    options->weights_of = scope_folders(&options->weights_of, options->resume, diags->arena);
    if (!options->batch) options->batch = TRAIN_BATCH;
    TextList data = {0};
    for (int i = 0; i < options->data.count; i++)
        vec_push(diags->arena, &data, absolute(options->data.items[i], diags->arena));
    if (data.count == 0) vec_push(diags->arena, &data, absolute(".", diags->arena));
    options->data = data;
    options->weights = absolute(options->weights, diags->arena);
    return true;
}

static bool is_overlay(const char *folder, Arena *arena) {
    return access(arena_printf(arena, "%s/%s", folder, overlay_file), F_OK) == 0;
}

/* An overlay (overlay.h) is put together again with that base, where it still lies where it
 * was; NULL: it does not, or the run is whole. */
static const char *base_of_run(const char *folder, const json_t *settings, Arena *arena) {
    const char *base = json_string_value(json_object_get(settings, "weights"));
    return is_overlay(folder, arena) && path_is_folder(base) ? arena_strdup(arena, base) : NULL;
}

/* The same for its scopes. */
static TextList scopes_of_run(const char *folder, const json_t *settings, Arena *arena) {
    TextList list = {0};
    size_t i;
    json_t *text;
    json_array_foreach(json_object_get(settings, "weights-of"), i, text) {
        if (json_is_string(text)) vec_push(arena, &list, arena_strdup(arena, json_string_value(text)));
    }
    return is_overlay(folder, arena) ? scope_folders(&list, true, arena) : (TextList){0};
}

bool options_of_folder(const char *command, const Options *given, Options *options, Diagnostics *diags) {
    int errors = diags->errors;
    bool training = strcmp(command, "train") == 0;
    json_t *settings = path_is_folder(given->file) ? settings_read(given->file, diags) : NULL;
    const json_t *values = json_object_get(settings, "options");
    *options = options_of_run(command, given, values, diags->arena);
    if (settings && !options->weights) options->weights = base_of_run(given->file, values, diags->arena);
    if (settings && !options->weights_of.count) options->weights_of = scopes_of_run(given->file, values, diags->arena);
    const char *departures = training || !settings ? NULL : options_departures(given, values, diags->arena);
    if (departures) fprintf(stderr, "not as the run was trained: %s\n", departures);
    json_decref(settings);
    return diags->errors == errors && (!training || complete_training(options, diags));
}

/* A fold that no task has would be passed over. */
static bool check_fold(const Session *s, Diagnostics *diags) {
    const Task *chosen = NULL;
    if (s->use.fold == 0) return true;
    for (int i = 0; i < s->program->tasks.count; i++) {
        if (!s->tasks[i]) continue;
        chosen = &s->program->tasks.items[i];
        if (chosen->split.folds) return true;
    }
    if (!chosen) return true;
    diag_error(diags, "E0412", chosen->pos, "--fold %lld, but no task is split into folds", (long long)s->use.fold);
    diag_hint(diags, "declare them in the task: split folds 5; or leave --fold out");
    return false;
}

bool session_of_options(const char *command, const Options *given, Options *options, Session *session,
                        Diagnostics *diags) {
    if (!options_of_folder(command, given, options, diags)) return false;
    SessionSource source = source_of_options(options);
    if (!session_load_program(session, &source, diags) || !options_of_text(command, session->program, options, diags))
        return false;
    SessionUse use = use_of_options(options);
    use.token_folder = strcmp(command, "train") == 0 ? options->out : session->run_folder;
    return session_use(session, &use) && check_fold(session, diags);
}

/* --- Parts -------------------------------------------------------------------------------------------------------- */

SessionSource source_of_options(const Options *o) {
    return (SessionSource){.file = o->file,
                           .weights = o->weights,
                           .weights_of = o->weights_of,
                           .lower_case = o->lower_case,
                           .passes = o->passes,
                           .sets = o->set,
                           .data = o->data,
                           .dropout = o->dropout,
                           .skip_bad_rows = o->skip_bad_rows,
                           .memory = o->max_memory ? (size_t)byte_size_read(o->max_memory) : 0};
}

SessionUse use_of_options(const Options *o) {
    return (SessionUse){.tasks = o->tasks,
                        .products = o->products,
                        .max_length = o->max_length,
                        .fold = o->fold,
                        .seed = o->seed,
                        .skip_bad_rows = o->skip_bad_rows,
                        .machine = {.cpu = o->cpu,
                                    .cache = o->cache,
                                    .lanes = o->lanes,
                                    .threads = o->threads,
                                    .cache_size = o->cache_size,
                                    .perf = o->perf,
                                    .no_cache = o->no_cache,
                                    .ranks = o->ranks}};
}

ModelUse model_use_of_options(const Options *o, bool training) {
    return (ModelUse){.training = training,
                      .need = training ? NEED_BASE : NEED_ANSWERS,
                      .freeze = o->freeze,
                      .rates = {.lr = o->lr, .layer_decay = o->layer_decay, .rate = o->rate}};
}
