/* Deciders: a class is where a logit is largest, or whether it is above 0. A comparison makes a finite answer of a NaN
 * or an infinity, so what is compared on the way to an output of an evaluation is an output too, to be looked at. An
 * output without rows, a loss, is a figure and no answer. */
#ifndef GRADC_PASSES_DECIDERS_H
#define GRADC_PASSES_DECIDERS_H

#include "graph/graph.h"

/* Adds them to the graph's outputs, with the role `compared`. */
void deciders_add(Graph *graph);

#endif
