/* What a kind of tokenizer fills in. A tokenizer is
 *
 *     added tokens      found in the text as it stands, one token each (added_tokens.h)
 *     normalizer, pre-tokenizer, model: the kind's `encode`, of the stretches between them
 *     post-processor    [CLS] a [SEP] b [SEP] (tokenizer.h, Sequences)
 *
 * How one is read from a folder and written to one is a row of runtime/hub/hf_tokenizer_kinds.c. */
#ifndef GRADC_RUNTIME_DATA_TOKENIZER_KIND_H
#define GRADC_RUNTIME_DATA_TOKENIZER_KIND_H

#include "runtime/data/added_tokens.h"
#include "runtime/data/tokenizer.h"

/* Takes bytes of a description, in order. */
typedef void TokenizerSink(void *user, const void *bytes, size_t size);

typedef struct TokenizerKind {
    const char *name; /* as tokenizer.json has it: "WordPiece" */
    /* Appends the tokens of bytes [begin, end) of a text; spans count from the beginning of the text. */
    void (*encode)(const Tokenizer *tokenizer, const char *text, size_t begin, size_t end, TokenList *tokens);
    const char *(*token)(const Tokenizer *tokenizer, int32_t id);   /* NULL: the model has no such token */
    int32_t (*find)(const Tokenizer *tokenizer, const char *token); /* -1: likewise */
    /* Tells all that decides what `encode` does. */
    void (*describe)(const Tokenizer *tokenizer, TokenizerSink *sink, void *user);
    void (*release)(Tokenizer *tokenizer); /* what is not in the arena */
} TokenizerKind;

struct Tokenizer {
    const TokenizerKind *kind;
    Arena *arena;
    void *self; /* the kind's own */
    int32_t size;
    const AddedToken *added; /* [n_added] */
    int n_added;
    const char *names[5]; /* of the special tokens, in the order of SpecialTokens */
    SpecialTokens specials;
};

/* What is known of a tokenizer beside its model. */
typedef struct TokenizerParts {
    const AddedToken *added; /* [n_added]; copied */
    int n_added;
    const char *names[5]; /* of the special tokens, in the order of SpecialTokens; NULL: [UNK], [CLS], ... */
} TokenizerParts;

/* A tokenizer to be filled in: `self`, then the end, after which it is read-only. */
Tokenizer *tokenizer_begin(const TokenizerKind *kind, const TokenizerParts *parts);
/* The model has ids below `size`; what special tokens are in it and not among the added ones is added. NULL and an
 * error, the tokenizer being freed, when one that every text needs is missing, or the ids of added tokens do not follow
 * those of the model. */
Tokenizer *tokenizer_end(Tokenizer *tokenizer, int32_t size, const char *name, Diagnostics *diags);

#endif
