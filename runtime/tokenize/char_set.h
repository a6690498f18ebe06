/* Sets of characters: what one place of a scanner's pattern may be. */
#ifndef GRADC_RUNTIME_TOKENIZE_CHAR_SET_H
#define GRADC_RUNTIME_TOKENIZE_CHAR_SET_H

#include "graph/base/arena.h"
#include "runtime/tokenize/unicode.h"

/* Of the members beyond ASCII: a category, or a trait, or a range has them; or none does, where the set is negated. */
typedef struct CharSet {
    bool ascii[0x100];   /* is a character among them; `negated` has no part in it. By byte: none of 0x80 and above */
    uint32_t categories; /* a bit a CharCategory */
    uint32_t traits;     /* flags of char_info */
    VEC(int32_t) bounds; /* first, last, first, last ... */
    bool negated;
} CharSet;

bool char_set_has_other(const CharSet *set, const CharTable *chars, int32_t c); /* beyond ASCII */

static inline bool char_set_has(const CharSet *set, const CharTable *chars, int32_t c) {
    return c < 0x80 ? set->ascii[c] : char_set_has_other(set, chars, c);
}

/* Each adds to a set that is not negated. */
void char_set_add_range(CharSet *set, Arena *arena, int32_t first, int32_t last);
void char_set_add_categories(CharSet *set, const CharTable *chars, uint32_t categories);
void char_set_add_space(CharSet *set);
void char_set_add_other_than_space(CharSet *set, Arena *arena);
void char_set_add_word(CharSet *set, const CharTable *chars);
/* All others. */
void char_set_negate(CharSet *set);

/* The categories of a property of regular expressions: "L", "Lu". 0: it is not known. */
uint32_t char_set_property(const char *name, int length);
enum { CHAR_SET_ALL = (1 << CHAR_CATEGORIES) - 1 };

#endif
