/* Elaboration: each definition on its own, before anything calls it, in a graph that is thrown away.
 *
 * Names of dimensions that only a call knows are symbols, different from each other and from every other size; so are
 * untyped parameters where they are used as sizes. What cannot be known without a call (VALUE_ERROR with a name,
 * VALUE_SOME_NUMBER) passes through silently: nothing is reported here that could be right for some caller of that
 * type. Calls inside give what the callee's declaration promises, so that each body is looked at once. */
#include "frontend/elaborate.h"

bool is_generic(const Elab *e, Dim dim) { return e->checking && dim.scale != 0 && dim.symbol >= e->first_generic; }

bool is_some_number(const Elab *e, Value value) {
    return value.kind == VALUE_SOME_NUMBER || (value.kind == VALUE_DIM && is_generic(e, value.dim));
}

bool has_generic(const Elab *e, const Type *type) {
    for (int i = 0; i < type->rank; i++) {
        if (is_generic(e, type->dims[i])) return true;
    }
    return is_generic(e, type->bound);
}

/* The graph's symbol of that name; an unknown value when there is no room for more. */
Value generic_size(Elab *e, const char *name) {
    if (e->graph->symbols.count == MAX_SYMBOLS) return value_error();
    return value_dim(dim_symbol(graph_symbol(e->graph, name)));
}

Value stand_in(Elab *e, Type type, Pos pos) {
    return value_tensor(emit(e, (NodeSpec){.op = OP_input, .attrs.text = "?", .type = type}, pos));
}

/* The type as written, its names known. */
static bool eval_type(Elab *e, const TypeExpr *written, Type *type) {
    *type = type_scalar(written->elem);
    type->rank = written->rank;
    Value value;
    for (int i = 0; i < written->rank; i++) {
        const Expr *dim = written->dims[i];
        if (dim->kind == EXPR_NAME && !find_dim(e, dim, &value)) return false;
        if (!eval_dim(e, dim, &type->dims[i])) return false;
    }
    return !written->bound || eval_dim(e, written->bound, &type->bound);
}

Value promised_result(Elab *e, const Def *def, Pos pos) {
    Type type;
    int reported = e->diags->list.count, errors = e->diags->errors;
    if (eval_type(e, &def->result, &type)) return stand_in(e, type, pos);
    e->diags->list.count = reported; /* what is wrong with it is reported where the definition is elaborated */
    e->diags->errors = errors;
    return value_error();
}

static void declare_name(Elab *e, const Expr *expr) {
    Value value;
    if (!expr || expr->kind != EXPR_NAME || find_dim(e, expr, &value)) return;
    bind_name(e, e->frame, expr->text, generic_size(e, expr->text));
}

/* The tensor that a formal of this type stands for. */
static Value declared_tensor(Elab *e, const Formal *formal) {
    const TypeExpr *written = &formal->type;
    Type type = type_scalar(written->elem);
    type.rank = written->rank;
    bool good = true;
    for (int i = 0; i < written->rank; i++) {
        declare_name(e, written->dims[i]);
        good &= eval_dim(e, written->dims[i], &type.dims[i]);
    }
    declare_name(e, written->bound);
    if (written->bound) good &= eval_dim(e, written->bound, &type.bound);
    if (!good) return value_error();
    NodeSpec spec = {.op = OP_input, .attrs.text = formal->name, .type = type};
    return value_tensor(emit(e, spec, formal->pos));
}

/* Without a type and a value of its own a formal may be anything: it has its name alone. */
static Value undeclared(Elab *e, const Formal *formal) {
    if (!formal->initial) return (Value){.kind = VALUE_ERROR, .name = formal->name};
    Value value = eval(e, formal->initial);
    if (value.kind != VALUE_NUMBER) return value;
    return (Value){.kind = VALUE_SOME_NUMBER, .name = formal->name};
}

static void bind_tokens(Elab *e, const Def *def, TokensValue *tokens) {
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        if (!formal->is_tokens || e->n_tokens == MAX_TEXTS) continue;
        tokens[e->n_tokens] = declare_tokens(e, formal->name, true, formal->pos);
        Value text = {.kind = VALUE_TOKENS, .tokens = &tokens[e->n_tokens++]};
        bind_name(e, e->frame, formal->name, text);
        note_declaration(e, formal->name, text, formal->pos);
    }
}

static void bind_formals(Elab *e, const Def *def) {
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        if (formal->is_tokens) continue;
        Value value = formal->has_type ? declared_tensor(e, formal) : undeclared(e, formal);
        bool sized = !formal->has_type && find_local(e->frame, formal->name); /* index: i32<N>[R], N */
        if (!sized) bind_name(e, e->frame, formal->name, value);
        note_declaration(e, formal->name, value, formal->pos);
    }
}

void check_definition(Elab *e, Def *def) {
    if (def->failed) return;
    Frame frame = {.def = def};
    TokensValue tokens[MAX_TEXTS];
    int errors = e->diags->errors;
    begin_graph(e, def->name, &frame);
    e->checking = e->training = def->active = true;
    e->tokens = tokens;
    e->n_values = 0;
    e->first_generic = MAX_SYMBOLS;
    sequences_dim(e);
    bind_tokens(e, def, tokens);
    e->first_generic = e->graph->symbols.count;
    bind_formals(e, def);
    run_block(e, &def->body);
    check_result(e, def);
    def->failed = e->diags->errors > errors;
    e->checking = def->active = false;
    e->n_tokens = 0;
    graph_free(e->graph);
    e->graph = NULL;
    e->frame = NULL;
}
