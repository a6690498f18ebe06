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
    const char *size = shown(e, dim);
    return strcmp(size, expr->text) == 0 ? size : arena_printf(e->arena, "%s = %s", expr->text, size);
}

typedef struct Unify {
    Elab *e;
    const TypeExpr *type;
    const Node *actual;
    Pos pos;
    const char *subject;
} Unify;

/* A size that is known, or the name that gets one. NULL after a message. */
static const char *fitting_dim(Elab *e, const Expr *expr) {
    Value value;
    Dim dim;
    if (expr->kind == EXPR_NAME && !find_dim(e, expr, &value)) return expr->text;
    return eval_dim(e, expr, &dim) ? shown(e, dim) : NULL;
}

/* The written type with the sizes that are known: "f32[S, hidden = 768]". */
static const char *fitting(const Unify *u) {
    Elab *e = u->e;
    const char *text = elem_name(u->type->elem), *size;
    if (u->type->bound) {
        if (!(size = fitting_dim(e, u->type->bound))) return NULL;
        text = arena_printf(e->arena, "%s<%s>", text, size);
    }
    text = arena_printf(e->arena, "%s[", text);
    for (int i = 0; i < u->type->rank; i++) {
        if (!(size = fitting_dim(e, u->type->dims[i]))) return NULL;
        text = arena_printf(e->arena, "%s%s%s", text, i ? ", " : "", size);
    }
    return arena_printf(e->arena, "%s]", text);
}

/* A label of classes, one column of their numbers, where columns of 0 and 1 are wanted. */
static bool is_class_for_flags(const Unify *u, const Type *actual) {
    const Node *label = u->actual;
    bool of_classes = label->op == OP_input && label->attrs.role.kind == ROLE_LABEL && !dim_is(actual->bound, 0) &&
                      actual->rank == 2 && dim_is(actual->dims[1], 1);
    const Expr *columns = u->type->rank == 2 ? u->type->dims[1] : NULL;
    return of_classes && columns && columns->kind == EXPR_NAME && u->type->elem == ELEM_I32;
}

static void hint_fit(const Unify *u, const Type *actual) {
    Elab *e = u->e;
    const char *fits = fitting(u);
    if (is_class_for_flags(u, actual)) {
        diag_hint(e->diags, "the loss of classes is cross_entropy(logits, %s), with a column of logits for each",
                  u->actual->attrs.text);
    } else if (u->type->elem == ELEM_F32 && actual->elem != ELEM_F32 && u->type->rank == actual->rank) {
        diag_hint(e->diags, "float(x) makes an f32 tensor of x");
    } else if (u->type->bound && dim_is(actual->bound, 0)) {
        diag_hint(e->diags, "indices with a bound come from a text input, a label, iota or sequence numbers");
    } else if (fits) {
        diag_hint(e->diags, "%s would fit", fits);
    }
}

static bool mismatch(const Unify *u, const char *reason, Dim is, Dim wanted) {
    Elab *e = u->e;
    const Type *type = &u->actual->type;
    if (fail(e, "E0303", u->pos, "%s must be %s, not %s%s", u->subject, u->type->text,
             type_print(e->arena, type, &e->graph->symbols), reason)) {
        note_made(e, u->actual, u->pos);
        diag_note(e->diags, u->type->pos, "declared here as %s", u->type->text);
        hint_fit(u, type);
        hint_open_sizes(e, is, wanted);
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
    const char *is = shown(u->e, actual), *text = wanted_text(u->e, expr, wanted);
    return mismatch(u, arena_printf(u->e->arena, ": %s is %s, not %s", which, is, text), actual, wanted);
}

bool unify_type(Elab *e, const TypeExpr *type, const Node *actual, Pos pos, const char *subject) {
    Unify u = {e, type, actual, pos, subject};
    const Type *is = &actual->type;
    Dim none = dim_const(0);
    if (type->elem != is->elem || type->rank != is->rank) return mismatch(&u, "", none, none);
    for (int i = 0; i < type->rank; i++) {
        const char *which = arena_printf(e->arena, "dimension %d", i);
        if (!unify_dim(&u, type->dims[i], is->dims[i], which)) return false;
    }
    if (!type->bound) return true;
    if (dim_is(is->bound, 0)) return mismatch(&u, ": it has no bound", none, none);
    return unify_dim(&u, type->bound, is->bound, "the bound");
}
