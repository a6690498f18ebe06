/* Tokenizers: from texts to ids. A tokenizer is what one description says, a JSON object as in tokenizer.json:
 *
 *     added_tokens      found in the text as it stands, or as the normalizer leaves it; one token each
 *     normalizer        texts to texts: lower case, Unicode forms, replacements
 *     pre_tokenizer     texts to words
 *     model             words to pieces of a vocabulary (word_model.h)
 *     post_processor    special tokens around one text or two, and the segment of each token
 *     special_tokens    ours: {"unk_token": "[UNK]", "cls_token": ..., "sep_token", "pad_token", "mask_token"}, the
 *                       spellings of tokens with a task; absent, null, or not in the vocabulary: there is none
 *     one_segment       ours: true puts all tokens in segment 0, whatever the post-processor says
 *
 * "truncation", "padding", "decoder" and "version" have no part in it. A folder without tokenizer.json is made such a
 * description first (runtime/hub).
 *
 * A tokenizer is read-only once made: any number of threads may encode with it, each with a TokenizerWork. */
#ifndef GRADC_RUNTIME_TOKENIZE_TOKENIZER_H
#define GRADC_RUNTIME_TOKENIZE_TOKENIZER_H

#include <jansson.h>

#include "frontend/program.h"
#include "graph/base/diag.h"
#include "runtime/tokenize/token_list.h"

typedef struct Tokenizer Tokenizer;
typedef struct TokenizerWork TokenizerWork; /* scratch memory, and words that came before */

/* NULL and an error that cites `file`: for a kind of component, a key or a value that is not computed here (E0847,
 * with its place, as in "normalizer.normalizers[2].type"), a description that is damaged. Nothing of `description` is
 * kept.
 *
 * An added token has the id that the model gives to its content, otherwise its "id"; ids are dense: each below the
 * largest is an added token's or the model's. One that the model has needs no "id". Flags that are absent
 * are false. */
Tokenizer *tokenizer_from_json(const json_t *description, const char *file, Diagnostics *diags);
void tokenizer_free(Tokenizer *tokenizer); /* NULL is allowed */

TokenizerWork *tokenizer_work(const Tokenizer *tokenizer); /* for one thread; not to outlive the tokenizer */
void tokenizer_work_free(TokenizerWork *work);             /* NULL is allowed */

/* --- Asking --- */

/* Tokens with a task: none of them has to be there. -1: the description names none. `unk` is the model's where the
 * description does not say it. */
typedef struct SpecialTokens {
    int32_t unk, cls, sep, pad, mask;
} SpecialTokens;

int32_t tokenizer_size(const Tokenizer *tokenizer); /* the largest id + 1 */
SpecialTokens tokenizer_specials(const Tokenizer *tokenizer);
/* Is it an added token that is marked special, one with a task, or one of the templates? */
bool tokenizer_is_special(const Tokenizer *tokenizer, int32_t id);
/* The spelling of an id; lives as long as the tokenizer. NULL: no token has this id. */
const char *tokenizer_token(const Tokenizer *tokenizer, int32_t id);
/* The id of a spelling, -1 when there is none. */
int32_t tokenizer_find(const Tokenizer *tokenizer, const char *token);
/* Are more than half of these ids the unknown token? Then a model sees next to nothing of the text: the vocabulary is
 * one of another language, or of another case. */
bool tokenizer_knows_little(const Tokenizer *tokenizer, const int32_t *ids, int64_t count);
/* XXH3-128 of all that decides what a text becomes, in hexadecimal. */
void tokenizer_hash(const Tokenizer *tokenizer, char hash[33]);

/* --- Encoding --- */

/* Appends the ids of a text of `length` bytes, below 2^30, without the special tokens of the template. Bytes that are
 * not UTF-8 are dropped. A text gives the same ids whatever `work` was used for before. */
void tokenizer_encode(const Tokenizer *tokenizer, TokenizerWork *work, const char *text, size_t length, TokenIds *ids);
/* The same with the bytes of the text that each token was made of, whole code points, where tokens->wants_spans. They
 * are in order, may overlap (pieces of one code point each span it) and may be empty. */
void tokenizer_encode_spans(const Tokenizer *tokenizer, TokenizerWork *work, const char *text, size_t length,
                            TokenList *tokens);

/* --- Sequences --- */

/* How many special tokens the template puts around one text or, `pair`, two. */
int64_t tokenizer_added(const Tokenizer *tokenizer, bool pair);
/* How many segments the templates tell apart: the largest type id + 1. */
int32_t tokenizer_segments(const Tokenizer *tokenizer);

typedef struct PairLengths {
    int64_t a, b;
} PairLengths;
/* How many ids of each of two texts stay where there is room for `room`: the longer one is cut first (Hugging Face's
 * longest_first). */
PairLengths pair_lengths(int64_t n_a, int64_t n_b, int64_t room);

/* Shortens texts to what tokenizer_assemble would take of them, keeping their ends, or of each a quarter from its
 * beginning and the rest from its end (as Sun et al. 2019, section 5.3.1, keep 128 and 382 of 510), where `truncation`
 * says so. `b` may be NULL. */
void tokenizer_cut(const Tokenizer *tokenizer, TokenIds *a, TokenIds *b, int64_t max_length, Truncation truncation);

/* Where a token of a sequence comes from. */
enum { FROM_TEMPLATE = -1 };

/* What tokenizer_assemble appends to; `segments` and `sources` may be NULL. */
typedef struct AssembledTokens {
    TokenIds *ids;
    TokenIds *segments; /* of each token, as the template has it */
    TokenIds *sources;  /* FROM_TEMPLATE; below a->count: this token of a; the rest is the token less a->count of b */
} AssembledTokens;

/* Appends one text, or two when `b` is not NULL, in their template, cut to `max_length`. Where that leaves no room for
 * any text the special tokens alone are appended. The arrays are other ones than `a` and `b`. Returns how many were
 * appended to each. */
int64_t tokenizer_assemble(const Tokenizer *tokenizer, const TokenIds *a, const TokenIds *b, int64_t max_length,
                           AssembledTokens to);

#endif
