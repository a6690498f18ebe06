/* Token cache: a data set as it was read and tokenised, in the folder of a run, so that taking the run up again, or
 * evaluating it, need not do that once more. A file is of one task and split; nobody else may read it (mode 0600), as
 * it holds the texts' tokens.
 *
 * It is used only when it was made of the same file, byte for byte, with the same graph text, vocabulary and options,
 * and is whole. */
#ifndef GRADC_RUNTIME_DATA_TOKEN_CACHE_H
#define GRADC_RUNTIME_DATA_TOKEN_CACHE_H

#include "runtime/data/dataset.h"

typedef struct TokenCache {
    const char *folder; /* of the run; NULL: there is no cache */
    const char *source; /* the program's text */
} TokenCache;

/* dataset_load, or what was kept of it; the warnings of rows that are left out are given only when it is loaded. */
Dataset *token_cache_load(const TokenCache *cache, const Task *task, const DatasetOptions *options, Diagnostics *diags);

/* Keeps a data set for the next time, in FOLDER/tokens; nothing when it came from there. False and a diagnostic. */
bool token_cache_store(const TokenCache *cache, const Dataset *data, const DatasetOptions *options, Diagnostics *diags);

#endif
