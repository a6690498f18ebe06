/* Metrics. The classification metrics count classes after sorting them; the correlations centre
 * their numbers first, which keeps the sums exact enough for any offset. */
#include "runtime/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *new_doubles(int64_t n) {
    double *values = calloc((size_t)n + 1, sizeof *values);
    if (!values) abort();
    return values;
}

/* a / b, and 0 where that is not a number. */
static double ratio(double a, double b) { return b > 0 && isfinite(a) && isfinite(b) ? a / b : 0; }

/* --- Classes
 * ------------------------------------------------------------------------------------------------------
 */

static double accuracy(const double *prediction, const double *label, int64_t n) {
    int64_t right = 0;
    for (int64_t i = 0; i < n; i++) right += prediction[i] == label[i];
    return ratio((double)right, (double)n);
}

/* 2 TP / (2 TP + FP + FN) of one class. */
static double f1_of_class(const double *prediction, const double *label, int64_t n, double class) {
    int64_t both = 0, either = 0;
    for (int64_t i = 0; i < n; i++) {
        bool predicted = prediction[i] == class, labelled = label[i] == class;
        both += predicted && labelled;
        either += predicted + labelled;
    }
    return ratio(2 * (double)both, (double)either);
}

static double f1(const double *prediction, const double *label, int64_t n) {
    return f1_of_class(prediction, label, n, 1);
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The classes that occur in predictions or labels, sorted; the caller frees. NaN is no class. */
static double *find_classes(const double *prediction, const double *label, int64_t n,
                            int64_t *count) {
    double *classes = new_doubles(2 * n);
    int64_t all = 0, kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(prediction[i])) classes[all++] = prediction[i];
        if (!isnan(label[i])) classes[all++] = label[i];
    }
    qsort(classes, (size_t)all, sizeof *classes, by_value);
    for (int64_t i = 0; i < all; i++) {
        if (!kept || classes[i] != classes[kept - 1]) classes[kept++] = classes[i];
    }
    *count = kept;
    return classes;
}

static double f1_macro(const double *prediction, const double *label, int64_t n) {
    int64_t count;
    double *classes = find_classes(prediction, label, n, &count), sum = 0;
    for (int64_t i = 0; i < count; i++) sum += f1_of_class(prediction, label, n, classes[i]);
    free(classes);
    return ratio(sum, (double)count);
}

/* Matthews' correlation for any number of classes (Gorodkin's R_K): with c of s rows right and
 * class k predicted p_k and labelled t_k times, (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 -
 * sum t_k^2)). */
static double matthews(const double *prediction, const double *label, int64_t n) {
    int64_t count;
    double *classes = find_classes(prediction, label, n, &count);
    double right = accuracy(prediction, label, n) * (double)n, rows = (double)n, pt = 0, pp = 0,
           tt = 0;
    for (int64_t k = 0; k < count; k++) {
        double p = 0, t = 0;
        for (int64_t i = 0; i < n; i++) {
            p += prediction[i] == classes[k];
            t += label[i] == classes[k];
        }
        pt += p * t;
        pp += p * p;
        tt += t * t;
    }
    free(classes);
    return ratio(right * rows - pt, sqrt((rows * rows - pp) * (rows * rows - tt)));
}

/* --- Numbers
 * ------------------------------------------------------------------------------------------------------
 */

static double mean(const double *values, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    return ratio(sum, (double)n);
}

static bool is_constant(const double *values, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        if (values[i] != values[0]) return false;
    }
    return true;
}

static double pearson(const double *prediction, const double *label, int64_t n) {
    if (is_constant(prediction, n) || is_constant(label, n))
        return 0; /* their mean may be off by a rounding */
    double mean_p = mean(prediction, n), mean_l = mean(label, n), pl = 0, pp = 0, ll = 0;
    for (int64_t i = 0; i < n; i++) {
        double p = prediction[i] - mean_p, l = label[i] - mean_l;
        pl += p * l;
        pp += p * p;
        ll += l * l;
    }
    double r = ratio(pl, sqrt(pp) * sqrt(ll));
    return fmax(-1, fmin(1, r)); /* rounding may step outside */
}

typedef struct Ranked {
    double value;
    int64_t index;
} Ranked;

static int by_ranked_value(const void *left, const void *right) {
    return by_value(&((const Ranked *)left)->value, &((const Ranked *)right)->value);
}

/* Ranks from 1; equal values share the mean of their ranks. The caller frees. */
static double *rank_values(const double *values, int64_t n) {
    Ranked *sorted = calloc((size_t)n + 1, sizeof *sorted);
    double *ranks = new_doubles(n);
    if (!sorted) abort();
    for (int64_t i = 0; i < n; i++) sorted[i] = (Ranked){values[i], i};
    qsort(sorted, (size_t)n, sizeof *sorted, by_ranked_value);
    for (int64_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && sorted[end].value == sorted[first].value;) end++;
        for (int64_t i = first; i < end; i++)
            ranks[sorted[i].index] = (double)(first + 1 + end) / 2;
    }
    free(sorted);
    return ranks;
}

static bool all_finite(const double *values, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) return false;
    }
    return true;
}

static double spearman(const double *prediction, const double *label, int64_t n) {
    if (!all_finite(prediction, n) || !all_finite(label, n)) return 0; /* NaN has no rank */
    double *p = rank_values(prediction, n), *l = rank_values(label, n);
    double r = pearson(p, l, n);
    free(p);
    free(l);
    return r;
}

/* A prediction that is not a number is infinitely wrong. */
static double mse(const double *prediction, const double *label, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (prediction[i] - label[i]) * (prediction[i] - label[i]);
    return isfinite(sum) ? ratio(sum, (double)n) : INFINITY;
}

/* --- The table
 * ----------------------------------------------------------------------------------------------------
 */

static const Metric metrics[] = {
    {.name = "accuracy", .compute = accuracy},
    {.name = "f1", .compute = f1},             /* of class 1 */
    {.name = "f1_macro", .compute = f1_macro}, /* mean over the classes predicted or labelled */
    {.name = "matthews", .compute = matthews, .is_correlation = true},
    {.name = "pearson", .compute = pearson, .is_correlation = true},
    {.name = "spearman", .compute = spearman, .is_correlation = true},
    {.name = "mse", .compute = mse, .lower_is_better = true},
};

const Metric *metric_list(int *count) {
    *count = (int)(sizeof metrics / sizeof *metrics);
    return metrics;
}

const Metric *metric_find(const char *name) {
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        if (!strcmp(metrics[i].name, name)) return &metrics[i];
    }
    return NULL;
}

double metric_score(const Metric *metric, double value) {
    if (metric->lower_is_better) return 1 / (1 + value);
    return metric->is_correlation ? (1 + value) / 2 : value;
}
