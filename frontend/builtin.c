/* Elaboration: the functions that are operators, as one table. Of numbers most are computed now. */
#include <math.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

/* "x axis": parameters; "like=": may be missing; "score=&": that, and it is looked at as written; "dims*": any number,
 * the last. */
typedef struct Builtin {
    const char *name, *parameters;
    Value (*build)(Elab *e, const BuiltinCall *call);
    Op op;
    double (*fold)(double); /* of a number, where there is such */
} Builtin;

/* Of parameter `i`: its name's start and length; NULL when there are fewer. */
static const char *parameter(const Builtin *builtin, int i, size_t *length) {
    const char *name = builtin->parameters;
    for (; i > 0; i--) {
        name += strcspn(name, " ");
        if (*name) name++;
    }
    *length = strcspn(name, " =*");
    return *length ? name : NULL;
}

static bool needs(Elab *e, const BuiltinCall *call, int i, ValueKind kind, const char *what) {
    if (call->args[i].kind == kind) return true;
    if (kind == VALUE_NUMBER && is_some_number(e, call->args[i])) return false; /* a call knows it */
    if (fail(e, "E0304", call->pos[i], "'%s' needs %s here, not %s", call->name, what, value_print(e, call->args[i]))) {
        hint_kind(e, kind, call->args[i]);
    }
    return false;
}

static bool needs_tensor(Elab *e, const BuiltinCall *call, int i) {
    return needs(e, call, i, VALUE_TENSOR, "a tensor");
}

static Value build_unary(Elab *e, const BuiltinCall *call) {
    const Value *x = &call->args[0];
    if (x->kind == VALUE_NUMBER && call->fold) {
        double result = call->fold(x->number);
        if (isfinite(result)) return value_number(result);
        return fail_value(e, "E0310", call->expr->pos, "%s(%g) is not a finite number", call->name, x->number);
    }
    if (call->fold && is_some_number(e, *x)) return (Value){.kind = VALUE_SOME_NUMBER};
    if (!needs_tensor(e, call, 0)) return value_error();
    return value_tensor(emit_op(e, call->op, 1, &x->node, call->expr->pos));
}

static Value build_binary(Elab *e, const BuiltinCall *call) {
    Value a = call->args[0], b = call->args[1];
    Node *nodes[2];
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER) {
        return value_number(call->op == OP_maximum ? fmax(a.number, b.number) : fmin(a.number, b.number));
    }
    if (is_number(e, a) && is_number(e, b)) return (Value){.kind = VALUE_SOME_NUMBER};
    if (!align(e, 2, call->args, nodes, call->expr->pos, call->name)) return value_error();
    return value_tensor(emit_op(e, call->op, 2, nodes, call->expr->pos));
}

static Value build_pow(Elab *e, const BuiltinCall *call) {
    bool open = is_some_number(e, call->args[0]) || is_some_number(e, call->args[1]);
    if (open && is_number(e, call->args[0]) && is_number(e, call->args[1])) return (Value){.kind = VALUE_SOME_NUMBER};
    if (!needs(e, call, 0, VALUE_NUMBER, "a number") || !needs(e, call, 1, VALUE_NUMBER, "a number")) {
        return value_error();
    }
    double result = pow(call->args[0].number, call->args[1].number);
    if (isfinite(result)) return value_number(result);
    return fail_value(e, "E0310", call->expr->pos, "this power is not a finite number");
}

/* Condition and choices spread to one shape; two numbers are f32. */
static Value build_select(Elab *e, const BuiltinCall *call) {
    Pos pos = call->expr->pos;
    if (!needs_tensor(e, call, 0)) return value_error();
    Type shape = call->args[0].node->type;
    shape.elem = ELEM_F32;
    for (int i = 1; i < 3; i++) {
        if (call->args[i].kind != VALUE_TENSOR) continue;
        const Type *type = &call->args[i].node->type;
        shape.elem = type->elem;
        if (join_shapes(&shape, type)) continue;
        if (fail(e, "E0306", pos, "select: the shapes do not fit: %s and %s", value_print(e, call->args[0]),
                 value_print(e, call->args[i]))) {
            note_made(e, call->args[0].node, pos);
            note_made(e, call->args[i].node, pos);
            diag_hint(e->diags, "each dimension must be equal or 1, counted from the last");
        }
        return value_error();
    }
    Node *nodes[3] = {call->args[0].node};
    for (int i = 0; i < 3; i++) {
        bool number = is_number(e, call->args[i]);
        if (!number && !needs_tensor(e, call, i)) return value_error();
        nodes[i] = number ? number_node(e, shape.elem, call->args[i], pos) : call->args[i].node;
        nodes[i] = to_shape(e, OP_broadcast, nodes[i], &shape, pos);
    }
    return value_tensor(emit_op(e, OP_select, 3, nodes, pos));
}

static Value cast_to(Elab *e, const BuiltinCall *call, ElemType elem) {
    Value x = call->args[0];
    if (x.kind == VALUE_NUMBER) return elem == ELEM_I32 ? value_number(trunc(x.number)) : x;
    if (is_some_number(e, x)) return (Value){.kind = VALUE_SOME_NUMBER};
    if (!needs_tensor(e, call, 0)) return value_error();
    if (x.node->type.elem == elem) return x;
    NodeSpec spec = {.op = OP_cast, .n_inputs = 1, .inputs = &x.node, .type = type_scalar(elem)};
    return value_tensor(emit(e, spec, call->expr->pos));
}

static Value build_float(Elab *e, const BuiltinCall *call) { return cast_to(e, call, ELEM_F32); }

static Value build_cast(Elab *e, const BuiltinCall *call) {
    ElemType elem;
    if (!needs(e, call, 1, VALUE_STRING, elem_names(e->arena))) return value_error();
    if (elem_find(call->args[1].text, &elem)) return cast_to(e, call, elem);
    return fail_value(e, "E0304", call->pos[1], "'cast' needs %s here", elem_names(e->arena));
}

/* Argument `i` as an axis of `x`; a negative one counts from the end. */
static bool axis_of(Elab *e, const BuiltinCall *call, int i, const Node *x, int64_t *axis) {
    int64_t rank = x->type.rank;
    if (!integer_of(e, call->args[i], call->pos[i], "an axis", -rank, axis)) return false;
    if (*axis < 0) *axis += rank;
    if (*axis < rank) return true;
    if (fail(e, "E0310", call->pos[i], "%s has no axis %lld", value_print(e, value_tensor((Node *)x)),
             (long long)*axis)) {
        note_made(e, x, call->pos[i]);
        diag_hint(e->diags, "axes count from 0; -1 is the last one");
    }
    return false;
}

static Value build_reduce(Elab *e, const BuiltinCall *call) {
    int64_t axis;
    if (!needs_tensor(e, call, 0)) return value_error();
    Node *x = call->args[0].node;
    if (!axis_of(e, call, 1, x, &axis)) return value_error();
    NodeSpec spec = {.op = call->op, .n_inputs = 1, .inputs = &x, .attrs.ints = {axis}};
    return value_tensor(emit(e, spec, call->expr->pos));
}

static bool is_transposed(const Node *x) { return x->op == OP_transpose && x->type.rank == 2; }

/* Of [M, K] and [N, K]: the second is the wrong way round. */
static void hint_matmul(Elab *e, const Node *a, const Node *b) {
    bool matrices = a->type.rank == 2 && b->type.rank == 2;
    if (matrices && dim_equal(a->type.dims[1], b->type.dims[1])) {
        diag_hint(e->diags, "matmul(a, transpose(b)) would fit");
    } else if (matrices) {
        const char *inner = dim_print(e->arena, a->type.dims[1], &e->graph->symbols);
        diag_hint(e->diags, "the columns of the first are the rows of the second: f32[%s, ...] would fit", inner);
    }
    if (matrices) hint_open_sizes(e, a->type.dims[1], b->type.dims[0]);
}

/* A transposed operand is read as it is stored. */
static Value build_matmul(Elab *e, const BuiltinCall *call) {
    if (!needs_tensor(e, call, 0) || !needs_tensor(e, call, 1)) return value_error();
    NodeSpec spec = {.op = OP_matmul, .n_inputs = 2};
    Node *operands[2];
    for (int i = 0; i < 2; i++) {
        Node *x = call->args[i].node;
        spec.attrs.ints[i] = is_transposed(x);
        operands[i] = is_transposed(x) ? x->inputs[0] : x;
    }
    spec.inputs = operands;
    int errors = e->diags->errors;
    Node *product = emit(e, spec, call->expr->pos);
    if (e->diags->errors > errors) hint_matmul(e, call->args[0].node, call->args[1].node);
    return value_tensor(product);
}

/* Arguments from `first` on as the dimensions of a type. */
static bool dims_of(Elab *e, const BuiltinCall *call, int first, Type *type) {
    type->rank = call->n - first;
    if (type->rank > MAX_RANK) {
        fail(e, "E0310", call->pos[first], "a tensor has at most %s", count_text(MAX_RANK, "dimension").text);
        return false;
    }
    for (int i = first; i < call->n; i++) {
        if (!size_of(e, call->args[i], call->pos[i], &type->dims[i - first])) return false;
    }
    return true;
}

/* reshape and broadcast; a number is an f32[]. */
static Value build_shape(Elab *e, const BuiltinCall *call) {
    bool number = call->args[0].kind == VALUE_NUMBER;
    if (!number && !needs_tensor(e, call, 0)) return value_error();
    Node *x = number ? scalar_node(e, ELEM_F32, call->args[0].number, call->pos[0]) : call->args[0].node;
    Type type = type_scalar(x->type.elem);
    if (!dims_of(e, call, 1, &type)) return value_error();
    return value_tensor(to_shape(e, call->op, x, &type, call->expr->pos));
}

static Value build_slice(Elab *e, const BuiltinCall *call) {
    int64_t axis, start;
    if (!needs_tensor(e, call, 0)) return value_error();
    Node *x = call->args[0].node;
    if (!axis_of(e, call, 1, x, &axis)) return value_error();
    if (!integer_of(e, call->args[2], call->pos[2], "the start", 0, &start)) return value_error();
    Type type = x->type, stop = {0};
    if (!dims_of(e, &(BuiltinCall){.args = &call->args[3], .pos = &call->pos[3], .n = 1}, 0, &stop)) {
        return value_error();
    }
    if (!dim_add(stop.dims[0], dim_const(-start), &type.dims[axis])) return value_error();
    NodeSpec spec = {.op = OP_slice, .n_inputs = 1, .inputs = &x, .attrs.ints = {axis, start}, .type = type};
    return value_tensor(emit(e, spec, call->expr->pos));
}

static Value build_concat(Elab *e, const BuiltinCall *call) {
    Node **operands = arena_array(e->arena, (size_t)call->n, sizeof(Node *));
    int64_t axis;
    for (int i = 1; i < call->n; i++) {
        if (!needs_tensor(e, call, i)) return value_error();
        operands[i - 1] = call->args[i].node;
    }
    if (call->n < 2) return fail_value(e, "E0301", call->expr->pos, "'concat' needs at least one tensor");
    if (!axis_of(e, call, 0, operands[0], &axis)) return value_error();
    return value_tensor(concat_operands(e, operands, call->n - 1, axis, call->expr->pos));
}

/* Where attention's score reads a value of the tokens at the query's or the key's own position. */
static bool is_cell(Node *const *inputs) {
    const Type *rows = &inputs[0]->type;
    PairLeaf leaf = inputs[1]->op == OP_pair ? pair_leaf(inputs[1]->attrs.text) : PAIR_LEAVES;
    return (leaf == PAIR_QUERY || leaf == PAIR_KEY) && rows->rank == 2 && !dim_is_const(rows->dims[0]);
}

/* One side has one value; attention is given it. */
static Value build_cell(Elab *e, const BuiltinCall *call, Node *const *inputs) {
    Value cell = value_tensor(emit_op(e, OP_cell, 2, inputs + 1, call->expr->pos));
    if (cell.kind != VALUE_TENSOR) return cell;
    Node **rows = &e->cells[cell_side(cell.node)];
    if (*rows && *rows != inputs[0]) {
        const char *side = cell_side(cell.node) == CELL_QUERY ? "query" : "key";
        if (fail(e, "E0314", call->pos[0], "a score reads one value at the position of the %s, and this is another",
                 side))
            diag_hint(e->diags, "concat puts both beside each other, head by head");
        return value_error();
    }
    *rows = inputs[0];
    return cell;
}

/* One element, where attention's score reads a table. */
static Value build_lookup(Elab *e, const BuiltinCall *call) {
    Node *inputs[3] = {call->args[0].node};
    if (!needs_tensor(e, call, 0)) return value_error();
    for (int i = 1; i < 3; i++) {
        bool number = is_number(e, call->args[i]);
        if (!number && !needs_tensor(e, call, i)) return value_error();
        inputs[i] = number ? number_node(e, ELEM_I32, call->args[i], call->pos[i]) : call->args[i].node;
    }
    bool whole = has_generic(e, &inputs[0]->type); /* what the table is, a call knows */
    if (!whole && is_cell(inputs)) return build_cell(e, call, inputs);
    return whole ? stand_in(e, type_scalar(ELEM_F32), call->expr->pos)
                 : value_tensor(emit_op(e, OP_lookup, 3, inputs, call->expr->pos));
}

static Value build_gather(Elab *e, const BuiltinCall *call) {
    if (call->given[2]) return build_lookup(e, call);
    if (!needs_tensor(e, call, 0) || !needs_tensor(e, call, 1)) return value_error();
    Node *inputs[] = {call->args[0].node, call->args[1].node};
    const Type *table = &inputs[0]->type, *index = &inputs[1]->type;
    bool open = table->rank == 2 && index->rank == 1 && index->elem == ELEM_I32;
    if (open &&
        (is_generic(e, table->dims[0]) || is_generic(e, index->bound))) { /* whether it is inside, a call knows */
        Dim dims[] = {index->dims[0], table->dims[1]};
        return stand_in(e, type_make(table->elem, 2, dims), call->expr->pos);
    }
    return value_tensor(emit_op(e, OP_gather, 2, inputs, call->expr->pos));
}

static Value build_grad(Elab *e, const BuiltinCall *call) {
    if (!needs_tensor(e, call, 0) || !needs_tensor(e, call, 1)) return value_error();
    Node *inputs[] = {call->args[0].node, call->args[1].node};
    return value_tensor(emit_op(e, OP_grad, 2, inputs, call->expr->pos));
}

/* The table has as many rows as the indices' bound allows. */
static Value build_scatter(Elab *e, const BuiltinCall *call) {
    if (!needs_tensor(e, call, 0) || !needs_tensor(e, call, 1)) return value_error();
    Node *rows = call->args[0].node, *index = call->args[1].node;
    NodeSpec spec = {.op = call->op, .n_inputs = 2, .inputs = (Node *[]){index, rows}};
    spec.type = rows->type;
    spec.type.dims[0] = index->type.bound;
    return value_tensor(emit(e, spec, call->expr->pos));
}

static Value build_iota(Elab *e, const BuiltinCall *call) {
    int64_t axis;
    if (!needs_tensor(e, call, 0)) return value_error();
    const Node *like = call->args[0].node;
    if (!axis_of(e, call, 1, like, &axis)) return value_error();
    NodeSpec spec = {.op = OP_iota, .attrs.ints = {axis}};
    spec.type = type_make(ELEM_I32, like->type.rank, like->type.dims);
    return value_tensor(emit(e, spec, call->expr->pos));
}

static Value build_size(Elab *e, const BuiltinCall *call) {
    int64_t axis;
    if (!needs_tensor(e, call, 0)) return value_error();
    const Node *x = call->args[0].node;
    return axis_of(e, call, 1, x, &axis) ? value_dim(x->type.dims[axis]) : value_error();
}

static double reciprocal_root(double x) { return 1 / sqrt(x); }

static const Builtin builtins[] = {
    {"exp", "x", build_unary, OP_exp, exp},
    {"expm1", "x", build_unary, OP_expm1, expm1},
    {"log", "x", build_unary, OP_log, log},
    {"log1p", "x", build_unary, OP_log1p, log1p},
    {"tanh", "x", build_unary, OP_tanh, tanh},
    {"erf", "x", build_unary, OP_erf, erf},
    {"sin", "x", build_unary, OP_sin, sin},
    {"cos", "x", build_unary, OP_cos, cos},
    {"sqrt", "x", build_unary, OP_sqrt, sqrt},
    {"rsqrt", "x", build_unary, OP_rsqrt, reciprocal_root},
    {"abs", "x", build_unary, OP_abs, fabs},
    {"stop_gradient", "x", build_unary, OP_stop_gradient, NULL},
    {"grad", "y x", build_grad, OP_grad, NULL},
    {"transpose", "x", build_unary, OP_transpose, NULL},
    {"maximum", "a b", build_binary, OP_maximum, NULL},
    {"minimum", "a b", build_binary, OP_minimum, NULL},
    {"pow", "base exponent", build_pow, OP_COUNT, NULL},
    {"select", "condition a b", build_select, OP_select, NULL},
    {"float", "x", build_float, OP_cast, NULL},
    {"cast", "x type", build_cast, OP_cast, NULL},
    {"sum", "x axis", build_reduce, OP_sum, NULL},
    {"max", "x axis", build_reduce, OP_max, NULL},
    {"matmul", "a b", build_matmul, OP_matmul, NULL},
    {"reshape", "x dims*", build_shape, OP_reshape, NULL},
    {"broadcast", "x dims*", build_shape, OP_broadcast, NULL},
    {"slice", "x axis start stop", build_slice, OP_slice, NULL},
    {"concat", "axis operands*", build_concat, OP_concat, NULL},
    {"gather", "table index column=", build_gather, OP_gather, NULL},
    {"scatter_add", "rows index", build_scatter, OP_scatter_add, NULL},
    {"scatter_max", "rows index", build_scatter, OP_scatter_max, NULL},
    {"iota", "like axis", build_iota, OP_iota, NULL},
    {"size", "x axis", build_size, OP_COUNT, NULL},
    {"random", "x", build_random, OP_random, NULL},
    {"attention", "q k v q_seq kv_seq heads dropout= causal= scale= score=& keys=&", build_attention, OP_attention,
     NULL},
    {"update_rows", "x", build_update_rows, OP_COUNT, NULL},
    {"dropout_rate", "p", build_dropout_rate, OP_COUNT, NULL},
};

static const Builtin *find_builtin(const char *name) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (strcmp(builtins[i].name, name) == 0) return &builtins[i];
    }
    return NULL;
}

bool is_builtin(const char *name) { return find_builtin(name) != NULL; }

int builtin_names(const char **names, int capacity) {
    int count = 0;
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins && count < capacity; i++) {
        names[count++] = builtins[i].name;
    }
    return count;
}

/* "its parameters are: sum(x, axis)" */
static void hint_parameters(Elab *e, const Builtin *builtin) {
    const char *text = "", *name;
    size_t length;
    for (int i = 0; (name = parameter(builtin, i, &length)); i++) {
        const char *more = name[length] == '=' ? " = ..." : name[length] == '*' ? " ..." : "";
        text = arena_printf(e->arena, "%s%s%.*s%s", text, i ? ", " : "", (int)length, name, more);
    }
    diag_hint(e->diags, "its parameters are: %s(%s)", builtin->name, text);
}

static int find_parameter(const Builtin *builtin, const char *name) {
    size_t length;
    for (int i = 0;; i++) {
        const char *next = parameter(builtin, i, &length);
        if (!next) return -1;
        if (strlen(name) == length && strncmp(next, name, length) == 0) return i;
    }
}

static bool is_variadic(const Builtin *builtin) { return strchr(builtin->parameters, '*') != NULL; }

/* The parameter that argument `i` is for; -1 after a message. */
static int parameter_of(Elab *e, const Builtin *builtin, const Arg *arg, int i) {
    size_t length;
    int index = arg->name ? find_parameter(builtin, arg->name) : i;
    bool known = index >= 0 && (is_variadic(builtin) || parameter(builtin, index, &length));
    if (known) return index;
    if (arg->name) {
        if (fail(e, "E0302", arg->pos, "'%s' has no parameter '%s'", builtin->name, arg->name))
            hint_parameters(e, builtin);
    } else if (fail(e, "E0301", arg->pos, "too many arguments for '%s'", builtin->name)) {
        hint_parameters(e, builtin);
    }
    return -1;
}

static bool all_given(Elab *e, const Builtin *builtin, const BuiltinCall *call) {
    size_t length;
    for (int i = 0;; i++) {
        const char *name = parameter(builtin, i, &length);
        if (!name) return true;
        if (call->given[i] || name[length] == '=' || name[length] == '*') continue;
        if (fail(e, "E0301", call->expr->pos, "the argument '%.*s' of '%s' is missing", (int)length, name,
                 builtin->name)) {
            hint_parameters(e, builtin);
        }
        return false;
    }
}

static bool is_as_written(const Builtin *builtin, int i) {
    size_t length;
    const char *name = is_variadic(builtin) ? NULL : parameter(builtin, i, &length);
    return name && strncmp(name + length, "=&", 2) == 0;
}

/* Room for an argument to each parameter, or for all that a variadic builtin is given. */
static BuiltinCall call_new(Elab *e, const Builtin *builtin, const Expr *expr) {
    size_t room = 0, length;
    while (parameter(builtin, (int)room, &length)) room++;
    if (room < (size_t)expr->n_args) room = (size_t)expr->n_args;
    return (BuiltinCall){.expr = expr,
                         .name = builtin->name,
                         .op = builtin->op,
                         .fold = builtin->fold,
                         .args = arena_array(e->arena, room + 1, sizeof(Value)),
                         .pos = arena_array(e->arena, room + 1, sizeof(Pos)),
                         .exprs = arena_array(e->arena, room + 1, sizeof(const Expr *)),
                         .given = arena_array(e->arena, room + 1, sizeof(bool))};
}

Value call_builtin(Elab *e, const Expr *expr) {
    const Builtin *builtin = find_builtin(expr->text);
    BuiltinCall call = call_new(e, builtin, expr);
    bool good = true;
    for (int i = 0; i < expr->n_args; i++) {
        const Arg *arg = &expr->args[i];
        int index = parameter_of(e, builtin, arg, i);
        if (index < 0) return value_error();
        if (call.given[index]) return fail_value(e, "E0301", arg->pos, "this argument is given twice");
        call.given[index] = true;
        call.exprs[index] = arg->value;
        if (!is_as_written(builtin, index)) call.args[index] = eval(e, arg->value);
        call.pos[index] = arg->value ? arg->value->pos : arg->pos;
        if (call.args[index].kind == VALUE_ERROR && !is_as_written(builtin, index)) good = false;
        if (index >= call.n) call.n = index + 1;
    }
    if (!all_given(e, builtin, &call) || !good) return value_error();
    return builtin->build(e, &call);
}
