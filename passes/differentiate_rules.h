/* Gradient rules: from the cotangent of a node's result to the cotangents of its operands. */
#ifndef GRADC_PASSES_DIFFERENTIATE_RULES_H
#define GRADC_PASSES_DIFFERENTIATE_RULES_H

#include "graph/graph.h"

/* One application of a rule. */
enum { MAX_OTHERS = 8 };
typedef struct Tape {
    Graph *graph;   /* gradients are built beside the forward nodes */
    const Node *at; /* the forward node; its position is the gradient's */
    bool wanted[MAX_OPERANDS];
    /* cotangents of values that the node reaches through operands that are open */
    const Node *others[MAX_OTHERS];
    Node *for_others[MAX_OTHERS];
    int n_others;
    const char *error; /* set by a rule that cannot do it: a sentence, without the path */
    const char *code, *hint;
} Tape;

/* Sets dx[i], at least where wanted[i], to the cotangent of operand i, or to NULL when none flows.
 * False and `error`, `code` and `hint` set when the operator cannot be differentiated here. */
bool apply_gradient_rule(Tape *tape, Node *dy, Node *dx[MAX_OPERANDS]);

/* Can a cotangent reach operand `operand` of the operator? Not for integers, conditions and
 * stop_gradient. */
bool gradient_flows(const Node *node, int operand);

/* Says why a rule cannot do it; always false. */
bool tape_refuse(Tape *tape, const char *code, const char *error, const char *hint);

/* differentiate_attention.c: the rules of attention, for the column of the table. `x` are the operands. */
typedef Node *const *Operands;
bool rule_attention(Tape *tape, Node *dy, Operands x, Node **dx);
bool rule_attention_grad(Tape *tape, Node *dy, Operands x, Node **dx);
bool rule_attention_second(Tape *tape, Node *dy, Operands x, Node **dx);

#endif
