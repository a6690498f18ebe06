/* Elaboration: calls of definitions. A definition is elaborated anew at each call, with the types
 * of that call. */

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"
#include "graph/base/text.h"

/* Arguments by formal; `value` NULL: not given. */
typedef struct Actual {
    const Arg *arg;
    Value value;
} Actual;

static void note_declared(Elab *e, const Def *def) {
    if (!def->prelude) diag_note(e->diags, def->pos, "'%s' is declared here", def->name);
}

/* "write dense(x, O)"; parameters with a value may be left out. */
static void hint_formals(Elab *e, const Def *def) {
    Text text = {0};
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        text_print(e->arena, &text, "%s%s%s", i ? ", " : "", formal->name, formal->initial ? " = ..." : "");
    }
    diag_hint(e->diags, "its parameters are: %s(%s)", def->name, text_read(&text));
}

static int find_formal(Elab *e, const Def *def, const Arg *arg) {
    int count = def->formals.count, found = name_index_find(&def->formals.named, arg->name);
    if (found >= 0) return found;
    if (!fail(e, "E0302", arg->pos, "'%s' has no parameter '%s'", def->name, arg->name)) return -1;
    note_declared(e, def);
    const char **names = arena_array(e->arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++) names[i] = def->formals.items[i].name;
    hint_near(e, arg->name, names, count, "its parameters are");
    return -1;
}

/* The formal that argument number `i` is for; -1 after a message. */
static int formal_of(Elab *e, const Def *def, const Expr *expr, int i) {
    const Arg *arg = &expr->args[i];
    if (arg->name) return find_formal(e, def, arg);
    if (i < def->formals.count) return i;
    if (fail(e, "E0301", arg->pos, "'%s' takes %s; this one is too many", def->name,
             count_text(def->formals.count, "argument").text)) {
        note_declared(e, def);
        hint_formals(e, def);
    }
    return -1;
}

static bool match_arguments(Elab *e, const Def *def, const Expr *expr, Actual *actuals) {
    for (int i = 0; i < expr->n_args; i++) {
        int formal = formal_of(e, def, expr, i);
        if (formal < 0) return false;
        if (actuals[formal].arg) {
            if (fail(e, "E0301", expr->args[i].pos, "'%s' is given twice", def->formals.items[formal].name)) {
                diag_note(e->diags, actuals[formal].arg->pos, "first given here");
            }
            return false;
        }
        actuals[formal].arg = &expr->args[i];
    }
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        if (actuals[i].arg || formal->initial) continue;
        if (fail(e, "E0301", expr->pos, "the argument '%s' of '%s' is missing", formal->name, def->name)) {
            note_declared(e, def);
            hint_formals(e, def);
        }
        return false;
    }
    return true;
}

/* False when one is an error, which was reported. */
static bool eval_arguments(Elab *e, const Def *def, Actual *actuals) {
    bool good = true;
    for (int i = 0; i < def->formals.count; i++) {
        if (!actuals[i].arg) continue;
        actuals[i].value = eval(e, actuals[i].arg->value);
        if (actuals[i].value.kind == VALUE_ERROR && !actuals[i].value.name) good = false;
    }
    return good;
}

/* A number may stand for an f32[]. */
static bool check_formal(Elab *e, const Def *def, const Formal *formal, Value *value, Pos pos) {
    const char *subject = arena_printf(e->arena, "argument '%s' of '%s'", formal->name, def->name);
    if (value->kind == VALUE_ERROR) return !formal->is_tokens && !formal->has_type; /* a call knows it */
    if (formal->is_tokens && value->kind != VALUE_TOKENS) {
        if (fail(e, "E0304", pos, "%s must be a text input, not %s", subject, value_print(e, *value))) {
            note_formal(e, def, formal);
            hint_kind(e, VALUE_TOKENS, *value);
        }
        return false;
    }
    if (!formal->has_type) return true;
    if (is_number(e, *value) && formal->type.rank == 0) {
        *value = value_tensor(number_node(e, formal->type.elem, *value, pos));
    }
    if (value->kind != VALUE_TENSOR) {
        if (fail(e, "E0304", pos, "%s must be %s, not %s", subject, formal->type.text, value_print(e, *value))) {
            note_formal(e, def, formal);
            hint_kind(e, VALUE_TENSOR, *value);
        }
        return false;
    }
    return unify_type(e, &formal->type, value->node, pos, subject);
}

/* A formal's type may name any other formal, `h: f32[x.T, C], x: tokens`: texts and sizes that are given come first. */
static bool comes_first(const Formal *formal, const Actual *actual) { return !formal->has_type && actual->arg; }

static bool bind_some(Elab *e, const Def *def, const Expr *expr, const Actual *actuals, bool first) {
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        if (comes_first(formal, &actuals[i]) != first) continue;
        Value value = actuals[i].arg ? actuals[i].value : eval(e, formal->initial);
        if (value.kind == VALUE_ERROR && !value.name) return false;
        Pos pos = actuals[i].arg ? actuals[i].arg->value->pos : expr->pos;
        if (!check_formal(e, def, formal, &value, pos)) return false;
        push_name(e, e->frame, formal->name, value);
        note_declaration(e, formal->name, value, formal->pos);
        watch(e, formal->name, value, formal->pos);
    }
    return true;
}

static bool bind_formals(Elab *e, const Def *def, const Expr *expr, const Actual *actuals) {
    return bind_some(e, def, expr, actuals, true) && bind_some(e, def, expr, actuals, false);
}

Value check_result(Elab *e, const Def *def) {
    if (!e->frame->returned) {
        if (fail(e, "E0313", def->pos, "'%s' does not return a value", def->name)) {
            diag_hint(e->diags, "its last statement is: return value");
        }
        return value_error();
    }
    Value result = e->frame->result;
    if (!def->has_result || result.kind == VALUE_ERROR) return result;
    if (result.kind != VALUE_TENSOR) {
        if (fail(e, "E0307", e->frame->result_pos, "'%s' must return %s, not %s", def->name, def->result.text,
                 value_print(e, result))) {
            diag_note(e->diags, def->result.pos, "declared here as %s", def->result.text);
            hint_kind(e, VALUE_TENSOR, result);
        }
        return value_error();
    }
    const char *subject = arena_printf(e->arena, "the result of '%s'", def->name);
    bool good = unify_type(e, &def->result, result.node, e->frame->result_pos, subject);
    return good ? result : value_error();
}

/* The formals are checked at the caller's place, the body inside the definition. */
static Value enter_def(Elab *e, Def *def, const Expr *expr, const Actual *actuals) {
    Pos user_pos = e->user_pos;
    int errors = e->diags->errors;
    bool known = bind_formals(e, def, expr, actuals);
    if (!known) return value_error();
    if (def->has_result && (e->checking || def->failed)) return promised_result(e, def, expr->pos);
    if (def->failed) return value_error();
    Call call = {.def = def, .pos = expr->pos, .outer = e->call};
    if (def->prelude && e->prelude_depth++ == 0) e->user_pos = expr->pos;
    e->call = &call;
    def->active = true;
    run_block(e, &def->body);
    Value result = e->diags->errors > errors ? value_error() : check_result(e, def);
    def->active = false;
    e->call = call.outer;
    if (def->prelude) e->prelude_depth--;
    e->user_pos = user_pos;
    if (!def->prelude && e->diags->errors > errors) def->failed = true;
    return result;
}

Value call_def(Elab *e, Def *def, const Expr *expr) {
    if (def->active) {
        if (fail(e, "E0308", expr->pos, "'%s' calls itself", def->name)) {
            diag_note(e->diags, def->pos, "'%s' is declared here", def->name);
            diag_hint(e->diags, "for a fixed number of rounds, write 'repeat i in 0..n { ... }'");
        }
        return value_error();
    }
    if (e->call_depth >= MAX_CALL_DEPTH)
        return fail_value(e, "E0312", expr->pos, "calls are nested more than %d deep", MAX_CALL_DEPTH);
    if (def->unread) return value_error();
    Actual *actuals = arena_array(e->arena, (size_t)def->formals.count + 1, sizeof *actuals);
    if (!match_arguments(e, def, expr, actuals) || !eval_arguments(e, def, actuals)) return value_error();
    Frame frame = {.def = def, .scope = e->scope}, *outer = e->frame;
    e->frame = &frame;
    e->call_depth++;
    Value result = enter_def(e, def, expr, actuals);
    e->call_depth--;
    e->frame = outer;
    return result;
}
