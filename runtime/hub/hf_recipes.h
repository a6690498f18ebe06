/* How a tokenizer is described that has no tokenizer.json: a row for each family of classes, with the file that its
 * vocabulary is in, what prepares texts, and the special tokens around them. As transformers has it for the class.
 *
 * Templates are words: A and B are the texts, other words the task of a token (HfRole); ":1" is the segment. */
#ifndef GRADC_RUNTIME_HUB_HF_RECIPES_H
#define GRADC_RUNTIME_HUB_HF_RECIPES_H

#include <stdbool.h>

/* The tasks of special tokens, as tokenizer_config.json has their keys: "unk_token" ... */
typedef enum HfRole { HF_UNK, HF_CLS, HF_SEP, HF_PAD, HF_MASK, HF_BOS, HF_EOS, HF_ROLES } HfRole;

extern const char *const hf_role_keys[HF_ROLES];

/* What a vocabulary is written as. */
typedef enum HfVocabulary { HF_VOCAB_TXT, HF_VOCAB_JSON, HF_SENTENCE_MODEL } HfVocabulary;

/* A step of a normalizer, as JSON; where `key` of tokenizer_config.json has the value `when` (`otherwise` where the
 * file does not say it). NULL: always. A Precompiled one takes its table from the model. */
typedef struct HfStep {
    const char *json, *key;
    bool when, otherwise;
} HfStep;
enum { HF_STEPS = 6 };

typedef struct HfRecipe {
    const char *classes; /* "BertTokenizer ...", without "Fast" at the end */
    const char *types;   /* what config.json calls such a model, where no class is named */
    HfVocabulary vocabulary;
    const char *file; /* the one that shows it; of a sentence model there may be others */

    HfStep steps[HF_STEPS];      /* of the normalizer; all empty: none, or those of the vocabulary's kind */
    const char *pre_tokenizer;   /* JSON */
    const char *single, *pair;   /* NULL: nothing is put around texts */
    bool trims;                  /* RobertaProcessing in place of a template; the pair follows from it */
    bool keeps_offsets;          /* of it: trim_offsets is false */
    const char *names[HF_ROLES]; /* NULL: there is none */
    const char *others;          /* more special tokens, with blanks between */
    const char *suffix;          /* end_of_word_suffix */
    bool plain_specials;         /* special tokens are looked for in the text as it was prepared */
    bool plain_unknown;          /* the unknown one is */
    bool mask_takes_blanks;      /* those before it */
    /* Of a sentence model. */
    const char *before, *after; /* pieces before and after its own, with blanks between */
    int dropped;                /* so many of its own are left out, from the first */
    int unknown;                /* the id; -1: as the model says */
    int extra_ids;              /* so many <extra_id_N> behind all, the largest first */
    bool lowers_numbers;        /* pieces that end in a digit and a comma lose 100 */
    const char *adds;           /* a token behind all pieces */
} HfRecipe;

const HfRecipe *hf_recipes(int *count);

#endif
