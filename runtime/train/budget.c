/* Budget. */
#include "runtime/train/budget.h"

#include <stdlib.h>
#include <string.h>

bool budget_read(const char *text, double *seconds, Diagnostics *diags) {
    char *end;
    double number = strtod(text, &end);
    double unit = *end == 's' ? 1 : *end == 'h' ? 3600 : 60;
    *seconds = number * unit;
    bool good = end != text && number > 0 && number < 1e9 && (!*end || (strchr("smh", *end) && !end[1]));
    if (good) return true;
    diag_error(diags, "E0910", (Pos){0}, "--within takes a time, not '%s'", text);
    diag_hint(diags, "for example: 90s, 45m or 2h");
    return false;
}

int64_t budget_steps(double seconds, TrainSeconds first, TrainSeconds later, int64_t per_epoch, int64_t asked) {
    int64_t steps = 0;
    TrainSeconds epoch = first;
    for (; steps < asked; steps += per_epoch, epoch = later) {
        double left = seconds - epoch.evaluation;
        if (left < epoch.training) {
            if (left > 0) steps += (int64_t)(left / epoch.training * (double)per_epoch);
            break;
        }
        seconds = left - epoch.training;
    }
    return steps < 1 ? 1 : steps < asked ? steps : asked;
}

double budget_evaluated(double seconds, double evaluation) {
    static const double most = 0.5;
    if (seconds <= 0) return 0;
    return evaluation <= most * seconds ? 1 : most * seconds / evaluation;
}
