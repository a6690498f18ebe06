/* Decomposition and composition: pairs are found from utf8proc's decompositions, which are whole ones: what is before
 * the last code point is itself one that was found before. Hangul is arithmetic (Unicode, section 3.12). */
#include "runtime/tokenize/compose.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "graph/base/memory.h"

typedef struct Composition {
    uint64_t key; /* first << 32 | second */
    int32_t whole;
} Composition;

struct Compositions {
    Composition *slots; /* open addressing; a power of two */
    uint32_t mask;
};

enum { SLOTS = 4096, LONGEST = 4 }; /* some 930 pairs */

enum {
    S_BASE = 0xAC00,
    L_BASE = 0x1100,
    V_BASE = 0x1161,
    T_BASE = 0x11A7,
    L_COUNT = 19,
    V_COUNT = 21,
    T_COUNT = 28,
    S_COUNT = 11172
};

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

/* The code point that all but the last of `points` [count] are; -1: they are none. */
static int32_t first_of(const Compositions *compositions, const int32_t *points, int count) {
    int32_t first = points[0];
    for (int i = 1; i < count - 1 && first >= 0; i++) {
        const Composition *slot = find_slot(compositions, key_of(first, points[i]));
        first = slot->key ? slot->whole : -1;
    }
    return first;
}

/* A code point that may be what a pair becomes, and what it is made of. */
typedef struct Whole {
    int32_t c, points[LONGEST];
    int count;
} Whole;

static void add_pair(Compositions *compositions, const Whole *whole, CharTable *table) {
    int32_t first = first_of(compositions, whole->points, whole->count), last = whole->points[whole->count - 1];
    if (first < 0) return;
    Composition *slot = find_slot(compositions, key_of(first, last));
    if (!slot->key) *slot = (Composition){key_of(first, last), whole->c}; /* U+00C5, not U+212B, which stands for it */
    *char_item(table, last) |= CHAR_COMPOSES;
}

static bool read_whole(int32_t c, Whole *whole) {
    int32_t points[MAX_DECOMPOSED];
    if (utf8proc_get_property(c)->comp_exclusion) return false;
    *whole = (Whole){.c = c, .count = decompose(c, false, points)};
    if (whole->count < 2 || whole->count > LONGEST || utf8proc_get_property(points[0])->combining_class) return false;
    memcpy(whole->points, points, (size_t)whole->count * sizeof *points);
    return true;
}

/* Where there are others than ideographs, syllables of Hangul and code points without properties. */
static const int32_t places[][2] = {{0, 0x3400}, {0xA000, S_BASE}, {0xF900, 0x20000}, {0x2F800, 0x2FA20}};
enum { PLACES = sizeof places / sizeof *places };

static void add_pairs(Compositions *compositions, CharTable *table) {
    Whole *wholes = memory_new(SLOTS, sizeof *wholes);
    int count = 0;
    for (int i = 0; i < PLACES; i++) {
        for (int32_t c = places[i][0]; c < places[i][1] && count < SLOTS; c++) {
            uint32_t info = char_info(table, c) & (CHAR_DECOMPOSES | CHAR_COMBINING);
            if (info == CHAR_DECOMPOSES && read_whole(c, &wholes[count])) count++;
        }
    }
    for (int points = 2; points <= LONGEST; points++) {
        for (int i = 0; i < count; i++) {
            if (wholes[i].count == points) add_pair(compositions, &wholes[i], table);
        }
    }
    free(wholes);
}

static void add_flags_of(CharTable *table, int32_t c) {
    const utf8proc_property_t *property = utf8proc_get_property(c);
    if (property->combining_class) *char_item(table, c) |= CHAR_COMBINING;
    if (property->decomp_seqindex != UINT16_MAX) *char_item(table, c) |= CHAR_DECOMPOSES;
}

static void add_flags(CharTable *table) {
    for (int i = 0; i < PLACES; i++) {
        for (int32_t c = places[i][0]; c < places[i][1]; c++) {
            if (char_info(table, c) & CHAR_KNOWN_9) add_flags_of(table, c);
        }
    }
    for (int32_t c = S_BASE; c < S_BASE + S_COUNT; c++) *char_item(table, c) |= CHAR_DECOMPOSES;
    for (int32_t c = V_BASE; c < V_BASE + V_COUNT; c++) *char_item(table, c) |= CHAR_COMPOSES;
    for (int32_t c = T_BASE + 1; c < T_BASE + T_COUNT; c++) *char_item(table, c) |= CHAR_COMPOSES;
}

const Compositions *compositions_new(CharTable *table) {
    Compositions *compositions = memory_new(1, sizeof *compositions);
    *compositions = (Compositions){memory_new(SLOTS, sizeof(Composition)), SLOTS - 1};
    add_flags(table);
    add_pairs(compositions, table);
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
    bool pair = s >= 0 && s < S_COUNT && s % T_COUNT == 0;
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
