/* Fit: numbers that are fitted on the development set (`fit` lines): decision thresholds, a temperature. */
#ifndef GRADC_RUNTIME_MEASURE_FIT_H
#define GRADC_RUNTIME_MEASURE_FIT_H

#include "runtime/measure/evaluate.h"

/* Each number of a task's fits in turn, in the order of the text: the value in its range at which the metric on these
 * rows scores best, the others as they are. The range is tried at even distances, then, three times, the stretch around
 * the best one so far; of equal scores the value nearest to the start counts. All other weights stay; what is computed
 * before the fitted numbers is computed once. False as evaluate(), the numbers then being any in their ranges. */
bool fit_task(Model *model, int task, const Dataset *data, const Pace *pace, Diagnostics *diags);

#endif
