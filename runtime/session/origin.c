/* Origins: names here and there. */
#include "runtime/session/origin.h"

#include <string.h>

#include "graph/base/names.h"

const ParamOrigin *origin_of(const Program *program, const char *name) {
    const ParamOrigin *narrowest = NULL;
    for (int i = 0; i < program->origins.count; i++) {
        const ParamOrigin *origin = &program->origins.items[i];
        size_t length = strlen(origin->scope);
        bool wider = narrowest && strlen(narrowest->scope) > length;
        if (!wider && strncmp(name, origin->scope, length) == 0) narrowest = origin;
    }
    return narrowest;
}

const char *origin_name(const Session *s, const char *name) {
    const ParamOrigin *origin = origin_of(s->program, name);
    return origin ? arena_printf(s->arena, "%s%s", origin->prefix, name + strlen(origin->scope)) : name;
}

/* Its own, where the name in the folder is the name of another parameter too, here or there. */
const char *const *origin_saved_names(const Session *s) {
    int count = s->program->params.count;
    NameIndex own = {0}, there = {0};
    const char **names = arena_array(s->arena, (size_t)count + 1, sizeof *names);
    bool *taken = arena_array(s->arena, (size_t)count + 1, sizeof *taken);
    for (int i = 0; i < count; i++) name_index_put(s->arena, &own, s->program->params.items[i].name, i);
    for (int i = 0; i < count; i++) {
        names[i] = origin_name(s, s->program->params.items[i].name);
        int same = name_index_find(&there, names[i]), other = name_index_find(&own, names[i]);
        if (same >= 0) taken[same] = true;
        taken[i] = same >= 0 || (other >= 0 && other != i);
        if (same < 0) name_index_put(s->arena, &there, names[i], i);
    }
    for (int i = 0; i < count; i++) {
        if (taken[i]) names[i] = s->program->params.items[i].name;
    }
    return names;
}

/* Names of no origin of their own may have the prefix of the first one too: of what the text says nothing. */
HfName origin_lookup(const Session *s, int param) {
    const char *name = s->program->params.items[param].name;
    const ParamOrigin *origin = origin_of(s->program, name);
    if (!origin && s->program->origins.count) origin = &s->program->origins.items[0];
    return (HfName){s->saved_names[param], origin_name(s, name), origin ? origin->prefix : ""};
}
