/* Sets of characters. */
#include "runtime/tokenize/char_set.h"

#include <string.h>

bool char_set_has_other(const CharSet *set, const CharTable *chars, int32_t c) {
    uint32_t info = char_info(chars, c);
    bool has = (set->categories >> (info & CHAR_CATEGORY) & 1) || (info & set->traits);
    for (int i = 0; !has && i < set->bounds.count; i += 2)
        has = c >= set->bounds.items[i] && c <= set->bounds.items[i + 1];
    return has != set->negated;
}

void char_set_add_range(CharSet *set, Arena *arena, int32_t first, int32_t last) {
    for (int32_t c = first; c <= last && c < 0x80; c++) set->ascii[c] = true;
    if (last < 0x80) return;
    vec_push(arena, &set->bounds, first > 0x80 ? first : 0x80);
    vec_push(arena, &set->bounds, last);
}

void char_set_add_categories(CharSet *set, const CharTable *chars, uint32_t categories) {
    set->categories |= categories;
    for (int32_t c = 0; c < 0x80; c++) {
        if (categories >> char_category(chars, c) & 1) set->ascii[c] = true;
    }
}

static bool is_ascii_space(int32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void char_set_add_space(CharSet *set) {
    set->traits |= CHAR_SPACE;
    for (int32_t c = 0; c < 0x80; c++) {
        if (is_ascii_space(c)) set->ascii[c] = true;
    }
}

/* Beyond ASCII white space is separators, and U+0085 of the control characters. */
void char_set_add_other_than_space(CharSet *set, Arena *arena) {
    set->categories |= CHAR_SET_ALL & ~(7u << CHAR_ZS | 1u << CHAR_CC);
    char_set_add_range(set, arena, 0x80, 0x84);
    char_set_add_range(set, arena, 0x86, 0x9F);
    for (int32_t c = 0; c < 0x80; c++) {
        if (!is_ascii_space(c)) set->ascii[c] = true;
    }
}

void char_set_add_word(CharSet *set, const CharTable *chars) {
    set->traits |= CHAR_PATTERN_WORD;
    for (int32_t c = 0; c < 0x80; c++) {
        if (char_info(chars, c) & CHAR_PATTERN_WORD) set->ascii[c] = true;
    }
}

void char_set_negate(CharSet *set) {
    for (int c = 0; c < 0x80; c++) set->ascii[c] = !set->ascii[c];
    set->negated = !set->negated;
}

uint32_t char_set_property(const char *name, int length) {
    static const char names[] = "LuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCsCoCn";
    uint32_t categories = 0;
    for (int i = 0; i < CHAR_CATEGORIES; i++) {
        if ((length == 1 || length == 2) && strncmp(names + 2 * i, name, (size_t)length) == 0) categories |= 1u << i;
    }
    return categories;
}
