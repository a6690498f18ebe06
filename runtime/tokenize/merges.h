/* The merges of byte-pair encoding: which two tokens beside each other become one, and in which order. */
#ifndef GRADC_RUNTIME_TOKENIZE_MERGES_H
#define GRADC_RUNTIME_TOKENIZE_MERGES_H

#include "runtime/tokenize/vocabulary.h"

typedef struct Merge {
    uint64_t pair; /* see merge_pair; MERGE_FREE: no merge in this slot */
    uint32_t rank; /* the lowest goes first */
    int32_t id;    /* of what the two become */
} Merge;
#define MERGE_FREE UINT64_MAX

typedef struct Merges {
    Merge *slots; /* [mask + 1], open addressing */
    size_t mask;
    /* Characters that some merge has beside each other, the one before and the one after; in a table of the same kind.
     * NULL: what is beside what cannot be seen from the characters. */
    uint64_t *beside;
    size_t beside_mask;
} Merges;

/* Of "a b" or ["a", "b"], in order. `prefix` stands before all tokens that do not begin a word; it is dropped within
 * the token that two become. False and an error for a token that the vocabulary lacks. */
bool merges_read(Merges *merges, const Vocabulary *vocabulary, const char *prefix, const Component *component);
void merges_free(Merges *merges); /* {0} is allowed */

/* Notes what is beside what, for merges_can_meet. */
void merges_note_characters(Merges *merges, const Vocabulary *vocabulary);

static inline uint64_t merge_pair(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static inline size_t merge_hash(uint64_t pair) {
    pair *= 0x9E3779B97F4A7C15u;
    return (size_t)(pair ^ pair >> 32);
}

/* NULL: the two stay two. */
static inline const Merge *merges_find(const Merges *merges, int32_t left, int32_t right) {
    uint64_t pair = merge_pair(left, right);
    for (size_t at = merge_hash(pair) & merges->mask;; at = (at + 1) & merges->mask) {
        const Merge *slot = &merges->slots[at];
        if (slot->pair == pair) return slot;
        if (slot->pair == MERGE_FREE) return NULL;
    }
}

/* Can a token come to be that has these two characters, packed by merges_char, beside each other? Where not, what is
 * before and what is after are words of their own. */
bool merges_can_meet(const Merges *merges, uint32_t before, uint32_t after);

/* A character as a number: its bytes, of which there are one to four. */
static inline uint32_t merges_char(const char *bytes, size_t length) {
    uint32_t packed = 0;
    for (size_t i = 0; i < length && i < 4; i++) packed = packed << 8 | (unsigned char)bytes[i];
    return packed;
}

#endif
