/* Rows of results as TSV, CSV or JSON lines: cells in quotes where they need them, cells of the data as they were. */
#ifndef GRADC_RUNTIME_MEASURE_ROW_WRITER_H
#define GRADC_RUNTIME_MEASURE_ROW_WRITER_H

#include <jansson.h>
#include <stdio.h>

#include "runtime/data/dataset.h"

typedef enum RowForm { FORM_TSV, FORM_CSV, FORM_JSONL } RowForm;

typedef struct RowWriter {
    FILE *out;
    RowForm form;
} RowWriter;

/* As the file's name ends; TSV where it says nothing. NULL is allowed. */
RowForm row_form_of(const char *path);

/* A cell of a table: where it begins (`cells` of its line do already), and its text, in quotes where it needs them. */
void row_begin_cell(const RowWriter *writer, int64_t *cells);
void row_bytes(const RowWriter *writer, const char *text, size_t length);
void row_text(const RowWriter *writer, const char *text);
/* A cell of the row's own table (Dataset.table), a list with bars between its items. */
void row_kept_cell(const RowWriter *writer, const Dataset *data, int64_t row, int column);

/* A member of an object: its name, and a value, which is taken; or the value of a cell as it was written. */
void row_begin_member(const RowWriter *writer, const char *name, int *members);
void row_member(const RowWriter *writer, const char *name, json_t *value, int *members);
void row_kept_value(const RowWriter *writer, const Dataset *data, int64_t row, int column);

#endif
