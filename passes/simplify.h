/* Simplification: constants are folded, identities removed, dead nodes dropped.
 *
 * Every rewrite gives the same floating-point value as before, for all operands, infinities and NaN
 * included, so that the meaning of a graph in compiled code keeps its bits: x / 2^n becomes a
 * product, x / 3 does not; x * 0 stays. Two liberties: the sign of a zero may change (x + 0 is x),
 * and a constant is folded in double precision, then rounded to f32 once. stop_gradient stays:
 * simplification also runs before differentiation. */
#ifndef GRADC_PASSES_SIMPLIFY_H
#define GRADC_PASSES_SIMPLIFY_H

#include "passes/remark.h"

/* A new canonical graph with the same outputs. No rule applies to it any more. A grouped graph is
 * only copied. Remarks (may be NULL): which rule changed what. */
Graph *simplify(const Graph *graph, Remarks *remarks);

#endif
