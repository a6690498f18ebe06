/* What a Hugging Face folder says of its tokenizer: that it is WordPiece, with which vocabulary, and how texts are
 * prepared for it. */
#ifndef GRADC_RUNTIME_HUB_HF_TOKENIZER_H
#define GRADC_RUNTIME_HUB_HF_TOKENIZER_H

#include "runtime/data/tokenizer.h"

typedef struct HfTokenizer {
    char *vocab; /* the text of a vocab.txt, on the heap */
    size_t vocab_bytes;
    const char *path; /* of the file that it comes from; in the arena */
    TokenizerRules rules;
} HfTokenizer;

/* The vocabulary is that of vocab.txt or else of tokenizer.json; the rules come from tokenizer_config.json
 * (do_lower_case, strip_accents, tokenize_chinese_chars) and tokenizer.json (its BertNormalizer). `lower_case` "yes" or
 * "no" decides for them; NULL: as they say. Where neither says it, texts are lower-cased.
 *
 * False and an error for: no vocabulary, a tokenizer of another kind (BPE, SentencePiece, ...), files that disagree,
 * files that do not say it while the vocabulary has capital letters. On failure nothing is to be freed. */
bool hf_tokenizer_read(const char *folder, const char *lower_case, Arena *arena, HfTokenizer *result,
                       Diagnostics *diags);

#endif
