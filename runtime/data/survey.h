/* Survey: what a table of texts and labels is like, for who writes a task for it. */
#ifndef GRADC_RUNTIME_DATA_SURVEY_H
#define GRADC_RUNTIME_DATA_SURVEY_H

#include "runtime/data/table_reader.h"
#include "runtime/tokenize/tokenizer.h"

typedef struct SurveyOptions {
    const char *path;
    const char *const *texts; /* [n_texts]: one column or two, each by its name or its number from 1 */
    int n_texts;
    const char *const *numbers; /* [n_numbers]: columns of numbers beside the texts */
    int n_numbers;              /* at most SURVEY_NUMBERS */
    const char *label, *group;  /* group NULL: none */
    bool classes;               /* numbers are the names of classes */
    const Tokenizer *tokenizer; /* NULL: lengths are in words */
    double share;               /* of the rows, for evaluation */
} SurveyOptions;

enum { SURVEY_LINES = 5, SURVEY_NUMBERS = 16 };

typedef struct SurveyNumber {
    const char *column;
    double mean, deviation; /* of the rows that have it; the deviation is above 0 */
    int64_t gaps;           /* rows that lack it */
} SurveyNumber;

typedef struct Survey {
    TableFormat format;                   /* with names for the columns where the file has no header */
    bool header_is_row;                   /* what stands where a header would is a row: it has none */
    const char *texts[2], *label, *group; /* names of columns */
    int64_t rows, unlabelled;             /* rows that can be read; of these */
    int64_t bad;                          /* rows that cannot, */
    uint32_t bad_lines[SURVEY_LINES];     /* the first of them, */
    const char *problem;                  /* and what is wrong with the first */
    bool is_real;                         /* otherwise classes */
    bool whole;                           /* the labels are numbers, and whole ones */
    double lowest, highest;               /* of a real label */
    SurveyNumber numbers[SURVEY_NUMBERS];
    const char *const *names;
    const int64_t *counts; /* [classes] */
    int64_t classes;
    Split split;               /* what the rows can be split by */
    int64_t dev_rows;          /* that this gives */
    const int64_t *dev_counts; /* [classes]: of these */
    int64_t empty;             /* rows without a text, or with an empty one */
    int64_t unknown;           /* rows with a text of which most tokens are [UNK]; of a tokenizer only */
    int64_t *lengths;          /* [rows], in order; tokens with the special ones, or words */
} Survey;

/* The result is in `arena`. Labels that are all numbers are real where some are no whole ones, or there are more than
 * 20 different ones; unless these go from 0 or 1 on without a gap, each at least twice, or the options say so. Other
 * labels are classes. Where all columns are given by numbers, and the first row has a label or a text where a header
 * would have a name, the file has no header. NULL and errors, without content, for: no such file or column, more bad
 * rows than others, text that is not UTF-8, no rows or labels, lists as labels, more than 200 classes, a column of
 * numbers that has something else, or one number alone. */
const Survey *survey_table(const SurveyOptions *options, Arena *arena, Diagnostics *diags);

/* At most how long the given share of the rows is. */
int64_t survey_length(const Survey *survey, double share);
/* The share of the rows that is longer. */
double survey_longer(const Survey *survey, int64_t length);

#endif
