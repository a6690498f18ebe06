/* Hashes of 128 bits (XXH3): what kernels, files and settings are recognised by. Not against intent. */
#ifndef GRADC_GRAPH_BASE_HASH_H
#define GRADC_GRAPH_BASE_HASH_H

#include <stdbool.h>
#include <xxhash.h>

#include "graph/base/arena.h"

enum { HASH_DIGITS = 32 };

/* What comes in pieces goes into the state (XXH3_128bits_update) between these two; the second frees it. */
XXH3_state_t *hash_begin(void);
XXH128_hash_t hash_end(XXH3_state_t *state);

/* Hexadecimal digits, the most significant first, and a NUL: in `text`, which is returned, and in an arena. */
char *hash_write(XXH128_hash_t hash, char text[HASH_DIGITS + 1]);
const char *hash_print(Arena *arena, XXH128_hash_t hash);

/* The hash of these bytes as text, in an arena. */
const char *bytes_hash(Arena *arena, const void *bytes, size_t size);

/* The hash whose digits the text begins with; false: it does not. */
bool hash_read(const char *text, XXH128_hash_t *hash);

#endif
