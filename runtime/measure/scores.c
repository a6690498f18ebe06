/* Scores: per class, and of probabilities. */
#include "runtime/measure/scores.h"

#include <math.h>
#include <stdlib.h>

#include "graph/base/memory.h"

static void *room(int64_t count, size_t size) { return memory_new((size_t)count + 1, size); }

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

/* --- Classes ------------------------------------------------------------------------------------------------------ */

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What occurs in predictions or labels, or is declared, ascending. NaN is no class. */
static double *list_classes(const MetricInput *in, bool declared, int64_t *count) {
    int64_t all = declared ? in->classes : 0, kept = 0;
    double *classes = room(2 * in->n + all, sizeof *classes);
    for (int64_t i = 0; i < all; i++) classes[i] = (double)i;
    for (int64_t i = 0; i < in->n; i++) {
        if (!isnan(in->prediction[i])) classes[all++] = in->prediction[i];
        if (!isnan(in->label[i])) classes[all++] = in->label[i];
    }
    qsort(classes, (size_t)all, sizeof *classes, by_value);
    for (int64_t i = 0; i < all; i++) {
        if (!kept || classes[i] != classes[kept - 1]) classes[kept++] = classes[i];
    }
    *count = kept;
    return classes;
}

static ClassReport report_of(const MetricInput *in, int64_t column, double value) {
    int64_t both = 0, predicted = 0, labelled = 0;
    for (int64_t i = column; i < in->n * in->width; i += in->width) {
        both += in->prediction[i] == value && in->label[i] == value;
        predicted += in->prediction[i] == value;
        labelled += in->label[i] == value;
    }
    return (ClassReport){in->width > 1 ? (double)column : value,
                         ratio((double)both, (double)predicted),
                         ratio((double)both, (double)labelled),
                         ratio(2 * (double)both, (double)(predicted + labelled)),
                         labelled,
                         predicted};
}

ClassReport *class_reports(const MetricInput *in, bool declared, int64_t *count) {
    double *classes = NULL;
    *count = in->width;
    if (in->width == 1) classes = list_classes(in, declared, count);
    ClassReport *reports = room(*count, sizeof *reports);
    for (int64_t i = 0; i < *count; i++) reports[i] = report_of(in, classes ? 0 : i, classes ? classes[i] : 1);
    free(classes);
    return reports;
}

static int64_t index_of(const ClassReport *reports, int64_t n, double value) {
    for (int64_t i = 0; i < n; i++) {
        if (reports[i].value == value) return i;
    }
    return -1;
}

void confusion_matrix(const MetricInput *in, const ClassReport *reports, int64_t n, int64_t *matrix) {
    for (int64_t i = 0; i < n * n; i++) matrix[i] = 0;
    for (int64_t i = 0; i < in->n; i++) {
        int64_t label = index_of(reports, n, in->label[i]), prediction = index_of(reports, n, in->prediction[i]);
        if (label >= 0 && prediction >= 0) matrix[label * n + prediction]++;
    }
}

double precision(const MetricInput *in) { return report_of(in, 0, 1).precision; }
double recall(const MetricInput *in) { return report_of(in, 0, 1).recall; }

typedef double PickFunction(const ClassReport *report);
static double pick_precision(const ClassReport *report) { return report->precision; }
static double pick_recall(const ClassReport *report) { return report->recall; }
static double pick_f1(const ClassReport *report) { return report->f1; }

/* The mean over all classes, over those that are labelled, or weighted by how many rows are labelled with each. */
typedef enum Averaging { OVER_ALL, OVER_LABELLED, BY_SUPPORT } Averaging;

static double average(const MetricInput *in, PickFunction *pick, Averaging averaging) {
    int64_t count;
    ClassReport *reports = class_reports(in, false, &count);
    double sum = 0, weights = 0;
    for (int64_t i = 0; i < count; i++) {
        double support = (double)reports[i].support;
        double weight = averaging == OVER_ALL ? 1 : averaging == BY_SUPPORT ? support : support > 0;
        sum += weight * pick(&reports[i]);
        weights += weight;
    }
    free(reports);
    return ratio(sum, weights);
}

double precision_macro(const MetricInput *in) { return average(in, pick_precision, OVER_ALL); }
double recall_macro(const MetricInput *in) { return average(in, pick_recall, OVER_ALL); }
double f1_weighted(const MetricInput *in) { return average(in, pick_f1, BY_SUPPORT); }
double balanced_accuracy(const MetricInput *in) { return average(in, pick_recall, OVER_LABELLED); }

/* --- One class, or flag, against the rest ------------------------------------------------------------------------- */

typedef struct Scored {
    double score;
    bool positive;
} Scored;

/* Highest scores first. */
static int by_score(const void *left, const void *right) {
    double a = ((const Scored *)left)->score, b = ((const Scored *)right)->score;
    return (a < b) - (a > b);
}

/* How many are compared: one for a column of its own of the probability of class 1, or else one for each column. */
static int64_t curves_of(const MetricInput *in) { return in->score_columns; }

static bool is_positive(const MetricInput *in, int64_t row, int64_t column) {
    if (in->width > 1) return in->label[row * in->width + column] == 1;
    return in->label[row] == (in->score_columns == 1 ? 1 : (double)column);
}

static Scored *sort_column(const MetricInput *in, int64_t column) {
    Scored *rows = room(in->n, sizeof *rows);
    for (int64_t i = 0; i < in->n; i++)
        rows[i] = (Scored){in->scores[i * in->score_columns + column], is_positive(in, i, column)};
    qsort(rows, (size_t)in->n, sizeof *rows, by_score);
    return rows;
}

Threshold *score_thresholds(const MetricInput *in, int64_t column, int64_t *count) {
    int64_t above = 0;
    Scored *rows = sort_column(in, column);
    Threshold *list = room(in->n, sizeof *list);
    *count = 0;
    for (int64_t i = 0; i < in->n; i++) {
        above += rows[i].positive;
        if (i + 1 < in->n && rows[i + 1].score == rows[i].score) continue;
        list[(*count)++] = (Threshold){rows[i].score, i + 1, above};
    }
    free(rows);
    return list;
}

/* Pairs of a positive and a negative row in the right order, as a share of all; NaN when there are none. */
static double auc_of(const MetricInput *in, int64_t column) {
    int64_t count;
    Threshold *list = score_thresholds(in, column, &count), before = {0};
    double right = 0;
    for (int64_t i = 0; i < count; before = list[i++]) {
        int64_t here = list[i].positives - before.positives;
        double negatives = (double)(list[i].rows - before.rows - here);
        right += negatives * ((double)before.positives + 0.5 * (double)here);
    }
    free(list);
    double pairs = (double)before.positives * (double)(in->n - before.positives);
    return pairs > 0 ? right / pairs : NAN;
}

static double precision_of_column(const MetricInput *in, int64_t column) {
    int64_t count;
    Threshold *list = score_thresholds(in, column, &count), before = {0};
    double sum = 0;
    for (int64_t i = 0; i < count; before = list[i++])
        sum += (double)(list[i].positives - before.positives) * (double)list[i].positives / (double)list[i].rows;
    free(list);
    return before.positives ? sum / (double)before.positives : NAN;
}

/* The mean of what is a number. */
static double mean_of_curves(const MetricInput *in, double (*one)(const MetricInput *in, int64_t column)) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t column = 0; column < curves_of(in); column++) {
        double value = one(in, column);
        if (isnan(value)) continue;
        sum += value;
        count++;
    }
    return count ? sum / (double)count : NAN;
}

double roc_auc(const MetricInput *in) { return mean_of_curves(in, auc_of); }
double average_precision(const MetricInput *in) {
    return isnan(roc_auc(in)) ? NAN : mean_of_curves(in, precision_of_column);
}

/* --- Probabilities ------------------------------------------------------------------------------------------------ */

double probability_of(const MetricInput *in, int64_t line, int64_t flag, double value) {
    const double *scores = in->scores + line * in->score_columns;
    if (in->width > 1 || in->score_columns == 1) return value == 1 ? scores[flag] : 1 - scores[flag];
    return value >= 0 && value < (double)in->score_columns ? scores[(int64_t)value] : 0;
}

double log_loss(const MetricInput *in) {
    static const double least = 0x1p-52;
    double sum = 0;
    for (int64_t i = 0; i < in->n * in->width; i++) {
        double p = probability_of(in, i / in->width, i % in->width, in->label[i]);
        sum -= log(p > least ? fmin(p, 1 - least) : least);
    }
    return ratio(sum, (double)(in->n * in->width));
}

void calibration_bins(const MetricInput *in, CalibrationBin *bins) {
    for (int i = 0; i < CALIBRATION_BINS; i++) bins[i] = (CalibrationBin){0};
    for (int64_t i = 0; i < in->n * in->width; i++) {
        double p = probability_of(in, i / in->width, i % in->width, in->prediction[i]);
        int bin = (int)ceil(p * CALIBRATION_BINS) - 1; /* a bin has its upper end, as in the paper */
        bin = bin < 0 ? 0 : bin >= CALIBRATION_BINS ? CALIBRATION_BINS - 1 : bin;
        bins[bin].right += in->prediction[i] == in->label[i];
        bins[bin].confidence += p;
        bins[bin].count++;
    }
}

double calibration_error(const MetricInput *in) {
    CalibrationBin bins[CALIBRATION_BINS];
    double error = 0;
    calibration_bins(in, bins);
    for (int i = 0; i < CALIBRATION_BINS; i++) error += fabs(bins[i].right - bins[i].confidence);
    return ratio(error, (double)(in->n * in->width));
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

double mae(const MetricInput *in) {
    double sum = 0;
    for (int64_t i = 0; i < in->n; i++) sum += fabs(in->prediction[i] - in->label[i]);
    return isfinite(sum) ? ratio(sum, (double)in->n) : INFINITY;
}

double r2(const MetricInput *in) {
    double mean = 0, error = 0, deviation = 0;
    bool same = true; /* all labels; their mean may be off by a rounding */
    for (int64_t i = 0; i < in->n; i++) mean += in->label[i];
    mean = ratio(mean, (double)in->n);
    for (int64_t i = 0; i < in->n; i++) {
        error += (in->prediction[i] - in->label[i]) * (in->prediction[i] - in->label[i]);
        deviation += (in->label[i] - mean) * (in->label[i] - mean);
        same &= in->label[i] == in->label[0];
    }
    if (!isfinite(error)) return -INFINITY;
    return !same ? 1 - error / deviation : error == 0 && in->n > 0;
}
