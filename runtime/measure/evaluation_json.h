/* Evaluations as JSON: what `gradc eval --json` prints and a report holds. */
#ifndef GRADC_RUNTIME_MEASURE_EVALUATION_JSON_H
#define GRADC_RUNTIME_MEASURE_EVALUATION_JSON_H

#include <jansson.h>

#include "runtime/measure/evaluate.h"

/* How it is written: numbers to the last bit. */
#define EVALUATION_JSON (JSON_REAL_PRECISION(17) | JSON_INDENT(2))

/* {"TASK": {"rows": 100, "METRIC": 0.5, ..., "classes": {"NAME": {"precision": ...}}, "confusion": [[...]]}, ...,
 * "overall": 0.5}; null: undefined. `tables` [count]. The caller owns it. */
json_t *evaluations_json(const Program *program, const Evaluation *evaluations, const ClassTable *tables, int count,
                         Arena *arena);

/* What a class, or a flag, is called: its name, or its number in `arena`. */
const char *class_name(const Task *task, double value, Arena *arena);

#endif
