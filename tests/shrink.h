/* Shrinking: from a graph that fails to a small one that fails in the same way.
 *
 * Steps are tried until none helps: outputs and parameters go; a node becomes an input, one of its
 * operands, or a constant; the batch becomes smaller, values rounder. A step stays when the smaller
 * graph still fails. Each try runs in a process of its own, so crashes are failures as well. */
#ifndef GRADC_TESTS_SHRINK_H
#define GRADC_TESTS_SHRINK_H

#include "tests/random_graph.h"

/* NULL: no failure; else what fails, of which the part before the first ':' is the way. */
typedef const char *Failure(RandomGraph *random);

/* What `failure` says in another process: NULL, its text, or "crash: ..."; in the arena. */
const char *failure_apart(RandomGraph *random, Failure *failure, Arena *arena);

/* Makes `random` (whose graph and values it replaces) as small as it can; returns what then fails,
 * in random's arena. It must fail at first. */
const char *shrink(RandomGraph *random, Failure *failure);

#endif
