/* Elaboration: statements, and the parameters that they instantiate. */
#include <math.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

typedef struct Initialiser {
    InitKind kind;
    double a, b;
} Initialiser;

static bool bad_init(Elab *e, Pos pos) {
    if (fail(e, "E0404", pos, "unknown initialiser")) {
        diag_hint(e->diags, "write zeros, ones, constant(c), normal(mean, deviation) or uniform(low, high)");
    }
    return false;
}

typedef struct InitForm {
    const char *name;
    InitKind kind;
    int n_args;
} InitForm;

static const InitForm init_forms[] = {
    {"constant", INIT_CONSTANT, 1}, {"normal", INIT_NORMAL, 2}, {"uniform", INIT_UNIFORM, 2}};

static const InitForm *find_form(const Expr *expr) {
    for (size_t i = 0; i < sizeof init_forms / sizeof *init_forms; i++) {
        bool same = strcmp(expr->text, init_forms[i].name) == 0;
        if (same && expr->n_args == init_forms[i].n_args) return &init_forms[i];
    }
    return NULL;
}

/* init = "zeros" | "ones" | "constant" "(" c ")" | "normal" "(" mean "," deviation ")" | "uniform" "(" low "," high ")"
 * */
static bool eval_init(Elab *e, const Expr *expr, Initialiser *init) {
    bool name = expr->kind == EXPR_NAME, call = expr->kind == EXPR_CALL;
    *init = (Initialiser){.kind = INIT_CONSTANT};
    if (name && strcmp(expr->text, "zeros") == 0) return true;
    if (name && strcmp(expr->text, "ones") == 0) {
        init->a = 1;
        return true;
    }
    const InitForm *form = call ? find_form(expr) : NULL;
    if (!form) return bad_init(e, expr->pos);
    init->kind = form->kind;
    if (!eval_number(e, expr->args[0].value, "an initial value", &init->a)) return false;
    if (form->n_args < 2) return true;
    if (!eval_number(e, expr->args[1].value, "an initial value", &init->b)) return false;
    if (form->kind == INIT_UNIFORM || init->b >= 0) return true;
    fail(e, "E0310", expr->args[1].value->pos, "a deviation must not be negative");
    return false;
}

/* Constant dimensions, f32, and a number of elements that fits. */
static bool eval_param_type(Elab *e, const Stmt *stmt, Type *type) {
    *type = type_scalar(stmt->type.elem);
    type->rank = stmt->type.rank;
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++) {
        const Expr *expr = stmt->type.dims[i];
        if (!eval_dim(e, expr, &type->dims[i])) return false;
        if (is_generic(e, type->dims[i])) continue;
        if (!dim_is_const(type->dims[i]) || type->dims[i].offset < 1) {
            fail(e, "E0310", expr->pos, "a parameter's dimension must be a positive constant, not %s",
                 dim_print(e->arena, type->dims[i], &e->graph->symbols));
            return false;
        }
        if (__builtin_mul_overflow(count, type->dims[i].offset, &count) || count > INT32_MAX) {
            fail(e, "E0310", stmt->type.pos, "this parameter has more than %s", count_text(INT32_MAX, "element").text);
            return false;
        }
    }
    if (stmt->type.elem == ELEM_F32 && !stmt->type.bound) return true;
    if (fail(e, "E0404", stmt->type.pos, "a parameter must be f32, without a bound")) {
        diag_hint(e->diags, "write param %s: f32[...]", stmt->name);
    }
    return false;
}

static bool same_param(const Param *a, const Param *b) {
    return type_equal(&a->type, &b->type) && a->init == b->init && a->init_a == b->init_a && a->init_b == b->init_b &&
           a->decay == b->decay && a->frozen == b->frozen;
}

/* The names of its dimensions may belong to the graph: the program outlives that. */
static Param kept(Elab *e, Param param) {
    for (int i = 0; i < param.type.rank; i++) {
        Dim *dim = &param.type.dims[i];
        if (dim->name) dim->name = arena_strdup(e->arena, dim->name);
    }
    return param;
}

/* The program's parameter of that name, added when it is new; -1 after a message. */
static int intern_param(Elab *e, const Param *param) {
    int i = name_index_find(&e->params, param->name);
    if (i >= 0) {
        const Param *old = &e->program->params.items[i];
        if (same_param(old, param)) return i;
        if (fail(e, "E0402", param->pos, "parameter '%s' differs from an earlier one with this name", param->name)) {
            diag_note(e->diags, old->pos, "there it is %s", type_print(e->arena, &old->type, &e->graph->symbols));
            diag_hint(e->diags, "put one of them in a scope of its own: ... in \"scope\"");
        }
        return -1;
    }
    int added = e->program->params.count;
    name_index_put(e->arena, &e->params, param->name, added);
    vec_push(e->arena, &e->program->params, kept(e, *param));
    vec_push(e->arena, &e->instances, 0);
    return added;
}

static bool is_instantiated(const Elab *e, const char *name) {
    int i = name_index_find(&e->params, name);
    return i >= 0 && e->instances.items[i] == e->graph_number;
}

static void note_first(Elab *e, const char *name) {
    const Param *param = &e->program->params.items[name_index_find(&e->params, name)];
    if (param->pos.file) diag_note(e->diags, param->pos, "first given here");
}

bool instantiate(Elab *e, const Param *param, bool shared) {
    bool again = is_instantiated(e, param->name);
    if (again && !shared) {
        if (fail(e, "E0401", param->pos, "parameter '%s' is created a second time", param->name)) {
            note_first(e, param->name);
            diag_hint(e->diags,
                      "give each its own scope: ... in \"scope\"; or say that it is one: ... in shared \"scope\"");
        }
        return false;
    }
    int index = intern_param(e, param);
    if (index >= 0) e->instances.items[index] = e->graph_number;
    return index >= 0;
}

static void run_param(Elab *e, const Stmt *stmt) {
    Initialiser init;
    Param param = {.decay = !stmt->no_decay, .frozen = stmt->frozen};
    param.pos = place(e, stmt->pos);
    param.name = join_scope(e, e->scope, stmt->name);
    bool good = eval_param_type(e, stmt, &param.type);
    bool starts = eval_init(e, stmt->value, &init);
    good &= starts || e->checking;
    if (good) {
        param.init = init.kind;
        param.init_a = init.a;
        param.init_b = init.b;
        good = e->checking || instantiate(e, &param, stmt->shared || e->shares);
    }
    NodeSpec spec = {.op = OP_param, .attrs.text = param.name, .type = param.type};
    Value value = good ? value_tensor(emit(e, spec, stmt->pos)) : value_error();
    bind_name(e, e->frame, stmt->name, value);
    note_declaration(e, stmt->name, value, stmt->pos);
    watch(e, stmt->name, value, stmt->pos);
}

/* Names that are new in a round end with it. */
static void run_rounds(Elab *e, const Stmt *stmt, int64_t from, int64_t to) {
    int outer = e->frame->names.count, errors = e->diags->errors;
    for (int64_t i = from; i < to && !e->frame->returned && e->diags->errors == errors; i++) {
        push_name(e, e->frame, stmt->name, value_number((double)i));
        note_declaration(e, stmt->name, (Value){.kind = VALUE_SOME_NUMBER}, stmt->pos);
        if (++e->steps > MAX_STEPS) {
            fail(e, "E0312", stmt->pos, "the program is too large: its calls and repeats do not seem to end");
        } else {
            run_block(e, &stmt->body);
        }
        pop_names(e, e->frame, outer);
    }
}

static bool same_kind(const Value *a, const Value *b) {
    if (a->kind != b->kind) return false;
    return a->kind != VALUE_TENSOR || type_equal(&a->node->type, &b->node->type);
}

/* While a definition is checked and only a call knows how many rounds there are: one stands for all. What has another
 * type after it may have any. */
static void check_round(Elab *e, const Stmt *stmt) {
    int outer = e->frame->names.count;
    NamedValue *before = arena_array(e->arena, (size_t)outer + 1, sizeof *before);
    if (outer) memcpy(before, e->frame->names.items, (size_t)outer * sizeof *before);
    push_name(e, e->frame, stmt->name, (Value){.kind = VALUE_SOME_NUMBER});
    note_declaration(e, stmt->name, (Value){.kind = VALUE_SOME_NUMBER}, stmt->pos);
    run_block(e, &stmt->body);
    pop_names(e, e->frame, outer);
    for (int i = 0; i < outer; i++) {
        NamedValue *now = &e->frame->names.items[i];
        if (!same_kind(&before[i].value, &now->value)) now->value = (Value){.kind = VALUE_ERROR, .name = now->name};
    }
}

/* A bound of a repeat; `*open`: only a call knows it. False after a message. */
static bool eval_round(Elab *e, const Expr *expr, const char *what, int64_t *bound, bool *open) {
    Value value = eval(e, expr);
    *open |= e->checking && (is_some_number(e, value) || (value.kind == VALUE_ERROR && value.name));
    return *open || (expr && integer_of(e, value, expr->pos, what, INT32_MIN, bound));
}

static void run_repeat(Elab *e, const Stmt *stmt) {
    int64_t from, to;
    bool open = false;
    if (!eval_round(e, stmt->from, "the start", &from, &open)) return;
    if (!eval_round(e, stmt->to, "the end", &to, &open)) return;
    if (!open && to < from)
        fail(e, "E0310", stmt->to->pos, "this repeat would end before it begins: it goes from %lld to %lld",
             (long long)from, (long long)to);
    else if (open || (e->checking && from >= to))
        check_round(e, stmt);
    else
        run_rounds(e, stmt, from, to);
}

static void run_return(Elab *e, const Stmt *stmt) {
    e->frame->result = eval(e, stmt->value);
    e->frame->result_pos = stmt->value ? stmt->value->pos : stmt->pos;
    e->frame->returned = true;
    watch(e, "return", e->frame->result, e->frame->result_pos);
}

/* Metrics and others read what is shown by this name. */
static Role shown_role(const char *name) { return strcmp(name, "probabilities") == 0 ? probabilities_role : (Role){0}; }

static void run_output(Elab *e, const Stmt *stmt, const char *name, Role role) {
    Value value = eval(e, stmt->value);
    if (value.kind == VALUE_ERROR) return;
    if (find_output(e, name)) {
        if (fail(e, "E0408", stmt->pos, "'%s' is given a second time", name)) {
            diag_note(e->diags, find_output(e, name)->pos, "the first value comes from here");
        }
    } else if (value.kind != VALUE_TENSOR) {
        if (fail(e, "E0405", stmt->value->pos, "'%s' must be a tensor, not %s", name, value_print(e, value))) {
            hint_kind(e, VALUE_TENSOR, value);
        }
    } else {
        add_output(e, name, role, value.node);
        watch(e, name, value, stmt->pos);
    }
}

/* f32[], or something with one element that is reshaped to it. */
static void run_loss(Elab *e, const Stmt *stmt) {
    Value value = eval(e, stmt->value);
    if (value.kind == VALUE_ERROR) return;
    Dim count;
    bool scalar = value.kind == VALUE_TENSOR && value.node->type.elem == ELEM_F32 &&
                  type_count_dim(&value.node->type, &count) && dim_is(count, 1);
    if (find_output(e, "loss")) {
        if (fail(e, "E0408", stmt->pos, "'loss' is given a second time")) {
            diag_note(e->diags, find_output(e, "loss")->pos, "the first value comes from here");
            diag_hint(e->diags, "one loss may be the sum of others: loss a + 0.5 * b");
        }
    } else if (scalar) {
        Type type = type_scalar(ELEM_F32);
        Node *loss = share_terms(e, to_shape(e, OP_reshape, value.node, &type, stmt->pos), stmt->pos);
        add_output(e, "loss", loss_role, loss);
        watch(e, "loss", value_tensor(loss), stmt->pos);
    } else if (fail(e, "E0405", stmt->value->pos, "the loss must be one f32, not %s", value_print(e, value))) {
        diag_hint(e->diags, "the mean over the rows is sum(x, axis = 0) / update_rows(x)");
    }
}

/* f32[R, C] with a row for each of the label's rows, or for each sequence. */
static void run_predict(Elab *e, const Stmt *stmt) {
    bool again = find_output(e, "predict") != NULL;
    run_output(e, stmt, "predict", prediction_role);
    if (again) return;
    const Node *node = find_output(e, "predict");
    if (!node || e->n_tokens == 0) return;
    const Node *at = e->n_values ? e->values[0].at : NULL;
    Dim rows = at ? at->type.dims[0] : e->tokens[0].n_rows;
    bool good = node->type.elem == ELEM_F32 && node->type.rank == 2 && dim_equal(node->type.dims[0], rows);
    if (good) return;
    bool windowed = !dim_equal(e->tokens[0].n_rows, e->tokens[0].rows->type.dims[0]);
    const char *wanted = at ? "label" : windowed ? "row of the data" : "sequence";
    if (fail(e, "E0405", stmt->value->pos, "a prediction must be f32 with a row for each %s, not %s", wanted,
             type_print(e->arena, &node->type, &e->graph->symbols))) {
        if (node->type.elem != ELEM_F32)
            diag_hint(e->diags, "float(x) makes an f32 tensor of x");
        else if (windowed)
            diag_hint(e->diags, "pool_windows(x, %s) makes one row of a row's windows", e->tokens[0].name);
    }
}

static void run_assign(Elab *e, const Stmt *stmt) {
    Value value = eval(e, stmt->value);
    bind_name(e, e->frame, stmt->name, value);
    note_declaration(e, stmt->name, value, stmt->pos);
    watch(e, stmt->name, value, stmt->pos);
}

void run_statement(Elab *e, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_ASSIGN: run_assign(e, stmt); break;
    case STMT_PARAM: run_param(e, stmt); break;
    case STMT_REPEAT: run_repeat(e, stmt); break;
    case STMT_RETURN: run_return(e, stmt); break;
    case STMT_LOSS: run_loss(e, stmt); break;
    case STMT_PREDICT:
        if (!e->training || e->probe) run_predict(e, stmt);
        break;
    case STMT_SHOW:
        if (!e->training || e->probe) run_output(e, stmt, stmt->name, shown_role(stmt->name));
        break;
    case STMT_STATE:
    case STMT_EVALUATE: break; /* the optimizer deals with them */
    }
}

/* A call ends with its first mistake: definitions were checked before. */
void run_block(Elab *e, const Block *block) {
    int errors = e->diags->errors;
    for (int i = 0; i < block->count && !e->frame->returned; i++) {
        run_statement(e, block->items[i]);
        if (e->frame->def && !e->checking && e->diags->errors > errors) return;
    }
}
