/* The pieces of words that came before: texts consist of the same words mostly. One thread uses a cache. */
#ifndef GRADC_RUNTIME_TOKENIZE_WORD_CACHE_H
#define GRADC_RUNTIME_TOKENIZE_WORD_CACHE_H

#include <stddef.h>

#include "runtime/tokenize/word_model.h"

enum { WORD_CACHE_LONGEST = 64 }; /* bytes; longer words seldom come again */

typedef struct WordCache WordCache;

WordCache *word_cache_new(void);
void word_cache_free(WordCache *cache); /* NULL is allowed */

/* Appends the pieces of a word of at most WORD_CACHE_LONGEST bytes. False: it is not known; it has to be put before
 * another is looked for. */
bool word_cache_find(WordCache *cache, const char *word, size_t length, PieceList *pieces);
/* Gives the word that was just looked for these pieces. */
void word_cache_put(WordCache *cache, const char *word, size_t length, const ModelPiece *pieces, int64_t count);

#endif
