/* Labels of a row, as a batch and a metric take them: those of the file, or drawn: a masked label hides a share of the
 * tokens from the graph and asks for them (Devlin et al. 2018, section 3.1). Of the chosen tokens, 80 in 100 become
 * [MASK], 10 a random token, 10 stay as they are. Special tokens are never chosen.
 *
 * What is drawn for a token is a function of the key and the token's place alone: Philox4x32-10 at the counter (0,
 * position, row, XXH32 of the label's name) under the key (seed, step). Splitting a batch, resuming or threads change
 * nothing. */
#ifndef GRADC_RUNTIME_DATA_LABELS_H
#define GRADC_RUNTIME_DATA_LABELS_H

#include "runtime/data/dataset.h"

/* A growing list on the heap, of labels of one width; start with {0}. */
typedef struct LabelList {
    int32_t *at;    /* [count]: tokens of the sequence, from 0; of labels of sequences 0 */
    double *values; /* [count, width]; NaN: not given */
    int64_t count, capacity;
} LabelList;

/* Where a row stands among the random numbers. */
typedef struct RowKey {
    uint32_t seed, step, row;
} RowKey;

/* What one row has of the task's value of this number (see Task), instead of what `list` held. `ids` NULL, or the row's
 * ids of the input that the label is of: those that are hidden are replaced. */
void row_labels(const Dataset *data, int value, int64_t row, RowKey key, int32_t *ids, LabelList *list);
void label_list_free(LabelList *list);

/* The longest stretch between two of count + 1 bounds. */
int64_t longest_stretch(const int64_t *bounds, int64_t count);

/* The most labels that a row can have. */
int64_t most_labels(const Dataset *data, int value);

#endif
