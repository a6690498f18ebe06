/* Memory: what every allocation that must not fail goes through. */
#include "graph/base/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One for the process, as memory is. */
static MemoryHandler *on_out;

void memory_on_out(MemoryHandler *handler) { on_out = handler; }

void memory_out(size_t bytes) {
    if (on_out) on_out(bytes);
    abort();
}

static size_t product(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) memory_out(SIZE_MAX);
    return bytes ? bytes : 1;
}

void *memory_new(size_t count, size_t size) {
    size_t bytes = product(count, size);
    void *items = calloc(1, bytes);
    if (!items) memory_out(bytes);
    return items;
}

void *memory_try(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return calloc(1, bytes ? bytes : 1);
}

void *memory_try_aligned(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

void *memory_resize(void *items, size_t count, size_t size) {
    size_t bytes = product(count, size);
    void *resized = realloc(items, bytes);
    if (!resized) memory_out(bytes);
    return resized;
}

void *memory_grow(void *items, int64_t *capacity, int64_t needed, size_t size) {
    enum { LEAST = 16 };
    if (needed <= *capacity) return items;
    int64_t twice = *capacity < INT64_MAX / 2 ? 2 * *capacity : INT64_MAX;
    if (twice < LEAST) twice = LEAST;
    *capacity = needed > twice ? needed : twice;
    return memory_resize(items, (size_t)*capacity, size);
}

void *memory_copy(const void *bytes, size_t size) {
    if (size == SIZE_MAX) memory_out(size);
    char *copy = memory_resize(NULL, size + 1, 1);
    if (size) memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

char *memory_text(const char *text) { return memory_copy(text, strlen(text)); }

char *memory_printf(const char *format, ...) {
    va_list args;
    char *text;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) memory_out(0);
    return text;
}

void *memory_checked(void *pointer) {
    if (!pointer) memory_out(0);
    return pointer;
}

FILE *memory_stream(char **text, size_t *size) { return memory_checked(open_memstream(text, size)); }

void memory_stream_end(FILE *stream) {
    int failed = ferror(stream);
    if (fclose(stream) != 0 || failed) memory_out(0);
}
