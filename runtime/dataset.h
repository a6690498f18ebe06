/* Data set: the rows of one split of a task, tokenised and checked, ready to be made into batches. */
#ifndef GRADC_RUNTIME_DATASET_H
#define GRADC_RUNTIME_DATASET_H

#include "graph/program.h"
#include "runtime/tokenizer.h"

/* Sequences of one text input, end to end. */
typedef struct Sequences {
    TokenIds ids, segments;
    int64_t *bounds; /* [rows + 1] */
} Sequences;

typedef struct Dataset {
    const Task *task;
    int64_t rows;
    Sequences inputs[2]; /* [task's inputs] */
    double *labels;      /* [rows]; NaN where there is none */
    uint32_t *lines;     /* [rows]: the line in the file */
    const SourceFile *file;
    int64_t skipped;     /* rows without a label, left out */
    int64_t cut;         /* rows whose text was longer than the limit */
} Dataset;

typedef struct DatasetOptions {
    const Tokenizer *tokenizer;
    const char *const *folders; /* searched in order for the task's file as named, then for its last part */
    int n_folders;              /* 0: the working directory */
    const char *split;   /* "train", "dev" */
    const char *path;    /* NULL; or this file instead of folders and split */
    int64_t max_length;  /* tokens of a sequence, special ones included */
    int64_t limit;       /* at most so many rows; 0: all */
    bool needs_labels;   /* rows without a label are skipped; otherwise the column may be missing */
} DatasetOptions;

/* NULL and diagnostics (file and line, never content) for: a missing file or column, a label that is no number or out of its range, no rows. */
Dataset *dataset_load(const Task *task, const DatasetOptions *options, Diagnostics *diags);
void dataset_free(Dataset *data);

/* Tokens of a row, over all inputs. */
int64_t dataset_tokens(const Dataset *data, int64_t row);

#endif
