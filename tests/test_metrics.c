/* Metrics against values worked out by hand from their definitions. Tolerance: a few roundings of
 * double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "runtime/measure/metrics.h"

static const double tolerance = 1e-14;

static double compute(const char *name, const double *prediction, const double *label, int64_t n) {
    const Metric *metric = metric_find(name);
    cr_assert_not_null(metric, "%s", name);
    return metric->compute(&(MetricInput){.prediction = prediction, .label = label, .n = n, .width = 1});
}

Test(metrics, binary_classes) {
    /* Of class 1: 2 right, 1 predicted wrongly, 1 missed; of class 0: 2 right. */
    const double prediction[] = {1, 1, 1, 0, 0, 0}, label[] = {1, 1, 0, 1, 0, 0};
    cr_expect_float_eq(compute("accuracy", prediction, label, 6), 4.0 / 6, tolerance);
    cr_expect_float_eq(compute("f1", prediction, label, 6), 4.0 / 6, tolerance);
    cr_expect_float_eq(compute("f1_macro", prediction, label, 6), 4.0 / 6, tolerance);
    /* (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)) = (4 - 1) / 9 */
    cr_expect_float_eq(compute("matthews", prediction, label, 6), 1.0 / 3, tolerance);
}

Test(metrics, several_classes) {
    /* F1 of class 0: 2/3, of 1: 4/5, of 2: 0 (only labelled), of 4: 0 (only predicted). */
    const double prediction[] = {0, 0, 1, 4, 1}, label[] = {0, 2, 1, 1, 1};
    cr_expect_float_eq(compute("accuracy", prediction, label, 5), 3.0 / 5, tolerance);
    cr_expect_float_eq(compute("f1_macro", prediction, label, 5), (2.0 / 3 + 4.0 / 5) / 4, tolerance);
    /* c s = 15; sum p t = 2*1 + 2*3 = 8; s^2 - sum p^2 = 25 - 9 = 16; s^2 - sum t^2 = 25 - 11 = 14.
     */
    cr_expect_float_eq(compute("matthews", prediction, label, 5), 7 / sqrt(16 * 14), tolerance);
}

Test(metrics, correlations) {
    const double x[] = {1, 2, 3, 4}, y[] = {1, 3, 2, 6}, down[] = {9, 7, 5, 3};
    /* Deviations of y from 3: -2 0 -1 3; of x: -1.5 -0.5 0.5 1.5; 7 / sqrt(5 * 14). */
    cr_expect_float_eq(compute("pearson", x, y, 4), 7 / sqrt(70), tolerance);
    cr_expect_float_eq(compute("spearman", x, y, 4), 0.8, tolerance); /* 1 - 6 (1 + 1) / (4 * 15) */
    cr_expect_float_eq(compute("pearson", x, down, 4), -1, tolerance);
    cr_expect_float_eq(compute("spearman", x, down, 4), -1, tolerance);
}

Test(metrics, spearman_shares_ranks_of_equal_values) {
    const double x[] = {10, 20, 20, 5}, y[] = {1, 2, 3, 0};
    /* Ranks of x: 2 3.5 3.5 1, of y: 2 3 4 1; deviations -.5 1 1 -1.5 and -.5 .5 1.5 -1.5. */
    cr_expect_float_eq(compute("spearman", x, y, 4), 4.5 / sqrt(4.5 * 5), tolerance);
}

Test(metrics, pearson_is_exact_far_from_zero) {
    const double x[] = {1e9 + 1, 1e9 + 2, 1e9 + 3}, y[] = {2, 4, 6};
    cr_expect_float_eq(compute("pearson", x, y, 3), 1, tolerance);
}

Test(metrics, squared_error) {
    const double x[] = {1, 2, 4}, y[] = {1, 4, 3};
    cr_expect_float_eq(compute("mse", x, y, 3), 5.0 / 3, tolerance);
}

/* Three flags, as scikit-learn's f1_score of indicator matrices: counts of flag 0: 1 of 1 and 1; of 1: 1 of 2 and 1; of
 * 2: none. */
Test(metrics, flags) {
    const double prediction[] = {1, 1, 0, 0, 0, 0, 0, 1, 0}, label[] = {1, 1, 0, 0, 0, 0, 0, 0, 0};
    MetricInput in = {.prediction = prediction, .label = label, .n = 3, .width = 3};
    cr_expect_float_eq(metric_find("accuracy")->compute(&in), 2.0 / 3, tolerance);
    cr_expect_float_eq(metric_find("f1_micro")->compute(&in), 4.0 / 5, tolerance);
    cr_expect_float_eq(metric_find("f1_macro")->compute(&in), (1 + 2.0 / 3 + 0) / 3, tolerance);
}

/* O 0, B-A 1, I-A 2, B-B 3, I-B 4, S-A 5, E-A 6. Two sentences at once where `end` says so. */
static double entity(const double *prediction, const double *label, int64_t n, int64_t end) {
    static const char *const names[] = {"O", "B-A", "I-A", "B-B", "I-B", "S-A", "E-A"};
    const int64_t bounds[] = {0, end, n};
    MetricInput in = {.prediction = prediction,
                      .label = label,
                      .n = n,
                      .width = 1,
                      .bounds = bounds,
                      .sequences = 2,
                      .names = names,
                      .classes = 7};
    return metric_find("entity_f1")->compute(&in);
}

Test(metrics, entities_are_spans) {
    /* Labelled A(0..1), B(3); predicted A(0), B(3): one of two and two. */
    cr_expect_float_eq(entity((double[]){1, 0, 0, 3}, (double[]){1, 2, 0, 3}, 4, 4), 2.0 / 4, tolerance);
    /* A span may begin with I, after O, after another type, or at the start of a sentence. */
    cr_expect_float_eq(entity((double[]){2, 4, 0, 2}, (double[]){1, 3, 0, 1}, 4, 4), 1, tolerance);
    /* B begins a new span, I goes on: A(0..1) against A(0), A(1). */
    cr_expect_float_eq(entity((double[]){1, 2}, (double[]){1, 1}, 2, 2), 0, tolerance);
    /* A sentence ends its spans: A(0), A(1) on both sides. */
    cr_expect_float_eq(entity((double[]){1, 2}, (double[]){1, 1}, 2, 1), 1, tolerance);
    /* S is a span by itself, E ends one. */
    cr_expect_float_eq(entity((double[]){5, 2, 6, 2}, (double[]){1, 1, 2, 1}, 4, 4), 1, tolerance);
    /* Same words, other type. */
    cr_expect_float_eq(entity((double[]){3, 4}, (double[]){1, 2}, 2, 2), 0, tolerance);
    cr_expect_eq(entity((double[]){0, 0}, (double[]){0, 0}, 2, 2), 0);
}

Test(metrics, a_metric_fits_its_label) {
    static const char *const names[] = {"O", "B-A"};
    Label flags = {.kind = LABEL_FLAGS, .of = -1, .width = 2},
          tags = {.kind = LABEL_CLASS, .of = 0, .width = 1, .names = names}, none = {.kind = LABEL_NONE, .of = -1};
    cr_expect_null(metric_problem(metric_find("f1_micro"), &flags));
    cr_expect_not_null(metric_problem(metric_find("pearson"), &flags));
    cr_expect_null(metric_problem(metric_find("entity_f1"), &tags));
    tags.of = -1;
    cr_expect_not_null(metric_problem(metric_find("entity_f1"), &tags));
    cr_expect_null(metric_problem(metric_find("loss"), &none));
    cr_expect_not_null(metric_problem(metric_find("accuracy"), &none));
}

Test(metrics, nothing_and_constants_give_zero) {
    const double same[] = {0.1, 0.1, 0.1}, zero[] = {0, 0, 0}, x[] = {1, 2, 3}, bad[] = {1, NAN, INFINITY};
    int count;
    const Metric *metrics = metric_list(&count);
    for (int i = 0; i < count; i++) {
        bool is_curve = strcmp(metrics[i].name, "roc_auc") == 0 || strcmp(metrics[i].name, "average_precision") == 0;
        double none = strcmp(metrics[i].name, "perplexity") == 0 ? 1 : 0, found = compute(metrics[i].name, x, x, 0);
        cr_expect(is_curve ? isnan(found) : found == none, "%s", metrics[i].name);
        cr_expect(is_curve || !isnan(compute(metrics[i].name, bad, x, 3)), "%s", metrics[i].name);
        cr_expect(is_curve || !isnan(compute(metrics[i].name, bad, bad, 3)), "%s", metrics[i].name);
    }
    cr_expect_eq(compute("pearson", same, x, 3), 0);
    cr_expect_eq(compute("spearman", x, same, 3), 0);
    cr_expect_eq(compute("matthews", zero, zero, 3), 0);
    cr_expect_eq(compute("f1", zero, zero, 3), 0);
    cr_expect_eq(compute("f1_macro", zero, zero, 3), 1);
    cr_expect_eq(compute("pearson", bad, x, 3), 0);
}

Test(metrics, are_found_by_name) {
    int count;
    const Metric *metrics = metric_list(&count);
    cr_expect_gt(count, 20);
    for (int i = 0; i < count; i++) cr_expect_eq(metric_find(metrics[i].name), &metrics[i]);
    cr_expect_null(metric_find("Accuracy"));
}

Test(metrics, scores_lie_between_0_and_1) {
    cr_expect_eq(metric_score(metric_find("accuracy"), 0.75), 0.75);
    cr_expect_eq(metric_score(metric_find("pearson"), 0.5), 0.75);
    cr_expect_eq(metric_score(metric_find("matthews"), -1), 0);
    cr_expect_eq(metric_score(metric_find("mse"), 0), 1);
    cr_expect_eq(metric_score(metric_find("mse"), INFINITY), 0);
}
