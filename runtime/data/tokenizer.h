/* Tokenizers: from texts to ids. Which kinds there are is told by tokenizer_kind.h; nobody else asks.
 *
 * A tokenizer is read-only once made: any number of threads may encode with it. */
#ifndef GRADC_RUNTIME_DATA_TOKENIZER_H
#define GRADC_RUNTIME_DATA_TOKENIZER_H

#include "frontend/program.h"
#include "graph/base/hash.h"
#include "runtime/tokenize/token_list.h"

typedef struct Tokenizer Tokenizer;

void tokenizer_free(Tokenizer *tokenizer); /* NULL is allowed */

int32_t tokenizer_size(const Tokenizer *tokenizer);
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer);
/* The spelling of an id in [0, size); lives as long as the tokenizer. */
const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id);
/* The id of a spelling, -1 when there is none. */
int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token);

/* Appends the ids of a text of `length` bytes, without [CLS] and [SEP]. An added token spelled out in the text is one
 * token. Bytes that are not UTF-8 are dropped. */
void tokenizer_encode(const Tokenizer *tokenizer, const char *text, size_t length, TokenIds *ids);
/* The same with spans. */
void tokenizer_encode_spans(const Tokenizer *tokenizer, const char *text, size_t length, TokenList *tokens);

/* Are more than half of these ids, special tokens not among them, [UNK]? Then a model sees next to nothing of the text:
 * the vocabulary is one of another language, or of another case. */
bool tokenizer_knows_little(const Tokenizer *tokenizer, const int32_t *ids, int64_t count);

/* XXH3-128 of all that decides what a text becomes, in hexadecimal. */
void tokenizer_hash(const Tokenizer *tokenizer, char hash[HASH_DIGITS + 1]);

/* How many ids of each text stay so that the sequence with its special tokens is no longer than
 * `max_length`: the longer text is cut first (Hugging Face's longest_first). */
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

#endif
