/* Findings: what a log says about a run in words and in a table of its epochs. */
#ifndef GRADC_RUNTIME_REPORT_FINDINGS_H
#define GRADC_RUNTIME_REPORT_FINDINGS_H

#include "runtime/report/run_log.h"

/* The mean of a task's training losses in the epoch that ends with this evaluation; NaN: it had no step there. */
double training_loss_before(const RunLog *log, const LoggedEvaluation *end);

/* Does a task overfit? It does when its dev loss is higher at the end than after some epoch before, by a twentieth at
 * least, though its training loss is lower. */
typedef struct Overfit {
    bool overfits, known; /* known: there is a dev loss */
    int64_t lowest_epoch, last_epoch;
    double lowest, last; /* dev loss after these */
} Overfit;
Overfit find_overfit(const RunLog *log, int task);

/* The evaluation of a task after an epoch; NULL: there is none. */
const LoggedEvaluation *run_log_evaluation(const RunLog *log, int task, int64_t epoch);

#endif
