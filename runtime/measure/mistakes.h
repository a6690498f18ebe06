/* Mistakes: the rows of an evaluation whose prediction is not the label, the most confident first. A row is cited by
 * file and line; its text is shown only where the caller asks for it.
 *
 * A row of several labels (flags, words, hidden tokens) is wrong when any of them is, and as confident as the most
 * confident of these. A number is wrong unless it is exact, and has its absolute error in the place of a probability.
 */
#ifndef GRADC_RUNTIME_MEASURE_MISTAKES_H
#define GRADC_RUNTIME_MEASURE_MISTAKES_H

#include "runtime/measure/row_writer.h"
#include "runtime/measure/scores.h"

typedef struct MistakeWriter {
    RowWriter rows;
    const Tokenizer *tokenizer;
    bool texts;                 /* show them: each data set then keeps its task's text columns (mistake_texts), */
    const char *const *columns; /* [n_columns]: and these are those of all tasks */
    int n_columns;
    int64_t most;  /* rows of a task at most; 0: all */
    int64_t count; /* written so far */
} MistakeWriter;

/* The columns of a task's texts, at most MOST_TEXTS; how many. */
enum { MOST_TEXTS = 2 * MAX_TEXTS };
int mistake_texts(const Task *task, const char **columns);

/* The names of the columns, where the form has them. */
void mistakes_begin(const MistakeWriter *writer);
/* Those of one task's lines. Hidden tokens are text as well. */
void mistakes_write(MistakeWriter *writer, const Dataset *data, const MetricInput *lines);

#endif
