/* Train data: the tasks of a run with their data sets. */
#ifndef GRADC_RUNTIME_TRAIN_TRAIN_DATA_H
#define GRADC_RUNTIME_TRAIN_TRAIN_DATA_H

#include "runtime/train/train.h"

typedef struct TrainTask {
    const Task *task;
    int number;           /* in the program */
    Dataset *train, *dev; /* dev NULL: not evaluated */
    int64_t dev_limit;    /* rows of dev, at most; 0: all */
    double weight;        /* of its loss */
} TrainTask;

typedef struct TrainData {
    TrainTask *tasks; /* [count]: those that are wanted, in the order of the program */
    int count;
    double load_ms;
} TrainData;

/* Warns of rows to evaluate on that are trained on too. False with a diagnostic; to be closed all the same. */
bool train_data_load(TrainData *data, Session *session, const TrainOptions *options);
void train_data_close(TrainData *data);

/* Leaves of the rows to evaluate the first ones, this share of each task's, as --limit-dev does; not below a batch. */
void train_data_limit_dev(const TrainData *data, double share);
/* The limits as --limit-dev takes them; NULL: there are none. The caller owns it. */
json_t *train_data_dev_limits(const TrainData *data);

/* Puts the tokens into the run's folder (token_cache.h), once there is one. False with a diagnostic. */
bool train_data_keep(const TrainData *data, Session *session, const TrainOptions *options);

/* Rows to evaluate, of all tasks. */
int64_t train_data_dev_rows(const TrainData *data);

/* Data sets that need not be read again. */
int train_data_cached(const TrainData *data);

#endif
