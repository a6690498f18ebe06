/* Elaboration: values, names, places in the text, messages. */
#include <math.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"
#include "graph/base/text.h"

Value value_error(void) { return (Value){.kind = VALUE_ERROR}; }

Value value_number(double number) { return (Value){.kind = VALUE_NUMBER, .number = number}; }

Value value_dim(Dim dim) {
    if (dim_is_const(dim)) return (Value){.kind = VALUE_NUMBER, .number = (double)dim.offset, .name = dim.name};
    return (Value){.kind = VALUE_DIM, .dim = dim};
}

Value value_tensor(Node *node) { return node ? (Value){.kind = VALUE_TENSOR, .node = node} : value_error(); }

const char *value_print(Elab *e, Value value) {
    switch (value.kind) {
    case VALUE_NUMBER: return arena_printf(e->arena, "the number %g", value.number);
    case VALUE_DIM: return arena_printf(e->arena, "the size %s", dim_print(e->arena, value.dim, &e->graph->symbols));
    case VALUE_SOME_NUMBER: return value.name ? arena_printf(e->arena, "the number '%s'", value.name) : "a number";
    case VALUE_STRING: return arena_printf(e->arena, "the string \"%s\"", value.text);
    case VALUE_TENSOR: return type_print(e->arena, &value.node->type, &e->graph->symbols);
    case VALUE_RANGE: return "a range";
    case VALUE_TOKENS: return arena_printf(e->arena, "the text input '%s'", value.tokens->name);
    default: return "nothing";
    }
}

NamedValue *find_local(const Frame *frame, const char *name) {
    int i = name_index_find(&frame->places, name);
    return i < 0 ? NULL : &frame->names.items[i];
}

void push_name(Elab *e, Frame *frame, const char *name, Value value) {
    NamedValue named = {name, value, name_index_find(&frame->places, name)};
    name_index_put(e->arena, &frame->places, name, frame->names.count);
    vec_push(e->arena, &frame->names, named);
}

void pop_names(Elab *e, Frame *frame, int count) {
    while (frame->names.count > count) {
        const NamedValue *last = &frame->names.items[--frame->names.count];
        name_index_put(e->arena, &frame->places, last->name, last->hidden);
    }
}

void bind_name(Elab *e, Frame *frame, const char *name, Value value) {
    NamedValue *found = find_local(frame, name);
    if (found)
        found->value = value;
    else
        push_name(e, frame, name, value);
}

static bool find_element_type(const char *name, Value *value) {
    ElemType elem;
    if (!elem_find(name, &elem)) return false;
    *value = (Value){.kind = VALUE_STRING, .text = elem_name(elem)};
    return true;
}

static bool in_prelude(const Elab *e) { return e->frame && e->frame->def && e->frame->def->prelude; }

/* The prelude cannot see the user's config values: its own names would change their meaning. */
bool find_name(Elab *e, const char *name, Value *value) {
    NamedValue *local = e->frame ? find_local(e->frame, name) : NULL;
    if (local) {
        *value = local->value;
        return true;
    }
    int i = in_prelude(e) ? -1 : name_index_find(&e->configs, name);
    if (i >= 0) {
        const ConfigItem *config = &e->program->configs.items[i];
        *value = isnan(config->value) ? value_error() : value_number(config->value);
        value->name = config->name;
        return true;
    }
    return find_element_type(name, value);
}

/* S, T and R are members of a text: the first one here; NULL: it is none of these, or there is no text. */
static const char *text_with(const Elab *e, const char *name) {
    bool size = strcmp(name, "S") == 0 || strcmp(name, "T") == 0 || strcmp(name, "R") == 0;
    for (int i = 0; size && e->frame && i < e->frame->names.count; i++) {
        if (e->frame->names.items[i].value.kind == VALUE_TOKENS) return e->frame->names.items[i].name;
    }
    return NULL;
}

void unknown_name(Elab *e, const char *name, Pos pos) {
    if (!fail(e, "E0201", pos, "'%s' is not defined here", name)) return;
    const char *text = text_with(e, name);
    if (text) {
        diag_hint(e->diags, "as a value it is a member of a text input: %s.%s", text, name);
        return;
    }
    VEC(const char *) names = {0};
    for (int i = 0; e->frame && i < e->frame->names.count; i++) {
        vec_push(e->arena, &names, e->frame->names.items[i].name);
    }
    for (int i = 0; i < e->program->configs.count; i++) {
        vec_push(e->arena, &names, e->program->configs.items[i].name);
    }
    if (find_def(e, name) || is_builtin(name))
        diag_hint(e->diags, "'%s' is a function: call it with (...)", name);
    else if (!diag_hint_nearest(e->diags, name, names.items, names.count))
        diag_hint(e->diags,
                  "a name is visible after its assignment in the same body; config values are visible everywhere");
}

void index_defs(Elab *e) {
    for (int i = 0; i < e->module->defs.count; i++) {
        const Def *def = e->module->defs.items[i];
        name_index_put(e->arena, &e->defs[def->prelude], def->name, i);
    }
}

/* A user's definition hides the prelude's of that name, but not from the prelude itself. What replaces a
 * definition finds that one under the name that both have. */
Def *find_def(const Elab *e, const char *name) {
    const Def *inside = e->frame ? e->frame->def : NULL;
    if (inside && inside->replaces && strcmp(inside->name, name) == 0) return inside->replaced;
    int i = in_prelude(e) ? -1 : name_index_find(&e->defs[false], name);
    if (i < 0) i = name_index_find(&e->defs[true], name);
    return i < 0 ? NULL : e->module->defs.items[i];
}

void unknown_function(Elab *e, const char *name, Pos pos) {
    if (!fail(e, "E0202", pos, "there is no function '%s'", name)) return;
    const char *names[512];
    int count = builtin_names(names, 256);
    for (int i = 0; i < e->module->defs.count && count < 512; i++) {
        names[count++] = e->module->defs.items[i]->name;
    }
    if (!diag_hint_nearest(e->diags, name, names, count))
        diag_hint(e->diags, "write 'def %s(...) { ... }', or import the file that has it", name);
}

Pos place(const Elab *e, Pos pos) { return e->prelude_depth ? e->user_pos : pos; }

static bool same_pos(Pos a, Pos b) { return a.file == b.file && a.line == b.line && a.column == b.column; }

static bool told_before(const Elab *e, const char *code, Pos pos) {
    for (int i = 0; i < e->diags->list.count; i++) {
        const Diagnostic *diag = &e->diags->list.items[i];
        if (diag->code && strcmp(diag->code, code) == 0 && same_pos(diag->pos, pos)) return true;
    }
    return false;
}

/* The three innermost calls say enough. */
static void note_calls(Elab *e, Pos inner) {
    int shown = 0;
    if (e->prelude_depth) diag_note(e->diags, inner, "raised here, in the prelude");
    for (const Call *call = e->call; call && shown < 3; call = call->outer) {
        if (call->def->prelude) continue;
        diag_note(e->diags, call->pos, "in this call of '%s'", call->def->name);
        shown++;
    }
}

static bool fail_list(Elab *e, const char *code, Pos pos, const char *format, va_list args) {
    Pos shown = place(e, pos);
    if (diag_is_full(e->diags)) return diag_error(e->diags, code, shown, "%s", "");
    if (told_before(e, code, shown)) return false;
    diag_error(e->diags, code, shown, "%s", arena_vprintf(e->arena, format, args));
    note_calls(e, pos);
    return true;
}

bool fail(Elab *e, const char *code, Pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool reported = fail_list(e, code, pos, format, args);
    va_end(args);
    return reported;
}

Value fail_value(Elab *e, const char *code, Pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail_list(e, code, pos, format, args);
    va_end(args);
    return value_error();
}

void note_made(Elab *e, const Node *node, Pos pos) {
    Pos made = node->pos;
    if (!made.file || same_pos(made, place(e, pos))) return;
    diag_note(e->diags, made, "%s comes from here", type_print(e->arena, &node->type, &e->graph->symbols));
}

void note_formal(Elab *e, const Def *def, const Formal *formal) {
    const char *type = formal->has_type ? formal->type.text : "tokens";
    if (!def->prelude)
        diag_note(e->diags, formal->pos, "'%s' is declared here as %s", formal->name, type);
    else
        diag_note(e->diags, formal->pos, "'%s' of the prelude declares it as %s", def->name, type);
}

void hint_near(Elab *e, const char *name, const char *const *names, int count, const char *others) {
    if (diag_hint_nearest(e->diags, name, names, count)) return;
    Text list = {0};
    for (int i = 0; i < count; i++) text_print(e->arena, &list, "%s%s", i ? ", " : "", names[i]);
    if (others && count) diag_hint(e->diags, "%s %s", others, text_read(&list));
}

void hint_open_sizes(Elab *e, Dim a, Dim b) {
    if (!is_generic(e, a) && !is_generic(e, b)) return;
    diag_hint(e->diags, "in a definition, sizes with different names differ: give sizes that must be equal one name");
}

void hint_kind(Elab *e, ValueKind wanted, Value value) {
    if (value.kind == VALUE_TOKENS && wanted == VALUE_TENSOR) {
        diag_hint(e->diags, "tensors of a text input are its members: %s.ids, %s.positions, %s.first ...",
                  value.tokens->name, value.tokens->name, value.tokens->name);
    } else if (wanted == VALUE_TOKENS) {
        diag_hint(e->diags, "pass the input itself, as the task declares it: input sentence: text");
    } else if (wanted == VALUE_TENSOR && value.kind == VALUE_NUMBER) {
        diag_hint(
            e->diags,
            "a number is known when the graph is built; a tensor comes from an input, a parameter or an operator");
    } else if (wanted == VALUE_TENSOR && value.kind == VALUE_DIM) {
        diag_hint(e->diags, "a size can only be used as a dimension");
    }
}

static const char *interpolated(Elab *e, const char *name, Pos pos) {
    Value value;
    if (!find_name(e, name, &value)) {
        unknown_name(e, name, pos);
        return NULL;
    }
    if (value.kind == VALUE_NUMBER) return arena_printf(e->arena, "%.15g", value.number);
    if (value.kind == VALUE_STRING) return value.text;
    if (is_some_number(e, value) || (value.kind == VALUE_ERROR && value.name)) return "?";
    if (value.kind != VALUE_ERROR) {
        fail(e, "E0304", pos, "'{%s}' must be a number or a string, not %s", name, value_print(e, value));
    }
    return NULL;
}

bool check_scope_length(Elab *e, size_t length, Pos pos) {
    if (length <= MAX_SCOPE) return true;
    fail(e, "E0312", pos, "this text has more than %s", count_text(MAX_SCOPE, "byte").text);
    return false;
}

const char *interpolate(Elab *e, const char *text, Pos pos) {
    Text result = {0};
    if (!check_scope_length(e, strnlen(text, MAX_SCOPE + 1), pos)) return NULL;
    while (*text) {
        size_t plain = strcspn(text, "{");
        text_add(e->arena, &result, text, plain);
        text += plain;
        if (!*text) break;
        size_t length = strcspn(text + 1, "}");
        if (text[1 + length] != '}') {
            fail(e, "E0208", pos, "'{' without '}' in this string");
            return NULL;
        }
        const char *value = interpolated(e, arena_strndup(e->arena, text + 1, length), pos);
        if (!value) return NULL;
        text_add(e->arena, &result, value, strlen(value));
        text += length + 2;
        if (!check_scope_length(e, result.length, pos)) return NULL;
    }
    return text_read(&result);
}

const char *join_scope(Elab *e, const char *scope, const char *name) {
    return *scope && *name ? arena_printf(e->arena, "%s.%s", scope, name) : arena_printf(e->arena, "%s%s", scope, name);
}
