/* The operator table as data: what a row of graph/ops.def says, for those who do not expand it. */
#ifndef GRADC_GRAPH_OPS_H
#define GRADC_GRAPH_OPS_H

#include <stdbool.h>

typedef struct Node Node;

typedef enum Op {
#define OP(name, ...) OP_##name,
#include "graph/ops.def"
#undef OP
    OP_COUNT
} Op;

typedef enum OpKind { /* KIND column of ops.def */
                      KIND_LEAF,
                      KIND_ELEMENTWISE,
                      KIND_REDUCE,
                      KIND_MATMUL,
                      KIND_MOVE,
                      KIND_GATHER,
                      KIND_SCATTER,
                      KIND_RANDOM,
                      KIND_ATTENTION,
                      KIND_GRAD
} OpKind;

/* What holds of an operator, to the last bit; or'ed. */
typedef enum OpTraits {
    IS_PLAIN = 0,
    IS_GIVEN = 1,         /* a leaf with memory */
    IS_IN_CODE = 2,       /* a leaf that is written into code */
    IS_COMMUTATIVE = 4,   /* f(a, b) is f(b, a) */
    IS_IDEMPOTENT = 8,    /* f(x, x) is x */
    IS_SELF_INVERSE = 16, /* f(f(x)) is x */
    IS_PROJECTION = 32,   /* f(f(x)) is f(x), of the outer one's type */
    IS_SUM = 64,          /* adds many numbers up, each partial sum rounded */
    IS_COMPARISON = 128   /* of two numbers: even of a NaN it makes a plain true or false */
} OpTraits;

const char *op_name(Op op);
bool op_find(const char *name, Op *op);
int op_arity(Op op);
const char *op_attributes(Op op); /* "heads:i result:i dropout:f scale:f site:s" */
OpKind op_kind(Op op);
const char *op_kind_name(OpKind kind); /* "elementwise" */
bool op_is(Op op, OpTraits traits);    /* all of them */

/* Vector instructions that compute a vector of its elements, about: to weigh computing it again against memory. */
int op_cost(Op op);
/* How often a product of matrices as large as its own is computed; 0 where no product is. */
int op_products(Op op);

/* Row i of a value: its elements of number i along the first axis. How the rows of a node are made of an operand: */
typedef enum Reads {
    READS_ELEMENT,  /* each element of the one at its place, and so row i of row i */
    READS_ROW,      /* row i of row i, of nothing else */
    READS_WHOLE,    /* each row may need all of it, in the same way whatever its number is */
    READS_SEQUENCE, /* row i of the part that belongs to the sequence in which row i lies */
    READS_BOUNDS,   /* it cuts the rows of the node into sequences: i32[S+1] */
    READS_MIXED     /* otherwise */
} Reads;
Reads node_reads(const Node *node, int operand);

/* Can a kernel that computes `node` compute this operand on its way? No: it is read at other places than those that are
 * being computed, so that it must be in memory. */
bool node_reads_in_place(const Node *node, int operand);

/* May it be an open value, which attention computes for each pair of a query and a key (pair.h)? */
bool op_takes_open(Op op, int operand);

#endif
