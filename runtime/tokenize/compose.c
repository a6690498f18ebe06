/* Decomposition and composition: pairs are found from utf8proc's decompositions, which are whole ones: what is before
 * the last code point is itself one that was found before. Hangul is arithmetic (Unicode, section 3.12). */
#include "runtime/tokenize/compose.h"

#include <string.h>
#include <utf8proc.h>

typedef struct Composition {
    uint64_t key; /* first << 32 | second */
    int32_t whole;
} Composition;

struct Compositions {
    Composition *slots; /* open addressing; a power of two */
    uint32_t mask;
};

enum { SLOTS = 4096, LONGEST = 4, LAST = 0x30000 }; /* some 930 pairs; nothing composes from LAST on */

enum { S_BASE = 0xAC00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7, L_COUNT = 19, V_COUNT = 21, T_COUNT = 28 };

static uint64_t key_of(int32_t first, int32_t second) { return (uint64_t)first << 32 | (uint32_t)second; }

static Composition *find_slot(const Compositions *compositions, uint64_t key) {
    uint64_t hash = key * 0x9E3779B97F4A7C15u;
    uint32_t i = (uint32_t)(hash >> 40) & compositions->mask;
    while (compositions->slots[i].key && compositions->slots[i].key != key) i = (i + 1) & compositions->mask;
    return &compositions->slots[i];
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

static int decompose(int32_t c, bool compatible, int32_t out[MAX_DECOMPOSED]) {
    utf8proc_option_t options = compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE;
    int boundary = UTF8PROC_BOUNDCLASS_START;
    utf8proc_ssize_t count = utf8proc_decompose_char(c, out, MAX_DECOMPOSED, options, &boundary);
    if (count > 0 && count <= MAX_DECOMPOSED) return (int)count;
    out[0] = c;
    return 1;
}

/* The code point that all but the last of `parts` [count] are; -1: they are none. */
static int32_t first_of(const Compositions *compositions, const int32_t *parts, int count) {
    int32_t first = parts[0];
    for (int i = 1; i < count - 1 && first >= 0; i++) {
        const Composition *slot = find_slot(compositions, key_of(first, parts[i]));
        first = slot->key ? slot->whole : -1;
    }
    return first;
}

static bool is_syllable(int32_t c) { return c >= S_BASE && c < S_BASE + L_COUNT * V_COUNT * T_COUNT; }

/* Pairs of decompositions of `count` code points. */
static void add_pairs(Compositions *compositions, int count, uint32_t *items) {
    for (int32_t c = 0; c < LAST; c++) {
        int32_t parts[MAX_DECOMPOSED];
        if ((items[c] & (CHAR_DECOMPOSES | CHAR_COMBINING)) != CHAR_DECOMPOSES) continue;
        if (utf8proc_get_property(c)->comp_exclusion || is_syllable(c) || decompose(c, false, parts) != count) continue;
        int32_t first = utf8proc_get_property(parts[0])->combining_class ? -1 : first_of(compositions, parts, count);
        if (first < 0) continue;
        uint64_t key = key_of(first, parts[count - 1]);
        Composition *slot = find_slot(compositions, key);
        if (!slot->key) *slot = (Composition){key, c}; /* later ones stand for the first: U+212B for U+00C5 */
        items[parts[count - 1]] |= CHAR_COMPOSES;
    }
}

static void add_flags(uint32_t *items) {
    for (int32_t c = 0; c < LAST; c++) {
        const utf8proc_property_t *property = utf8proc_get_property(c);
        if (!(items[c] & CHAR_KNOWN_9)) continue;
        if (property->combining_class) items[c] |= CHAR_COMBINING;
        if (property->decomp_seqindex != UINT16_MAX || is_syllable(c)) items[c] |= CHAR_DECOMPOSES;
    }
    for (int32_t c = V_BASE; c < V_BASE + V_COUNT; c++) items[c] |= CHAR_COMPOSES;
    for (int32_t c = T_BASE + 1; c < T_BASE + T_COUNT; c++) items[c] |= CHAR_COMPOSES;
}

const Compositions *compositions_new(uint32_t *items, Arena *arena) {
    Compositions *compositions = arena_alloc(arena, sizeof *compositions);
    *compositions = (Compositions){arena_array(arena, SLOTS, sizeof(Composition)), SLOTS - 1};
    add_flags(items);
    for (int count = 2; count <= LONGEST; count++) add_pairs(compositions, count, items);
    return compositions;
}

/* --- Asking ------------------------------------------------------------------------------------------------------- */

int char_decompose(const CharTable *table, int32_t c, bool compatible, int32_t out[MAX_DECOMPOSED]) {
    if (char_info(table, c) & CHAR_DECOMPOSES) return decompose(c, compatible, out);
    out[0] = c;
    return 1;
}

static int32_t compose_hangul(int32_t first, int32_t second) {
    int32_t l = first - L_BASE, v = second - V_BASE, s = first - S_BASE, t = second - T_BASE;
    if (l >= 0 && l < L_COUNT && v >= 0 && v < V_COUNT) return S_BASE + (l * V_COUNT + v) * T_COUNT;
    bool pair = s >= 0 && s < L_COUNT * V_COUNT * T_COUNT && s % T_COUNT == 0;
    return pair && t > 0 && t < T_COUNT ? first + t : -1;
}

int32_t char_compose(const CharTable *table, int32_t first, int32_t second) {
    if (!(char_info(table, second) & CHAR_COMPOSES)) return -1;
    const Composition *slot = find_slot(table->compositions, key_of(first, second));
    return slot->key ? slot->whole : compose_hangul(first, second);
}

int char_combining_class(const CharTable *table, int32_t c) {
    bool combining = char_info(table, c) & CHAR_COMBINING;
    return combining ? utf8proc_get_property(c)->combining_class : 0;
}
