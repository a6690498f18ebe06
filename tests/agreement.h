/* Agreement: are values as near to the interpreter's as f32 lets them be?
 *
 * First by a fixed bound: 1e-5 of the largest magnitude in the tensor. What is further off is
 * compared with the element's own condition: the graph is interpreted again with results rounded at
 * random (interpret_rounded), and the value may lie sixteen times as far off as the farthest of
 * these runs. So cancellation, small divisors and comparisons that hang by a bit raise no false alarm,
 * and no wrong value hides behind a bound that was widened for them. */
#ifndef GRADC_TESTS_AGREEMENT_H
#define GRADC_TESTS_AGREEMENT_H

#include "tests/random_graph.h"

typedef struct Reference {
    const RandomGraph *random; /* extents and values; messages go to its arena */
    const Graph *graph;
    const Interpretation *values; /* of `graph` */
} Reference;

/* Compares output `output` of the reference with `got` ([elements]; given as double). NULL, or what
 * is wrong: "grad.p0: element 3 is 1.5, not 2 (right code may be 1e-6 off)". */
const char *disagreement(const Reference *reference, const char *output, const double *got);

#endif
