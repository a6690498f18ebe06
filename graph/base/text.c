/* Texts that grow. */
#include "graph/base/text.h"

#include <string.h>

void text_add(Arena *arena, Text *text, const char *bytes, size_t length) {
    if (length >= text->capacity - text->length) {
        text->capacity = 2 * (text->length + length) + 64;
        char *larger = arena_alloc(arena, text->capacity);
        if (text->length) memcpy(larger, text->bytes, text->length);
        text->bytes = larger;
    }
    if (length) memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = 0;
}

void text_print(Arena *arena, Text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *part = arena_vprintf(arena, format, args);
    va_end(args);
    text_add(arena, text, part, strlen(part));
}

const char *text_read(const Text *text) { return text->bytes ? text->bytes : ""; }
