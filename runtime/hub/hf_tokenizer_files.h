/* What the parts that read a tokenizer have in common: its files, and errors about them. */
#ifndef GRADC_RUNTIME_HUB_HF_TOKENIZER_FILES_H
#define GRADC_RUNTIME_HUB_HF_TOKENIZER_FILES_H

#include "runtime/hub/hf_recipes.h"
#include "runtime/hub/hf_tokenizer.h"

typedef struct HfTokenizerFiles {
    const char *folder, *lower_case;
    Arena *arena;
    Diagnostics *diags;
    HfTokenizer *result;
    /* tokenizer_config.json, tokenizer.json, sentence_bert_config.json, special_tokens_map.json, added_tokens.json,
     * config.json; NULL: not there */
    json_t *slow, *fast, *sentence, *map, *extra, *config;
} HfTokenizerFiles;

/* One of the files that are carried along; NULL: the folder does not have it. */
const HfCarried *hf_carried(const HfTokenizer *tokenizer, const char *name);

/* Where a file is. */
Pos hf_tokenizer_pos(const HfTokenizerFiles *files, const char *name);
/* False; errors that something of a file is of another kind (E0847), or damaged (E0802). */
bool hf_tokenizer_refuse(const HfTokenizerFiles *files, const char *name, const char *what);
bool hf_tokenizer_damaged(const HfTokenizerFiles *files, const char *name, const char *what);

/* What an object says under a key: -1 nothing, 0 false, 1 true. */
int hf_said(const json_t *object, const char *key);
/* "[CLS]", or {"content": "[CLS]", ...}; NULL: neither. */
const char *hf_content(const json_t *token);

/* The id of a token in the description's vocabulary, not among its added tokens; -1: none. */
int32_t hf_vocabulary_id(const json_t *description, const char *token);

/* --- The recipes (hf_describe.c) --- */

/* The recipe for the folder's class; NULL: none is named, or tokenizer.json says all. False and an error for a class
 * without one where one is needed. */
bool hf_choose_recipe(const HfTokenizerFiles *files, const HfRecipe **recipe);
/* The description that the recipe makes of the folder's files; of several that would do the first (*recipe NULL). NULL
 * and an error. */
json_t *hf_describe(HfTokenizerFiles *files, const HfRecipe **recipe);
/* The pieces of a sentence model and its table of characters: "model", the normalizer and "added_tokens" (its control
 * and user-defined pieces) of the description. False and an error. */
bool hf_sentence_model(const HfTokenizerFiles *files, const HfRecipe *recipe, const HfCarried *file,
                       json_t *description);

/* --- Tokens of the other files (hf_added.c) --- */

/* Lays the names of special tokens and the added tokens over the description. `recipe` NULL: it is the file's. */
bool hf_add_tokens(const HfTokenizerFiles *files, const HfRecipe *recipe, json_t *description);

/* --- Case (hf_case.c) --- */

/* Settles how texts are prepared: what files say, which may contradict each other, and the option. */
bool hf_resolve_case(const HfTokenizerFiles *files, json_t *description);

#endif
