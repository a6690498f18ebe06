/* Unicode as the reference knows it: the table is made of runs (unicode_runs.h) and of utf8proc's decompositions,
 * which have not changed for what Unicode 9.0 has. */
#include "runtime/tokenize/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <utf8proc.h>

#include "graph/base/memory.h"
#include "runtime/tokenize/compose.h"
#include "runtime/tokenize/unicode_runs.h"

enum { CODES = 0x110000 };
/* --- Making ------------------------------------------------------------------------------------------------------- */

typedef struct RunReader {
    const char *const *line; /* the next one */
    int letters;             /* of a value */
    const char *at;
    uint32_t value, left;
} RunReader;

/* How much of the run at hand is left, at least 1. */
static uint32_t run_left(RunReader *reader) {
    if (reader->left > 0) return reader->left;
    if (!*reader->at) reader->at = *reader->line++;
    reader->value = 0;
    for (int i = 0; i < reader->letters; i++) {
        char letter = *reader->at++;
        reader->value = 52 * reader->value + (uint32_t)(letter <= 'Z' ? letter - 'A' : letter - 'a' + 26);
    }
    for (; *reader->at >= '0' && *reader->at <= '9'; reader->at++)
        reader->left = 10 * reader->left + (uint32_t)(*reader->at - '0');
    return reader->left = reader->left ? reader->left : 1;
}

/* What a category and an age say. */
static uint32_t flags_of(uint32_t category, uint32_t age) {
    const uint32_t kind = 1u << category, marks = 7u << CHAR_MN, numbers = 7u << CHAR_ND, letters = 0x1Fu << CHAR_LU;
    const uint32_t words = letters | marks | 1u << CHAR_ND | 1u << CHAR_NL | 1u << CHAR_PC;
    const uint32_t removed = 1u << CHAR_CC | 1u << CHAR_CF | 1u << CHAR_CO;
    uint32_t flags = 0;
    if (kind & words) flags |= CHAR_WORD | CHAR_PATTERN_WORD;
    if (kind & 7u << CHAR_ZS) flags |= CHAR_SPACE;
    if (kind & numbers) flags |= CHAR_NUMERIC_17;
    if (age == 0 && category == CHAR_MN) flags |= CHAR_NONSPACING_8;
    if (age == 0 && (kind & 0x7Fu << CHAR_PC)) flags |= CHAR_PUNCTUATION_8;
    if (age == 0 && (kind & removed)) flags |= CHAR_REMOVED_8;
    if (age <= 1) flags |= CHAR_KNOWN_9;
    if (age <= 1 && (kind & marks)) flags |= CHAR_MARK_9;
    return flags;
}

/* Where another version, or another property, says otherwise. */
static const struct {
    int32_t first, last;
    uint32_t set, clear;
} exceptions[] = {
    {'\t', '\r', CHAR_SPACE, 0},
    {0x85, 0x85, CHAR_SPACE, 0},
    {'\t', '\n', 0, CHAR_REMOVED_8},
    {'\r', '\r', 0, CHAR_REMOVED_8},
    {0xFFFD, 0xFFFD, CHAR_REMOVED_8, 0},
    {'!', '/', CHAR_PUNCTUATION_8, 0},
    {':', '@', CHAR_PUNCTUATION_8, 0},
    {'[', '`', CHAR_PUNCTUATION_8, 0},
    {'{', '~', CHAR_PUNCTUATION_8, 0},
    {0x166D, 0x166D, CHAR_PUNCTUATION_8, 0},
    {0x111C9, 0x111C9, CHAR_PUNCTUATION_8, CHAR_NONSPACING_8 | CHAR_MARK_9},
    {0x1734, 0x1734, CHAR_NONSPACING_8, 0},
    {0x1171E, 0x1171E, CHAR_NONSPACING_8, 0},
    {0x1885, 0x1886, 0, CHAR_NONSPACING_8},
    {0xA9BD, 0xA9BD, 0, CHAR_NONSPACING_8},
    {0x1CF2, 0x1CF3, CHAR_MARK_9, 0},
    {0x11DE0, 0x11DE9, CHAR_NUMERIC_17, 0},
    {0x16FF4, 0x16FF6, CHAR_NUMERIC_17, 0},
    {0xB2, 0xB3, CHAR_PATTERN_WORD, 0},
    {0xB9, 0xB9, CHAR_PATTERN_WORD, 0},
    {0xBC, 0xBE, CHAR_PATTERN_WORD, 0},
    {0x200C, 0x200D, CHAR_WORD, 0},
    /* letters in circles and squares: symbols that are Alphabetic */
    {0x24B6, 0x24E9, CHAR_WORD | CHAR_PATTERN_WORD, 0},
    {0x1F130, 0x1F149, CHAR_WORD | CHAR_PATTERN_WORD, 0},
    {0x1F150, 0x1F169, CHAR_WORD | CHAR_PATTERN_WORD, 0},
    {0x1F170, 0x1F189, CHAR_WORD | CHAR_PATTERN_WORD, 0},
    {'A', 'Z', CHAR_LOWERS, 0},
    {0x130, 0x130, CHAR_LOWERS, 0},
};

/* A table that is written: its blocks so far, on the heap. */
typedef struct TableWriter {
    CharTable *table;
    uint32_t *items;
    int64_t count, capacity;
    uint32_t uniform; /* all items of the last block; MIXED */
} TableWriter;

/* Code points from here on differ in nothing but what runs say of them: equal blocks in a row are kept once. */
#define SPARSE 0x30000u
#define MIXED UINT32_MAX

/* False: the block before it serves. */
static bool begin_block(TableWriter *writer, uint32_t block, uint32_t uniform) {
    bool again = uniform != MIXED && uniform == writer->uniform;
    if (!again) {
        writer->items = memory_grow(writer->items, &writer->capacity, writer->count + CHAR_BLOCK, sizeof(uint32_t));
        writer->count += CHAR_BLOCK;
    }
    writer->uniform = uniform;
    writer->table->starts[block] = (uint32_t)(writer->count - CHAR_BLOCK);
    return !again;
}

static void write_run(TableWriter *writer, uint32_t c, uint32_t count, uint32_t item) {
    for (uint32_t end = c + count, n; c < end; c += n) {
        n = CHAR_BLOCK - c % CHAR_BLOCK;
        if (n > end - c) n = end - c;
        bool whole = n == CHAR_BLOCK && c >= SPARSE;
        if (c % CHAR_BLOCK == 0 && !begin_block(writer, c / CHAR_BLOCK, whole ? item : MIXED)) continue;
        uint32_t *to = writer->items + writer->table->starts[c / CHAR_BLOCK] + c % CHAR_BLOCK;
        for (uint32_t i = 0; i < n; i++) to[i] = item;
    }
}

static void write_runs(TableWriter *writer) {
    static const uint32_t conjuncts[] = {0, CHAR_CONJUNCT_EXTEND, CHAR_CONJUNCT_LINKER};
    enum { CATEGORY, AGE, CLUSTER, CONJUNCT, SCRIPT, READERS };
    RunReader readers[READERS] = {{.line = unicode_category_runs, .letters = 1, .at = ""},
                                  {.line = unicode_age_runs, .letters = 1, .at = ""},
                                  {.line = unicode_cluster_runs, .letters = 1, .at = ""},
                                  {.line = unicode_conjunct_runs, .letters = 1, .at = ""},
                                  {.line = unicode_script_runs, .letters = 2, .at = ""}};
    for (uint32_t c = 0, count; c < CODES; c += count) {
        count = CODES;
        for (int i = 0; i < READERS; i++) count = run_left(&readers[i]) < count ? readers[i].left : count;
        uint32_t item = readers[CATEGORY].value | flags_of(readers[CATEGORY].value, readers[AGE].value) |
                        readers[CLUSTER].value << CHAR_CLUSTER_SHIFT | conjuncts[readers[CONJUNCT].value] |
                        readers[SCRIPT].value << CHAR_SCRIPT_SHIFT;
        write_run(writer, c, count, item);
        for (int i = 0; i < READERS; i++) readers[i].left -= count;
    }
}

static void add_exceptions(CharTable *table) {
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        for (int32_t c = exceptions[i].first; c <= exceptions[i].last; c++)
            *char_item(table, c) = (*char_item(table, c) | exceptions[i].set) & ~exceptions[i].clear;
    }
    for (int i = 0; i < unicode_lower_count; i++) {
        const LowerRow *row = &unicode_lower_rows[i];
        for (int32_t c = row->first; c <= row->last; c += row->stride) *char_item(table, c) |= CHAR_LOWERS;
    }
    /* The runs say LV of all syllables of Hangul. */
    for (int32_t c = 0xAC00; c <= 0xD7A3; c++) {
        if ((c - 0xAC00) % 28) *char_item(table, c) += (uint32_t)(CLUSTER_LVT - CLUSTER_LV) << CHAR_CLUSTER_SHIFT;
    }
}

/* Unicode is one for the process. */
static once_flag made = ONCE_FLAG_INIT;
static CharTable constant; /* once made it is only read */

static void make(void) {
    TableWriter writer = {.table = &constant, .uniform = MIXED};
    write_runs(&writer);
    constant.items = writer.items;
    add_exceptions(&constant);
    constant.compositions = compositions_new(&constant);
}

const CharTable *char_table(void) {
    call_once(&made, make);
    return &constant;
}

/* --- Characters --------------------------------------------------------------------------------------------------- */

int32_t char_lower(const CharTable *table, int32_t c) {
    if (!(char_info(table, c) & CHAR_LOWERS)) return c;
    if (c < 0x80) return c + ('a' - 'A');
    int low = 0, high = unicode_lower_count;
    while (low < high) { /* the first row that ends at c or behind it */
        int middle = low + (high - low) / 2;
        if (unicode_lower_rows[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return c == 0x130 ? 'i' : c + unicode_lower_rows[low].delta;
}

int utf8_write(int32_t c, char *to) {
    if (c < 0x80) {
        *to = (char)c;
        return 1;
    }
    return (int)utf8proc_encode_char(c, (utf8proc_uint8_t *)to);
}

int64_t ascii_run(const char *text, int64_t begin, int64_t length) {
    int64_t at = begin;
    for (uint64_t word; at + 8 <= length; at += 8) {
        memcpy(&word, text + at, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    while (at < length && (unsigned char)text[at] < 0x80) at++;
    return at - begin;
}

int64_t utf8_good(const char *text, int64_t length) {
    int64_t at = 0;
    for (int32_t c; (at += ascii_run(text, at, length)) < length;) {
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + at, length - at, &c);
        if (used <= 0) break;
        at += used;
    }
    return at;
}
