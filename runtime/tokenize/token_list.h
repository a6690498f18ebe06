/* Tokens of texts: growing arrays of ids, and of the bytes that each token was made of. */
#ifndef GRADC_RUNTIME_TOKENIZE_TOKEN_LIST_H
#define GRADC_RUNTIME_TOKENIZE_TOKEN_LIST_H

#include <stdbool.h>
#include <stdint.h>

/* A growing array of ids on the heap; start with {0}. The process stops when there is no memory for
 * it. */
typedef struct TokenIds {
    int32_t *items;
    int64_t count, capacity;
} TokenIds;

/* Bytes [from, to) of a text. */
typedef struct TokenSpan {
    int64_t from, to;
} TokenSpan;

/* Tokens and, where they are wanted, the bytes that each was made of. */
typedef struct TokenList {
    TokenIds ids;
    TokenSpan *spans; /* [ids.capacity]; NULL: not wanted */
    bool wants_spans;
} TokenList;

void token_list_push(TokenList *list, int32_t id, TokenSpan span);
void token_list_cut(TokenList *list, int64_t count); /* down to so many */
void token_list_free(TokenList *list);
void token_ids_push(TokenIds *ids, int32_t id);
void token_ids_free(TokenIds *ids); /* leaves {0} */

#endif
