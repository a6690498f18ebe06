/* Predictions for people and programs: the numbers of a row as values with names (classes, tags, tokens), and as lines
 * of TSV, CSV or JSON. */
#ifndef GRADC_RUNTIME_MEASURE_PREDICTION_H
#define GRADC_RUNTIME_MEASURE_PREDICTION_H

#include <jansson.h>

#include "runtime/measure/evaluate.h"
#include "runtime/measure/row_writer.h"

typedef struct PredictionWriter {
    RowWriter rows;
    bool header;             /* TSV and CSV: a first line with the names of the columns */
    bool errors;             /* a row that could not be read is a line too; the last column says why */
    const char *const *keep; /* [n_keep]: columns of the data, before all others */
    int n_keep;
    const Task *task;
    const Tokenizer *tokenizer;
    OutputNames outputs; /* what is written, in this order */
    bool begun;          /* the header is written */
} PredictionWriter;

/* Row `row` of output number `index`: a number, a name, or a list of them, an object where classes have names (see
 * docs/serving.md). What is no number is null. The caller owns it. */
json_t *prediction_value(const PredictionWriter *writer, int index, const Dataset *data, const Collected *output,
                         int64_t row);

/* All rows of a data set, in its order. `outputs` [writer's outputs]. */
void prediction_rows(PredictionWriter *writer, const Dataset *data, const Collected *outputs);

/* A class by its name, where it has one and is what the task predicts; a number. The caller owns it. */
json_t *class_value(const Task *task, const Tokenizer *tokenizer, double value);

/* What an output is called in a header and in objects. */
const char *prediction_name(const Task *task, const char *output);

#endif
