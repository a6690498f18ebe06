/* Decision: where an output stops to follow the weights smoothly. `predict argmax(logits)` is decided from the logits,
 * by operators that have no gradient; `predict score` is no decision, and is what it is made from. What several models
 * give is averaged there, and decided on afterwards. */
#ifndef GRADC_PASSES_DECISION_H
#define GRADC_PASSES_DECISION_H

#include "graph/graph.h"

typedef struct DecisionCut {
    Graph *whole;    /* the graph with one output more for each value that is decided from */
    Graph *decision; /* the prediction, from inputs called as these outputs and the parameters that it reads besides */
    Graph *scores; /* the probabilities, from the first of them alone; NULL: it is made of something else, or is none */
    int count;     /* of the values */
} DecisionCut;

/* A value is smooth where a gradient reaches it from a parameter, but for the `fixed` ones [n_fixed], such as
 * thresholds. False, and nothing to free: the decision reads what comes with the batch. */
bool decision_cut(const Graph *graph, const char *const *fixed, int n_fixed, DecisionCut *cut);
/* Of the decision: the input that stands for a value, from 0. NULL: the decision does not read it. */
const Node *decision_input(const DecisionCut *cut, int number);
void decision_free(DecisionCut *cut);

#endif
