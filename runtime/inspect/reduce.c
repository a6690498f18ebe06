/* Reduction: which config values can be small is found by trying. */
#include "runtime/inspect/reduce.h"

#include <string.h>

#include "runtime/session/session.h"

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
    Options *options;
    Arena *arena;
    const char **sets; /* [configs]: "NAME=VALUE"; NULL: no candidate */
    bool *taken;       /* [configs] */
    int count;
    TextList own; /* the user's sets */
} Reducer;

static bool is_set(const TextList *sets, const char *name) {
    size_t length = strlen(name);
    for (int i = 0; i < sets->count; i++) {
        if (strncmp(sets->items[i], name, length) == 0 && sets->items[i][length] == '=') return true;
    }
    return false;
}

static void put_sets(Reducer *r) {
    TextList list = {0};
    for (int i = 0; i < r->count; i++) {
        if (r->taken[i]) vec_push(r->arena, &list, r->sets[i]);
    }
    for (int i = 0; i < r->own.count; i++) vec_push(r->arena, &list, r->own.items[i]);
    r->options->set = list;
}

/* Does the program elaborate with what is taken? */
static bool elaborates(Reducer *r) {
    Session session = {0};
    Diagnostics *diags = diagnostics_new();
    put_sets(r);
    bool good = session_load_program(&session, r->options, diags);
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
    put_sets(r);
}

bool reduce_sizes(Options *options, Arena *arena, Diagnostics *diags) {
    Session session = {0};
    bool good = session_load_program(&session, options, diags);
    int count = good ? session.program->configs.count : 0;
    Reducer r = {.options = options, .arena = arena, .count = count, .own = options->set};
    r.sets = arena_array(arena, (size_t)count + 1, sizeof *r.sets);
    r.taken = arena_array(arena, (size_t)count + 1, sizeof *r.taken);
    for (int i = 0; i < count; i++) {
        const ConfigItem *item = &session.program->configs.items[i];
        bool candidate = item->is_integer && reduced(item->value) != item->value && !is_set(&r.own, item->name);
        if (candidate) r.sets[i] = arena_printf(arena, "%s=%.15g", item->name, reduced(item->value));
    }
    session_close(&session);
    if (good) choose(&r);
    return good;
}
