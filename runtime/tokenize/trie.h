/* A set of strings of bytes, each with a number: a trie in a double array (Aoe 1989), where a step from a node to its
 * child by a byte is one read.
 *
 *     nodes[base(node) ^ byte].parent == node     there is such a child
 *
 * All children of a node lie in one block of 256 nodes. */
#ifndef GRADC_RUNTIME_TOKENIZE_TRIE_H
#define GRADC_RUNTIME_TOKENIZE_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TrieNode {
    uint32_t base;   /* the high bit: a string ends here */
    uint32_t parent; /* of a free node TRIE_NONE */
} TrieNode;

typedef struct Trie {
    TrieNode *nodes;
    int32_t *values; /* [nodes]; -1: no string ends here */
} Trie;

typedef struct TrieKey {
    const char *bytes;
    size_t length;
    int32_t value; /* >= 0 */
} TrieKey;

enum { TRIE_ROOT = 0 };
#define TRIE_NONE UINT32_MAX
#define TRIE_ENDS 0x80000000u

/* The keys are put into another order. Of two equal ones the larger value stays. False: they are too many, more than
 * 2^30 bytes together. */
bool trie_build(Trie *trie, TrieKey *keys, size_t count);
void trie_free(Trie *trie); /* {0} is allowed; leaves {0} */

/* The child of a node; TRIE_NONE: it has none by this byte. */
static inline uint32_t trie_step(const Trie *trie, uint32_t node, unsigned char byte) {
    uint32_t child = (trie->nodes[node].base & ~TRIE_ENDS) ^ byte;
    return trie->nodes[child].parent == node ? child : TRIE_NONE;
}

/* The number of the string that ends at a node, -1: none does. */
static inline int32_t trie_value(const Trie *trie, uint32_t node) {
    return trie->nodes[node].base & TRIE_ENDS ? trie->values[node] : -1;
}

/* From a node by some bytes; TRIE_NONE: there is no such way. A start of TRIE_NONE is allowed. */
uint32_t trie_walk(const Trie *trie, uint32_t node, const char *bytes, size_t length);
int32_t trie_find(const Trie *trie, const char *bytes, size_t length); /* -1: not among the strings */

#endif
