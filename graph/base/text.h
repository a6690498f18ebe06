/* A text that grows at its end, in an arena: n bytes cost n however many parts they come in. */
#ifndef GRADC_GRAPH_BASE_TEXT_H
#define GRADC_GRAPH_BASE_TEXT_H

#include "graph/base/arena.h"

/* All zero: empty. */
typedef struct Text {
    char *bytes; /* ends with a NUL; NULL: empty */
    size_t length, capacity;
} Text;

void text_add(Arena *arena, Text *text, const char *bytes, size_t length);
void text_print(Arena *arena, Text *text, const char *format, ...) __attribute__((format(printf, 3, 4)));
const char *text_read(const Text *text); /* the whole; valid until the next part */

#endif
