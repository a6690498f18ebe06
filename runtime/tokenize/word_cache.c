/* Words and their pieces in a hash table, which is emptied when it is full. */
#include "runtime/tokenize/word_cache.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"

enum { SLOTS = 1 << 16, MOST_WORDS = SLOTS / 2, MOST_PIECES = 1 << 20 };

typedef struct CacheSlot {
    uint64_t hash;
    uint32_t word, piece; /* where they begin in `bytes` and `pieces` */
    uint16_t length, count;
    bool used;
} CacheSlot;

struct WordCache {
    CacheSlot *slots, *sought; /* the slot of the word that was looked for last */
    uint64_t hash;             /* of that word */
    int64_t words;
    char *bytes;
    int64_t n_bytes, byte_capacity;
    PieceList pieces;
};

WordCache *word_cache_new(void) {
    WordCache *cache = memory_new(1, sizeof *cache);
    cache->slots = memory_new(SLOTS, sizeof *cache->slots);
    return cache;
}

void word_cache_free(WordCache *cache) {
    if (!cache) return;
    free(cache->slots);
    free(cache->bytes);
    piece_list_free(&cache->pieces);
    free(cache);
}

/* The slot that has the word, or the free one where it belongs. */
static CacheSlot *find_slot(WordCache *cache, uint64_t hash, const char *word, size_t length) {
    for (size_t at = hash % SLOTS;; at = (at + 1) % SLOTS) {
        CacheSlot *slot = &cache->slots[at];
        if (!slot->used) return slot;
        if (slot->hash == hash && slot->length == length && !memcmp(cache->bytes + slot->word, word, length))
            return slot;
    }
}

static void append(PieceList *pieces, const ModelPiece *from, int64_t count) {
    pieces->items = memory_grow(pieces->items, &pieces->capacity, pieces->count + count, sizeof *pieces->items);
    if (count) memcpy(pieces->items + pieces->count, from, (size_t)count * sizeof *from);
    pieces->count += count;
}

bool word_cache_find(WordCache *cache, const char *word, size_t length, PieceList *pieces) {
    cache->hash = XXH3_64bits(word, length);
    CacheSlot *slot = cache->sought = find_slot(cache, cache->hash, word, length);
    if (slot->used) append(pieces, cache->pieces.items + slot->piece, slot->count);
    return slot->used;
}

static void empty(WordCache *cache) {
    memset(cache->slots, 0, SLOTS * sizeof *cache->slots);
    cache->words = cache->n_bytes = cache->pieces.count = 0;
}

void word_cache_put(WordCache *cache, const char *word, size_t length, const ModelPiece *pieces, int64_t count) {
    CacheSlot *slot = cache->sought;
    if (count > UINT16_MAX) return;
    if (cache->words == MOST_WORDS || cache->pieces.count + count > MOST_PIECES) {
        empty(cache);
        slot = find_slot(cache, cache->hash, word, length);
    }
    *slot = (CacheSlot){cache->hash,      (uint32_t)cache->n_bytes, (uint32_t)cache->pieces.count,
                        (uint16_t)length, (uint16_t)count,          true};
    cache->bytes = memory_grow(cache->bytes, &cache->byte_capacity, cache->n_bytes + (int64_t)length, 1);
    memcpy(cache->bytes + cache->n_bytes, word, length);
    cache->n_bytes += (int64_t)length;
    cache->words++;
    append(&cache->pieces, pieces, count);
}
