/* Elaboration: expressions. Numbers are computed now, in double precision; tensors become nodes. */
#include <math.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

/* Sizes that only a call knows may make these right. */
static bool may_fit(const Elab *e, const NodeSpec *spec) {
    bool sizes = spec->op == OP_slice || spec->op == OP_reshape || spec->op == OP_concat || spec->op == OP_attention;
    bool generic = has_generic(e, &spec->type);
    for (int i = 0; i < spec->n_inputs; i++) generic |= has_generic(e, &spec->inputs[i]->type);
    return sizes && generic;
}

Node *emit(Elab *e, NodeSpec spec, Pos pos) {
    for (int i = 0; i < spec.n_inputs; i++) {
        if (!spec.inputs[i]) return NULL;
    }
    Type type;
    spec.pos = place(e, pos);
    spec.pos.scope = *e->scope ? e->scope : NULL;
    const char *broken = infer_type(e->graph, &spec, &type);
    if (!broken) return graph_node(e->graph, &spec);
    if (may_fit(e, &spec)) return NULL;
    if (fail(e, "E0305", pos, "%s", broken)) {
        for (int i = 0; i < spec.n_inputs; i++) note_made(e, spec.inputs[i], pos);
    }
    return NULL;
}

Node *emit_op(Elab *e, Op op, int n, Node *const *inputs, Pos pos) {
    return emit(e, (NodeSpec){.op = op, .n_inputs = n, .inputs = inputs}, pos);
}

Node *scalar_node(Elab *e, ElemType elem, double value, Pos pos) {
    if (elem != ELEM_F32 && (value != floor(value) || fabs(value) > INT32_MAX)) {
        fail(e, "E0304", pos, "%g is no %s", value, elem_name(elem));
        return NULL;
    }
    return emit(e, (NodeSpec){.op = OP_const, .attrs.number = value, .type = type_scalar(elem)}, pos);
}

Node *number_node(Elab *e, ElemType elem, Value value, Pos pos) {
    if (value.kind == VALUE_NUMBER) return scalar_node(e, elem, value.number, pos);
    return stand_in(e, type_scalar(elem), pos).node;
}

bool is_number(const Elab *e, Value value) { return value.kind == VALUE_NUMBER || is_some_number(e, value); }

Node *emit_input(Elab *e, const char *name, Role role, Type type, Pos pos) {
    return emit(e, (NodeSpec){.op = OP_input, .attrs = {.text = name, .role = role}, .type = type}, pos);
}

Node *to_shape(Elab *e, Op op, Node *x, const Type *type, Pos pos) {
    if (!x || type_same_shape(&x->type, type)) return x;
    return emit(e, (NodeSpec){.op = op, .n_inputs = 1, .inputs = &x, .type = *type}, pos);
}

/* Aligned at the right, 1 fits all. */
bool join_shapes(Type *shape, const Type *type) {
    Type wide = shape->rank >= type->rank ? *shape : *type;
    for (int i = 1; i <= wide.rank; i++) {
        Dim a = i <= shape->rank ? shape->dims[shape->rank - i] : dim_const(1);
        Dim b = i <= type->rank ? type->dims[type->rank - i] : dim_const(1);
        if (!dim_equal(a, b) && !dim_is(a, 1) && !dim_is(b, 1)) return false;
        bool take = dim_is(a, 1) || (dim_equal(a, b) && !a.name); /* of equals the one with a name */
        wide.dims[wide.rank - i] = take ? b : a;
    }
    *shape = wide;
    return true;
}

static const char *list_values(Elab *e, int n, const Value *values) {
    const char *text = "";
    for (int i = 0; i < n; i++) {
        text = arena_printf(e->arena, "%s%s%s", text,
                            i == 0      ? ""
                            : i + 1 < n ? ", "
                                        : " and ",
                            value_print(e, values[i]));
    }
    return text;
}

/* About the last dimensions that do not fit. */
static void hint_differing(Elab *e, const Type *a, const Type *b) {
    for (int i = 1; i <= a->rank && i <= b->rank; i++) {
        Dim x = a->dims[a->rank - i], y = b->dims[b->rank - i];
        if (dim_equal(x, y) || dim_is(x, 1) || dim_is(y, 1)) continue;
        hint_open_sizes(e, x, y);
        return;
    }
}

/* The shape and element type that all tensors share. */
static bool common_type(Elab *e, int n, const Value *values, Type *type, Pos pos, const char *what) {
    const Node *first = NULL;
    for (int i = 0; i < n; i++) {
        if (values[i].kind != VALUE_TENSOR) continue;
        const Type *next = &values[i].node->type;
        if (!first)
            *type = type_make(next->elem, next->rank, next->dims);
        else if (next->elem != type->elem) {
            if (fail(e, "E0306", pos, "%s: the element types differ: %s", what, list_values(e, n, values))) {
                for (int j = 0; j < n; j++) {
                    if (values[j].kind == VALUE_TENSOR) note_made(e, values[j].node, pos);
                }
                diag_hint(e->diags, "float(x) makes an f32 tensor of x");
            }
            return false;
        } else if (!join_shapes(type, next)) {
            if (fail(e, "E0306", pos, "%s: the shapes do not fit: %s", what, list_values(e, n, values))) {
                for (int j = 0; j < n; j++) {
                    if (values[j].kind == VALUE_TENSOR) note_made(e, values[j].node, pos);
                }
                diag_hint(e->diags, "each dimension must be equal or 1, counted from the last");
                hint_differing(e, type, next);
            }
            return false;
        }
        first = values[i].node;
    }
    return true;
}

bool align(Elab *e, int n, const Value *values, Node **nodes, Pos pos, const char *what) {
    Type type = {0};
    for (int i = 0; i < n; i++) {
        if (values[i].kind == VALUE_ERROR) return false;
        if (values[i].kind == VALUE_TENSOR || is_number(e, values[i])) continue;
        if (fail(e, "E0304", pos, "%s needs tensors and numbers, not %s", what, value_print(e, values[i]))) {
            hint_kind(e, VALUE_TENSOR, values[i]);
        }
        return false;
    }
    if (!common_type(e, n, values, &type, pos, what)) return false;
    for (int i = 0; i < n; i++) {
        bool number = values[i].kind != VALUE_TENSOR;
        Node *node = number ? number_node(e, type.elem, values[i], pos) : values[i].node;
        nodes[i] = to_shape(e, OP_broadcast, node, &type, pos);
        if (!nodes[i]) return false;
    }
    return true;
}

/* Step 1 of a binary operator: two numbers. */
static double fold(const char *op, double a, double b) {
    if (strcmp(op, "+") == 0) return a + b;
    if (strcmp(op, "-") == 0) return a - b;
    if (strcmp(op, "*") == 0) return a * b;
    if (strcmp(op, "/") == 0) return a / b;
    if (strcmp(op, "<") == 0) return a < b;
    if (strcmp(op, "<=") == 0) return a <= b;
    if (strcmp(op, ">") == 0) return a > b;
    if (strcmp(op, ">=") == 0) return a >= b;
    if (strcmp(op, "==") == 0) return a == b;
    if (strcmp(op, "and") == 0) return a != 0 && b != 0;
    return a != 0 || b != 0;
}

static Value fold_numbers(Elab *e, const Expr *expr, double a, double b) {
    double result = fold(expr->text, a, b);
    if (isfinite(result)) return value_number(result);
    return fail_value(e, "E0310", expr->pos, "%g %s %g is not a finite number", a, expr->text, b);
}

/* Step 2: sizes that are known batch by batch. */
static Value fold_dims(Elab *e, const Expr *expr, Value a, Value b) {
    Dim result, sizes[2];
    const Value *values[] = {&a, &b};
    bool good = true;
    for (int i = 0; i < 2 && good; i++) {
        int64_t integer = 0;
        good = values[i]->kind == VALUE_DIM || (values[i]->kind == VALUE_NUMBER && fabs(values[i]->number) < 1e15);
        if (good) integer = (int64_t)values[i]->number;
        if (good && values[i]->kind == VALUE_NUMBER) good = (double)integer == values[i]->number;
        sizes[i] = values[i]->kind == VALUE_DIM ? values[i]->dim : dim_const(integer);
    }
    Dim minus;
    if (good && strcmp(expr->text, "+") == 0)
        good = dim_add(sizes[0], sizes[1], &result);
    else if (good && strcmp(expr->text, "*") == 0)
        good = dim_mul(sizes[0], sizes[1], &result);
    else if (good && strcmp(expr->text, "-") == 0) {
        good = dim_mul(sizes[1], dim_const(-1), &minus) && dim_add(sizes[0], minus, &result);
    } else if (good && strcmp(expr->text, "==") == 0 && a.kind == b.kind && dim_equal(sizes[0], sizes[1])) {
        return value_number(1);
    } else
        good = false;
    if (good) return value_dim(result);
    if (is_some_number(e, a) || is_some_number(e, b)) return (Value){.kind = VALUE_SOME_NUMBER};
    return fail_value(e, "E0310", expr->pos, "'%s' of %s and %s is not known until a batch comes", expr->text,
                      value_print(e, a), value_print(e, b));
}

/* Step 3: tensors, or a tensor and a number. `>` is `<` with its operands swapped. */
static Value binary_tensors(Elab *e, const Expr *expr, Value a, Value b) {
    static const struct {
        const char *text;
        Op op;
        bool swap;
    } table[] = {{"+", OP_add, false},   {"-", OP_sub, false},        {"*", OP_mul, false},
                 {"/", OP_div, false},   {"<", OP_less, false},       {"<=", OP_less_equal, false},
                 {">", OP_less, true},   {">=", OP_less_equal, true}, {"==", OP_equal, false},
                 {"and", OP_and, false}, {"or", OP_or, false}};
    Value operands[] = {a, b};
    Node *nodes[2], *swapped[2];
    if (!align(e, 2, operands, nodes, expr->pos, arena_printf(e->arena, "'%s'", expr->text))) return value_error();
    for (int i = 0; i < 2; i++) swapped[i] = nodes[1 - i];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].text, expr->text) != 0) continue;
        return value_tensor(emit_op(e, table[i].op, 2, table[i].swap ? swapped : nodes, expr->pos));
    }
    return value_error();
}

static Value eval_binary(Elab *e, const Expr *expr) {
    Value a = eval(e, expr->a), b = eval(e, expr->b);
    if (a.kind == VALUE_ERROR || b.kind == VALUE_ERROR) return value_error();
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER) return fold_numbers(e, expr, a.number, b.number);
    if ((a.kind == VALUE_SOME_NUMBER || b.kind == VALUE_SOME_NUMBER) && a.kind != VALUE_TENSOR &&
        b.kind != VALUE_TENSOR) {
        return (Value){.kind = VALUE_SOME_NUMBER};
    }
    bool dims = a.kind == VALUE_DIM || b.kind == VALUE_DIM;
    if (dims && a.kind != VALUE_TENSOR && b.kind != VALUE_TENSOR) return fold_dims(e, expr, a, b);
    return binary_tensors(e, expr, a, b);
}

static Value eval_unary(Elab *e, const Expr *expr) {
    Value a = eval(e, expr->a);
    bool negative = strcmp(expr->text, "-") == 0;
    if (a.kind == VALUE_ERROR) return a;
    if (a.kind == VALUE_NUMBER) return value_number(negative ? -a.number : a.number == 0);
    if (is_some_number(e, a)) return (Value){.kind = VALUE_SOME_NUMBER};
    if (a.kind == VALUE_TENSOR) {
        return value_tensor(emit_op(e, negative ? OP_neg : OP_not, 1, &a.node, expr->pos));
    }
    if (fail(e, "E0304", expr->pos, "'%s' needs a tensor or a number, not %s", expr->text, value_print(e, a))) {
        hint_kind(e, VALUE_TENSOR, a);
    }
    return value_error();
}

/* A condition that only a call knows: both branches are looked at; what they agree in is known. */
static Value either(Elab *e, const Expr *expr) {
    Value a = eval(e, expr->b), b = eval(e, expr->c);
    if (a.kind == VALUE_TENSOR && b.kind == VALUE_TENSOR && type_equal(&a.node->type, &b.node->type)) return a;
    if (is_number(e, a) && is_number(e, b)) return (Value){.kind = VALUE_SOME_NUMBER};
    return value_error();
}

/* Only the branch that is taken is elaborated: it may instantiate parameters. */
static Value eval_if(Elab *e, const Expr *expr) {
    Value condition = eval(e, expr->a);
    if (condition.kind == VALUE_NUMBER) return eval(e, condition.number != 0 ? expr->b : expr->c);
    if (e->checking && (is_some_number(e, condition) || condition.kind == VALUE_ERROR)) return either(e, expr);
    if (condition.kind == VALUE_ERROR) return condition;
    if (fail(e, "E0309", expr->a->pos, "the condition of 'if' must be known when the graph is built, but it is %s",
             value_print(e, condition))) {
        diag_hint(e->diags, "select(condition, a, b) chooses element by element");
    }
    return value_error();
}

/* Within one definition the innermost `in` counts: f(g(x) in "a") in "b" makes g's parameters in "a", f's in "b". */
static Value eval_scoped(Elab *e, const Expr *expr) {
    const char *scope = interpolate(e, expr->text, expr->pos), *outer = e->scope;
    bool outer_shares = e->shares;
    if (!scope || !check_scope_length(e, strlen(e->frame->scope) + strlen(scope), expr->pos)) return value_error();
    e->scope = join_scope(e, e->frame->scope, scope);
    e->shares |= expr->shared;
    Value value = eval(e, expr->a);
    e->scope = outer;
    e->shares = outer_shares;
    return value;
}

/* Also of what is called in it. */
static Value eval_still(Elab *e, const Expr *expr) {
    bool outer = e->is_still;
    e->is_still = true;
    Value value = eval(e, expr->a);
    e->is_still = outer;
    return value;
}

static Value read_weights(Elab *e, LabelValue *label, Pos pos) {
    label->weights_read = true;
    return number_list(e, label->weights, label->classes, pos);
}

/* Which of the numbers the row has: 1, or 0 in a gap. From now on rows may have gaps. */
static Value read_given(Elab *e, LabelValue *label, Pos pos) {
    Role role = {.kind = ROLE_GIVEN, .of = label->name};
    label->given_read = true;
    return value_tensor(emit_input(e, arena_printf(e->arena, "%s.given", label->name), role, label->given, pos));
}

/* How many classes a label has and what they weigh, which values are given, and what one of tokens knows of its rows.
 */
static Value eval_label_member(Elab *e, const Expr *expr, LabelValue *label) {
    bool of_tokens = label->at != NULL;
    if (label->classes && strcmp(expr->text, "classes") == 0) return value_number((double)label->classes);
    if (label->weights && strcmp(expr->text, "weights") == 0) return read_weights(e, label, expr->pos);
    if (!of_tokens && strcmp(expr->text, "given") == 0) return read_given(e, label, expr->pos);
    if (of_tokens && strcmp(expr->text, "at") == 0) return value_tensor(label->at);
    if (of_tokens && strcmp(expr->text, "W") == 0) return value_dim(label->at->type.dims[0]);
    if (fail(e, "E0206", expr->pos, "'%s' has no member '%s'", label->name, expr->text)) {
        diag_hint(e->diags,
                  "labels and numbers of a row have given: 1, or 0 where the row has none; labels have classes, their "
                  "number, and weights where they are declared with them; those of words or masked tokens also at and "
                  "W: the token rows that they belong to, and how many");
    }
    return value_error();
}

/* What other languages have as members of tensors. */
static void hint_tensor_member(Elab *e, const char *member) {
    if (strcmp(member, "T") == 0)
        diag_hint(e->diags, "the transpose is transpose(x)");
    else if (strcmp(member, "shape") == 0 || strcmp(member, "size") == 0)
        diag_hint(e->diags, "an extent is size(x, axis = 0)");
    else if (find_def(e, member) || is_builtin(member))
        diag_hint(e->diags, "a function is called with its tensor: %s(x)", member);
    else
        diag_hint(e->diags, "declare the parameter as tokens: def f(x: tokens)");
}

static Value eval_member(Elab *e, const Expr *expr) {
    static const char *const names[] = {"ids", "segments", "positions", "bounds", "first",    "sequence",
                                        "row", "T",        "S",         "R",      "pools_max"};
    enum { TENSORS = 7, NAMES = sizeof names / sizeof *names };
    Value value = eval(e, expr->a);
    if (value.kind == VALUE_ERROR) return value;
    if (value.label) return eval_label_member(e, expr, value.label);
    if (value.kind != VALUE_TOKENS) {
        if (fail(e, "E0206", expr->pos, "only texts, labels and numbers have members, not %s", value_print(e, value)))
            hint_tensor_member(e, expr->text);
        return value_error();
    }
    const TokensValue *tokens = value.tokens;
    if (strcmp(expr->text, "T") == 0) return value_dim(tokens->length);
    if (strcmp(expr->text, "S") == 0) return value_dim(tokens->rows->type.dims[0]);
    if (strcmp(expr->text, "R") == 0) return value_dim(tokens->n_rows);
    if (strcmp(expr->text, "pools_max") == 0)
        return e->checking ? (Value){.kind = VALUE_SOME_NUMBER} : value_number(tokens->pools_max);
    Node *const nodes[TENSORS] = {tokens->ids,   tokens->segments, tokens->positions, tokens->bounds,
                                  tokens->first, tokens->sequence, tokens->row};
    for (int i = 0; i < TENSORS; i++) {
        if (strcmp(expr->text, names[i]) == 0) return value_tensor(nodes[i]);
    }
    if (fail(e, "E0206", expr->pos, "a text input has no member '%s'", expr->text)) {
        if (!diag_hint_nearest(e->diags, expr->text, names, NAMES))
            diag_hint(e->diags, "it has ids, segments, positions, bounds, first, sequence, row, T, S and R");
    }
    return value_error();
}

static Value eval_name(Elab *e, const Expr *expr) {
    Value value;
    if (find_name(e, expr->text, &value)) return note_use(e, expr, value), value;
    unknown_name(e, expr->text, expr->pos);
    return value_error();
}

static Value eval_call(Elab *e, const Expr *expr) {
    Def *def = find_def(e, expr->text);
    Value value = value_error();
    if (def)
        value = call_def(e, def, expr);
    else if (is_builtin(expr->text))
        value = call_builtin(e, expr);
    else
        unknown_function(e, expr->text, expr->pos);
    note_call(e, expr, def, value);
    return value;
}

/* Of a merge, but not in the definitions that it calls, it is a parameter. */
static Value eval_string(Elab *e, const Expr *expr) {
    if (e->star && !e->frame->def) return merge_operand(e, expr);
    return (Value){.kind = VALUE_STRING, .text = expr->text};
}

static Value eval_kind(Elab *e, const Expr *expr) {
    switch (expr->kind) {
    case EXPR_NUMBER: return value_number(expr->number);
    case EXPR_STRING: return eval_string(e, expr);
    case EXPR_NAME: return eval_name(e, expr);
    case EXPR_CALL: return eval_call(e, expr);
    case EXPR_UNARY: return eval_unary(e, expr);
    case EXPR_BINARY: return eval_binary(e, expr);
    case EXPR_IF: return eval_if(e, expr);
    case EXPR_SCOPED: return eval_scoped(e, expr);
    case EXPR_STILL: return eval_still(e, expr);
    case EXPR_MEMBER: return eval_member(e, expr);
    case EXPR_LIST: return eval_list(e, expr);
    case EXPR_RANGE: return eval_positions(e, expr);
    }
    return value_error();
}

Value eval(Elab *e, const Expr *expr) {
    if (!expr) return value_error();
    if (++e->steps > MAX_STEPS) {
        if (e->steps > MAX_STEPS + 1) return value_error(); /* reported already */
        return fail_value(e, "E0312", expr->pos, "more than %s: the program's calls and repeats do not seem to end",
                          count_text(MAX_STEPS, "step").text);
    }
    if (e->eval_depth >= MAX_EVAL_DEPTH)
        return fail_value(e, "E0312", expr->pos, "this is nested more than %d deep", MAX_EVAL_DEPTH);
    e->eval_depth++;
    Value value = eval_kind(e, expr);
    e->eval_depth--;
    return value;
}

bool eval_number(Elab *e, const Expr *expr, const char *what, double *number) {
    Value value = eval(e, expr);
    if (value.kind == VALUE_ERROR) return false;
    *number = value.number;
    if (value.kind == VALUE_NUMBER) return true;
    if (is_some_number(e, value)) return false; /* a call knows it */
    fail(e, "E0304", expr->pos, "%s must be a number known when the graph is built, not %s", what,
         value_print(e, value));
    return false;
}

bool integer_of(Elab *e, Value value, Pos pos, const char *what, int64_t lowest, int64_t *integer) {
    if (value.kind == VALUE_ERROR || is_some_number(e, value)) return false;
    if (value.kind != VALUE_NUMBER) {
        fail(e, "E0304", pos, "%s must be an integer known when the graph is built, not %s", what,
             value_print(e, value));
        return false;
    }
    if (value.number != floor(value.number) || value.number < (double)lowest || value.number > INT32_MAX) {
        fail(e, "E0310", pos, "%s must be an integer from %lld to %d, not %.15g", what, (long long)lowest, INT32_MAX,
             value.number);
        return false;
    }
    *integer = (int64_t)value.number;
    return true;
}

bool eval_integer(Elab *e, const Expr *expr, const char *what, int64_t lowest, int64_t *integer) {
    Value value = eval(e, expr);
    return expr && integer_of(e, value, expr->pos, what, lowest, integer);
}
