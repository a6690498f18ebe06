/* Gradients against central differences, both in double precision under the interpreter. */
#ifndef GRADC_TESTS_GRADIENT_CHECK_H
#define GRADC_TESTS_GRADIENT_CHECK_H

#include "tests/random_graph.h"

/* Differentiates `random` and compares each parameter's gradient, along a random direction or
 * element by element. NULL, or what differs (in random's arena). Parameters without a gradient must
 * not change the loss. */
const char *check_gradients(const RandomGraph *random, bool each_element);

#endif
