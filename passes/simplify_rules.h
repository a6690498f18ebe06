/* The rewrite rules of simplification. Private to passes/simplify*.c. */
#ifndef GRADC_PASSES_SIMPLIFY_RULES_H
#define GRADC_PASSES_SIMPLIFY_RULES_H

#include "passes/remark.h"

/* One walk: the graph that is being built, and the node of the old graph that is being made anew. */
typedef struct Simplifier {
    Graph *graph;
    const Node *at;
    Remarks *remarks; /* NULL: nobody listens */
} Simplifier;

/* The simplest node that is equal to `spec`, whose operands are simple already. spec->type need
 * only hold what graph_node reads. */
Node *simple_node(Simplifier *s, const NodeSpec *spec);

/* A rule looks at a node that is about to be made, `spec->type` being its whole type, and gives an
 * equal simpler node, or NULL when it does not apply. A result of another type (a lost bound of
 * indices) is not taken. */
typedef Node *(*Rule)(Simplifier *s, const NodeSpec *spec);

/* Rules about shapes (simplify_moves.c); the others are in simplify_rules.c. Each is for one
 * operator. */
typedef struct RuleRow {
    Op op;
    Rule rule;
    const char *says; /* for remarks; NULL: not worth one */
} RuleRow;
extern const RuleRow move_rules[];
extern const int n_move_rules;

/* Is every element of `x` the same known number? True of a constant and of a constant that was
 * spread. */
bool is_constant(const Node *x, double *value);

/* `value` in every element of spec's type. */
Node *constant_of(Simplifier *s, const NodeSpec *spec, double value);

/* Simple nodes with spec's type and position. */
Node *simple1(Simplifier *s, Op op, Node *a, const NodeSpec *spec);
Node *simple2(Simplifier *s, Op op, Node *a, Node *b, const NodeSpec *spec);

#endif
