/* Metrics against scikit-learn 1.9.1 and SciPy on the same predictions, which both make with the same small generator.
 * (An average over classes that scikit-learn does not have for a kind of label is the mean of what it gives for each.)
 * Tolerance: 1e-9. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/measure/scores.h"

typedef struct Expected {
    const char *metric;
    double value;
} Expected;

static uint32_t draw(uint32_t *state) {
    *state = (uint32_t)(((uint64_t)*state * 1103515245 + 12345) % 0x80000000);
    return *state >> 8;
}

static void expect_all(const MetricInput *in, const Expected *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const Metric *metric = metric_find(expected[i].metric);
        cr_assert_not_null(metric, "%s", expected[i].metric);
        double got = metric->compute(in);
        cr_expect(fabs(got - expected[i].value) <= 1e-9, "%s: %.12g, not %.12g", expected[i].metric, got,
                  expected[i].value);
    }
}
#define EXPECT(in, list) expect_all(in, list, sizeof list / sizeof *list)

enum { BINARY = 50, SEVERAL = 60, CLASSES = 4, FLAGGED = 40, FLAGS = 3, NUMBERS = 30 };

static const Expected binary[] = {
    {"accuracy", 0.66000000000000003},
    {"balanced_accuracy", 0.6443123938879457},
    {"precision_macro", 0.64166666666666661},
    {"recall_macro", 0.6443123938879457},
    {"f1_macro", 0.64270701975620015},
    {"f1_micro", 0.66000000000000003},
    {"f1_weighted", 0.66157208911307264},
    {"matthews", 0.28596682185730782},
    {"precision", 0.73333333333333328},
    {"recall", 0.70967741935483875},
    {"f1", 0.72131147540983609},
    {"average_precision", 0.79583056491600057},
    {"log_loss", 0.63376968736079231},
    {"calibration_error", 0.15093750000000003},
    {"roc_auc", 0.68251273344651953},
};
static const Expected never[] = {
    {"accuracy", 0.38},
    {"balanced_accuracy", 0.5},
    {"precision_macro", 0.19},
    {"recall_macro", 0.5},
    {"f1_macro", 0.27536231884057971},
    {"f1_micro", 0.38},
    {"f1_weighted", 0.20927536231884059},
    {"matthews", 0},
    {"precision", 0},
    {"recall", 0},
    {"f1", 0},
    {"average_precision", 0.79583056491600057},
    {"log_loss", 0.90658398577684507},
    {"calibration_error", 0.35671874999999997},
    {"roc_auc", 0.68251273344651953},
};

static MetricInput make_binary(double *label, double *score, double *prediction, double scale) {
    uint32_t state = 1;
    for (int i = 0; i < BINARY; i++) {
        uint32_t a = draw(&state), b = draw(&state);
        score[i] = (double)(a % 65) / 64;
        label[i] = (double)(b % 100) < 20 + 60 * score[i];
        score[i] *= scale;
        prediction[i] = score[i] > 0.5;
    }
    return (MetricInput){
        .prediction = prediction, .label = label, .n = BINARY, .width = 1, .scores = score, .score_columns = 1};
}

/* With half the scores nothing is predicted to be of class 1. */
Test(scores, two_classes) {
    double label[BINARY], score[BINARY], prediction[BINARY];
    MetricInput in = make_binary(label, score, prediction, 1);
    EXPECT(&in, binary);
    in = make_binary(label, score, prediction, 0.5);
    EXPECT(&in, never);
}

static const Expected several[] = {
    {"accuracy", 0.75},
    {"balanced_accuracy", 0.75693516042780751},
    {"precision_macro", 0.74821428571428572},
    {"recall_macro", 0.75693516042780751},
    {"f1_macro", 0.74905241935483868},
    {"f1_micro", 0.75},
    {"f1_weighted", 0.75044758064516137},
    {"matthews", 0.66778735925701149},
    {"roc_auc", 0.80904650774157449},
    {"average_precision", 0.678282889239335},
    {"log_loss", 1.1331231653735054},
    {"calibration_error", 0.34894838033212122},
};
static const Expected missing[] = {
    {"accuracy", 0.56666666666666665},          {"balanced_accuracy", 0.60997639796659409},
    {"precision_macro", 0.57857142857142851},   {"recall_macro", 0.45748229847494554},
    {"f1_macro", 0.50350363886703386},          {"f1_micro", 0.56666666666666665},
    {"f1_weighted", 0.6379597757671126},        {"matthews", 0.46584885049283314},
    {"log_loss", 1.4106307253656183},           {"roc_auc", 0.71826349273885948},
    {"average_precision", 0.67710221955607242},
};

static int64_t largest(const double *values) {
    int64_t at = 0;
    for (int64_t k = 1; k < CLASSES; k++) {
        if (values[k] > values[at]) at = k;
    }
    return at;
}

static MetricInput make_several(double *label, double *scores, double *prediction) {
    uint32_t state = 7;
    for (int i = 0; i < SEVERAL; i++) {
        double *row = scores + i * CLASSES, sum = 0;
        for (int k = 0; k < CLASSES; k++) sum += row[k] = (double)(1 + draw(&state) % 16);
        prediction[i] = (double)largest(row);
        label[i] = draw(&state) % 3 ? prediction[i] : (double)(draw(&state) % 4);
        for (int k = 0; k < CLASSES; k++) row[k] /= sum;
    }
    return (MetricInput){
        .prediction = prediction, .label = label, .n = SEVERAL, .width = 1, .scores = scores, .score_columns = CLASSES};
}

/* Then with no row of class 2 left: curves of the three others. */
Test(scores, several_classes) {
    double label[SEVERAL], scores[SEVERAL * CLASSES], prediction[SEVERAL];
    MetricInput in = make_several(label, scores, prediction);
    EXPECT(&in, several);
    for (int i = 0; i < SEVERAL; i++) label[i] = label[i] == 2 ? 1 : label[i];
    EXPECT(&in, missing);
}

static const Expected flags[] = {
    {"accuracy", 0.52500000000000002},    {"precision_macro", 0.80210329745933462},
    {"recall_macro", 0.7779422982007449}, {"f1_macro", 0.78787878787878796},
    {"f1_micro", 0.7931034482758621},     {"f1_weighted", 0.79335730183187803},
    {"roc_auc", 0.893906761789384},       {"average_precision", 0.8548786569202057},
    {"log_loss", 0.42983876002653415},    {"calibration_error", 0.090364583333333345},
};

Test(scores, flags) {
    double label[FLAGGED * FLAGS], scores[FLAGGED * FLAGS], prediction[FLAGGED * FLAGS];
    uint32_t state = 3;
    for (int i = 0; i < FLAGGED; i++) {
        for (int k = 0; k < FLAGS; k++) scores[i * FLAGS + k] = (double)(draw(&state) % 33) / 32;
        for (int k = 0; k < FLAGS; k++)
            label[i * FLAGS + k] = (double)(draw(&state) % 100) < 100 * scores[i * FLAGS + k];
        for (int k = 0; k < FLAGS; k++) prediction[i * FLAGS + k] = scores[i * FLAGS + k] > 0.5;
    }
    MetricInput in = {.prediction = prediction,
                      .label = label,
                      .n = FLAGGED,
                      .width = FLAGS,
                      .scores = scores,
                      .score_columns = FLAGS};
    EXPECT(&in, flags);
}

static const Expected numbers[] = {
    {"mse", 1.5334635416666667},       {"mae", 1.03125}, {"r2", 0.37081505014816496}, {"pearson", 0.63882033261191562},
    {"spearman", 0.61535903193926123},
};
static const Expected same_labels[] = {
    {"r2", 0},
    {"mae", 1.6395833333333334},
};

Test(scores, numbers) {
    double label[NUMBERS], prediction[NUMBERS];
    uint32_t state = 5;
    for (int i = 0; i < NUMBERS; i++) {
        label[i] = (double)(draw(&state) % 41) / 8;
        prediction[i] = (double)(draw(&state) % 41) / 8 * 0.5 + label[i] * 0.5;
    }
    MetricInput in = {.prediction = prediction, .label = label, .n = NUMBERS, .width = 1};
    EXPECT(&in, numbers);
    for (int i = 0; i < NUMBERS; i++) label[i] = 1;
    EXPECT(&in, same_labels);
}

/* No rows, and one: every metric is a number. */
Test(scores, nothing_and_nearly_nothing) {
    const double zero[] = {0}, half[] = {0.5};
    int count;
    const Metric *list = metric_list(&count);
    for (int i = 0; i < count; i++) {
        for (int64_t n = 0; n < 2; n++) {
            MetricInput in = {.prediction = zero,
                              .label = zero,
                              .n = n,
                              .width = 1,
                              .bounds = (int64_t[]){0, n},
                              .sequences = n,
                              .names = (const char *const[]){"O"},
                              .classes = 1,
                              .scores = half,
                              .score_columns = 1};
            bool is_curve = strcmp(list[i].name, "roc_auc") == 0 || strcmp(list[i].name, "average_precision") == 0;
            double value = list[i].compute(&in);
            cr_expect(isfinite(value) || (is_curve && isnan(value)), "%s of %d rows", list[i].name, (int)n);
        }
    }
}

Test(scores, reports_and_confusion) {
    const double prediction[] = {0, 0, 1, 4, 1}, label[] = {0, 2, 1, 1, 1};
    const int64_t wanted[] = {1, 0, 0, 0, /* 1 */ 0, 2, 0, 1, /* 2 */ 1, 0, 0, 0, /* 4 */ 0, 0, 0, 0};
    MetricInput in = {.prediction = prediction, .label = label, .n = 5, .width = 1};
    int64_t count, matrix[16];
    ClassReport *reports = class_reports(&in, false, &count);
    cr_assert_eq(count, 4);
    cr_expect(reports[1].value == 1 && reports[1].support == 3 && reports[1].precision == 1 &&
              fabs(reports[1].recall - 2.0 / 3) < 1e-15);
    confusion_matrix(&in, reports, count, matrix);
    cr_expect_arr_eq(matrix, wanted, sizeof wanted);
    free(reports);
}

/* One class alone, and scores that are no numbers: no area under a curve, and no endless loop. */
Test(scores, curves_of_one_class_are_undefined) {
    const double ones[] = {1, 1, 1}, mixed[] = {1, 0, 1}, bad[] = {NAN, NAN, NAN}, good[] = {0.2, 0.5, 0.7};
    MetricInput in = {
        .prediction = ones, .label = ones, .n = 3, .width = 1, .classes = 2, .scores = good, .score_columns = 1};
    cr_expect(isnan(metric_find("roc_auc")->compute(&in)));
    cr_expect(isnan(metric_find("average_precision")->compute(&in)));
    in.label = (const double[]){0, 0, 0};
    cr_expect(isnan(metric_find("average_precision")->compute(&in)));
    in.label = mixed, in.scores = bad;
    cr_expect(isfinite(metric_find("roc_auc")->compute(&in)));
    cr_expect(isnan(metric_score(metric_find("roc_auc"), NAN)) && isnan(metric_score(metric_find("mse"), NAN)));
    cr_expect_str_eq(metric_text(NAN).text, "undefined");
}

Test(scores, a_declared_class_without_rows_is_listed) {
    const double prediction[] = {0, 2}, label[] = {0, 0};
    MetricInput in = {.prediction = prediction, .label = label, .n = 2, .width = 1, .classes = 4};
    int64_t count;
    ClassReport *reports = class_reports(&in, true, &count);
    cr_assert_eq(count, 4);
    cr_expect(reports[3].support == 0 && reports[3].predicted == 0 && reports[2].predicted == 1);
    free(reports);
    cr_expect_float_eq(metric_find("precision_macro")->compute(&in), 0.5, 1e-15); /* of two classes, not of four */
}
