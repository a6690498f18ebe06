/* What shape rules share. Private to graph/infer*.c. */
#ifndef GRADC_GRAPH_INFER_RULE_H
#define GRADC_GRAPH_INFER_RULE_H

#include "graph/graph.h"

/* What a rule works on. `in` are the operands' types, `given` the type the caller asks for, `out` the result. */
typedef struct Rule {
    Graph *graph;
    Op op;
    int n;
    const Type *in[MAX_OPERANDS];
    Node *const *nodes; /* the operands */
    const Attrs *attrs;
    const Type *given;
    Type out;
} Rule;

/* `constraint`: its number among those of the shape rule in op_docs.c, which is cited; in a function that several rules
 * share, the number of its first one comes as `base`. */
#define FAIL(rule, constraint, ...) return broken_constraint(rule, constraint, __VA_ARGS__)

const char *broken_constraint(Rule *r, int constraint, const char *format, ...) __attribute__((format(printf, 3, 4)));
const char *shown(Rule *r, const Type *type);
const char *dim_shown(Rule *r, Dim dim);

/* A key of random numbers, and the coordinates of `rows` rows: constraints `base` and the one behind it. */
const char *check_coords(Rule *r, const Type *key, const Type *coords, Dim rows, int base);

/* The rules: NULL and `out` set, or the constraint that is broken. */
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, ...) const char *infer_##shape(Rule *r);
#include "graph/ops.def"
#undef OP

#endif
