/* Findings. */
#include "runtime/report/findings.h"

#include <math.h>

const LoggedEvaluation *run_log_evaluation(const RunLog *log, int task, int64_t epoch) {
    for (int i = 0; i < log->evaluations.count; i++) {
        const LoggedEvaluation *found = &log->evaluations.items[i];
        if (found->task == task && found->epoch == epoch) return found;
    }
    return NULL;
}

double training_loss_before(const RunLog *log, const LoggedEvaluation *end) {
    const LoggedEvaluation *before = run_log_evaluation(log, end->task, end->epoch - 1);
    int64_t first = before ? before->step : 0, count = 0;
    double sum = 0;
    for (int i = 0; i < log->steps.count; i++) {
        const LoggedStep *step = &log->steps.items[i];
        if (step->task != end->task || step->step <= first || step->step > end->step) continue;
        sum += step->loss, count++;
    }
    return count ? sum / (double)count : NAN;
}

Overfit find_overfit(const RunLog *log, int task) {
    const LoggedEvaluation *lowest = NULL, *last = NULL;
    for (int i = 0; i < log->evaluations.count; i++) {
        const LoggedEvaluation *found = &log->evaluations.items[i];
        double loss = logged_figure(found, "loss");
        if (found->task != task || isnan(loss)) continue;
        last = found;
        if (!lowest || loss < logged_figure(lowest, "loss")) lowest = found;
    }
    if (!last) return (Overfit){0};
    Overfit o = {.known = true,
                 .lowest_epoch = lowest->epoch,
                 .last_epoch = last->epoch,
                 .lowest = logged_figure(lowest, "loss"),
                 .last = logged_figure(last, "loss")};
    o.overfits = o.last > 1.05 * o.lowest && training_loss_before(log, last) < training_loss_before(log, lowest);
    return o;
}
