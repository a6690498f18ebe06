/* Classes: which ones a column of labels has, and how often each comes. */
#ifndef GRADC_RUNTIME_DATA_CLASSES_H
#define GRADC_RUNTIME_DATA_CLASSES_H

#include "frontend/frontend.h"
#include "runtime/data/dataset.h"

/* Of a label of the task, in its file that the options name, in which they may say that bad rows are skipped; the
 * result is in the diagnostics' arena. A label without names and number of classes has those of its column: all whole
 * numbers by size, anything else byte by byte. NULL and a diagnostic, which never shows a label, for: no file, no such
 * column, no labels, a bad label, more than 10,000 classes, a class with a double quote or a control character. */
const ClassCounts *classes_count(const Task *task, const Label *label, const DatasetOptions *options,
                                 Diagnostics *diags);

/* Of a table that is read already, in which this column has the labels; messages name the file. */
const ClassCounts *classes_of_table(const Label *label, const Table *table, int column, const SourceFile *file,
                                    bool skips_bad, Diagnostics *diags);

#endif
