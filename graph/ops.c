/* The operator table as data, and what its words about operands mean for a node. */
#include "graph/ops.h"

#include <string.h>

#include "graph/graph.h"

/* The words of the READS column: ops.def says what they mean. NOTHING: there is no operand, or no word more. */
typedef enum ReadWord {
    NOTHING,
    ELEMENT,
    SPREAD,
    FOLDED,
    SHIFTED,
    TRANSPOSED,
    RESHAPED,
    ROW,
    LEFT,
    NAMED,
    SCATTERED,
    WHOLE,
    SEQUENCE,
    BOUNDS,
    PAIR,
    MIXED
} ReadWord;

enum { MAX_WORDS = 15 };

typedef struct OpRow {
    const char *name;
    int arity;
    const char *attributes;
    OpKind kind;
    ReadWord reads[MAX_WORDS]; /* the last word is said of all further operands */
    int cost, products;
    OpTraits traits;
} OpRow;

static const OpRow rows[] = {
#define NO_OPERANDS {NOTHING}
#define READS(...) {__VA_ARGS__}
#define COST(instructions) .cost = instructions, .products = 0
#define PRODUCTS(number) .cost = 1, .products = number
#define OP(name, arity, attributes, kind, words, work, holds, shape, value, gradient, lowering)                        \
    [OP_##name] = {#name, arity, attributes, KIND_##kind, words, work, .traits = holds},
#include "graph/ops.def"
#undef OP
#undef NO_OPERANDS
#undef READS
#undef COST
#undef PRODUCTS
};

#define NO_OPERANDS false
#define READS(...) true
#define OP(name, arity, attributes, kind, words, ...)                                                                  \
    _Static_assert(((arity) != 0) == words, #name ": how are its operands read?");
#include "graph/ops.def"
#undef OP
#undef NO_OPERANDS
#undef READS

const char *op_name(Op op) { return rows[op].name; }

int op_arity(Op op) { return rows[op].arity; }

OpKind op_kind(Op op) { return rows[op].kind; }

const char *op_kind_name(OpKind kind) {
    static const char *const names[] = {"leaf",   "elementwise", "reduce", "matmul",    "move",
                                        "gather", "scatter",     "random", "attention", "grad"};
    return names[kind];
}

const char *op_attributes(Op op) { return rows[op].attributes; }

bool op_is(Op op, OpTraits traits) { return (rows[op].traits & traits) == traits; }

int op_cost(Op op) { return rows[op].cost; }

int op_products(Op op) { return rows[op].products; }

bool op_find(const char *name, Op *op) {
    for (int i = 0; i < OP_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *op = (Op)i;
            return true;
        }
    }
    return false;
}

/* --- Operands ----------------------------------------------------------------------------------------------------- */

static ReadWord word_of(Op op, int operand) {
    int i = operand < MAX_WORDS ? operand : MAX_WORDS - 1;
    while (i > 0 && rows[op].reads[i] == NOTHING) i--;
    return rows[op].reads[i];
}

static bool has_rows_of(const Node *node, const Type *operand) {
    return operand->rank > 0 && node->type.rank > 0 && dim_equal(operand->dims[0], node->type.dims[0]);
}

static Reads row_if(bool same) { return same ? READS_ROW : READS_MIXED; }

Reads node_reads(const Node *node, int operand) {
    const Type *type = &node->inputs[operand]->type;
    switch (word_of(node->op, operand)) {
    case ELEMENT: return READS_ELEMENT;
    case ROW: return READS_ROW;
    case SPREAD: return type->rank == node->type.rank && has_rows_of(node, type) ? READS_ROW : READS_WHOLE;
    case FOLDED:
    case SHIFTED: return row_if(node->attrs.ints[0] > 0);
    case TRANSPOSED: return row_if(type->rank > 2);
    case RESHAPED: return row_if(has_rows_of(node, type));
    case LEFT: return row_if(!node->attrs.ints[0]);
    case NAMED:
    case WHOLE: return READS_WHOLE;
    case PAIR: return type->rank == 0 ? READS_WHOLE : READS_MIXED;
    case SEQUENCE: return READS_SEQUENCE;
    case BOUNDS: return READS_BOUNDS;
    default: return READS_MIXED;
    }
}

bool node_reads_in_place(const Node *node, int operand) {
    ReadWord word = word_of(node->op, operand);
    if (word == PAIR) return node->inputs[operand]->type.rank == 0;
    return word == ELEMENT || word == SPREAD || word == FOLDED || word == SCATTERED;
}

bool op_takes_open(Op op, int operand) { return op_kind(op) == KIND_ELEMENTWISE || word_of(op, operand) == PAIR; }

const char *kernel_kind_name(KernelKind kind) {
    static const char *const names[] = {
        "map", "row", "column", "contract", "attention", "attention_grad", "attention_second", "scatter"};
    return names[kind];
}
