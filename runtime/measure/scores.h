/* Metrics of classes beyond their counts, and of the probabilities that a task gives them. As scikit-learn defines
 * them; what it leaves open (a class that no row has, no rows at all) is said at each. */
#ifndef GRADC_RUNTIME_MEASURE_SCORES_H
#define GRADC_RUNTIME_MEASURE_SCORES_H

#include "runtime/measure/metrics.h"

/* Class 1 against all others; 0 where there is nothing to divide by. */
MetricFunction precision, recall;
/* The mean over classes that are predicted or labelled; of flags over all of them. */
MetricFunction precision_macro, recall_macro;
/* F1 of each class, weighted by the rows labelled with it. */
MetricFunction f1_weighted;
/* The mean recall of the classes that are labelled. */
MetricFunction balanced_accuracy;

/* Of probabilities: `in->scores` [n, score_columns], one column being the probability of class 1.
 *
 * Area under the curve of true against false positive rates: the chance that a row of the class has a higher score than
 * another, equal scores counting a half. Of several classes each against the rest, and of flags each, and their mean;
 * those that all rows have or none has are left out; undefined when nothing is left. */
MetricFunction roc_auc;
/* The sum over thresholds of precision times the recall that is gained there; means as above, without those that no row
 * has; undefined where roc_auc is. */
MetricFunction average_precision;
/* The mean of -log of the probability of what is right, which counts as 2^-52 at the least. Of flags the mean over all
 * of them. */
MetricFunction log_loss;
/* Of what the line, or its flag, is said to be; something without a column of its own has probability 0. */
double probability_of(const MetricInput *in, int64_t line, int64_t flag, double value);
/* Expected calibration error (Guo et al. 2017): rows in 15 bins of equal width by the probability of what is predicted;
 * the mean distance between a bin's share of right predictions and its mean probability, weighted by its rows. Of flags
 * each is a prediction. */
MetricFunction calibration_error;

enum { CALIBRATION_BINS = 15 };
typedef struct CalibrationBin {
    double confidence, right; /* sums: of the probabilities, of those that are right */
    int64_t count;
} CalibrationBin;
void calibration_bins(const MetricInput *in, CalibrationBin *bins); /* [CALIBRATION_BINS] */

/* Rows whose score is at least `score`, and how many of them are of the class. */
typedef struct Threshold {
    double score;
    int64_t rows, positives;
} Threshold;
/* Of a column of `in->scores`: all scores there are, the highest first. The last one has all rows. The caller frees. */
Threshold *score_thresholds(const MetricInput *in, int64_t column, int64_t *count);

/* Mean absolute error, and the coefficient of determination: 1 - squared error / squared deviation of the labels; 0 for
 * labels that are all equal, unless the predictions are exact (1). */
MetricFunction mae, r2;

/* One line of a report. */
typedef struct ClassReport {
    double value; /* of the class; of flags the column */
    double precision, recall, f1;
    int64_t support;   /* rows labelled with it */
    int64_t predicted; /* rows predicted as it */
} ClassReport;

/* All classes that are predicted or labelled, ascending, and with `declared` those that are declared too; of flags all
 * of them. The caller frees. */
ClassReport *class_reports(const MetricInput *in, bool declared, int64_t *count);

/* `matrix[i * n + j]`: rows labelled as class i of the reports and predicted as class j. Not of flags. */
void confusion_matrix(const MetricInput *in, const ClassReport *reports, int64_t n, int64_t *matrix);

#endif
