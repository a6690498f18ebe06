/* What the files of a folder may say: one table of keys, with what is made of each. */
#ifndef GRADC_RUNTIME_HUB_HF_KEYS_H
#define GRADC_RUNTIME_HUB_HF_KEYS_H

#include <jansson.h>

#include "graph/base/diag.h"

typedef enum HfMeaning {
    HF_USED,     /* it is read, by whoever needs it */
    HF_HARMLESS, /* it changes nothing that is computed here */
    HF_FLAG,     /* it is read, and is true, false or null */
    HF_ONLY,     /* these values mean what is computed here anyway; any other is refused */
    HF_GIVEN     /* it may be absent, but not null */
} HfMeaning;

typedef struct HfKey {
    const char *file, *key; /* "model.type": a key of the object under a key */
    HfMeaning meaning;
    const char *values; /* HF_ONLY: as JSON, with a bar between */
    const char *why;    /* what any other value means, as the end of a sentence */
} HfKey;

/* NULL: it is not in the table. */
const HfKey *hf_key_find(const char *file, const char *key);
const HfKey *hf_key_list(int *count);

/* Checks all that the table says of a file, but for the keys in `known` [n_known], which the program has. False and an
 * error (E0838) for a value that is refused. `path` is the file, for messages. */
bool hf_keys_check(const char *file, const char *path, json_t *object, const char *const *known, int n_known,
                   Diagnostics *diags);

/* The first key of a file that neither the table nor the program knows; how many there are of this kind, 0: none. */
typedef struct HfUnknown {
    const char *file, *key;
    int count;
} HfUnknown;

/* The key is in the arena. A file of which the table says nothing has none. */
HfUnknown hf_keys_unknown(const char *file, json_t *object, const char *const *known, int n_known, Arena *arena);

#endif
