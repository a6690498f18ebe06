/* Words and their pieces in a table of buckets with two entries each, the one that was asked for last first. A bucket
 * that is full loses its other entry, so what comes often stays. An entry is two lines of memory, of which words of a
 * usual length take one:
 *
 *     hash | length, count | the word's bytes, then its pieces, packed */
#include "runtime/tokenize/word_cache.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "graph/base/memory.h"

enum { FIRST_BUCKETS = 1 << 7, MOST_BUCKETS = 1 << 15, ENTRY_BYTES = 128, HEAD_BYTES = 10, PIECE_BYTES = 6 };

typedef struct WordEntry {
    uint64_t hash;
    uint8_t length; /* 0: the entry is free */
    uint8_t count;
    char bytes[ENTRY_BYTES - HEAD_BYTES]; /* [length], then of each piece its id and where it begins and ends */
} WordEntry;

typedef struct WordBucket {
    WordEntry entries[2];
} WordBucket;

struct WordCache {
    WordBucket *buckets; /* [mask + 1] */
    size_t mask;
    int64_t words;
    uint64_t hash; /* of the word that was looked for last */
};

WordCache *word_cache_new(void) {
    WordCache *cache = memory_new(1, sizeof *cache);
    cache->mask = FIRST_BUCKETS - 1;
    cache->buckets = memory_new(FIRST_BUCKETS, sizeof *cache->buckets);
    return cache;
}

void word_cache_free(WordCache *cache) {
    if (!cache) return;
    free(cache->buckets);
    free(cache);
}

static WordBucket *bucket_of(const WordCache *cache, uint64_t hash) { return &cache->buckets[hash & cache->mask]; }

/* --- Pieces ------------------------------------------------------------------------------------------------------- */

static void read_pieces(const WordEntry *entry, PieceList *pieces) {
    const char *from = entry->bytes + entry->length;
    if (pieces->count + entry->count > pieces->capacity)
        pieces->items =
            memory_grow(pieces->items, &pieces->capacity, pieces->count + entry->count, sizeof *pieces->items);
    for (int i = 0; i < entry->count; i++, from += PIECE_BYTES) {
        ModelPiece *piece = &pieces->items[pieces->count++];
        memcpy(&piece->id, from, sizeof piece->id);
        piece->begin = (unsigned char)from[4];
        piece->end = (unsigned char)from[5];
    }
}

static void write_pieces(WordEntry *entry, const ModelPiece *pieces) {
    char *to = entry->bytes + entry->length;
    for (int i = 0; i < entry->count; i++, to += PIECE_BYTES) {
        memcpy(to, &pieces[i].id, sizeof pieces[i].id);
        to[4] = (char)pieces[i].begin;
        to[5] = (char)pieces[i].end;
    }
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

static bool is_word(const WordEntry *entry, uint64_t hash, const char *word, size_t length) {
    return entry->hash == hash && entry->length == length && memcmp(entry->bytes, word, length) == 0;
}

bool word_cache_find(WordCache *cache, const char *word, size_t length, PieceList *pieces) {
    uint64_t hash = cache->hash = XXH3_64bits(word, length);
    WordEntry *entries = bucket_of(cache, hash)->entries;
    if (!is_word(&entries[0], hash, word, length)) {
        if (!is_word(&entries[1], hash, word, length)) return false;
        WordEntry found = entries[1];
        entries[1] = entries[0];
        entries[0] = found;
    }
    read_pieces(&entries[0], pieces);
    return true;
}

/* As a bucket becomes two, each of its entries has room in one of them. */
static void grow(WordCache *cache) {
    WordBucket *old = cache->buckets;
    size_t buckets = cache->mask + 1;
    cache->mask = 2 * buckets - 1;
    cache->buckets = memory_new(2 * buckets, sizeof *cache->buckets);
    for (size_t i = 0; i < buckets; i++) {
        for (int j = 0; j < 2; j++) {
            const WordEntry *entry = &old[i].entries[j];
            WordEntry *to = bucket_of(cache, entry->hash)->entries;
            if (entry->length) to[to[0].length != 0] = *entry;
        }
    }
    free(old);
}

void word_cache_put(WordCache *cache, const char *word, size_t length, const ModelPiece *pieces, int64_t count) {
    if (length == 0 || count > (int64_t)(sizeof(((WordEntry *)NULL)->bytes) - length) / PIECE_BYTES) return;
    if (cache->words > (int64_t)cache->mask && cache->mask + 1 < MOST_BUCKETS) grow(cache);
    WordEntry *entries = bucket_of(cache, cache->hash)->entries;
    cache->words += entries[1].length == 0;
    entries[1] = entries[0];
    entries[0].hash = cache->hash;
    entries[0].length = (uint8_t)length;
    entries[0].count = (uint8_t)count;
    memcpy(entries[0].bytes, word, length);
    write_pieces(&entries[0], pieces);
}
