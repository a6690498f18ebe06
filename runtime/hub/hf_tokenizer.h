/* The tokenizer of a Hugging Face folder. What it is, is one description as tokenizer.json has it (see
 * runtime/tokenize/tokenizer.h): that of the file, or one made of older files by a recipe (hf_recipes.h); the names of
 * special tokens and the added tokens of the other files are laid over it. */
#ifndef GRADC_RUNTIME_HUB_HF_TOKENIZER_H
#define GRADC_RUNTIME_HUB_HF_TOKENIZER_H

#include <jansson.h>

#include "runtime/hub/hf_keys.h"
#include "runtime/tokenize/tokenizer.h"

/* How texts are cut for it, for other programs. */
typedef struct HfCut {
    int64_t max_length; /* tokens */
    bool keeps_tail;
} HfCut;

enum { HF_TOKENIZER_FILES = 6 };

/* A file of the folder, which goes along as it is. */
typedef struct HfCarried {
    const char *name;
    char *bytes; /* on the heap; NULL: the folder has no such file */
    size_t size;
} HfCarried;
enum { HF_CARRIED = 11 };

typedef struct HfTokenizer {
    HfUnknown unknown[HF_TOKENIZER_FILES]; /* of each file whose keys are known, what is not */
    int n_unknown;
    Tokenizer *tokenizer;
    json_t *description; /* see tokenizer_from_json */
    const char *path;    /* of the file that its vocabulary comes from; in the arena */
    const char *class;   /* of transformers, of a description that was made; NULL: it is the file's */
    bool changed;        /* the description is not what tokenizer.json says: it has to be written */
    HfCarried carried[HF_CARRIED];
} HfTokenizer;

/* `lower_case` "yes" or "no" decides how texts are prepared, where the folder's tokenizer is one of those that have the
 * choice; NULL: as the files say.
 *
 * False and an error for: no vocabulary, a class without a recipe, files that disagree, a vocabulary with capital
 * letters of which nothing is said, what the table of keys refuses, what tokenizer_from_json does. On failure too
 * `result` is to be freed. */
bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags);
void hf_tokenizer_free(HfTokenizer *tokenizer); /* what it holds; {0} is allowed */

/* Puts the files into a folder, as they were; tokenizer_config.json with how texts are cut. A description that was made
 * or changed is written as tokenizer.json. */
bool hf_tokenizer_save(const HfTokenizer *tokenizer, const HfCut *cut, const char *folder, Diagnostics *diags);

#endif
