/* The tokenizer of a Hugging Face folder: which kind it is, with which vocabulary, added tokens and names of special
 * tokens, and how texts are prepared for it. Kinds are rows of hf_tokenizer_kinds.c. */
#ifndef GRADC_RUNTIME_HUB_HF_TOKENIZER_H
#define GRADC_RUNTIME_HUB_HF_TOKENIZER_H

#include <jansson.h>

#include "runtime/data/tokenizer_kind.h"
#include "runtime/hub/hf_keys.h"

/* What there is to read one from. */
typedef struct HfTokenizerFiles {
    const char *folder, *lower_case;
    Arena *arena;
    json_t *slow, *fast,
        *sentence; /* tokenizer_config.json, tokenizer.json, sentence_bert_config.json; NULL: not there */
    TokenizerParts parts;
} HfTokenizerFiles;

/* How texts are cut for it, for other programs. */
typedef struct HfCut {
    int64_t max_length; /* tokens */
    bool keeps_tail;
} HfCut;

typedef struct HfTokenizerKind {
    const char *name; /* of the model in tokenizer.json */
    const char *file; /* what shows it where there is no tokenizer.json */
    /* NULL and an error when it cannot be made; `*path`: the file that its vocabulary comes from. */
    Tokenizer *(*open)(const HfTokenizerFiles *files, const char **path, Diagnostics *diags);
    /* The files of the folder that other programs and `open` make the same of. */
    bool (*save)(const Tokenizer *tokenizer, const HfCut *cut, const char *folder, Diagnostics *diags);
} HfTokenizerKind;

const HfTokenizerKind *hf_tokenizer_kinds(int *count);

enum { HF_TOKENIZER_FILES = 5 };

typedef struct HfTokenizer {
    HfUnknown unknown[HF_TOKENIZER_FILES]; /* of each file whose keys are known, what is not */
    int n_unknown;
    const HfTokenizerKind *kind;
    Tokenizer *tokenizer; /* owned */
    const char *path;     /* of the file that its vocabulary comes from; in the arena */
} HfTokenizer;

/* The vocabulary is that of vocab.txt or else of tokenizer.json; what is said of texts comes from
 * tokenizer_config.json, tokenizer.json and sentence_bert_config.json. `lower_case` "yes" or "no" decides for them;
 * NULL: as they say. Where none says it, texts are lower-cased.
 *
 * False and an error for: no vocabulary, a tokenizer of another kind (BPE, SentencePiece, ...), files that disagree,
 * files that do not say it while the vocabulary has capital letters, what the table of keys refuses. On failure nothing
 * is to be freed. */
bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags);

/* For those who read: where a file is, and that something of it is refused (E0847). */
Pos hf_tokenizer_pos(const HfTokenizerFiles *files, const char *name, Diagnostics *diags);
bool hf_tokenizer_refuse(const HfTokenizerFiles *files, const char *name, const char *what, Diagnostics *diags);

#endif
