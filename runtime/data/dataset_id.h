/* Data set's id: which rows these are, wherever they lie in memory. */
#ifndef GRADC_RUNTIME_DATA_DATASET_ID_H
#define GRADC_RUNTIME_DATA_DATASET_ID_H

#include "runtime/data/dataset.h"

/* A hash of the tokens of all rows, as sequences and windows. A part that is the first rows of a set has the id of the
 * whole: it is found by the same row numbers. */
uint64_t dataset_id(const Dataset *data);

#endif
