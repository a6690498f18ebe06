/* Hashes of 128 bits: in pieces, as text. */
#include "graph/base/hash.h"

#include <stdio.h>
#include <string.h>

#include "graph/base/memory.h"

XXH3_state_t *hash_begin(void) {
    XXH3_state_t *state = memory_checked(XXH3_createState());
    XXH3_128bits_reset(state);
    return state;
}

XXH128_hash_t hash_end(XXH3_state_t *state) {
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

char *hash_write(XXH128_hash_t hash, char text[HASH_DIGITS + 1]) {
    snprintf(text, HASH_DIGITS + 1, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    return text;
}

const char *hash_print(Arena *arena, XXH128_hash_t hash) {
    char text[HASH_DIGITS + 1];
    return arena_strdup(arena, hash_write(hash, text));
}

const char *bytes_hash(Arena *arena, const void *bytes, size_t size) {
    return hash_print(arena, XXH3_128bits(bytes, size));
}

bool hash_read(const char *text, XXH128_hash_t *hash) {
    unsigned long long high, low;
    if (strspn(text, "0123456789abcdef") < HASH_DIGITS) return false;
    if (sscanf(text, "%16llx%16llx", &high, &low) != 2) return false;
    *hash = (XXH128_hash_t){.high64 = high, .low64 = low};
    return true;
}
