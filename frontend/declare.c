/* Elaboration: what is declared twice, and what `override` replaces. */
#include <string.h>

#include "frontend/elaborate.h"

static Def *def_at(const Elab *e, int i) { return e->module->defs.items[i]; }

static void nothing_to_replace(Elab *e, int index) {
    const Def *def = def_at(e, index);
    if (!fail(e, "E0209", def->pos, "there is no function '%s' to replace", def->name)) return;
    const char **names = arena_array(e->arena, (size_t)index + 1, sizeof *names);
    for (int i = 0; i < index; i++) names[i] = def_at(e, i)->name;
    if (!diag_hint_nearest(e->diags, def->name, names, index))
        diag_hint(e->diags, "import the file that defines it before this line; a new function needs no 'override'");
}

/* Calls are written for the parameters of what is replaced: the same names in the same order, and values
 * of their own for what has one there and for any more. */
static void check_formals(Elab *e, Def *def) {
    const Formals *mine = &def->formals, *theirs = &def->replaced->formals;
    for (int i = 0; i < mine->count || i < theirs->count; i++) {
        const Formal *a = i < mine->count ? &mine->items[i] : NULL;
        const Formal *b = i < theirs->count ? &theirs->items[i] : NULL;
        bool good = a && (b ? strcmp(a->name, b->name) == 0 && (a->initial || !b->initial) : a->initial != NULL);
        if (good) continue;
        def->unread = true;
        bool reported = b ? fail(e, "E0209", a ? a->pos : def->pos, "parameter %d of '%s' must be '%s%s'", i + 1,
                                 def->name, b->name, b->initial ? " = ..." : "")
                          : fail(e, "E0209", a->pos, "'%s' needs a default value: '%s = ...'", a->name, a->name);
        if (!reported) return;
        if (!def->replaced->prelude) diag_note(e->diags, def->replaced->pos, "the original is declared here");
        diag_hint(e->diags,
                  "calls are written for the original: keep its parameters, and give further ones a default value");
        return;
    }
}

static void declared_twice(Elab *e, const Def *def, const Def *old) {
    if (!fail(e, "E0203", def->pos, "the function '%s' is declared twice", def->name)) return;
    diag_note(e->diags, old->pos, "first given here");
    diag_hint(e->diags, "to replace it: override def %s(...)", def->name);
}

/* The prelude's may be declared anew without the word: it may get new names at any time. */
void check_defs(Elab *e) {
    NameIndex earlier = {0}; /* of each name the nearest before; the prelude's come first of all */
    for (int i = 0; i < e->module->defs.count; i++) {
        Def *def = def_at(e, i);
        int before = name_index_find(&earlier, def->name);
        Def *old = before < 0 ? NULL : def_at(e, before);
        name_index_put(e->arena, &earlier, def->name, i);
        if (!def->prelude && is_builtin(def->name)) {
            fail(e, "E0203", def->pos, "'%s' is an operator of the language: choose another name", def->name);
        } else if (def->replaces && !old) {
            nothing_to_replace(e, i);
        } else if (def->replaces) {
            def->replaced = old;
            old->hidden = true;
            check_formals(e, def);
        } else if (old && old->prelude == def->prelude) {
            declared_twice(e, def, old);
        }
    }
}
