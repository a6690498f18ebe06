/* Extended grapheme clusters (Unicode Standard Annex 29) of Unicode 17.0. */
#ifndef GRADC_RUNTIME_TOKENIZE_CLUSTER_H
#define GRADC_RUNTIME_TOKENIZE_CLUSTER_H

#include "runtime/tokenize/unicode.h"

/* Where the cluster ends that begins at `at`, before `length`. */
int64_t cluster_end(const CharTable *chars, const char *text, int64_t at, int64_t length);

#endif
