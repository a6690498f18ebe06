/* Origins: names here and there. */
#include "runtime/session/origin.h"

#include <string.h>

#include "graph/base/names.h"
#include "runtime/session/scopes.h"

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

HfFolder *origin_folder(const Session *s, int param) {
    const ScopeFolder *scope = scope_of(s, s->program->params.items[param].name);
    return scope ? scope->folder : s->folder;
}

/* Names of no origin of their own may have the prefix of the first one too: of what the text says nothing. */
static const char *prefix_of(const Session *s, const ParamOrigin *origin) {
    if (!origin && s->program->origins.count) origin = &s->program->origins.items[0];
    return origin ? origin->prefix : "";
}

/* A folder of the scope's own has names without the scope, unless the text says otherwise of a part of it. */
static HfName lookup_in_scope(const Session *s, const ScopeFolder *scope, const char *name) {
    const ParamOrigin *origin = origin_of(s->program, name);
    const char *inner = name + strlen(scope->scope);
    if (origin && strlen(origin->scope) >= strlen(scope->scope))
        return (HfName){inner, origin_name(s, name), origin->prefix};
    return (HfName){inner, origin_name(s, inner), prefix_of(s, origin_of(s->program, inner))};
}

HfName origin_lookup(const Session *s, int param) {
    const char *name = s->program->params.items[param].name;
    const ScopeFolder *scope = scope_of(s, name);
    if (scope) return lookup_in_scope(s, scope, name);
    return (HfName){s->saved_names[param], origin_name(s, name), prefix_of(s, origin_of(s->program, name))};
}
