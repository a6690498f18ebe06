/* Fit: a search over one number at a time. */
#include "runtime/measure/fit.h"

#include <math.h>
#include <string.h>

typedef struct Fitter {
    Model *model;
    int task;
    const Dataset *data;
    const Pace *pace;
    Diagnostics *diags;
    const Fit *fit;
    int metric; /* in the task's list */
    double best, best_score;
} Fitter;

static float *number_of(const Fitter *f, int64_t index) {
    const Parameters *params = model_parameters(f->model);
    return params->weights + params->slots[f->fit->param].offset + index;
}

/* Tries a value, and takes it when it is better. */
static bool try_value(Fitter *f, int64_t index, double value) {
    Evaluation evaluation;
    *number_of(f, index) = (float)value;
    if (!evaluate(f->model, f->task, f->data, f->pace, &evaluation, NULL, f->diags)) return false;
    double score = metric_score(metric_find(f->fit->metric), evaluation.metrics[f->metric]), start = f->fit->start;
    bool nearer = score == f->best_score && fabs(value - start) < fabs(f->best - start);
    if (score > f->best_score || nearer) f->best = value, f->best_score = score;
    return true;
}

static bool try_range(Fitter *f, int64_t index, double lowest, double highest, int count) {
    for (int i = 0; i < count; i++) {
        if (!try_value(f, index, lowest + (highest - lowest) * i / (count - 1))) return false;
    }
    return true;
}

static bool fit_number(Fitter *f, int64_t index) {
    enum { WIDE = 21, NARROW = 9, ROUNDS = 3 };
    double step = (f->fit->highest - f->fit->lowest) / (WIDE - 1);
    f->best = *number_of(f, index);
    f->best_score = -INFINITY;
    bool good = try_value(f, index, *number_of(f, index)) && try_value(f, index, f->fit->start) &&
                try_range(f, index, f->fit->lowest, f->fit->highest, WIDE);
    for (int round = 0; good && round < ROUNDS; round++, step /= (NARROW - 1) / 2)
        good = try_range(f, index, fmax(f->fit->lowest, f->best - step), fmin(f->fit->highest, f->best + step), NARROW);
    *number_of(f, index) = (float)f->best;
    return good;
}

static int metric_index(const Task *task, const char *name) {
    int index = 0;
    while (strcmp(task->metrics[index], name) != 0) index++;
    return index;
}

bool fit_task(Model *model, int task, const Dataset *data, const Pace *pace, Diagnostics *diags) {
    const Task *info = data->task;
    for (int i = 0; i < info->n_fits; i++) {
        Fitter f = {.model = model, .task = task, .data = data, .pace = pace, .diags = diags, .fit = &info->fits[i]};
        f.metric = metric_index(info, f.fit->metric);
        for (int64_t j = 0; j < f.fit->count; j++) {
            if (!fit_number(&f, j)) return false;
        }
    }
    return true;
}
