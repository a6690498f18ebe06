/* Evaluations as a table for people, and their numbers as JSON. */
#ifndef GRADC_RUNTIME_MEASURE_EVALUATION_TABLE_H
#define GRADC_RUNTIME_MEASURE_EVALUATION_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "runtime/measure/evaluate.h"

/* What is shown of an evaluation: the task's metrics, and its loss behind them where it is none of them. */
int evaluation_figures(const Task *task);
const char *evaluation_name(const Task *task, int figure);
double evaluation_figure(const Task *task, const Evaluation *evaluation, int figure);

/* One line a task: rows and figures to three places; then the overall score. */
void print_evaluations(FILE *out, const Program *program, const Evaluation *evaluations, int count);

/* JSON has neither NaN (an undefined metric) nor infinity: null. */
json_t *metric_json(double value);

#endif
