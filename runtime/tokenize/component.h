/* Reading a component of a tokenizer's description: an object with a "type" and the keys of that type. What is not
 * known is refused by its place: a key that nobody reads could change what texts become. */
#ifndef GRADC_RUNTIME_TOKENIZE_COMPONENT_H
#define GRADC_RUNTIME_TOKENIZE_COMPONENT_H

#include <jansson.h>

#include "graph/base/diag.h"
#include "runtime/tokenize/unicode.h"

/* What lives as long as the tokenizer that is read, and how its components are called in messages. */
typedef struct ComponentReader {
    Arena *arena;
    const char *file;
    Diagnostics *diags;
    const CharTable *chars;
    struct TextPattern *patterns; /* all that were compiled, to be freed: a list (text_pattern.h) */
} ComponentReader;

/* An object of the description and its place in it: "normalizer.normalizers[2]". */
typedef struct Component {
    ComponentReader *reader;
    const json_t *json;
    const char *place;
} Component;

/* A member, and an item of a list under a key. */
Component component_member(const Component *component, const char *key);
Component component_item(const Component *component, const char *key, size_t index);

/* Reads a component that is a list of steps: nothing for null, one step for an object, and the steps of each in `list`
 * for a "Sequence". False when `read` or the form is refused. */
typedef bool StepReader(const Component *component, void *steps);
bool component_read_steps(const Component *component, const char *list, StepReader *read, void *steps);

/* Its "type"; "" where it has none. */
const char *component_type(const Component *component);
Pos component_pos(const Component *component); /* its file */
/* Errors, of the whole component or of its `key` where that is not NULL; false. Refuse: it is nothing that is computed
 * here (E0847). Damaged: tokens, ids or merges that cannot be (E0802). */
bool component_refuse(const Component *component, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool component_damaged(const Component *component, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Refuses keys other than "type" and these, which stand with blanks between. */
bool component_keys(const Component *component, const char *known);

/* Values. Null is the same as no such key: `*value` stays. False and an error for a value of another kind. */
bool component_flag(const Component *component, const char *key, bool *value);
bool component_text(const Component *component, const char *key, const char **value); /* copied to the arena */
/* One code point. */
bool component_char(const Component *component, const char *key, int32_t *value);
bool component_count(const Component *component, const char *key, int32_t *value); /* from 0 */
bool component_id(const Component *component, const json_t *json, const char *key, int32_t *value);

/* Which of the words a text is; false and an error when it is none. */
bool component_choice(const Component *component, const char *key, const char *const *words, int count, int *value);

#endif
