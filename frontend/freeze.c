/* Elaboration: `freeze "bert.*" except "*.bias"`, once all tasks have said which parameters there are. */
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/pattern.h"

/* "{k}" and "{0..k}": names of config values become their numbers. NULL after a message. */
static const char *fill_in(Elab *e, const NamePattern *written) {
    const char *text = written->text, *result = "";
    bool inside = false;
    while (*text) {
        size_t length = inside ? strcspn(text, ".}") : strcspn(text, "{");
        const char *piece = arena_strndup(e->arena, text, length);
        bool name = inside && length && !strchr("-0123456789", *piece);
        if (name) piece = interpolate(e, arena_printf(e->arena, "{%s}", piece), written->pos);
        if (!piece) return NULL;
        text += length;
        inside = inside ? *text != '}' : *text == '{';
        result = arena_printf(e->arena, *text ? "%s%s%c" : "%s%s", result, piece, *text);
        if (*text) text++;
    }
    return result;
}

/* "{7}", a name that was filled in, is the number itself. */
static const char *without_braces(Elab *e, const char *text) {
    const char *result = "";
    for (const char *open; (open = strchr(text, '{'));) {
        size_t digits = strspn(open + 1, "0123456789");
        bool single = digits && open[1 + digits] == '}';
        result = arena_printf(e->arena, "%s%.*s%.*s", result, (int)(open - text) + !single, text,
                              single ? (int)digits : 0, open + 1);
        text = single ? open + digits + 2 : open + 1;
    }
    return arena_printf(e->arena, "%s%s", result, text);
}

void hint_parameter(const Program *program, const char *pattern, Diagnostics *diags) {
    const char *best = NULL;
    size_t most = 0;
    for (int i = 0; i < program->params.count; i++) {
        const char *name = program->params.items[i].name;
        size_t common = 0;
        while (name[common] && name[common] == pattern[common]) common++;
        if (!best || common > most) best = name, most = common;
    }
    if (best) diag_hint(diags, "there is '%s'; a star stands for any characters", best);
}

static void no_match(Elab *e, const NamePattern *written, const char *pattern, const char *what) {
    if (fail(e, "E0410", written->pos, "no %s matches '%s'", what, pattern))
        hint_parameter(e->program, pattern, e->diags);
}

/* Marks what the patterns match; false after a message. Only among those marked in `among` when it is given. */
static bool mark(Elab *e, const NamePatterns *patterns, const bool *among, bool *marks, const char *what) {
    bool good = true;
    for (int i = 0; i < patterns->count; i++) {
        const char *filled = fill_in(e, &patterns->items[i]);
        if (!filled) return false;
        const char *pattern = without_braces(e, filled);
        bool any = false;
        for (int j = 0; j < e->program->params.count; j++) {
            bool hit = (!among || among[j]) && pattern_matches(pattern, e->program->params.items[j].name);
            any = any || hit;
            marks[j] = marks[j] || hit;
        }
        if (!any) no_match(e, &patterns->items[i], pattern, what);
        good = good && any;
    }
    return good;
}

void elaborate_freezes(Elab *e) {
    size_t count = (size_t)e->program->params.count + 1;
    for (int i = 0; i < e->module->freezes.count; i++) {
        const FreezeDecl *freeze = &e->module->freezes.items[i];
        bool *frozen = arena_array(e->arena, count, sizeof *frozen);
        bool *kept = arena_array(e->arena, count, sizeof *kept);
        if (!mark(e, &freeze->patterns, NULL, frozen, "parameter")) continue;
        mark(e, &freeze->exceptions, frozen, kept, "parameter frozen here");
        for (int j = 0; j < e->program->params.count; j++) {
            if (frozen[j] && !kept[j]) e->program->params.items[j].frozen = true;
        }
    }
}
