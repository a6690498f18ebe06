/* WordPiece, exactly as the reference BERT tokenizer (its fast version) computes it: clean-up,
 * spaces around CJK characters, for uncased vocabularies lower-casing without accents, splitting at
 * white space and punctuation, then the longest match from the left, pieces inside a word spelled
 * with "##".
 *
 * A tokenizer is read-only once loaded: any number of threads may encode with it. */
#ifndef GRADC_RUNTIME_DATA_TOKENIZER_H
#define GRADC_RUNTIME_DATA_TOKENIZER_H

#include "frontend/program.h"

typedef struct Tokenizer Tokenizer;

/* A growing array of ids on the heap; start with {0}. The process stops when there is no memory for
 * it. */
typedef struct TokenIds {
    int32_t *items;
    int64_t count, capacity;
} TokenIds;

typedef struct SpecialTokens {
    int32_t unk, cls, sep; /* always there */
    int32_t pad, mask;     /* -1 when the vocabulary lacks them */
} SpecialTokens;

/* How a text is prepared. A BERT model is either cased, with the first two false, or uncased, with both true; all split
 * CJK characters apart. */
typedef struct TokenizerRules {
    bool lower_case, strip_accents, split_cjk;
} TokenizerRules;

static inline TokenizerRules tokenizer_rules(bool uncased) { return (TokenizerRules){uncased, uncased, true}; }

/* A vocab.txt: one token a line, the id being the line number from 0. The text is copied; `name` stands in messages.
 * NULL and errors when it lacks [UNK], [CLS] or [SEP]. */
Tokenizer *tokenizer_new(const char *name, const char *text, size_t size, TokenizerRules rules, Diagnostics *diags);
/* The same from a file, which may also be unreadable. */
Tokenizer *tokenizer_load(const char *path, TokenizerRules rules, Diagnostics *diags);
void tokenizer_free(Tokenizer *tokenizer); /* NULL is allowed */

int32_t tokenizer_size(const Tokenizer *tokenizer);
TokenizerRules tokenizer_rules_of(const Tokenizer *tokenizer);
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer);
/* The spelling of an id in [0, size); lives as long as the tokenizer. */
const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id);
/* The id of a spelling, -1 when there is none. */
int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token);

/* Appends the ids of a text of `length` bytes, without [CLS] and [SEP]. A special token spelled out
 * in the text is one token. Bytes that are not UTF-8 are dropped. */
void tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t length, TokenIds *ids);

/* How many ids of each text stay so that the sequence with its special tokens is no longer than
 * `max_length`: the longer text is cut first (Hugging Face's longest_first). */
typedef struct PairLengths {
    int64_t a, b;
} PairLengths;
PairLengths pair_lengths(int64_t n_a, int64_t n_b, int64_t max_length);

/* Shortens texts to what tokenizer_assemble would take of them, keeping their ends, or of each a quarter from its
 * beginning and the rest from its end (as Sun et al. 2019, section 5.3.1, keep 128 and 382 of 510), where `part` says
 * so. `b` may be NULL. */
void tokenizer_cut(TokenIds *a, TokenIds *b, int64_t max_length, KeptPart part);

/* Appends `[CLS] a [SEP]`, or `[CLS] a [SEP] b [SEP]` when `b` is not NULL, cut to `max_length` (at
 * least 2, or 3 for a pair), to `ids`, and the segment of each (0 to the first [SEP], then 1) to
 * `segments`, which may be NULL. `ids` and `segments` are other arrays than `a` and `b`. Returns
 * how many were appended to each. */
int64_t tokenizer_assemble(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b, int64_t max_length,
                           TokenIds *ids, TokenIds *segments);

void token_ids_push(TokenIds *ids, int32_t id);
void token_ids_free(TokenIds *ids); /* leaves {0} */

#endif
