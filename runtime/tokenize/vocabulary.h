/* The vocabulary of a model of words: tokens by their ids, and ids by their tokens. */
#ifndef GRADC_RUNTIME_TOKENIZE_VOCABULARY_H
#define GRADC_RUNTIME_TOKENIZE_VOCABULARY_H

#include "runtime/tokenize/component.h"
#include "runtime/tokenize/trie.h"

typedef struct Vocabulary {
    const char **tokens; /* [size]; NULL: no token has this id */
    int32_t size;
    int64_t count; /* of tokens; more than there are ids where two share one */
    Trie trie;
} Vocabulary;

/* {"token": id, ...}. False and an error for anything else, and for ids that are no numbers from 0. */
bool vocabulary_read_map(Vocabulary *vocabulary, const Component *component, Arena *arena);
/* [["token", score], ...], the place being the id. `*scores` [size], in the arena. */
bool vocabulary_read_list(Vocabulary *vocabulary, const Component *component, Arena *arena, double **scores);
void vocabulary_free(Vocabulary *vocabulary); /* {0} is allowed */

/* -1: no such token. Of two with one spelling the last. */
int32_t vocabulary_find(const Vocabulary *vocabulary, const char *token, size_t length);

/* The ids of "<0x00>" to "<0xFF>", -1 where there is none. */
void vocabulary_find_bytes(const Vocabulary *vocabulary, int32_t ids[256]);

#endif
