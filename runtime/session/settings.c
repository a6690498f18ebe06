/* Settings: collecting, comparing, keeping. */
#include "runtime/session/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "runtime/files/atomic_file.h"

static const char file_name[] = "settings.json";

/* Options under which the weights come out the same. Data, weights and graph are compared by content, not by path. */
static const char *const harmless[] = {"weights",    "data",       "out",         "threads", "log",
                                       "grads",      "profile",    "quiet",       "cpu",     "lanes",
                                       "no-cache",   "cache",      "no-reuse",    "resume",  "save-every",
                                       "save-limit", "max-memory", "tensorboard", "json",    NULL};

const char *bytes_hash(Arena *arena, const void *bytes, size_t size) {
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return arena_printf(arena, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

static json_t *hash_of_data(Arena *arena, const Dataset *data) {
    XXH3_state_t *state = XXH3_createState();
    if (!state || XXH3_128bits_reset(state) != XXH_OK) abort();
    for (int i = 0; i < data->task->n_inputs; i++) {
        const Sequences *in = &data->inputs[i];
        size_t tokens = (size_t)in->bounds[data->rows];
        XXH3_128bits_update(state, in->bounds, ((size_t)data->rows + 1) * sizeof *in->bounds);
        XXH3_128bits_update(state, in->ids.items, tokens * sizeof *in->ids.items);
        XXH3_128bits_update(state, in->segments.items, tokens * sizeof *in->segments.items);
    }
    const Labels *labels = &data->labels;
    size_t count = labels->bounds ? (size_t)labels->bounds[data->rows] : 0;
    if (count) XXH3_128bits_update(state, labels->bounds, ((size_t)data->rows + 1) * sizeof *labels->bounds);
    if (count)
        XXH3_128bits_update(state, labels->values, count * (size_t)data->task->label.width * sizeof *labels->values);
    if (labels->at) XXH3_128bits_update(state, labels->at, count * sizeof *labels->at);
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return json_string(
        arena_printf(arena, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64));
}

static void add_data(Session *s, json_t *object, Dataset *const *sets, const char *split) {
    for (int i = 0; i < s->program->tasks.count; i++) {
        if (!sets[i]) continue;
        const char *name = arena_printf(s->arena, "%s.%s", s->program->tasks.items[i].name, split);
        json_object_set_new(object, name, hash_of_data(s->arena, sets[i]));
    }
}

json_t *settings_collect(Session *s, const Options *options, Dataset *const *train, Dataset *const *dev,
                         const char *initial) {
    json_t *config = json_object(), *data = json_object();
    for (int i = 0; i < s->program->configs.count; i++) {
        json_object_set_new(config, s->program->configs.items[i].name, json_real(s->program->configs.items[i].value));
    }
    add_data(s, data, train, "train");
    add_data(s, data, dev, "dev");
    const char *graph = bytes_hash(s->arena, s->program->source, strlen(s->program->source));
    return json_pack("{s:o, s:s, s:o, s:o, s:s*, s:s}", "options", options_to_json("train", options), "graph", graph,
                     "config", config, "data", data, "initial_weights", initial, "version", GRADC_VERSION);
}

static bool is_text(const json_t *options, const char *name, const char *text) {
    const char *value = json_string_value(json_object_get(options, name));
    return value && strcmp(value, text) == 0;
}

/* Does each step do the same however many there will be? */
static bool is_open_ended(const json_t *options) {
    return is_text(options, "schedule", "constant") && !is_text(options, "sampler", "annealed");
}

static bool is_harmless(const json_t *options, const char *name) {
    if (strcmp(name, "epochs") == 0) return is_open_ended(options);
    for (int i = 0; harmless[i]; i++) {
        if (strcmp(harmless[i], name) == 0) return true;
    }
    return false;
}

static const char *value_text(Arena *arena, const json_t *value) {
    if (!value) return "not set";
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) | JSON_COMPACT);
    const char *copy = arena_strdup(arena, text ? text : "?");
    free(text);
    return copy;
}

/* Adds "lr: 0.1 then, 0.2 now" for each member that differs. */
static void list_differences(const json_t *saved, const json_t *now, bool are_options, TextList *list, Arena *arena) {
    const char *key;
    const json_t *value;
    json_t *both = json_copy((json_t *)saved);
    json_object_update_missing(both, (json_t *)now);
    json_object_foreach(both, key, value) {
        const json_t *then = json_object_get(saved, key), *new = json_object_get(now, key);
        if ((are_options && is_harmless(saved, key)) || json_equal(then, new)) continue;
        if (json_is_object(then) && json_is_object(new)) {
            list_differences(then, new, strcmp(key, "options") == 0, list, arena);
        } else {
            vec_push(arena, list,
                     arena_printf(arena, "%s: %s then, %s now", key, value_text(arena, then), value_text(arena, new)));
        }
    }
    json_decref(both);
}

bool settings_match(const json_t *saved, const json_t *now, Diagnostics *diags) {
    TextList list = {0};
    list_differences(saved, now, false, &list, diags->arena);
    if (list.count == 0) return true;
    diag_error(diags, "E0942", (Pos){0}, "cannot resume: %d settings that decide the weights differ", list.count);
    for (int i = 0; i < list.count; i++) diag_note(diags, (Pos){0}, "%s", list.items[i]);
    diag_hint(diags, "use the settings of that run, or start another one: a different --out, without --resume");
    return false;
}

bool settings_write(const char *folder, const json_t *settings, Diagnostics *diags) {
    char *text = json_dumps(settings, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    if (!text) abort();
    const char *path = arena_printf(diags->arena, "%s/%s", folder, file_name);
    bool good = atomic_file_put(path, text, strlen(text), diags);
    free(text);
    return good;
}

json_t *settings_read(const char *folder, Diagnostics *diags) {
    const char *path = arena_printf(diags->arena, "%s/%s", folder, file_name);
    if (access(path, F_OK) != 0) return NULL;
    json_error_t error;
    json_t *settings = json_load_file(path, 0, &error);
    if (json_is_object(json_object_get(settings, "options"))) return settings;
    json_decref(settings);
    diag_error(diags, "E0946", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot read the run's settings");
    diag_hint(diags, "give the graph file and the settings instead of the run's folder");
    return NULL;
}
