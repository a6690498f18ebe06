/* Two graphs that should mean the same, under the interpreter. */
#ifndef GRADC_TESTS_COMPARE_GRAPHS_H
#define GRADC_TESTS_COMPARE_GRAPHS_H

#include "tests/random_graph.h"

/* Evaluates both on random's values and compares each output of `a` with `b`'s output of the same
 * name: |difference| at most `tolerance` * max(1, |value|). NULL, or the first difference (in
 * random's arena). */
const char *compare_graphs(const RandomGraph *random, const Graph *a, const Graph *b, double tolerance);

#endif
