/* Memory that the process cannot do without: no function here returns NULL. When the system has no more, `memory_out`
 * ends the process, through the handler of the program (which says so and exits) or, without one, through `abort`.
 *
 * For what is small, or grows with what was already read. Only a single buffer whose size a user or a file chooses
 * (parameters, a batch) comes from `memory_try`, and its failure is a diagnostic with a way out. All is freed with
 * `free`. Nothing else allocates (`./test structure`). */
#ifndef GRADC_GRAPH_BASE_MEMORY_H
#define GRADC_GRAPH_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* `count` items of `size` bytes, zeroed; a product that overflows is too much memory. */
void *memory_new(size_t count, size_t size);

/* The same, or NULL. */
void *memory_try(size_t count, size_t size);

/* One object of `size` bytes, a multiple of `alignment`; not zeroed; NULL where there is no memory. */
void *memory_try_aligned(size_t alignment, size_t size);

/* `items` with room for `count`, as realloc does it; what is added is not zeroed. `items` may be NULL. */
void *memory_resize(void *items, size_t count, size_t size);

/* `items` with room for `needed` of them. `*capacity`, how many fit, at least doubles where it was too small. */
void *memory_grow(void *items, int64_t *capacity, int64_t needed, size_t size);

/* A copy of `size` bytes, with a NUL after them. */
void *memory_copy(const void *bytes, size_t size);
char *memory_text(const char *text);

/* A formatted text. */
char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a function of another library returned that gives NULL when it has no memory. */
void *memory_checked(void *pointer);

/* A stream into memory (see open_memstream), and its end: `*text` is then whole. */
FILE *memory_stream(char **text, size_t *size);
void memory_stream_end(FILE *stream);

/* The end, for lack of `bytes` bytes (0: it is not known how many). The handler may be called by any thread, must not
 * allocate and should not return. */
typedef void MemoryHandler(size_t bytes);
void memory_on_out(MemoryHandler *handler);
_Noreturn void memory_out(size_t bytes);

#endif
