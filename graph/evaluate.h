/* Evaluation: one node of a graph on the interpreter's desk. Private to graph/interpret*.c.
 *
 * An evaluator `evaluate_<name>` (the VALUE column of ops.def) reads `in` and fills `out`; false
 * and `error` set when an operand's values are not allowed (an index out of range). `out` is zeroed
 * before. */
#ifndef GRADC_GRAPH_EVALUATE_H
#define GRADC_GRAPH_EVALUATE_H

#include "graph/interpret.h"

/* How results are rounded: not at all for `units` 0. */
typedef struct Rounding {
    uint64_t seed; /* of the noise */
    double units;  /* half units of the last place, at most */
} Rounding;

typedef struct OpEvaluation {
    const int64_t *extents; /* of the graph's symbols */
    const Binding *bindings;
    int n_bindings;
    const Node *node;
    const double *in[MAX_OPERANDS]; /* row-major elements of the operands */
    double *out;
    double *const *values; /* [node id]: of the nodes that came before */
    int64_t count;         /* elements of `out` */
    Rounding rounding;
    double *blurred[MAX_OPERANDS]; /* operands made up for this node; NULL: the given ones */
    char error[256];
} OpEvaluation;

/* Sets `error`, after the operator's name. Always false. */
bool evaluation_error(OpEvaluation *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A shape split at one axis: elements are [outer, extent, inner]. */
typedef struct AxisSplit {
    int64_t outer, extent, inner;
} AxisSplit;
AxisSplit split_axis(const OpEvaluation *e, const Type *type, int64_t axis);

/* The extent of axis `axis` of operand `operand`. */
int64_t operand_extent(const OpEvaluation *e, int operand, int axis);

/* interpret_rounding.c: before a node is evaluated, after, and when its operands are done with. */
void blur_operands(OpEvaluation *e);
void round_result(OpEvaluation *e);
void drop_blurred(OpEvaluation *e);
/* A value inside of an operator, off as much as the operands are. */
double round_inside(const OpEvaluation *e, double value);

#define VALUE(expression) evaluate_elementwise
#define EVALUATE(function) evaluate_##function
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, rule, ...) bool rule(OpEvaluation *e);
#include "graph/ops.def"
#undef OP
#undef VALUE
#undef EVALUATE

#endif
