/* Results: calibration, curves of probabilities, numbers against their labels, lengths. */
#include <math.h>
#include <stdlib.h>

#include "runtime/measure/evaluation_json.h"
#include "runtime/report/pictures.h"

enum { MOST_POINTS = 200, MOST_ROWS = 1500, LENGTH_BINS = 32 };

static double *room(const Pictures *to, int64_t count) {
    return arena_array(to->arena, (size_t)count + 1, sizeof(double));
}

static const char *titled(const Pictures *to, const char *what, const TaskResult *r) {
    return arena_printf(to->arena, "%s of %s", what, r->task->name);
}

/* --- Probabilities ------------------------------------------------------------------------------------------------ */

static void add_calibration(Pictures *to, const TaskResult *r) {
    CalibrationBin bins[CALIBRATION_BINS];
    double *x = room(to, CALIBRATION_BINS), *y = room(to, CALIBRATION_BINS);
    const char **tips = arena_array(to->arena, CALIBRATION_BINS, sizeof *tips);
    ChartSeries series = {.x = x, .y = y, .tips = tips, .style = SERIES_MARKED};
    calibration_bins(&r->lines, bins);
    for (int i = 0; i < CALIBRATION_BINS; i++) {
        const CalibrationBin *bin = &bins[i];
        if (!bin->count) continue;
        x[series.count] = bin->confidence / (double)bin->count, y[series.count] = bin->right / (double)bin->count;
        tips[series.count++] =
            arena_printf(to->arena, "%ld predictions of probability %.3f: %.3f are right", (long)bin->count,
                         bin->confidence / (double)bin->count, bin->right / (double)bin->count);
    }
    Chart chart = {.title = titled(to, "Calibration", r),
                   .x = {.label = "probability of what is predicted", .lowest = 0, .highest = 1},
                   .y = {.label = "share that is right", .lowest = 0, .highest = 1},
                   .series = &series,
                   .n_series = 1,
                   .diagonal = true};
    pictures_add(to, "calibration", r->task->name, &chart);
}

/* Of all thresholds some, evenly, the last one always. */
static ChartSeries curve_of(const Pictures *to, const TaskResult *r, int64_t column, bool roc) {
    int64_t count;
    Threshold *list = score_thresholds(&r->lines, column, &count);
    int64_t every = count / MOST_POINTS + 1, positives = count ? list[count - 1].positives : 0;
    double *x = room(to, count + 2), *y = room(to, count + 2), negatives = (double)(r->lines.n - positives);
    ChartSeries s = {.x = x, .y = y, .colour = (int)column};
    if (roc) x[s.count] = y[s.count] = 0, s.count++;
    for (int64_t i = 0; i < count; i++) {
        if (i % every != 0 && i + 1 < count) continue;
        double share = positives ? (double)list[i].positives / (double)positives : NAN;
        x[s.count] = roc ? (double)(list[i].rows - list[i].positives) / negatives : share;
        y[s.count++] = roc ? share : (double)list[i].positives / (double)list[i].rows;
    }
    free(list);
    return s;
}

/* A curve for each class or flag; of two classes one, of more than can be told apart the first ones. */
static void add_curves(Pictures *to, const TaskResult *r, bool roc) {
    ChartSeries series[CHART_COLOURS];
    int64_t columns = r->lines.score_columns, first = columns == 2 && r->lines.width == 1;
    Chart chart = {.title = titled(to, roc ? "ROC" : "Precision and recall", r),
                   .x = {.label = roc ? "false positive rate" : "recall", .lowest = 0, .highest = 1},
                   .y = {.label = roc ? "true positive rate" : "precision", .lowest = 0, .highest = 1},
                   .series = series,
                   .diagonal = roc};
    for (int64_t i = first; i < columns && chart.n_series < CHART_COLOURS; i++) {
        ChartSeries *s = &series[chart.n_series++];
        *s = curve_of(to, r, i, roc);
        s->name = class_name(r->task, columns == 1 ? 1 : (double)i, to->arena);
    }
    pictures_add(to, roc ? "roc" : "precision", r->task->name, &chart);
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

static void add_scatter(Pictures *to, const TaskResult *r) {
    int64_t every = r->lines.n / MOST_ROWS + 1;
    double *x = room(to, r->lines.n), *y = room(to, r->lines.n);
    ChartSeries series = {.x = x, .y = y, .style = SERIES_POINTS};
    for (int64_t i = 0; i < r->lines.n; i += every)
        x[series.count] = r->lines.label[i], y[series.count++] = r->lines.prediction[i];
    ChartAxis axis = {NULL, task_label(r->task)->lowest, task_label(r->task)->highest, false};
    Chart chart = {.title = titled(to, every > 1 ? "Predictions (some rows)" : "Predictions", r),
                   .x = axis,
                   .y = axis,
                   .series = &series,
                   .n_series = 1,
                   .diagonal = true};
    chart.x.label = "labelled", chart.y.label = "predicted";
    pictures_add(to, "scatter", r->task->name, &chart);
}

static void add_lengths(Pictures *to, const TaskResult *r) {
    int64_t longest = 1;
    for (int64_t i = 0; i < r->rows; i++) longest = r->lengths[i] > longest ? r->lengths[i] : longest;
    int64_t width = longest / LENGTH_BINS + 1;
    double *x = room(to, LENGTH_BINS), *y = room(to, LENGTH_BINS);
    ChartSeries series = {.x = x, .y = y, .style = SERIES_BARS, .width = (double)width, .colour = 5};
    series.count = (int)(longest / width) + 1;
    for (int i = 0; i < series.count; i++) x[i] = (double)(i * width) + 0.5 * (double)(width - 1);
    for (int64_t i = 0; i < r->rows; i++) y[r->lengths[i] / width]++;
    Chart chart = {.title = titled(to, "Lengths", r),
                   .x = {.label = "tokens of a row"},
                   .y = {.label = "rows"},
                   .series = &series,
                   .n_series = 1};
    pictures_add(to, "lengths", r->task->name, &chart);
}

void pictures_of_result(Pictures *to, const TaskResult *r) {
    LabelKind kind = task_label(r->task)->kind;
    picture_of_confusion(to, r);
    if (r->lines.scores && r->lines.n && (kind == LABEL_CLASS || kind == LABEL_FLAGS)) {
        add_calibration(to, r);
        add_curves(to, r, true);
        add_curves(to, r, false);
    }
    if (kind == LABEL_REAL) add_scatter(to, r);
    if (r->rows) add_lengths(to, r);
}
