/* Interpreter: evaluates any graph in double precision, one node after another, the oracle for passes and kernels. It
 * shares no code with code generation, except the definition of random numbers, which it writes out on its own. */
#ifndef GRADC_GRAPH_INTERPRET_H
#define GRADC_GRAPH_INTERPRET_H

#include "graph/graph.h"

/* Values of inputs and parameters by name. Integers are given as doubles too; sizes must match the types under
 * `extents`. */
typedef struct Binding {
    const char *name;
    const double *values; /* borrowed; row-major */
} Binding;

typedef struct Interpretation {
    double **values;   /* [node id] row-major elements; NULL for nodes not reached from an output */
    const char *error; /* NULL, or what is missing or out of range ("gather: index 7 is out of [0, 5)") */
} Interpretation;

/* Evaluates every node that an output needs. `extents`: [graph->symbols.count]. Free with interpretation_free.
 * Random numbers are computed exactly as f32 code does (the same bits for the uniform numbers). */
Interpretation *interpret(const Graph *graph, const int64_t *extents, const Binding *bindings, int n_bindings);
void interpretation_free(Interpretation *result);

/* The same as f32 code may compute it: each result is rounded to f32 after a random change of at most `units` half
 * units of its last place, and operators that add up see their operands changed as much; what needs no rounding stays
 * exact. How far such results lie from `interpret`'s, over several seeds, is how far right code may lie from them. */
Interpretation *interpret_rounded(const Graph *graph, const int64_t *extents, const Binding *bindings, int n_bindings,
                                  uint64_t seed, double units);

/* An elementwise operator on one element; `to` is the result's element type, f32 results are rounded to f32. False, and
 * `*value` untouched, when the operator is not elementwise or the result is not finite: for constant folding. */
bool interpret_element(Op op, ElemType to, const double operands[3], double *value);

/* The value of any elementwise operator on one element, in double precision: nothing is rounded. */
double interpret_scalar(Op op, ElemType to, const double operands[3]);

#endif
