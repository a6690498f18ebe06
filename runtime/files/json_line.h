/* JSON values as they are written: where the members of an object and the items of a list stand in a text. Nothing is
 * converted, so that a number keeps its digits; NaN, Infinity and -Infinity, which several writers of JSON produce, are
 * numbers too. Texts are decoded when asked for. */
#ifndef GRADC_RUNTIME_FILES_JSON_LINE_H
#define GRADC_RUNTIME_FILES_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum JsonKind {
    JSON_KIND_TEXT,
    JSON_KIND_NUMBER,
    JSON_KIND_TRUTH,
    JSON_KIND_NULL,
    JSON_KIND_LIST,
    JSON_KIND_OBJECT
} JsonKind;

/* A value as it is written, with its quotes or brackets. */
typedef struct JsonSpan {
    JsonKind kind;
    const char *begin, *end;
} JsonSpan;

/* Where a walk through an object or a list is. */
typedef struct JsonWalk {
    const char *at, *end; /* of the members or items that are left, closing bracket included */
    bool begun, broken;   /* broken: what follows is not JSON */
} JsonWalk;

/* The one value that the text is, with nothing but blanks around it; false: it is none. */
bool json_span_of(const char *text, size_t length, JsonSpan *value);

/* Through the members of an object or the items of a list. The value was found by the functions here, so that a walk
 * never breaks. */
JsonWalk json_walk(JsonSpan value);
bool json_next_member(JsonWalk *walk, JsonSpan *key, JsonSpan *value);
bool json_next_item(JsonWalk *walk, JsonSpan *value);

/* The text that a span of kind text says, into `to`, which has room for as many bytes as the span has; how many there
 * are, which may include zero bytes. Half a surrogate pair, which is no character, becomes U+FFFD. */
size_t json_decode(JsonSpan text, char *to);
/* Does the span of kind text say this? */
bool json_says(JsonSpan text, const char *word);
/* The member of an object that is called so: how many there are of this name, and in `*value` the last. */
int json_find(JsonSpan object, const char *name, JsonSpan *value);

#endif
