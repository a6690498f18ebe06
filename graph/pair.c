/* Pairs: cones of open values, and what they are for one query and one key. */
#include "graph/pair.h"

#include <string.h>

#include "graph/interpret.h"

int attention_out_operand(Op op) {
    if (op == OP_attention) return ATTENTION_OPERANDS;
    return op == OP_attention_second ? ATTENTION_CURVATURE + 1 : ATTENTION_SLOPE + 1;
}

/* Of those that there always are. */
static int fixed_operands(Op op) {
    int behind_out = op == OP_attention ? 0 : op == OP_attention_grad ? 3 : 6;
    return attention_out_operand(op) + behind_out;
}

int attention_rows_operand(Op op, Node *const *inputs, int n) {
    return n >= fixed_operands(op) + 2 && inputs[n - 1]->type.rank > 0 ? n - 2 : -1;
}

int attention_rows(const Node *attention) {
    return attention_rows_operand(attention->op, attention->inputs, attention->n_inputs);
}

int attention_reads(Op op, Node *const *inputs, int n) {
    int rows = attention_rows_operand(op, inputs, n);
    return ((rows < 0 ? n : rows) - fixed_operands(op)) / 2;
}

const Node *attention_read(const Node *grad, int read) { return grad->inputs[attention_read_slope(read) - 1]; }

int attention_read_slope(int read) { return ATTENTION_GRAD_OPERANDS + 2 * read + 1; }

CellSide cell_side(const Node *cell) {
    return pair_leaf(cell->inputs[0]->attrs.text) == PAIR_KEY ? CELL_KEY : CELL_QUERY;
}

bool pair_is_read(const Node *node) { return node->op == OP_lookup || node->op == OP_cell; }

static const struct {
    const char *name;
    ElemType elem;
} leaves_by_name[PAIR_LEAVES] = {
    [PAIR_SCORE] = {"score", ELEM_F32},
    [PAIR_QUERY] = {"query", ELEM_I32},
    [PAIR_KEY] = {"key", ELEM_I32},
    [PAIR_HEAD] = {"head", ELEM_I32},
};

PairLeaf pair_leaf(const char *name) {
    int leaf = 0;
    while (leaf < PAIR_LEAVES && strcmp(leaves_by_name[leaf].name, name) != 0) leaf++;
    return (PairLeaf)leaf;
}

const char *pair_leaf_name(PairLeaf leaf) { return leaves_by_name[leaf].name; }

ElemType pair_leaf_type(PairLeaf leaf) { return leaves_by_name[leaf].elem; }

const char *pair_leaf_names(void) { return "score, query, key, head"; }

Node *pair_node(Graph *graph, PairLeaf leaf, const Node *pos_of) {
    NodeSpec spec = {.op = OP_pair,
                     .attrs.text = leaves_by_name[leaf].name,
                     .type = type_scalar(pair_leaf_type(leaf)),
                     .pos = pos_of ? pos_of->pos : (Pos){0}};
    return graph_node(graph, &spec);
}

static bool is_constant_up_to(const Node *node, double value) {
    return node->op == OP_const && node->attrs.number <= value;
}

bool pair_is_start(const Node *first) { return is_constant_up_to(first, 0); }

bool pair_is_rest(const Node *end) { return end->op == OP_const && !is_constant_up_to(end, INT32_MAX - 1); }

bool pair_is_product(const Node *score) { return score->op == OP_pair && pair_leaf(score->attrs.text) == PAIR_SCORE; }

void pair_plain(Graph *graph, Node *operands[3], const Node *pos_of) {
    operands[0] = graph_const(graph, ELEM_I32, 0, pos_of);
    operands[1] = graph_const(graph, ELEM_I32, INT32_MAX, pos_of);
    operands[2] = pair_node(graph, PAIR_SCORE, pos_of);
}

/* --- Cones -------------------------------------------------------------------------------------------------------- */

static int place_of(const PairCone *cone, const Node *node) {
    int i = cone->count - 1;
    while (i >= 0 && cone->nodes[i] != node) i--;
    return i;
}

static bool may_be_inside(const Node *node) {
    bool computed = op_kind(node->op) == KIND_ELEMENTWISE && node->is_open;
    return node->type.rank == 0 && (computed || node->op == OP_const || node->op == OP_pair || pair_is_read(node));
}

/* The first operand that is computed within: not a table. */
static int first_inside(const Node *node) { return node->op == OP_lookup ? 1 : 0; }

/* `left`: how deep it may go on, which bounds the stack. */
static bool add(PairCone *cone, const Node *node, int left, const Node **bad) {
    if (place_of(cone, node) >= 0) return true;
    *bad = may_be_inside(node) ? NULL : node;
    if (*bad || left == 0) return false;
    for (int i = first_inside(node); i < node->n_inputs; i++) {
        if (!add(cone, node->inputs[i], left - 1, bad)) return false;
    }
    if (cone->count == MAX_PAIR_NODES) return false;
    for (int i = 0; i < node->n_inputs; i++) cone->operands[cone->count][i] = place_of(cone, node->inputs[i]);
    cone->nodes[cone->count++] = node;
    return true;
}

bool pair_cone_add(PairCone *cone, const Node *root, const Node **bad) {
    const Node *found = NULL;
    bool good = add(cone, root, MAX_PAIR_NODES, &found);
    if (bad) *bad = found;
    return good;
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static int64_t between(double value, int64_t most) { return value<0 ? 0 : value>(double) most ? most : (int64_t)value; }

static int64_t place_of_read(const PairCone *cone, int place, const PairPoint *point, const double *values) {
    const Node *read = cone->nodes[place];
    const int *operands = cone->operands[place];
    if (read->op == OP_cell) return between(values[operands[1]], point->columns[cell_side(read)] - 1);
    const Type *table = &read->inputs[0]->type;
    int64_t row = between(values[operands[1]], table->dims[0].offset - 1);
    return row * table->dims[1].offset + between(values[operands[2]], table->dims[1].offset - 1);
}

int64_t pair_place(const PairCone *cone, const PairPoint *point, const double *values, const Node *read) {
    return place_of_read(cone, place_of(cone, read), point, values);
}

static double value_of(const PairCone *cone, int place, const PairPoint *point, const double *values) {
    const Node *node = cone->nodes[place];
    if (node->op == OP_const) return elem_held(node->type.elem, node->attrs.number);
    if (node->op == OP_pair) return point->leaves[pair_leaf(node->attrs.text)];
    if (pair_is_read(node)) {
        const double *from = node->op == OP_cell ? point->cells[cell_side(node)] : cone->tables[node->inputs[0]->id];
        return from[place_of_read(cone, place, point, values)];
    }
    double operands[3] = {0};
    for (int i = 0; i < node->n_inputs; i++) operands[i] = values[cone->operands[place][i]];
    return interpret_scalar(node->op, node->type.elem, operands);
}

static void evaluate(const PairCone *cone, int count, const PairPoint *point, double *values) {
    for (int i = 0; i < count; i++) values[i] = value_of(cone, i, point, values);
}

void pair_evaluate(const PairCone *cone, const PairPoint *point, double *values) {
    evaluate(cone, cone->count, point, values);
}

double pair_value(const PairCone *cone, const double *values, const Node *node) { return values[place_of(cone, node)]; }

PairRange pair_range(const Node *attention, const PairCone *cone, int64_t position, int64_t head, int64_t keys) {
    const PairPoint point = {.leaves = {[PAIR_QUERY] = (double)position, [PAIR_HEAD] = (double)head}};
    double values[MAX_PAIR_NODES];
    int first = place_of(cone, attention->inputs[ATTENTION_FIRST]);
    int end = place_of(cone, attention->inputs[ATTENTION_END]);
    evaluate(cone, (first > end ? first : end) + 1, &point, values);
    return (PairRange){between(values[first], keys), between(values[end], keys)};
}
