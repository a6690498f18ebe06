/* Metrics. The classification metrics count classes after sorting them; the correlations centre
 * their numbers first, which keeps the sums exact enough for any offset. */
#include "runtime/measure/metrics.h"

#include "graph/base/memory.h"
#include "runtime/measure/entities.h"
#include "runtime/measure/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double *new_doubles(int64_t n) { return memory_new((size_t)n + 1, sizeof(double)); }

/* a / b, and 0 where that is not a number. */
static double ratio(double a, double b) { return b > 0 && isfinite(a) && isfinite(b) ? a / b : 0; }

/* --- Classes --- */

/* A line is right when all of it is (of flags, scikit-learn's subset accuracy). */
static int64_t right_lines(const MetricInput *in) {
    int64_t right = 0;
    for (int64_t i = 0; i < in->n; i++) {
        bool same = true;
        for (int64_t j = i * in->width; j < (i + 1) * in->width; j++) same &= in->prediction[j] == in->label[j];
        right += same;
    }
    return right;
}

static double accuracy(const MetricInput *in) { return ratio((double)right_lines(in), (double)in->n); }

/* How often a class, or a flag, was predicted and labelled. */
typedef struct Counts {
    int64_t both, predicted, labelled;
} Counts;

/* 2 TP / (2 TP + FP + FN) */
static double f1_of_counts(Counts c) { return ratio(2 * (double)c.both, (double)(c.predicted + c.labelled)); }

/* Where column `column` is `value`. */
static Counts count(const MetricInput *in, int64_t column, double value) {
    Counts c = {0};
    for (int64_t i = column; i < in->n * in->width; i += in->width) {
        bool predicted = in->prediction[i] == value, labelled = in->label[i] == value;
        c.both += predicted && labelled;
        c.predicted += predicted;
        c.labelled += labelled;
    }
    return c;
}

static double f1(const MetricInput *in) { return f1_of_counts(count(in, 0, 1)); }

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The classes that occur in predictions or labels, sorted; the caller frees. NaN is no class. */
static double *find_classes(const double *prediction, const double *label, int64_t n, int64_t *count) {
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

static double f1_macro_of_flags(const MetricInput *in) {
    double sum = 0;
    for (int64_t j = 0; j < in->width; j++) sum += f1_of_counts(count(in, j, 1));
    return in->n ? ratio(sum, (double)in->width) : 0;
}

static double f1_macro(const MetricInput *in) {
    if (in->width > 1) return f1_macro_of_flags(in);
    int64_t classes;
    double *list = find_classes(in->prediction, in->label, in->n, &classes), sum = 0;
    for (int64_t i = 0; i < classes; i++) sum += f1_of_counts(count(in, 0, list[i]));
    free(list);
    return ratio(sum, (double)classes);
}

/* Counts of all classes, or flags, together; of classes it is the accuracy. */
static double f1_micro(const MetricInput *in) {
    if (in->width == 1) return accuracy(in);
    Counts all = {0};
    for (int64_t j = 0; j < in->width; j++) {
        Counts c = count(in, j, 1);
        all.both += c.both;
        all.predicted += c.predicted;
        all.labelled += c.labelled;
    }
    return f1_of_counts(all);
}

/* Matthews' correlation for any number of classes (Gorodkin's R_K): with c of s rows right and
 * class k predicted p_k and labelled t_k times, (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 -
 * sum t_k^2)). */
static double matthews(const MetricInput *in) {
    int64_t n_classes;
    double *classes = find_classes(in->prediction, in->label, in->n, &n_classes);
    double right = (double)right_lines(in), rows = (double)in->n, pt = 0, pp = 0, tt = 0;
    for (int64_t k = 0; k < n_classes; k++) {
        Counts c = count(in, 0, classes[k]);
        double p = (double)c.predicted, t = (double)c.labelled;
        pt += p * t;
        pp += p * p;
        tt += t * t;
    }
    free(classes);
    return ratio(right * rows - pt, sqrt((rows * rows - pp) * (rows * rows - tt)));
}

/* --- Numbers --- */

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

static double correlation(const double *prediction, const double *label, int64_t n) {
    if (is_constant(prediction, n) || is_constant(label, n)) return 0; /* their mean may be off by a rounding */
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

static double pearson(const MetricInput *in) { return correlation(in->prediction, in->label, in->n); }

typedef struct Ranked {
    double value;
    int64_t index;
} Ranked;

static int by_ranked_value(const void *left, const void *right) {
    return by_value(&((const Ranked *)left)->value, &((const Ranked *)right)->value);
}

/* Ranks from 1; equal values share the mean of their ranks. The caller frees. */
static double *rank_values(const double *values, int64_t n) {
    Ranked *sorted = memory_new((size_t)n, sizeof *sorted);
    double *ranks = new_doubles(n);
    for (int64_t i = 0; i < n; i++) sorted[i] = (Ranked){values[i], i};
    qsort(sorted, (size_t)n, sizeof *sorted, by_ranked_value);
    for (int64_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && sorted[end].value == sorted[first].value;) end++;
        for (int64_t i = first; i < end; i++) ranks[sorted[i].index] = (double)(first + 1 + end) / 2;
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

static double spearman(const MetricInput *in) {
    if (!all_finite(in->prediction, in->n) || !all_finite(in->label, in->n)) return 0; /* NaN has no rank */
    double *p = rank_values(in->prediction, in->n), *l = rank_values(in->label, in->n);
    double r = correlation(p, l, in->n);
    free(p);
    free(l);
    return r;
}

/* A prediction that is not a number is infinitely wrong. */
static double mse(const MetricInput *in) {
    double sum = 0;
    for (int64_t i = 0; i < in->n; i++) {
        double error = in->prediction[i] - in->label[i];
        sum += error * error;
    }
    return isfinite(sum) ? ratio(sum, (double)in->n) : INFINITY;
}

/* --- Of the loss --- */

static double loss(const MetricInput *in) { return isnan(in->loss) ? INFINITY : in->loss; }

/* Of a loss that is a mean of -log p. */
static double perplexity(const MetricInput *in) { return exp(loss(in)); }

/* --- The table --- */

enum {
    FLAGS = 1 << LABEL_FLAGS,
    CLASSES = 1 << LABEL_CLASS,
    ANY_CLASSES = CLASSES | 1 << LABEL_MASKED,
    NUMBERS = CLASSES | 1 << LABEL_REAL,
    ANY = FLAGS | ANY_CLASSES | NUMBERS | 1 << LABEL_NONE,
};

static const Metric metrics[] = {
    {.name = "accuracy",
     .means = "share of lines that are right; of flags all of a line must be",
     .compute = accuracy,
     .fits = ANY_CLASSES | FLAGS},
    {.name = "balanced_accuracy",
     .means = "mean recall of the classes that are labelled",
     .compute = balanced_accuracy,
     .fits = CLASSES},
    {.name = "precision", .means = "precision of class 1: TP / (TP + FP)", .compute = precision, .fits = CLASSES},
    {.name = "recall", .means = "recall of class 1: TP / (TP + FN)", .compute = recall, .fits = CLASSES},
    {.name = "precision_macro",
     .means = "mean of the precision of each class that is predicted or labelled; of flags over all of them",
     .compute = precision_macro,
     .fits = CLASSES | FLAGS},
    {.name = "recall_macro",
     .means = "mean of the recall of each class that is predicted or labelled; of flags over all of them",
     .compute = recall_macro,
     .fits = CLASSES | FLAGS},
    {.name = "f1", .means = "F1 of class 1: 2 TP / (2 TP + FP + FN)", .compute = f1, .fits = CLASSES},
    {.name = "f1_macro",
     .means = "mean of the F1 of each class that is predicted or labelled; of flags over all of them",
     .compute = f1_macro,
     .fits = CLASSES | FLAGS},
    {.name = "f1_micro",
     .means = "F1 of all flags counted together; of classes the accuracy",
     .compute = f1_micro,
     .fits = CLASSES | FLAGS},
    {.name = "f1_weighted",
     .means = "mean of the F1 of each class, weighted by the lines labelled with it",
     .compute = f1_weighted,
     .fits = CLASSES | FLAGS},
    {.name = "entity_f1",
     .means = "F1 of entities: spans of words whose type, start and end are right, from tags such as B-PER and I-PER",
     .compute = entity_f1,
     .fits = CLASSES,
     .needs_names = true},
    {.name = "matthews",
     .means = "Matthews' correlation, for any number of classes",
     .compute = matthews,
     .fits = CLASSES,
     .is_correlation = true},
    {.name = "roc_auc",
     .means = "area under the ROC curve; of several classes, each against the rest, or of flags the mean",
     .compute = roc_auc,
     .fits = CLASSES | FLAGS,
     .reads_scores = true},
    {.name = "average_precision",
     .means = "sum over thresholds of precision times gained recall; of several classes or flags the mean",
     .compute = average_precision,
     .fits = CLASSES | FLAGS,
     .reads_scores = true},
    {.name = "log_loss",
     .means = "mean of -log of the probability of what is right",
     .compute = log_loss,
     .fits = CLASSES | FLAGS,
     .reads_scores = true,
     .lower_is_better = true},
    {.name = "calibration_error",
     .means = "expected calibration error in 15 bins (Guo et al. 2017)",
     .compute = calibration_error,
     .fits = CLASSES | FLAGS,
     .reads_scores = true,
     .lower_is_better = true},
    {.name = "pearson", .means = "Pearson's correlation", .compute = pearson, .fits = NUMBERS, .is_correlation = true},
    {.name = "spearman",
     .means = "Spearman's correlation: Pearson's of ranks, equal numbers sharing theirs",
     .compute = spearman,
     .fits = NUMBERS,
     .is_correlation = true},
    {.name = "mse", .means = "mean squared error", .compute = mse, .fits = NUMBERS, .lower_is_better = true},
    {.name = "mae", .means = "mean absolute error", .compute = mae, .fits = NUMBERS, .lower_is_better = true},
    {.name = "r2", .means = "1 - squared error / squared deviation of the labels", .compute = r2, .fits = NUMBERS},
    {.name = "loss",
     .means = "the task's loss, with dropout gone",
     .compute = loss,
     .fits = ANY,
     .lower_is_better = true},
    {.name = "perplexity",
     .means = "e to the power of the loss",
     .compute = perplexity,
     .fits = ANY,
     .lower_is_better = true},
};

const char *metric_problem(const Metric *metric, const Label *label) {
    static const char *const kinds[] = {[LABEL_NONE] = "needs a label",
                                        [LABEL_CLASS] = "does not fit classes",
                                        [LABEL_FLAGS] = "does not fit flags",
                                        [LABEL_REAL] = "does not fit real numbers",
                                        [LABEL_MASKED] = "does not fit masked tokens"};
    if (!(metric->fits & 1u << label->kind)) return kinds[label->kind];
    if (metric->needs_names && !label->names) return "needs the names of the classes: class[\"O\", \"B-...\", ...]";
    if (metric->needs_names && label->of < 0) return "needs a label for each word: ... of an input of words";
    return NULL;
}

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

MetricText metric_text(double value) {
    MetricText text = {"undefined"};
    if (!isnan(value)) snprintf(text.text, sizeof text.text, "%.3f", value);
    return text;
}

double metric_score(const Metric *metric, double value) {
    if (isnan(value)) return NAN;
    if (metric->lower_is_better) return 1 / (1 + fmax(value, 0)); /* a loss may be below 0 */
    return metric->is_correlation ? (1 + value) / 2 : value;
}
