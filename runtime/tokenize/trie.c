/* Tries: from sorted strings to a double array. */
#include "runtime/tokenize/trie.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

enum { BLOCK = 256, TRIES = 64 };
#define NO_SLOT UINT32_MAX

/* Keys [begin, end) have the first `depth` bytes in common, which lead to the node. */
typedef struct TrieSpan {
    size_t begin, end, depth;
    uint32_t node;
} TrieSpan;

/* Free nodes are a list, each with the one after it in `base` and the one before it in `values`. */
typedef struct TrieBuilder {
    Trie *trie;
    const TrieKey *keys;
    int64_t size, node_capacity, value_capacity;
    uint32_t first, last; /* free nodes */
    TrieSpan *stack;
    int64_t depth, stack_capacity;
} TrieBuilder;

/* --- Free nodes --- */

static void grow(TrieBuilder *b) {
    Trie *trie = b->trie;
    trie->nodes = memory_grow(trie->nodes, &b->node_capacity, b->size + BLOCK, sizeof *trie->nodes);
    trie->values = memory_grow(trie->values, &b->value_capacity, b->size + BLOCK, sizeof *trie->values);
    for (uint32_t i = (uint32_t)b->size; i < (uint32_t)b->size + BLOCK; i++) {
        trie->nodes[i] = (TrieNode){.base = NO_SLOT, .parent = TRIE_NONE};
        trie->values[i] = (int32_t)b->last;
        if (b->last == NO_SLOT)
            b->first = i;
        else
            trie->nodes[b->last].base = i;
        b->last = i;
    }
    b->size += BLOCK;
}

static void take(TrieBuilder *b, uint32_t slot, uint32_t parent) {
    Trie *trie = b->trie;
    uint32_t next = trie->nodes[slot].base, before = (uint32_t)trie->values[slot];
    if (before == NO_SLOT)
        b->first = next;
    else
        trie->nodes[before].base = next;
    if (next == NO_SLOT)
        b->last = before;
    else
        trie->values[next] = (int32_t)before;
    trie->nodes[slot] = (TrieNode){.base = 0, .parent = parent};
    trie->values[slot] = -1;
}

static bool all_free(const Trie *trie, uint32_t base, const unsigned char *labels, int count) {
    for (int i = 0; i < count; i++) {
        if (trie->nodes[base ^ labels[i]].parent != TRIE_NONE) return false;
    }
    return true;
}

/* Where the children by these bytes have room. A single child fits into any free node. */
static uint32_t find_base(TrieBuilder *b, const unsigned char *labels, int count) {
    uint32_t slot = b->first;
    for (int i = 0; i < TRIES && slot != NO_SLOT; i++, slot = b->trie->nodes[slot].base) {
        if (all_free(b->trie, slot ^ labels[0], labels, count)) return slot ^ labels[0];
    }
    uint32_t block = (uint32_t)b->size;
    grow(b);
    return block;
}

/* --- Nodes --- */

static void push(TrieBuilder *b, TrieSpan span) {
    b->stack = memory_grow(b->stack, &b->stack_capacity, b->depth + 1, sizeof *b->stack);
    b->stack[b->depth++] = span;
}

static unsigned char label_at(const TrieBuilder *b, size_t key, size_t depth) {
    return (unsigned char)b->keys[key].bytes[depth];
}

/* Makes the children of a node, to be gone on from. */
static void place(TrieBuilder *b, TrieSpan span) {
    unsigned char labels[BLOCK];
    size_t starts[BLOCK + 1];
    int count = 0;
    int32_t value = -1;
    for (; span.begin < span.end && b->keys[span.begin].length == span.depth; span.begin++)
        value = b->keys[span.begin].value;
    for (size_t i = span.begin; i < span.end; i++) {
        unsigned char label = label_at(b, i, span.depth);
        if (count && labels[count - 1] == label) continue;
        starts[count] = i, labels[count++] = label;
    }
    starts[count] = span.end;
    uint32_t base = count ? find_base(b, labels, count) : 0;
    b->trie->nodes[span.node].base = base | (value >= 0 ? TRIE_ENDS : 0);
    b->trie->values[span.node] = value;
    for (int i = 0; i < count; i++) {
        uint32_t child = base ^ labels[i];
        take(b, child, span.node);
        push(b, (TrieSpan){starts[i], starts[i + 1], span.depth + 1, child});
    }
}

static int by_bytes(const void *a, const void *b) {
    const TrieKey *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = shorter ? memcmp(x->bytes, y->bytes, shorter) : 0;
    if (order) return order;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

bool trie_build(Trie *trie, TrieKey *keys, size_t count) {
    TrieBuilder b = {.trie = trie, .keys = keys, .first = NO_SLOT, .last = NO_SLOT};
    size_t bytes = 0;
    *trie = (Trie){0};
    for (size_t i = 0; i < count; i++) {
        if (keys[i].length > (1u << 30) - bytes) return false;
        bytes += keys[i].length;
    }
    if (count) qsort(keys, count, sizeof *keys, by_bytes);
    grow(&b);
    take(&b, TRIE_ROOT, TRIE_NONE - 1);
    push(&b, (TrieSpan){0, count, 0, TRIE_ROOT});
    while (b.depth) place(&b, b.stack[--b.depth]);
    for (uint32_t i = b.first, next; i != NO_SLOT; i = next) {
        next = trie->nodes[i].base;
        trie->nodes[i].base = 0;
    }
    free(b.stack);
    return true;
}

void trie_free(Trie *trie) {
    free(trie->nodes);
    free(trie->values);
    *trie = (Trie){0};
}

/* --- Reading --- */

uint32_t trie_walk(const Trie *trie, uint32_t node, const char *bytes, size_t length) {
    for (size_t i = 0; i < length && node != TRIE_NONE; i++) node = trie_step(trie, node, (unsigned char)bytes[i]);
    return node;
}

int32_t trie_find(const Trie *trie, const char *bytes, size_t length) {
    uint32_t node = trie_walk(trie, TRIE_ROOT, bytes, length);
    return node == TRIE_NONE ? -1 : trie_value(trie, node);
}
