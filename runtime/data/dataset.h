/* Data set: the rows of one split of a task, tokenised and checked, ready to be made into batches. */
#ifndef GRADC_RUNTIME_DATA_DATASET_H
#define GRADC_RUNTIME_DATA_DATASET_H

#include "frontend/program.h"
#include "runtime/data/table_reader.h"
#include "runtime/tokenize/tokenizer.h"

/* Sequences of one text input, end to end. */
typedef struct Sequences {
    TokenIds ids, segments;
    int64_t *bounds; /* [rows + 1] */
    /* [rows + 1]: row i has the windows windows[i] .. windows[i + 1]; NULL: each row is one sequence */
    int64_t *windows;
    int64_t *window_bounds; /* [windows + 1]: tokens */
    int64_t window_capacity;
} Sequences;

/* One label of the rows, or numbers that are given, end to end. A label of sequences has one for each row. Of a masked
 * label there is nothing:
 * it is drawn anew for each use (see labels.h). */
typedef struct Labels {
    int64_t *bounds; /* [rows + 1]: row i's are bounds[i] .. bounds[i + 1]; NULL: masked, or the task has no label */
    int32_t *at;     /* [labels]: the token of its sequence, from 0, that it belongs to; NULL: to the whole */
    int32_t *word;   /* [labels]: which word of its row, from 0; NULL: the labels are not of words */
    int32_t *words;  /* [rows]: how many the row has; some may have no label, or no token */
    double *values;  /* [labels, width]; NaN: not given */
    int64_t capacity;
} Labels;

typedef struct Dataset {
    const Task *task;
    uint64_t id; /* see dataset_id.h */
    int64_t rows;
    Sequences inputs[MAX_TEXTS]; /* [task's inputs] */
    Labels values[MAX_VALUES];   /* [task's values] */
    bool is_cached;              /* it comes from a token cache */
    bool labelled;               /* false: what there is to tell is not known; see DatasetOptions */
    uint32_t *lines;             /* [rows]: the line in the file */
    const SourceFile *file;
    const Tokenizer *tokenizer; /* borrowed */
    int64_t skipped;            /* rows that were left out: see skips_bad */
    int64_t cut;                /* rows whose text was longer than the limit */
    int64_t unknown;            /* rows with a text of which most tokens are [UNK] */
    Table *table;               /* the file's cells; NULL: not asked for (see DatasetOptions) */
    int64_t *table_rows;        /* [rows]: where a row is in the table; NULL without one */
    int kept;                   /* the first of the kept columns there */
} Dataset;

typedef struct DatasetOptions {
    const Tokenizer *tokenizer;
    const char *const *folders; /* searched in order for the task's file as named, then for its last part */
    int n_folders;              /* 0: the working directory */
    const char *split;          /* "train", "dev" */
    const char *path;           /* NULL; or this file instead of folders and split */
    const TableText *text;      /* NULL; or these rows instead of a file: there may be none. The table is kept. */
    const TableFormat *format;  /* of `text` or `path`; NULL: as the task says */
    const char *const *keep;    /* [n_keep]: columns whose cells are wanted besides; the table is kept */
    int n_keep;
    bool keeps_bad; /* a row that cannot be read is an empty text, and the table says why; the table is kept */
    /* a row that cannot be read, or has no label or a wrong one, is left out with a warning (of the first few) */
    bool skips_bad;
    int64_t max_length; /* tokens of a sequence, special ones included */
    bool one_segment;   /* all that the model knows: the second text of a pair is in segment 0 as well */
    int64_t fold;       /* of a task that declares folds: which one is dev */
    int64_t limit;      /* at most so many rows; 0: all */
    size_t memory;      /* bytes that a file of data may take; 0: as many as there is room for */
    /* Each row has its labels, and a masked label hides tokens; otherwise the columns of labels may be missing, every
     * word has a label of value NaN, and the tokens to predict are those that are [MASK] in the text. */
    bool needs_labels;
} DatasetOptions;

/* NULL and diagnostics (file and line, never content) for: a missing file or column, a label that is no number, no
 * class or out of its range, lists of unequal lengths, windows longer than sequences may be, a vocabulary without
 * [MASK] where tokens are masked, no rows. */
Dataset *dataset_load(const Task *task, const DatasetOptions *options, Diagnostics *diags);
void dataset_free(Dataset *data);

/* The task's file in the first of the options' folders that has it. NULL and a diagnostic: none has. */
const char *dataset_path(const Task *task, const DatasetOptions *options, Diagnostics *diags);
/* Does the file hold more than the part that is wanted? */
bool dataset_is_split(const Task *task, const DatasetOptions *options);
TableFormat dataset_format(const Task *task); /* as its data line says */

/* Tokens of a row, over all inputs. */
int64_t dataset_tokens(const Dataset *data, int64_t row);
int64_t dataset_tokens_of(const Dataset *data, const int64_t *rows, int64_t count);

#endif
