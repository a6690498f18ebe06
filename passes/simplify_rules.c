/* Rewrite rules on values: constant folding and the identities of arithmetic, logic, select and
 * matmul. */
#include "passes/simplify_rules.h"

#include <math.h>

#include "graph/interpret.h"

bool is_constant(const Node *x, double *value) {
    if (x->op == OP_broadcast) x = x->inputs[0];
    if (x->op != OP_const) return false;
    *value = elem_held(x->type.elem, x->attrs.number);
    return true;
}

static bool is_value(const Node *x, double value) {
    double own;
    return is_constant(x, &own) && own == value;
}

static bool is_known(const Node *x) {
    double value;
    return is_constant(x, &value);
}

Node *constant_of(Simplifier *s, const NodeSpec *spec, double value) {
    NodeSpec scalar = {.op = OP_const, .attrs.number = value, .type = type_scalar(spec->type.elem), .pos = spec->pos};
    Node *x = graph_node(s->graph, &scalar);
    if (spec->type.rank == 0) return x;
    NodeSpec spread = {.op = OP_broadcast, .n_inputs = 1, .inputs = &x, .type = spec->type, .pos = spec->pos};
    return graph_node(s->graph, &spread);
}

Node *simple1(Simplifier *s, Op op, Node *a, const NodeSpec *spec) {
    return simple_node(s, &(NodeSpec){.op = op, .n_inputs = 1, .inputs = &a, .type = spec->type, .pos = spec->pos});
}

Node *simple2(Simplifier *s, Op op, Node *a, Node *b, const NodeSpec *spec) {
    Node *inputs[] = {a, b};
    return simple_node(s, &(NodeSpec){.op = op, .n_inputs = 2, .inputs = inputs, .type = spec->type, .pos = spec->pos});
}

/* Rules for every operator of a kind, or that something holds of. x and z are the operands. */

static Node *fold_constants(Simplifier *s, const NodeSpec *spec) {
    double operands[3] = {0}, value;
    for (int i = 0; i < spec->n_inputs; i++) {
        if (!is_constant(spec->inputs[i], &operands[i])) return NULL;
    }
    return interpret_element(spec->op, spec->type.elem, operands, &value) ? constant_of(s, spec, value) : NULL;
}

/* What a spread operand is spread from, or NULL. */
static Node *spread_source(const Node *x) { return x->op == OP_broadcast ? x->inputs[0] : NULL; }

/* f(spread(a), spread(b), constant) = spread(f(a, b, constant)): computed once for each element of
 * the source. */
static Node *compute_before_spreading(Simplifier *s, const NodeSpec *spec) {
    Node *source = NULL, *inputs[3];
    for (int i = 0; i < spec->n_inputs; i++) {
        Node *own = spread_source(spec->inputs[i]);
        if (is_known(spec->inputs[i])) continue;
        if (!own || (source && !type_same_shape(&own->type, &source->type))) return NULL;
        source = own;
    }
    for (int i = 0; i < spec->n_inputs && source; i++) {
        NodeSpec like = {.type = source->type, .pos = spec->pos};
        double value;
        like.type.elem = spec->inputs[i]->type.elem;
        bool known = is_constant(spec->inputs[i], &value);
        inputs[i] = known ? constant_of(s, &like, value) : spread_source(spec->inputs[i]);
    }
    if (!source) return NULL;
    NodeSpec inner = *spec;
    inner.inputs = inputs;
    return simple1(s, OP_broadcast, simple_node(s, &inner), spec);
}

static Node *operand_of(const Node *x, Op op) { return x->op == op ? x->inputs[0] : NULL; }

/* Constants stand at the right. */
static Node *constant_last(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0], *z = spec->inputs[1];
    return is_known(x) && !is_known(z) ? simple2(s, spec->op, z, x, spec) : NULL;
}

static Node *same_twice(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    return spec->inputs[0] == spec->inputs[1] ? spec->inputs[0] : NULL;
}

static Node *there_and_back(Simplifier *s, const NodeSpec *spec) {
    return (void)s, operand_of(spec->inputs[0], spec->op);
}

static Node *once(Simplifier *s, const NodeSpec *spec) {
    Node *x = operand_of(spec->inputs[0], spec->op);
    return x ? simple1(s, spec->op, x, spec) : NULL;
}

/* A reduction over one element; a sum over none. */
static Node *simple_reduction(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0];
    Dim extent = x->type.dims[spec->attrs.ints[0]];
    if (dim_is(extent, 1)) return x;
    return spec->op == OP_sum && dim_is(extent, 0) ? constant_of(s, spec, 0) : NULL;
}

/* `kind` ANY_KIND: whatever has the traits. The remark is about operator %1$s. */
enum { ANY_KIND = -1 };

typedef struct GeneralRule {
    int kind;
    OpTraits traits;
    Rule rule;
    const char *says; /* NULL: not worth a remark */
} GeneralRule;

static const GeneralRule general_rules[] = {
    {KIND_ELEMENTWISE, IS_PLAIN, fold_constants, "%1$s of constants is a constant"},
    {ANY_KIND, IS_COMMUTATIVE, constant_last, NULL},
    {ANY_KIND, IS_IDEMPOTENT, same_twice, "%1$s(x, x) is x"},
    {ANY_KIND, IS_SELF_INVERSE, there_and_back, "%1$s(%1$s(x)) is x"},
    {ANY_KIND, IS_PROJECTION, once, "%1$s(%1$s(x)) is %1$s(x)"},
    {KIND_REDUCE, IS_PLAIN, simple_reduction, "%1$s of at most one element"},
};

/* Rules of single operators. */

static Node *simple_abs(Simplifier *s, const NodeSpec *spec) {
    Node *x = operand_of(spec->inputs[0], OP_neg);
    return x ? simple1(s, OP_abs, x, spec) : NULL;
}

static Node *simple_cast(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    return spec->inputs[0]->type.elem == spec->type.elem ? spec->inputs[0] : NULL;
}

static Node *simple_add(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0], *z = spec->inputs[1];
    if (is_value(z, 0)) return x;
    if (z->op == OP_neg) return simple2(s, OP_sub, x, z->inputs[0], spec);
    return x->op == OP_neg ? simple2(s, OP_sub, z, x->inputs[0], spec) : NULL;
}

static Node *simple_sub(Simplifier *s, const NodeSpec *spec) {
    Node *x = spec->inputs[0], *z = spec->inputs[1];
    if (is_value(z, 0)) return x;
    if (is_value(x, 0)) return simple1(s, OP_neg, z, spec);
    return z->op == OP_neg ? simple2(s, OP_add, x, z->inputs[0], spec) : NULL;
}

/* (-x) * (-z), (-x) / (-z) */
static Node *drop_signs(Simplifier *s, const NodeSpec *spec) {
    Node *x = operand_of(spec->inputs[0], OP_neg), *z = operand_of(spec->inputs[1], OP_neg);
    return x && z ? simple2(s, spec->op, x, z, spec) : NULL;
}

/* x * 1, x / 1, x * -1, x / -1 */
static Node *by_one(Simplifier *s, const NodeSpec *spec) {
    if (is_value(spec->inputs[1], 1)) return spec->inputs[0];
    return is_value(spec->inputs[1], -1) ? simple1(s, OP_neg, spec->inputs[0], spec) : NULL;
}

/* (-x) * c, (-x) / c = x * -c, x / -c */
static Node *sign_into_constant(Simplifier *s, const NodeSpec *spec) {
    double value;
    Node *x = operand_of(spec->inputs[0], OP_neg);
    if (!x || spec->type.elem != ELEM_F32 || !is_constant(spec->inputs[1], &value)) return NULL;
    return simple2(s, spec->op, x, constant_of(s, spec, -value), spec);
}

/* x / 2^n = x * 2^-n, where 2^n and 2^-n are both normal f32. */
static Node *divide_by_power_of_two(Simplifier *s, const NodeSpec *spec) {
    double value;
    int exponent;
    if (!is_constant(spec->inputs[1], &value) || fabs(frexp(value, &exponent)) != 0.5) return NULL;
    if (exponent < -124 || exponent > 126) return NULL;
    return simple2(s, OP_mul, spec->inputs[0], constant_of(s, spec, 1 / value), spec);
}

static Node *simple_logic(Simplifier *s, const NodeSpec *spec) {
    (void)s;
    for (int i = 0; i < 2; i++) {
        double value;
        if (!is_constant(spec->inputs[i], &value)) continue;
        bool decides = (value != 0) == (spec->op == OP_or);
        return spec->inputs[decides ? i : 1 - i];
    }
    return NULL;
}

static Node *simple_select(Simplifier *s, const NodeSpec *spec) {
    Node *const *x = spec->inputs;
    double value;
    if (is_constant(x[0], &value)) return x[value != 0 ? 1 : 2];
    if (x[1] == x[2]) return x[1];
    if (x[0]->op != OP_not) return NULL;
    NodeSpec swapped = *spec;
    swapped.inputs = (Node *[]){x[0]->inputs[0], x[2], x[1]};
    return simple_node(s, &swapped);
}

/* A transposed operand is read in the other storage. */
static Node *simple_matmul(Simplifier *s, const NodeSpec *spec) {
    for (int i = 0; i < 2; i++) {
        Node *x = operand_of(spec->inputs[i], OP_transpose);
        if (!x) continue;
        NodeSpec direct = *spec;
        direct.inputs = (Node *[]){i ? spec->inputs[0] : x, i ? x : spec->inputs[1]};
        direct.attrs.ints[i] = !spec->attrs.ints[i];
        return simple_node(s, &direct);
    }
    return NULL;
}

static const RuleRow value_rules[] = {
    {OP_abs, simple_abs, "abs(-x) is abs(x)"},
    {OP_cast, simple_cast, "a cast to the same type is nothing"},
    {OP_add, simple_add, "x + 0 is x; x + -y is x - y"},
    {OP_sub, simple_sub, "x - 0 is x; 0 - x is -x; x - -y is x + y"},
    {OP_mul, by_one, "x * 1 is x; x * -1 is -x"},
    {OP_div, by_one, "x / 1 is x; x / -1 is -x"},
    {OP_mul, drop_signs, "-x * -y is x * y"},
    {OP_div, drop_signs, "-x / -y is x / y"},
    {OP_mul, sign_into_constant, "-x * c is x * -c"},
    {OP_div, sign_into_constant, "-x / c is x / -c"},
    {OP_div, divide_by_power_of_two, "x / 2^n is x * 2^-n"},
    {OP_and, simple_logic, "one side is known"},
    {OP_or, simple_logic, "one side is known"},
    {OP_select, simple_select, "the condition is known or not needed"},
    {OP_matmul, simple_matmul, "the product reads the transposed operand as it lies"},
};

static Node *accepted(Node *node, const NodeSpec *spec) {
    return node && type_equal(&node->type, &spec->type) ? node : NULL;
}

static Node *apply_rules(Simplifier *s, const NodeSpec *spec, const RuleRow *rows, int n) {
    Node *node = NULL;
    for (int i = 0; i < n && !node; i++) {
        if (rows[i].op != spec->op) continue;
        node = accepted(rows[i].rule(s, spec), spec);
        if (node && rows[i].says) remark(s->remarks, s->at, "%s: %s", op_name(spec->op), rows[i].says);
    }
    return node;
}

static Node *apply_general_rules(Simplifier *s, const NodeSpec *spec) {
    for (size_t i = 0; i < sizeof general_rules / sizeof *general_rules; i++) {
        const GeneralRule *row = &general_rules[i];
        bool fits = row->kind == ANY_KIND || row->kind == (int)op_kind(spec->op);
        if (!fits || !op_is(spec->op, row->traits)) continue;
        Node *node = accepted(row->rule(s, spec), spec);
        if (node && row->says) remark(s->remarks, s->at, row->says, op_name(spec->op));
        if (node) return node;
    }
    return NULL;
}

Node *simple_node(Simplifier *s, const NodeSpec *given) {
    NodeSpec spec = *given;
    if (infer_type(s->graph, given, &spec.type)) return graph_node(s->graph, given); /* asserts */
    bool elementwise = op_kind(spec.op) == KIND_ELEMENTWISE;
    Node *node = apply_general_rules(s, &spec);
    if (!node) node = apply_rules(s, &spec, value_rules, (int)(sizeof value_rules / sizeof *value_rules));
    if (!node) node = apply_rules(s, &spec, move_rules, n_move_rules);
    if (node || !elementwise) return node ? node : graph_node(s->graph, &spec);
    node = accepted(compute_before_spreading(s, &spec), &spec);
    if (node) remark(s->remarks, s->at, "%s is computed once, before its operand is broadcast", op_name(spec.op));
    return node ? node : graph_node(s->graph, &spec);
}
