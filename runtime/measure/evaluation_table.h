/* Evaluations as a table for people, and their numbers as JSON. */
#ifndef GRADC_RUNTIME_MEASURE_EVALUATION_TABLE_H
#define GRADC_RUNTIME_MEASURE_EVALUATION_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "runtime/measure/evaluate.h"

/* One line a task: rows and metrics to three places; then the overall score. */
void print_evaluations(FILE *out, const Program *program, const Evaluation *evaluations, int count);

/* JSON has neither NaN (an undefined metric) nor infinity: null. */
json_t *metric_json(double value);

#endif
