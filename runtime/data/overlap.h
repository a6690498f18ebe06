/* Overlap: rows that training and evaluation share, which make a score look better than it is. */
#ifndef GRADC_RUNTIME_DATA_OVERLAP_H
#define GRADC_RUNTIME_DATA_OVERLAP_H

#include "runtime/data/dataset.h"

/* How many rows of `dev` have the same tokens, in all inputs, as a row of `train`; the lines of the first `most` of
 * them in `lines`. */
int64_t overlap_find(const Dataset *train, const Dataset *dev, uint32_t *lines, int most);

#endif
