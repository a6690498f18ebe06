/* WordPiece, exactly as the reference BERT tokenizer (its fast version) computes it: clean-up, spaces around CJK
 * characters, for uncased vocabularies lower-casing without accents, splitting at white space and punctuation, then the
 * longest match from the left, pieces inside a word spelled with "##". */
#ifndef GRADC_RUNTIME_DATA_WORDPIECE_H
#define GRADC_RUNTIME_DATA_WORDPIECE_H

#include "runtime/data/tokenizer_kind.h"

enum { WORDPIECE_LONGEST = 100 /* characters of a word that is not [UNK] */ };

/* How a text is prepared. A BERT model is either cased, with the first two false, or uncased, with both true; all split
 * CJK characters apart. */
typedef struct TokenizerRules {
    bool lower_case, strip_accents, split_cjk;
} TokenizerRules;

static inline TokenizerRules tokenizer_rules(bool uncased) { return (TokenizerRules){uncased, uncased, true}; }

typedef struct WordPieceText {
    const char *name; /* of the file, for messages */
    const char *text; /* [size]: one token a line, the id being the line number from 0; copied */
    size_t size;
    TokenizerRules rules;
    const char *inside; /* before pieces inside a word; NULL: "##" */
    int longest;        /* characters of a word, at most WORDPIECE_LONGEST; 0: as many */
    int32_t n_tokens;   /* of one that is made */
} WordPieceText;

/* NULL and errors when the vocabulary lacks one of the special tokens, or see tokenizer_end. */
Tokenizer *wordpiece_new(const WordPieceText *from, const TokenizerParts *parts, Diagnostics *diags);
/* What it was made from, without name and text. */
WordPieceText wordpiece_text(const Tokenizer *tokenizer);

/* With nothing else than a vocabulary, as text (`name` stands in messages) or as a file. */
Tokenizer *tokenizer_new(const char *name, const char *text, size_t size, TokenizerRules rules, Diagnostics *diags);
Tokenizer *tokenizer_load(const char *path, TokenizerRules rules, Diagnostics *diags);

#endif
