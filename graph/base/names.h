/* An index of names: from a name to a number that is not negative, in constant time however many there are. */
#ifndef GRADC_GRAPH_BASE_NAMES_H
#define GRADC_GRAPH_BASE_NAMES_H

#include <stdint.h>

#include "graph/base/arena.h"

typedef struct NameSlot {
    const char *name; /* NULL: free */
    uint64_t hash;
    int number; /* -1: forgotten */
} NameSlot;

/* All zero: empty. The names are not copied. */
typedef struct NameIndex {
    NameSlot *slots; /* [size], open addressing */
    int count, size; /* `count` names, those forgotten included; `size` is 0 or a power of two */
} NameIndex;

/* The number of the name; -1: it has none. */
int name_index_find(const NameIndex *index, const char *name);

/* Gives the name a number, in place of the one that it has; -1 forgets it. */
void name_index_put(Arena *arena, NameIndex *index, const char *name, int number);

#endif
