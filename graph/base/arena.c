/* Arena: a list of blocks, each twice the size of the one before. */
#include "graph/base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

typedef struct ArenaBlock {
    struct ArenaBlock *next;
    size_t used, size; /* bytes of `bytes` */
    _Alignas(max_align_t) unsigned char bytes[];
} ArenaBlock;

struct Arena {
    ArenaBlock *block; /* the newest; the others hang from it */
};

enum { FIRST_BLOCK = 16 * 1024, ALIGNMENT = _Alignof(max_align_t) };

static ArenaBlock *block_new(ArenaBlock *next, size_t size) {
    ArenaBlock *block = memory_new(1, sizeof *block + size);
    block->next = next;
    block->size = size;
    return block;
}

Arena *arena_new(void) {
    Arena *arena = memory_new(1, sizeof *arena);
    arena->block = block_new(NULL, FIRST_BLOCK);
    return arena;
}

void arena_free(Arena *arena) {
    if (!arena) return;
    for (ArenaBlock *block = arena->block; block;) {
        ArenaBlock *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void *arena_alloc(Arena *arena, size_t size) {
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded < size) memory_out(size);
    ArenaBlock *block = arena->block;
    if (block->size - block->used < rounded) {
        size_t wanted = block->size < (SIZE_MAX >> 2) ? 2 * block->size : block->size;
        block = arena->block = block_new(block, rounded > wanted ? rounded : wanted);
    }
    void *result = block->bytes + block->used;
    block->used += rounded;
    return result;
}

void *arena_array(Arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) memory_out(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

char *arena_strndup(Arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text) { return arena_strndup(arena, text, strlen(text)); }

char *arena_vprintf(Arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    assert(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void *arena_grow(Arena *arena, void *items, int *capacity, size_t size) {
    int old = *capacity, wanted = old ? 2 * old : 8;
    void *grown = arena_array(arena, (size_t)wanted, size);
    if (old) memcpy(grown, items, (size_t)old * size);
    *capacity = wanted;
    return grown;
}
