/* Elaboration: the optimizer's update. Its body sees
 *   weight, gradient, each state  f32[N], one flat run of parameters; or, of `optimizer lamb(weight: f32[R, C], ...)`,
 *                                 f32[R, C], one parameter whose last axis are the columns; a state may have one row or
 *                                 one column instead: state row: f32[R, 1]
 *                                 begins at 0, or where it says `~ weight` as the weight was
 *   rate, decay, step, scale      f32[], given at each step; `decay` is 0 for parameters without weight decay
 *   its own parameters            numbers, but `decay`, whose default is the Optimizer's
 * and leaves the new values under the names of `weight` and of the states. What is almost 0 of a state is kept as 0. */
#include <inttypes.h>
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

/* What an update is of. */
typedef struct UpdateView {
    const Def *def;
    const Formal *weight; /* the one that says it is one parameter; NULL: a flat run */
    Type type;            /* of the weight */
} UpdateView;

static Node *bind_input(Elab *e, const char *name, Role role, Type type, Pos pos) {
    Node *node = emit_input(e, name, role, type, pos);
    bind_name(e, e->frame, name, value_tensor(node));
    return node;
}

/* What each optimizer sees is called like its role. */
static void bind_given(Elab *e, RoleKind kind, Type type, Pos pos) {
    Role role = {.kind = kind, .of = kind == ROLE_GRADIENT ? "weight" : NULL};
    bind_input(e, role_info(kind)->name, role, type, pos);
}

static void bind_numbers(Elab *e, const UpdateView *view) {
    const Def *def = view->def;
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        double number = 0;
        if (formal == view->weight) continue;
        if (formal->has_type || formal->is_tokens || !formal->initial) {
            fail(e, "E0407", formal->pos, "a parameter of an optimizer is a number: %s = 0.1", formal->name);
            continue;
        }
        if (!eval_number(e, formal->initial, "an optimizer's parameter", &number)) continue;
        if (strcmp(formal->name, "decay") == 0)
            e->program->optimizer.decay = number;
        else
            bind_name(e, e->frame, formal->name, value_number(number));
    }
}

/* --- States ------------------------------------------------------------------------------------------------------- */

/* Is the axis of a state as written the one of the weight, or 1? False after a message. */
static bool eval_span(Elab *e, const UpdateView *view, const Stmt *stmt, int axis, bool *is_one) {
    const Expr *dim = stmt->type.dims[axis];
    const char *own = view->weight->type.dims[axis]->text;
    *is_one = dim->kind == EXPR_NUMBER && dim->number == 1;
    if (*is_one || (dim->kind == EXPR_NAME && strcmp(dim->text, own) == 0)) return true;
    fail(e, "E0407", dim->pos, "axis %d of a state is %s or 1", axis, own);
    return false;
}

/* As the weight's; smaller where that is written. */
static Type state_type(Elab *e, const UpdateView *view, const Stmt *stmt, int state) {
    Type type = view->type;
    bool *spans[] = {&e->program->optimizer.spans[state].one_row, &e->program->optimizer.spans[state].one_column};
    if (!stmt->has_type) return type;
    if (!view->weight || stmt->type.elem != ELEM_F32 || stmt->type.rank != 2 || stmt->type.bound) {
        if (fail(e, "E0407", stmt->type.pos, "the state '%s' cannot have this type", stmt->name))
            diag_hint(e->diags, "it is as the weight; of an optimizer with weight: f32[R, C] it may be f32[R, 1], "
                                "f32[1, C] or f32[1, 1]");
        return type;
    }
    for (int i = 0; i < 2; i++) {
        if (eval_span(e, view, stmt, i, spans[i]) && *spans[i]) type.dims[i] = dim_const(1);
    }
    return type;
}

/* What stands for the weight, where `asked`, is as large as it is. */
static bool is_as_weight(Elab *e, const UpdateView *view, const Stmt *stmt, const Type *type, bool asked) {
    if (!asked || type_equal(type, &view->type)) return asked;
    fail(e, "E0407", stmt->pos, "the state '%s' stands for the weight, and is smaller", stmt->name);
    return false;
}

static void bind_states(Elab *e, const UpdateView *view) {
    Optimizer *optimizer = &e->program->optimizer;
    optimizer->n_states = 0;
    for (int i = 0; i < view->def->body.count; i++) {
        const Stmt *stmt = view->def->body.items[i];
        if (stmt->kind != STMT_STATE) continue;
        if (find_local(e->frame, stmt->name)) {
            fail(e, "E0203", stmt->pos, "the name '%s' is taken", stmt->name);
        } else if (optimizer->n_states == MAX_STATES) {
            fail(e, "E0407", stmt->pos, "an optimizer has at most %s", count_text(MAX_STATES, "state").text);
        } else {
            int state = optimizer->n_states++;
            optimizer->states[state] = stmt->name;
            Type type = state_type(e, view, stmt, state);
            optimizer->begins_as_weight[state] = is_as_weight(e, view, stmt, &type, stmt->from_weight);
            bind_input(e, stmt->name, (Role){.kind = ROLE_STATE, .of = stmt->name}, type, stmt->pos);
        }
    }
}

/* --- What is evaluated -------------------------------------------------------------------------------------------- */

static int find_state(const Optimizer *optimizer, const char *name) {
    int state = optimizer->n_states - 1;
    while (state >= 0 && strcmp(optimizer->states[state], name) != 0) state--;
    return state;
}

static void read_evaluated(Elab *e, const UpdateView *view) {
    Optimizer *optimizer = &e->program->optimizer;
    const Stmt *before = NULL;
    for (int i = 0; i < view->def->body.count; i++) {
        const Stmt *stmt = view->def->body.items[i];
        if (stmt->kind != STMT_EVALUATE) continue;
        int state = find_state(optimizer, stmt->name);
        if (before) {
            fail(e, "E0407", stmt->pos, "an optimizer evaluates one state");
        } else if (state < 0) {
            if (fail(e, "E0407", stmt->pos, "there is no state '%s'", stmt->name))
                diag_hint(e->diags, "it is declared so: state %s ~ weight", stmt->name);
        } else {
            const Node *input = graph_input_of(e->graph, (Role){.kind = ROLE_STATE, .of = stmt->name});
            optimizer->is_evaluated[state] = input && is_as_weight(e, view, stmt, &input->type, true);
        }
        before = stmt;
    }
}

/* --- What it leaves ----------------------------------------------------------------------------------------------- */

/* A state without news fades step by step, and would end among the subnormal numbers, never to leave: of those, 0.9
 * times the fifth rounds to the fourth, and 0.9 times the fourth to itself. Some processors take many times as long for
 * them. So what is far too small to move a weight is kept as 0. */
static Node *without_traces(Elab *e, Node *state) {
    const double bound = 0x1p-110; /* its products with usual rates are no subnormal numbers yet */
    Pos pos = state->pos;
    Node *size = emit_op(e, OP_abs, 1, &state, pos);
    Node *most = to_shape(e, OP_broadcast, scalar_node(e, ELEM_F32, bound, pos), &state->type, pos);
    Node *is_trace = emit_op(e, OP_less, 2, (Node *[]){size, most}, pos);
    Node *zero = to_shape(e, OP_broadcast, scalar_node(e, ELEM_F32, 0, pos), &state->type, pos);
    return emit_op(e, OP_select, 3, (Node *[]){is_trace, zero, state}, pos);
}

/* The last value of a name as an output, of the type that it came in with. */
static void output(Elab *e, const Def *def, const char *name, Role role) {
    const Node *before = graph_input_of(e->graph, role);
    Value value = find_local(e->frame, name)->value;
    if (value.kind == VALUE_ERROR || !before) return;
    if (value.kind == VALUE_TENSOR && type_equal(&value.node->type, &before->type)) {
        Node *node = role.kind == ROLE_STATE ? without_traces(e, value.node) : value.node;
        graph_output_as(e->graph, name, role, node);
        return;
    }
    fail(e, "E0407", def->pos, "the new '%s' must be %s, not %s", name,
         type_print(e->arena, &before->type, &e->graph->symbols), value_print(e, value));
}

static bool is_flat(const Type *type) { return type->rank > 0 && !dim_is_const(type->dims[0]); }

/* A run is of whatever parameters lie side by side: only what is computed number by number has a meaning there. */
static void check_elementwise(Elab *e) {
    for (int i = 0; i < e->graph->nodes.count; i++) {
        const Node *node = e->graph->nodes.items[i];
        bool by_number = op_kind(node->op) == KIND_ELEMENTWISE || op_is(node->op, IS_GIVEN),
             flat = is_flat(&node->type);
        for (int j = 0; j < node->n_inputs; j++) flat |= is_flat(&node->inputs[j]->type);
        bool spreads = node->op == OP_broadcast && !is_flat(&node->inputs[0]->type);
        if (!flat || by_number || spreads) continue;
        if (fail(e, "E0407", node->pos, "'%s' would run over several parameters that lie side by side",
                 op_name(node->op)))
            diag_hint(e->diags, "to see one parameter at a time: optimizer NAME(weight: f32[R, C], ...)");
        return;
    }
}

/* --- The update --------------------------------------------------------------------------------------------------- */

/* `view` with its type, whose dimensions are names by now. */
static void elaborate_update(Elab *e, const UpdateView *view) {
    static const RoleKind scalars[] = {ROLE_RATE, ROLE_DECAY, ROLE_STEP, ROLE_SCALE};
    const Optimizer *optimizer = &e->program->optimizer;
    const Def *def = view->def;
    bind_given(e, ROLE_WEIGHT, view->type, def->pos);
    bind_given(e, ROLE_GRADIENT, view->type, def->pos);
    for (int i = 0; i < 4; i++) bind_given(e, scalars[i], type_scalar(ELEM_F32), def->pos);
    bind_numbers(e, view);
    bind_states(e, view);
    read_evaluated(e, view);
    run_block(e, &def->body);
    output(e, def, role_info(ROLE_WEIGHT)->name, (Role){.kind = ROLE_WEIGHT});
    for (int i = 0; i < optimizer->n_states; i++)
        output(e, def, optimizer->states[i], (Role){.kind = ROLE_STATE, .of = optimizer->states[i]});
    if (!view->weight) check_elementwise(e);
}

static void elaborate_flat(Elab *e, UpdateView view) {
    Frame frame = {0};
    begin_graph(e, arena_printf(e->arena, "%s.update", view.def->name), &frame);
    Dim n = dim_symbol(graph_symbol_as(e->graph, "N", (Role){.kind = ROLE_ELEMENTS}));
    view.type = type_make(ELEM_F32, 1, &n);
    elaborate_update(e, &view);
    vec_push(e->arena, &e->program->optimizer.updates, ((OptimizerUpdate){.graph = finish_graph(e)}));
}

static void elaborate_whole(Elab *e, UpdateView view, int64_t rows, int64_t columns) {
    Frame frame = {0};
    const char *name = arena_printf(e->arena, "%s.update.%" PRId64 "x%" PRId64, view.def->name, rows, columns);
    const int64_t sizes[] = {rows, columns};
    Dim dims[2];
    begin_graph(e, name, &frame);
    for (int i = 0; i < 2; i++) {
        const char *axis = view.weight->type.dims[i]->text;
        Value size = value_number((double)sizes[i]);
        size.name = axis;
        dims[i] = dim_named(sizes[i], axis);
        bind_name(e, &frame, axis, size);
    }
    view.type = type_make(ELEM_F32, 2, dims);
    elaborate_update(e, &view);
    vec_push(e->arena, &e->program->optimizer.updates, ((OptimizerUpdate){rows, columns, finish_graph(e)}));
}

/* Once for each shape that the parameters have; the first mistake is enough. */
static void elaborate_shapes(Elab *e, const UpdateView *view) {
    const Optimizer *optimizer = &e->program->optimizer;
    for (int i = 0; i < e->program->params.count && e->diags->errors == e->errors_before; i++) {
        const Type *type = &e->program->params.items[i].type;
        if (optimizer_update(optimizer, type) < 0) elaborate_whole(e, *view, param_rows(type), param_columns(type));
    }
}

/* weight: f32[R, C], with names; NULL: not given. False after a message. */
static bool find_weight(Elab *e, const Def *def, const Formal **weight) {
    *weight = NULL;
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        if (strcmp(formal->name, "weight") != 0) continue;
        const TypeExpr *type = &formal->type;
        bool named = formal->has_type && type->elem == ELEM_F32 && !type->bound && type->rank == 2 &&
                     type->dims[0]->kind == EXPR_NAME && type->dims[1]->kind == EXPR_NAME &&
                     strcmp(type->dims[0]->text, type->dims[1]->text) != 0;
        *weight = formal;
        return named || (fail(e, "E0407", formal->pos, "an optimizer sees one parameter as weight: f32[R, C]"), false);
    }
    return true;
}

void elaborate_optimizer(Elab *e, const Def *def) {
    Optimizer *optimizer = &e->program->optimizer;
    UpdateView view = {.def = def};
    if (def->failed || !find_weight(e, def, &view.weight)) return;
    optimizer->name = def->name;
    optimizer->whole = view.weight != NULL;
    if (optimizer->whole)
        elaborate_shapes(e, &view);
    else
        elaborate_flat(e, view);
}
