/* Elaboration: tensors joined end to end; lists of numbers, [1, 0.5, 2], as f32[3]. */
#include "frontend/elaborate.h"

/* An item as f32[1]; a number that only a call knows is some number. NULL after a message. */
static Node *item_node(Elab *e, const Expr *item) {
    Value value = eval(e, item);
    Dim one = dim_const(1);
    Type type = type_make(ELEM_F32, 1, &one);
    if (is_some_number(e, value)) value = value_number(0);
    if (value.kind == VALUE_NUMBER) value = value_tensor(scalar_node(e, ELEM_F32, value.number, item->pos));
    if (value.kind == VALUE_ERROR) return NULL;
    bool good = value.kind == VALUE_TENSOR && value.node->type.elem == ELEM_F32 && value.node->type.rank == 0;
    if (good) return to_shape(e, OP_reshape, value.node, &type, item->pos);
    if (fail(e, "E0304", item->pos, "an item of a list must be a number, not %s", value_print(e, value))) {
        diag_hint(e->diags, "concat(0, a, b) joins tensors along an axis");
    }
    return NULL;
}

Node *concat_operands(Elab *e, Node **operands, int count, int64_t axis, Pos pos) {
    while (count > 1) {
        int joined = 0;
        for (int i = 0; i < count; i += MAX_OPERANDS) {
            int n = count - i < MAX_OPERANDS ? count - i : MAX_OPERANDS;
            NodeSpec spec = {.op = OP_concat, .n_inputs = n, .inputs = operands + i, .attrs.ints = {axis}};
            operands[joined++] = n == 1 ? operands[i] : emit(e, spec, pos);
        }
        count = joined;
    }
    return operands[0];
}

Value number_list(Elab *e, const double *numbers, int64_t count, Pos pos) {
    Node **items = arena_array(e->arena, (size_t)count + 1, sizeof(Node *));
    Dim one = dim_const(1);
    Type type = type_make(ELEM_F32, 1, &one);
    for (int64_t i = 0; i < count; i++)
        items[i] = to_shape(e, OP_reshape, scalar_node(e, ELEM_F32, numbers[i], pos), &type, pos);
    return value_tensor(concat_operands(e, items, (int)count, 0, pos));
}

Value eval_list(Elab *e, const Expr *expr) {
    Node **items = arena_array(e->arena, (size_t)expr->n_args + 1, sizeof(Node *));
    bool good = true;
    for (int i = 0; i < expr->n_args; i++) {
        items[i] = item_node(e, expr->args[i].value);
        good = good && items[i];
    }
    return good ? value_tensor(concat_operands(e, items, expr->n_args, 0, expr->pos)) : value_error();
}
