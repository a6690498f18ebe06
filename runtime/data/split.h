/* Splits: which rows of one file are for training and which for evaluation, where a task declares it.
 *
 * Rows that belong together stand on one side: those with equal cells in the column that the task groups by, or else
 * those with the same texts. Groups are ordered by XXH3-64 of these cells under the seed and stand on a line from 0 to
 * 1, each taking as much as it has rows; where the split is stratified each class has a line of its own, a group's
 * class being that of its first row. So what a row is for depends on the seed and on the content of the file, not on
 * the order of rows.
 *
 * By share: a group that begins below the share is for evaluation. One that would end beyond twice the share is not,
 * and takes no place on the line; where that leaves none, the smallest is. No class, and no file, is for evaluation as
 * a whole: what is one group is for training. Of k folds number f has the groups that begin from f / k up to (f + 1) /
 * k.
 *
 * Rows that could not be read have no place; they belong to training, where they are counted. */
#ifndef GRADC_RUNTIME_DATA_SPLIT_H
#define GRADC_RUNTIME_DATA_SPLIT_H

#include "runtime/data/table_reader.h"

/* Which columns of a table say where a row belongs. */
typedef struct SplitColumns {
    int first, count; /* cells of rows that belong together are equal in these */
    int label;        /* the class of a stratified split */
} SplitColumns;

/* Marks in `keep` [rows of the table] what the subset "train" or "dev" has. */
void split_rows(const Split *split, const Table *table, SplitColumns columns, const char *subset, int64_t fold,
                bool *keep);

#endif
