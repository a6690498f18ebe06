/* WordPiece, exactly as the reference BERT tokenizer (its fast version) computes it: clean-up,
 * spaces around CJK characters, for uncased vocabularies lower-casing without accents, splitting at
 * white space and punctuation, then the longest match from the left, pieces inside a word spelled
 * with "##".
 *
 * A tokenizer is read-only once loaded: any number of threads may encode with it. */
#ifndef GRADC_RUNTIME_TOKENIZER_H
#define GRADC_RUNTIME_TOKENIZER_H

#include "graph/diag.h"

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

/* Reads a vocab.txt, one token a line, the id being the line number from 0. NULL and errors when
 * the file cannot be read or lacks [UNK], [CLS] or [SEP]. */
Tokenizer *tokenizer_load(const char *path, bool lower_case, Diagnostics *diags);
void tokenizer_free(Tokenizer *tokenizer); /* NULL is allowed */

int32_t tokenizer_size(const Tokenizer *tokenizer);
bool tokenizer_lower_case(const Tokenizer *tokenizer);
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

/* Appends `[CLS] a [SEP]`, or `[CLS] a [SEP] b [SEP]` when `b` is not NULL, cut to `max_length` (at
 * least 2, or 3 for a pair), to `ids`, and the segment of each (0 to the first [SEP], then 1) to
 * `segments`, which may be NULL. `ids` and `segments` are other arrays than `a` and `b`. Returns
 * how many were appended to each. */
int64_t tokenizer_assemble(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b,
                           int64_t max_length, TokenIds *ids, TokenIds *segments);

void token_ids_push(TokenIds *ids, int32_t id);
void token_ids_free(TokenIds *ids); /* leaves {0} */

#endif
