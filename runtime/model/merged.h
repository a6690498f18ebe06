/* Merged parameters: what a `merge` line of the text makes of a parameter and of those that it takes in. It is computed
 * by the interpreter, in double precision, and rounded once. */
#ifndef GRADC_RUNTIME_MODEL_MERGED_H
#define GRADC_RUNTIME_MODEL_MERGED_H

#include "runtime/model/parameters.h"

/* What takes the place of the program's parameter `param`; NULL: it stays as it is. */
const ParamMerge *merge_of(const Program *program, int param);

/* Marks the parameters that the merged one is computed from. `marks`: [program's parameters] */
void merge_mark_operands(const Program *program, const ParamMerge *merge, bool *marks);

/* `merged`: as many floats as the parameter has. False with a diagnostic. */
bool merge_compute(const Program *program, const ParamMerge *merge, const Parameters *params, float *merged,
                   Diagnostics *diags);

#endif
