/* Survey: what a table of texts and labels is like, for who writes a task for it. */
#ifndef GRADC_RUNTIME_DATA_SURVEY_H
#define GRADC_RUNTIME_DATA_SURVEY_H

#include "runtime/data/table_reader.h"
#include "runtime/data/tokenizer.h"

typedef struct SurveyOptions {
    const char *path;
    const char *const *texts; /* [n_texts]: one column or two, each by its name or its number from 1 */
    int n_texts;
    const char *label, *group;  /* group NULL: none */
    const Tokenizer *tokenizer; /* NULL: lengths are in words */
} SurveyOptions;

typedef struct Survey {
    TableFormat format;
    const char *texts[2], *label, *group; /* names of columns */
    int64_t rows, unlabelled;
    bool is_real;           /* otherwise classes */
    double lowest, highest; /* of a real label */
    const char *const *names;
    const int64_t *counts; /* [classes] */
    int64_t classes;
    int64_t *lengths; /* [rows], in order; tokens with the special ones, or words */
} Survey;

/* The result is in `arena`. Labels that are all numbers, some of them no whole ones or more than 20 different, are
 * real; other labels are classes. NULL and errors, without content, for: no such file or column, no rows or labels,
 * lists as labels, more than 200 classes. */
const Survey *survey_table(const SurveyOptions *options, Arena *arena, Diagnostics *diags);

/* At most how long the given share of the rows is. */
int64_t survey_length(const Survey *survey, double share);
/* The share of the rows that is longer. */
double survey_longer(const Survey *survey, int64_t length);

#endif
