/* What a tokenizer consists of, for the files that make it, encode with it and put its sequences together. */
#ifndef GRADC_RUNTIME_TOKENIZE_TOKENIZER_STATE_H
#define GRADC_RUNTIME_TOKENIZE_TOKENIZER_STATE_H

#include "graph/base/hash.h"
#include "runtime/tokenize/added_vocabulary.h"
#include "runtime/tokenize/pre_tokenizer.h"
#include "runtime/tokenize/sequence_template.h"
#include "runtime/tokenize/tokenizer.h"
#include "runtime/tokenize/word_model.h"

enum { TOKEN_ADDED = 1, TOKEN_SPECIAL = 2 };

struct Tokenizer {
    Arena *arena;
    const CharTable *chars;
    struct TextPattern *patterns;
    AddedVocabulary added;
    Normalizer normalizer;
    PreTokenizer pre_tokenizer;
    WordModel *model;
    PostProcessor post;
    SpecialTokens specials;
    int32_t size;
    uint8_t *flags; /* [size]: TOKEN_ADDED, TOKEN_SPECIAL */
    char hash[HASH_DIGITS + 1];
};

#endif
