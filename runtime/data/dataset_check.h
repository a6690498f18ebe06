/* Does a data set hold only what a model can take? Compiled code indexes tables with its numbers and asks no more, so
 * what comes from a file that claims to be a data set (a token cache) is looked through before. */
#ifndef GRADC_RUNTIME_DATA_DATASET_CHECK_H
#define GRADC_RUNTIME_DATA_DATASET_CHECK_H

#include "runtime/data/dataset.h"

/* NULL, or what is wrong with it. Its arrays have the sizes that its bounds say, which ascend; anything else may be
 * of any value. */
const char *dataset_problem(const Dataset *data, const DatasetOptions *options);

#endif
