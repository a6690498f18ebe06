/* Settings: collecting, comparing, keeping. */
#include "runtime/session/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/base/count_text.h"
#include "graph/base/hash.h"
#include "graph/base/memory.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"

static const char file_name[] = "settings.json";

static json_t *hash_of_data(Arena *arena, const Dataset *data) {
    XXH3_state_t *state = hash_begin();
    for (int i = 0; i < data->task->n_inputs; i++) {
        const Sequences *in = &data->inputs[i];
        size_t tokens = (size_t)in->bounds[data->rows];
        XXH3_128bits_update(state, in->bounds, ((size_t)data->rows + 1) * sizeof *in->bounds);
        XXH3_128bits_update(state, in->ids.items, tokens * sizeof *in->ids.items);
        XXH3_128bits_update(state, in->segments.items, tokens * sizeof *in->segments.items);
    }
    for (int i = 0; i < data->task->n_values; i++) {
        const Labels *labels = &data->values[i];
        size_t count = labels->bounds ? (size_t)labels->bounds[data->rows] : 0,
               width = (size_t)data->task->values[i].width;
        if (count) XXH3_128bits_update(state, labels->bounds, ((size_t)data->rows + 1) * sizeof *labels->bounds);
        if (count) XXH3_128bits_update(state, labels->values, count * width * sizeof *labels->values);
        if (labels->at) XXH3_128bits_update(state, labels->at, count * sizeof *labels->at);
    }
    return json_string(hash_print(arena, hash_end(state)));
}

static void add_data(Session *s, json_t *object, Dataset *const *sets, const char *split) {
    for (int i = 0; i < s->program->tasks.count; i++) {
        if (!sets[i]) continue;
        const char *name = arena_printf(s->arena, "%s.%s", s->program->tasks.items[i].name, split);
        json_object_set_new(object, name, hash_of_data(s->arena, sets[i]));
    }
}

json_t *settings_collect(Session *s, json_t *options, Dataset *const *train, Dataset *const *dev, const char *initial) {
    json_t *config = json_object(), *data = json_object();
    for (int i = 0; i < s->program->configs.count; i++) {
        json_object_set_new(config, s->program->configs.items[i].name, json_real(s->program->configs.items[i].value));
    }
    add_data(s, data, train, "train");
    add_data(s, data, dev, "dev");
    const char *graph = bytes_hash(s->arena, s->program->source, strlen(s->program->source));
    return json_pack("{s:O, s:s, s:o, s:o, s:s*, s:s}", "options", options, "graph", graph, "config", config, "data",
                     data, "initial_weights", initial, "version", GRADC_VERSION);
}

static const char *value_text(Arena *arena, const json_t *value) {
    if (!value) return "not set";
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) | JSON_COMPACT);
    const char *copy = arena_strdup(arena, text ? text : "?");
    free(text);
    return copy;
}

typedef struct Comparison {
    const RunRecord *record;
    const char *first, *second; /* words before the two values */
    TextList differences;
    Arena *arena;
} Comparison;

/* Adds a line for each member that differs; of options only those that decide the weights. */
static void list_differences(Comparison *c, const json_t *saved, const json_t *now, bool are_options) {
    const char *key;
    const json_t *value;
    json_t *both = json_copy((json_t *)saved);
    json_object_update_missing(both, (json_t *)now);
    json_object_foreach(both, key, value) {
        const json_t *then = json_object_get(saved, key), *new = json_object_get(now, key);
        if (json_equal(then, new) || (are_options && !c->record->decides(key, saved))) continue;
        if (json_is_object(then) && json_is_object(new))
            list_differences(c, then, new, strcmp(key, "options") == 0);
        else
            vec_push(c->arena, &c->differences,
                     arena_printf(c->arena, "%s%s%s%s%s", key, c->first, value_text(c->arena, then), c->second,
                                  value_text(c->arena, new)));
    }
    json_decref(both);
}

TextList settings_differences(const json_t *a, const json_t *b, const RunRecord *record, Arena *arena) {
    Comparison c = {.record = record, .first = ": ", .second = " and ", .arena = arena};
    list_differences(&c, a, b, false);
    return c.differences;
}

bool settings_match(const json_t *saved, const json_t *now, const RunRecord *record, Diagnostics *diags) {
    Comparison c = {.record = record, .first = " was ", .second = ", now ", .arena = diags->arena};
    list_differences(&c, saved, now, false);
    int count = c.differences.count;
    if (count == 0) return true;
    diag_error(diags, "E0942", (Pos){0}, "cannot resume: %s that %s the weights %s changed",
               count_text(count, "setting").text, count_form(count, "decides", "decide"),
               count_form(count, "has", "have"));
    for (int i = 0; i < count; i++) diag_note(diags, (Pos){0}, "%s", c.differences.items[i]);
    diag_hint(diags, "use the settings of that run, or start another one: a different --out, without --resume");
    return false;
}

bool settings_write(const char *folder, const json_t *settings, Diagnostics *diags) {
    char *text = memory_checked(json_dumps(settings, JSON_INDENT(2) | JSON_REAL_PRECISION(17)));
    const char *path = arena_printf(diags->arena, "%s/%s", folder, file_name);
    bool good = atomic_file_put(path, text, strlen(text), diags);
    free(text);
    return good;
}

json_t *settings_read(const char *folder, Diagnostics *diags) {
    const char *path = arena_printf(diags->arena, "%s/%s", folder, file_name);
    if (access(path, F_OK) != 0) return NULL;
    size_t size;
    char *text = read_file(path, READ_CONFIG, &size, diags);
    if (!text) return NULL;
    json_t *settings = json_loadb(text, size, 0, NULL);
    free(text);
    if (json_is_object(json_object_get(settings, "options"))) return settings;
    json_decref(settings);
    diag_error(diags, "E0946", pos_in_file(diagnostics_file(diags, path, NULL), 0), "cannot read the run's settings");
    diag_hint(diags, "give the graph file and the settings instead of the run's folder");
    return NULL;
}
