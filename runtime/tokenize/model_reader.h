/* Reading the section "model" of a tokenizer.json: values of the kind that is wanted, or an error with the key. */
#ifndef GRADC_RUNTIME_TOKENIZE_MODEL_READER_H
#define GRADC_RUNTIME_TOKENIZE_MODEL_READER_H

#include <jansson.h>

#include "graph/base/diag.h"

typedef struct ModelReader {
    const json_t *model;
    const char *file, *kind; /* for messages */
    Diagnostics *diags;
} ModelReader;

/* Null is the same as no such key: `*value` stays. False and an error: it is of another kind. */
bool model_reader_text(const ModelReader *reader, const char *key, const char **value); /* in the JSON's memory */
bool model_reader_flag(const ModelReader *reader, const char *key, bool *value);
bool model_reader_count(const ModelReader *reader, const char *key, int32_t *value);

/* The only keys it may have, with blanks between and around. False and an error for another. */
bool model_reader_keys(const ModelReader *reader, const char *known);

/* Errors; false. Damaged: what stands under the key cannot be (E0802). Refused: it means what is not computed here
 * (E0847). */
bool model_reader_damaged(const ModelReader *reader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool model_reader_refused(const ModelReader *reader, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
