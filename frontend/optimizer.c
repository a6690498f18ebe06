/* Elaboration: the optimizer's update. Its body sees
 *   weight, gradient, each state  f32[N], one flat run of parameters
 *   rate, decay, step, scale      f32[], given at each step; `decay` is 0 for parameters without weight decay
 *   its own parameters            numbers, but `decay`, whose default is the Optimizer's
 * and leaves the new values under the names of `weight` and of the states. What is almost 0 of a state is kept as 0. */
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/count_text.h"

static Dim elements_dim(Elab *e) { return dim_symbol(graph_symbol_as(e->graph, "N", (Role){.kind = ROLE_ELEMENTS})); }

static Node *bind_input(Elab *e, const char *name, Role role, int rank, Pos pos) {
    Dim n = elements_dim(e);
    Node *node = emit_input(e, name, role, type_make(ELEM_F32, rank, &n), pos);
    bind_name(e, e->frame, name, value_tensor(node));
    return node;
}

/* What each optimizer sees is called like its role. */
static void bind_given(Elab *e, RoleKind kind, int rank, Pos pos) {
    bind_input(e, role_info(kind)->name, (Role){.kind = kind, .of = kind == ROLE_GRADIENT ? "weight" : NULL}, rank,
               pos);
}

static void bind_numbers(Elab *e, const Def *def) {
    for (int i = 0; i < def->formals.count; i++) {
        const Formal *formal = &def->formals.items[i];
        double number = 0;
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

static void bind_states(Elab *e, const Def *def) {
    Optimizer *optimizer = &e->program->optimizer;
    int capacity = sizeof optimizer->states / sizeof *optimizer->states;
    for (int i = 0; i < def->body.count; i++) {
        const Stmt *stmt = def->body.items[i];
        if (stmt->kind != STMT_STATE) continue;
        if (find_local(e->frame, stmt->name)) {
            fail(e, "E0203", stmt->pos, "the name '%s' is taken", stmt->name);
        } else if (optimizer->n_states == capacity) {
            fail(e, "E0407", stmt->pos, "an optimizer has at most %s", count_text(capacity, "state").text);
        } else {
            optimizer->states[optimizer->n_states++] = stmt->name;
            bind_input(e, stmt->name, (Role){.kind = ROLE_STATE, .of = stmt->name}, 1, stmt->pos);
        }
    }
}

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

/* The last value of a name as an output: f32[N]. */
static void output(Elab *e, const Def *def, const char *name, Role role) {
    Value value = find_local(e->frame, name)->value;
    Dim n = elements_dim(e);
    Type type = type_make(ELEM_F32, 1, &n);
    if (value.kind == VALUE_ERROR) return;
    if (value.kind == VALUE_TENSOR && type_equal(&value.node->type, &type)) {
        Node *node = role.kind == ROLE_STATE ? without_traces(e, value.node) : value.node;
        graph_output_as(e->graph, name, role, node);
        return;
    }
    fail(e, "E0407", def->pos, "the new '%s' must be f32[N], not %s", name, value_print(e, value));
}

void elaborate_optimizer(Elab *e, const Def *def) {
    static const RoleKind vectors[] = {ROLE_WEIGHT, ROLE_GRADIENT};
    static const RoleKind scalars[] = {ROLE_RATE, ROLE_DECAY, ROLE_STEP, ROLE_SCALE};
    Frame frame = {0};
    Optimizer *optimizer = &e->program->optimizer;
    if (def->failed) return;
    optimizer->name = def->name;
    begin_graph(e, arena_printf(e->arena, "%s.update", def->name), &frame);
    for (int i = 0; i < 2; i++) bind_given(e, vectors[i], 1, def->pos);
    for (int i = 0; i < 4; i++) bind_given(e, scalars[i], 0, def->pos);
    bind_numbers(e, def);
    bind_states(e, def);
    run_block(e, &def->body);
    output(e, def, role_info(ROLE_WEIGHT)->name, (Role){.kind = ROLE_WEIGHT});
    for (int i = 0; i < optimizer->n_states; i++)
        output(e, def, optimizer->states[i], (Role){.kind = ROLE_STATE, .of = optimizer->states[i]});
    optimizer->update = finish_graph(e);
}
