/* Elaboration: a task or a definition by itself, with an output for each value that the text names. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/elaborate.h"

/* --- What is watched ---------------------------------------------------------------------------------------------- */

/* "encoder.h:69", "encoder.h:69#2" for the second of that line and scope. */
static const char *output_name(Elab *e, const char *name, Pos pos) {
    const char *path = arena_printf(e->arena, "%s:%u", join_scope(e, e->scope, name), pos.line), *unique = path;
    for (int i = 2; find_output(e, unique); i++) unique = arena_printf(e->arena, "%s#%d", path, i);
    return unique;
}

void watch(Elab *e, const char *name, Value value, Pos pos) {
    bool is_open = value.kind == VALUE_TENSOR && value.node->is_open; /* it has a value within attention alone */
    if (!e->probe || value.kind == VALUE_ERROR || is_open) return;
    const Def *def = e->frame->def;
    Watched watched = {.name = name, .def = def ? def->name : NULL, .prelude = def && def->prelude, .pos = pos};
    watched.pos.scope = *e->scope ? e->scope : NULL;
    if (value.kind == VALUE_TENSOR) {
        watched.output = output_name(e, name, pos);
        add_output(e, watched.output, (Role){0}, value.node);
    } else {
        watched.text = value_print(e, value);
    }
    vec_push(e->arena, &e->program->watched, watched);
}

/* --- A task ------------------------------------------------------------------------------------------------------- */

static void elaborate_watched_task(Elab *e) {
    VEC(const char *) names = {0};
    for (int i = 0; i < e->module->tasks.count; i++) {
        const TaskDecl *decl = e->module->tasks.items[i];
        if (strcmp(decl->name, e->probe->task) == 0) {
            elaborate_task(e, decl);
            return;
        }
        vec_push(e->arena, &names, decl->name);
    }
    diag_error(e->diags, "E0920", (Pos){0}, "%s has no task '%s'", e->program->path, e->probe->task);
    diag_hint_nearest(e->diags, e->probe->task, names.items, names.count);
}

/* --- A definition ------------------------------------------------------------------------------------------------- */

typedef struct Probed {
    Elab *e;
    Def *def;
    Task *task;
    TokensValue tokens[MAX_TEXTS];
} Probed;

static const ProbeShape *find_shape(const Elab *e, const char *name) {
    for (int i = 0; i < e->probe->n_shapes; i++) {
        if (strcmp(e->probe->shapes[i].name, name) == 0) return &e->probe->shapes[i];
    }
    return NULL;
}

/* The text after "NAME="; NULL: not given. */
static const char *find_size(const Elab *e, const char *name) {
    size_t length = strlen(name);
    for (int i = e->probe->n_sizes - 1; i >= 0; i--) {
        const char *size = e->probe->sizes[i];
        if (strncmp(size, name, length) == 0 && size[length] == '=') return size + length + 1;
    }
    return NULL;
}

static bool read_size(Elab *e, const char *text, Value *value) {
    char *end;
    double number = strtod(text, &end);
    if (end != text && !*end) return *value = value_number(number), true;
    for (int i = 0; i < e->graph->symbols.count; i++) {
        if (strcmp(e->graph->symbols.names[i], text) == 0) return *value = value_dim(dim_symbol(i)), true;
    }
    return false;
}

/* "2x3" */
static bool read_extents(const char *text, ProbeShape *shape) {
    for (shape->rank = 0; shape->rank < MAX_RANK;) {
        char *end;
        long long extent = strtoll(text, &end, 10);
        if (end == text || extent < 0 || extent > INT32_MAX) return false;
        shape->extents[shape->rank++] = extent;
        if (!*end) return true;
        if (*end != 'x') return false;
        text = end + 1;
    }
    return false;
}

static Type given_type(ElemType elem, const ProbeShape *shape) {
    Type type = type_scalar(elem);
    type.rank = shape->rank;
    for (int i = 0; i < shape->rank; i++) type.dims[i] = dim_const(shape->extents[i]);
    return type;
}

/* Text inputs come first: the sizes of other arguments may be theirs. */
static bool bind_texts(Probed *p) {
    Elab *e = p->e;
    for (int i = 0; i < p->def->formals.count; i++) {
        const Formal *formal = &p->def->formals.items[i];
        if (!formal->is_tokens) continue;
        if (p->task->n_inputs == MAX_TEXTS)
            return fail(e, "E0971", formal->pos, "at most %d text inputs can be given", MAX_TEXTS) && false;
        if (!e->module->tokens.pos.file)
            return fail(e, "E0406", formal->pos, "the program does not declare the sizes of its tokens") && false;
        TokensValue *tokens = &p->tokens[p->task->n_inputs];
        p->task->inputs[p->task->n_inputs++] =
            (TextInput){.name = formal->name, .columns = {formal->name}, .n_columns = 1, .pos = formal->pos};
        *tokens = declare_tokens(e, formal->name, false, formal->pos);
        bind_name(e, e->frame, formal->name, (Value){.kind = VALUE_TOKENS, .tokens = tokens});
    }
    e->tokens = p->tokens;
    e->n_tokens = p->task->n_inputs;
    return true;
}

static bool is_formal(const Def *def, const char *name) {
    for (int i = 0; i < def->formals.count; i++) {
        if (strcmp(def->formals.items[i].name, name) == 0) return true;
    }
    return false;
}

/* Generic dimensions: every size that is no argument's. */
static bool bind_sizes(Probed *p) {
    Elab *e = p->e;
    for (int i = 0; i < e->probe->n_sizes; i++) {
        const char *size = e->probe->sizes[i], *name = arena_strndup(e->arena, size, strcspn(size, "="));
        Value value = value_error();
        if (!strchr(size, '=') || (!is_formal(p->def, name) && !read_size(e, find_size(e, name), &value))) {
            diag_error(e->diags, "E0972", (Pos){0}, "--shape takes NAME=SIZE, as in R=4, not '%s'", size);
            return false;
        }
        value.name = name;
        if (!is_formal(p->def, name)) bind_name(e, e->frame, name, value);
    }
    return true;
}

static bool needs_size(Probed *p, const Expr *dim, const Formal *formal) {
    Elab *e = p->e;
    Value value;
    if (!dim || dim->kind != EXPR_NAME || find_dim(e, dim, &value)) return false;
    const char *number = find_size(e, dim->text); /* an argument that is also a size */
    bool known = number && read_size(e, number, &value);
    value.name = dim->text;
    if (known) return bind_name(e, e->frame, dim->text, value), false;
    if (fail(e, "E0971", formal->type.pos, "the size '%s' of argument '%s' is not known", dim->text, formal->name)) {
        diag_hint(e->diags, "give it with --shape %s=4, or give the tensor: --input %s=FILE.npy", dim->text,
                  formal->name);
    }
    return true;
}

/* The type as written, with the sizes given. */
static bool written_type(Probed *p, const Formal *formal, Type *type) {
    const TypeExpr *written = &formal->type;
    *type = type_scalar(written->elem);
    type->rank = written->rank;
    for (int i = 0; i < written->rank; i++) {
        if (needs_size(p, written->dims[i], formal) || !eval_dim(p->e, written->dims[i], &type->dims[i])) return false;
    }
    return true;
}

/* Of the tensor given, or "2x3" among the sizes; `tensor`: it is no number, "2" is a shape as well. */
static const ProbeShape *shape_of(const Elab *e, const char *name, bool tensor) {
    const ProbeShape *given = find_shape(e, name);
    const char *size = find_size(e, name);
    ProbeShape *read = arena_alloc(e->arena, sizeof *read);
    if (given || !size || !(tensor || strchr(size, 'x'))) return given;
    return read_extents(size, read) ? read : NULL;
}

static Value typed_argument(Probed *p, const Formal *formal) {
    Elab *e = p->e;
    const ProbeShape *shape = shape_of(e, formal->name, true);
    const char *subject = arena_printf(e->arena, "argument '%s'", formal->name);
    Type type;
    if (!shape && formal->initial && formal->type.rank == 0) return eval(e, formal->initial);
    if (!shape && !written_type(p, formal, &type)) return value_error();
    if (shape) type = given_type(formal->type.elem, shape);
    if (formal->type.bound) {
        if (needs_size(p, formal->type.bound, formal) || !eval_dim(e, formal->type.bound, &type.bound))
            return value_error();
    }
    Node *input = emit_input(e, formal->name, (Role){0}, type, formal->pos);
    if (shape && !unify_type(e, &formal->type, input, formal->pos, subject)) return value_error();
    return value_tensor(input);
}

static Value untyped_argument(Probed *p, const Formal *formal) {
    Elab *e = p->e;
    const ProbeShape *shape = shape_of(e, formal->name, false);
    const char *size = find_size(e, formal->name);
    Value value;
    if (!shape && size && read_size(e, size, &value)) {
        value.name = formal->name;
        return value;
    }
    if (shape) return value_tensor(emit_input(e, formal->name, (Role){0}, given_type(ELEM_F32, shape), formal->pos));
    if (size) return fail_value(e, "E0972", (Pos){0}, "--shape %s=%s: not a size", formal->name, size);
    if (formal->initial) return eval(e, formal->initial);
    Value none = fail_value(e, "E0971", formal->pos, "argument '%s' of '%s' needs a value", formal->name, p->def->name);
    diag_hint(e->diags, "a number or a shape: --shape %s=4 or --shape %s=2x3", formal->name, formal->name);
    return none;
}

static bool bind_arguments(Probed *p) {
    Elab *e = p->e;
    bool good = true;
    for (int i = 0; i < p->def->formals.count; i++) {
        const Formal *formal = &p->def->formals.items[i];
        if (formal->is_tokens) continue;
        Value value = formal->has_type ? typed_argument(p, formal) : untyped_argument(p, formal);
        good = value.kind != VALUE_ERROR && good;
        bind_name(e, e->frame, formal->name, value);
        watch(e, formal->name, value, formal->pos);
    }
    return good;
}

/* The sum of all elements, f32[], as the loss. */
static void sum_result(Elab *e, Value result, Pos pos) {
    if (result.kind != VALUE_TENSOR || result.node->type.elem != ELEM_F32) return;
    Node *sum = result.node;
    for (int axis = sum->type.rank - 1; axis >= 0; axis--) {
        sum = emit(e, (NodeSpec){.op = OP_sum, .n_inputs = 1, .inputs = &sum, .attrs.ints[0] = axis}, pos);
    }
    Type scalar = type_scalar(ELEM_F32);
    if (sum) add_output(e, "loss", loss_role, to_shape(e, OP_reshape, sum, &scalar, pos));
}

static void elaborate_watched_def(Elab *e) {
    Def *def = find_def(e, e->probe->def);
    if (!def) {
        unknown_function(e, e->probe->def, (Pos){0});
        return;
    }
    Frame frame = {.def = def};
    Task task = {.name = def->name, .pos = def->pos};
    Probed p = {.e = e, .def = def, .task = &task};
    begin_graph(e, def->name, &frame);
    e->n_values = 0;
    e->training = e->probe->training;
    def->active = true;
    if (bind_texts(&p) && bind_sizes(&p) && bind_arguments(&p)) {
        run_block(e, &def->body);
        if (e->diags->errors == e->errors_before) sum_result(e, check_result(e, def), frame.result_pos);
    }
    def->active = false;
    task.train = finish_graph(e);
    if (task.train) list_params(e, &task);
    vec_push(e->arena, &e->program->tasks, task);
}

void elaborate_probe(Elab *e) {
    if (e->probe->task)
        elaborate_watched_task(e);
    else
        elaborate_watched_def(e);
}
