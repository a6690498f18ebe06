/* An index of names: a table with open addressing, at most half full. */
#include "graph/base/names.h"

#include <string.h>
#include <xxhash.h>

static uint64_t hash_name(const char *name) { return XXH3_64bits(name, strlen(name)); }

/* The slot of the name, or the free one where it belongs. */
static NameSlot *find_slot(const NameIndex *index, const char *name, uint64_t hash) {
    uint64_t mask = (uint64_t)index->size - 1;
    for (uint64_t i = hash & mask;; i = (i + 1) & mask) {
        NameSlot *slot = &index->slots[i];
        if (!slot->name || (slot->hash == hash && strcmp(slot->name, name) == 0)) return slot;
    }
}

int name_index_find(const NameIndex *index, const char *name) {
    if (index->size == 0) return -1;
    const NameSlot *slot = find_slot(index, name, hash_name(name));
    return slot->name ? slot->number : -1;
}

static void grow(Arena *arena, NameIndex *index) {
    enum { FIRST_SIZE = 8 };
    NameIndex larger = {.size = index->size ? 2 * index->size : FIRST_SIZE};
    larger.slots = arena_array(arena, (size_t)larger.size, sizeof *larger.slots);
    for (int i = 0; i < index->size; i++) {
        const NameSlot *slot = &index->slots[i];
        if (!slot->name || slot->number < 0) continue;
        *find_slot(&larger, slot->name, slot->hash) = *slot;
        larger.count++;
    }
    *index = larger;
}

void name_index_put(Arena *arena, NameIndex *index, const char *name, int number) {
    if (2 * index->count >= index->size) grow(arena, index);
    uint64_t hash = hash_name(name);
    NameSlot *slot = find_slot(index, name, hash);
    if (!slot->name) index->count++;
    *slot = (NameSlot){name, hash, number};
}
