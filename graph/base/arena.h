/* Arena: memory with one lifetime. Everything a graph, a parse tree or a kernel list owns lies in one arena and
 * is freed at once; nothing in an arena is freed by itself.
 *
 * Running out of memory ends the process (see memory.h). Buffers whose size comes from a file or a user are not
 * allocated here. */
#ifndef GRADC_GRAPH_BASE_ARENA_H
#define GRADC_GRAPH_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena); /* NULL is allowed */

/* `size` bytes, zeroed, aligned for any type. */
void *arena_alloc(Arena *arena, size_t size);

/* A zeroed array; the product is checked for overflow. */
void *arena_array(Arena *arena, size_t count, size_t size);

/* A copy of a string, or of its first `length` bytes, with a terminating NUL. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t length);

/* printf into the arena. */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list args);

/* A growable array in an arena: `items` may move when it grows, the old copy stays until the arena is freed.
 * Usage: `VEC(Node *) list = {0}; vec_push(arena, &list, node);` */
#define VEC(type)                                                                                                      \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        int count, capacity;                                                                                           \
    }
#define vec_push(arena, vec, item)                                                                                     \
    do {                                                                                                               \
        if ((vec)->count == (vec)->capacity)                                                                           \
            (vec)->items = arena_grow(arena, (vec)->items, &(vec)->capacity, sizeof *(vec)->items);                    \
        (vec)->items[(vec)->count++] = (item);                                                                         \
    } while (0)

/* The body of `vec_push`: a copy of `items` with at least twice the capacity. */
void *arena_grow(Arena *arena, void *items, int *capacity, size_t size);

#endif
