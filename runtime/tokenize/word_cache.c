/* Words and their pieces in a hash table, which grows with the words and is emptied when it is full. */
#include "runtime/tokenize/word_cache.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"

enum { FIRST_SLOTS = 1 << 8, MOST_SLOTS = 1 << 16, MOST_PIECES = 1 << 20 };

typedef struct CacheSlot {
    uint64_t hash;
    uint32_t word, piece; /* where they begin in `bytes` and `pieces` */
    uint16_t length, count;
    bool used;
} CacheSlot;

struct WordCache {
    CacheSlot *slots; /* [mask + 1], open addressing; half of them are free */
    uint64_t hash;    /* of the word that was looked for last */
    size_t mask, words;
    char *bytes;
    int64_t n_bytes, byte_capacity;
    PieceList pieces;
};

WordCache *word_cache_new(void) {
    WordCache *cache = memory_new(1, sizeof *cache);
    cache->mask = FIRST_SLOTS - 1;
    cache->slots = memory_new(FIRST_SLOTS, sizeof *cache->slots);
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
    for (size_t at = hash & cache->mask;; at = (at + 1) & cache->mask) {
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
    const CacheSlot *slot = find_slot(cache, cache->hash, word, length);
    if (slot->used) append(pieces, cache->pieces.items + slot->piece, slot->count);
    return slot->used;
}

static void empty(WordCache *cache) {
    memset(cache->slots, 0, (cache->mask + 1) * sizeof *cache->slots);
    cache->words = 0;
    cache->n_bytes = cache->pieces.count = 0;
}

static void grow(WordCache *cache) {
    CacheSlot *old = cache->slots;
    size_t slots = cache->mask + 1;
    cache->mask = 2 * slots - 1;
    cache->slots = memory_new(2 * slots, sizeof *cache->slots);
    for (size_t i = 0; i < slots; i++) {
        size_t at = old[i].hash & cache->mask;
        while (cache->slots[at].used) at = (at + 1) & cache->mask;
        if (old[i].used) cache->slots[at] = old[i];
    }
    free(old);
}

/* Room for one word more with so many pieces. */
static void make_room(WordCache *cache, int64_t count) {
    bool full = cache->words > cache->mask / 2;
    if (full && cache->mask + 1 < MOST_SLOTS)
        grow(cache);
    else if (full || cache->pieces.count + count > MOST_PIECES)
        empty(cache);
}

void word_cache_put(WordCache *cache, const char *word, size_t length, const ModelPiece *pieces, int64_t count) {
    if (count > UINT16_MAX) return;
    make_room(cache, count);
    CacheSlot *slot = find_slot(cache, cache->hash, word, length);
    *slot = (CacheSlot){cache->hash,      (uint32_t)cache->n_bytes, (uint32_t)cache->pieces.count,
                        (uint16_t)length, (uint16_t)count,          true};
    cache->bytes = memory_grow(cache->bytes, &cache->byte_capacity, cache->n_bytes + (int64_t)length, 1);
    memcpy(cache->bytes + cache->n_bytes, word, length);
    cache->n_bytes += (int64_t)length;
    cache->words++;
    append(&cache->pieces, pieces, count);
}
