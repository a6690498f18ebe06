/* Examples of operators: for each row of graph/ops.def small graphs around it, by its shape rule.
 * A row whose shape rule is new does not compile here until it has a function example_<shape>. */
#ifndef GRADC_TESTS_ROW_EXAMPLES_H
#define GRADC_TESTS_ROW_EXAMPLES_H

#include "tests/random_maker.h"

enum { EXAMPLES = 64 }; /* numbers of examples; not all are there */

/* Example `number` of operator `op`: a node that it gives, over leaves of `m`; real operands are
 * parameters, and in the operator's domain when `positive` is asked for. NULL: none of this
 * number. */
Node *row_example(Maker *m, Op op, int number, bool positive);

#endif
