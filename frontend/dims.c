/* Elaboration: dimensions of types as written. */
#include <string.h>

#include "frontend/elaborate.h"

/* Locals and config values first, then the graph's symbols; not those of a definition that is checked: its locals. */
bool find_dim(Elab *e, const Expr *name, Value *value) {
    if (find_name(e, name->text, value)) return true;
    int count = e->checking ? e->first_generic : e->graph->symbols.count;
    for (int i = 0; i < count; i++) {
        if (strcmp(e->graph->symbols.names[i], name->text) != 0) continue;
        *value = value_dim(dim_symbol(i));
        return true;
    }
    return false;
}

bool size_of(Elab *e, Value value, Pos pos, Dim *dim) {
    bool open = value.kind == VALUE_SOME_NUMBER || value.kind == VALUE_ERROR;
    if (e->checking && open && value.name) value = generic_size(e, value.name);
    if (value.kind == VALUE_DIM) {
        *dim = value.dim;
        return true;
    }
    int64_t size;
    if (!integer_of(e, value, pos, "a dimension", 0, &size)) return false;
    *dim = dim_named(size, value.name);
    return true;
}

bool eval_dim(Elab *e, const Expr *expr, Dim *dim) {
    Value value;
    if (expr->kind != EXPR_NAME) {
        value = eval(e, expr);
    } else if (!find_dim(e, expr, &value)) {
        unknown_name(e, expr->text, expr->pos);
        return false;
    }
    return size_of(e, value, expr->pos, dim);
}

static const char *shown(Elab *e, Dim dim) { return dim_print(e->arena, dim, &e->graph->symbols); }

/* How the text calls a size: "hidden = 384", or just "384". */
static const char *wanted_text(Elab *e, const Expr *expr, Dim dim) {
    if (expr->kind != EXPR_NAME) return shown(e, dim);
    dim.name = NULL;
    return arena_printf(e->arena, "%s = %s", expr->text, shown(e, dim));
}

typedef struct Unify {
    Elab *e;
    const TypeExpr *type;
    const Type *actual;
    Pos pos;
    const char *subject;
} Unify;

static bool mismatch(const Unify *u, const char *reason) {
    const char *actual = type_print(u->e->arena, u->actual, &u->e->graph->symbols);
    if (fail(u->e, "E0303", u->pos, "%s must be %s, not %s%s", u->subject, u->type->text, actual,
             reason)) {
        diag_note(u->e->diags, u->type->pos, "declared here");
    }
    return false;
}

/* An unknown name gets the size; anything else must be it. */
static bool unify_dim(const Unify *u, const Expr *expr, Dim actual, const char *which) {
    Value value;
    Dim wanted;
    if (expr->kind == EXPR_NAME && !find_dim(u->e, expr, &value)) {
        bind_name(u->e, u->e->frame, expr->text, value_dim(actual));
        return true;
    }
    if (!eval_dim(u->e, expr, &wanted)) return false;
    if (dim_equal(wanted, actual)) return true;
    const char *reason = arena_printf(u->e->arena, ": %s is %s, but %s", which, shown(u->e, actual),
                                      wanted_text(u->e, expr, wanted));
    return mismatch(u, reason);
}

bool unify_type(Elab *e, const TypeExpr *type, const Type *actual, Pos pos, const char *subject) {
    Unify u = {e, type, actual, pos, subject};
    if (type->elem != actual->elem || type->rank != actual->rank) return mismatch(&u, "");
    for (int i = 0; i < type->rank; i++) {
        const char *which = arena_printf(e->arena, "dimension %d", i);
        if (!unify_dim(&u, type->dims[i], actual->dims[i], which)) return false;
    }
    if (!type->bound) return true;
    if (dim_is(actual->bound, 0)) return mismatch(&u, ": it has no bound");
    return unify_dim(&u, type->bound, actual->bound, "the bound");
}
