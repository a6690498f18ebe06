/* Reduction: which config values can be small is found by trying. */
#include "runtime/inspect/reduce.h"

#include <string.h>

/* Small sizes that divide each other, so that what was divisible stays so: layers and heads, then widths, then
 * vocabularies. Two of each keep the structure: two layers, two heads. */
static double reduced(double value) {
    static const double sizes[][2] = {{2, 2}, {32, 2}, {1024, 8}, {8192, 16}};
    if (value <= sizes[0][0]) return value;
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        if (value <= sizes[i][0]) return sizes[i][1];
    }
    return 32;
}

typedef struct Reducer {
    const SessionSource *source;
    Arena *arena;
    const char **sets; /* [configs]: "NAME=VALUE"; NULL: no candidate */
    bool *taken;       /* [configs] */
    int count;
} Reducer;

static bool is_set(const TextList *sets, const char *name) {
    size_t length = strlen(name);
    for (int i = 0; i < sets->count; i++) {
        if (strncmp(sets->items[i], name, length) == 0 && sets->items[i][length] == '=') return true;
    }
    return false;
}

static TextList list_sets(const Reducer *r) {
    TextList list = {0};
    const TextList *own = &r->source->sets;
    for (int i = 0; i < r->count; i++) {
        if (r->taken[i]) vec_push(r->arena, &list, r->sets[i]);
    }
    for (int i = 0; i < own->count; i++) vec_push(r->arena, &list, own->items[i]);
    return list;
}

/* Does the program elaborate with what is taken? */
static bool elaborates(const Reducer *r) {
    Session session = {0};
    SessionSource source = *r->source;
    Diagnostics *diags = diagnostics_new();
    source.sets = list_sets(r);
    bool good = session_load_program(&session, &source, diags);
    session_close(&session);
    diagnostics_free(diags);
    return good;
}

/* All at once, or else those that can be, one after another; twice, since a width may need the heads to be few before.
 * */
static void choose(Reducer *r) {
    enum { ROUNDS = 2 };
    for (int i = 0; i < r->count; i++) r->taken[i] = r->sets[i] != NULL;
    if (elaborates(r)) return;
    memset(r->taken, 0, (size_t)r->count * sizeof *r->taken);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < r->count; i++) {
            if (r->taken[i] || !r->sets[i]) continue;
            r->taken[i] = true;
            r->taken[i] = elaborates(r);
        }
    }
}

bool reduce_sizes(const SessionSource *source, TextList *sets, Arena *arena, Diagnostics *diags) {
    Session session = {0};
    bool good = session_load_program(&session, source, diags);
    int count = good ? session.program->configs.count : 0;
    Reducer r = {.source = source, .arena = arena, .count = count};
    r.sets = arena_array(arena, (size_t)count + 1, sizeof *r.sets);
    r.taken = arena_array(arena, (size_t)count + 1, sizeof *r.taken);
    for (int i = 0; i < count; i++) {
        const ConfigItem *item = &session.program->configs.items[i];
        bool candidate = item->is_integer && reduced(item->value) != item->value && !is_set(&source->sets, item->name);
        if (candidate) r.sets[i] = arena_printf(arena, "%s=%.15g", item->name, reduced(item->value));
    }
    session_close(&session);
    if (good) choose(&r);
    *sets = list_sets(&r);
    return good;
}
