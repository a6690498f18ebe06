/* Unicode as Hugging Face's tokenizers know it: each of their components was built with a version of its own, so that
 * what a character is depends on who asks. A table of 32 bits a code point, and UTF-8. */
#ifndef GRADC_RUNTIME_TOKENIZE_UNICODE_H
#define GRADC_RUNTIME_TOKENIZE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* General categories, in the order of unicode_category_runs. */
typedef enum CharCategory {
    CHAR_LU,
    CHAR_LL,
    CHAR_LT,
    CHAR_LM,
    CHAR_LO,
    CHAR_MN,
    CHAR_MC,
    CHAR_ME,
    CHAR_ND,
    CHAR_NL,
    CHAR_NO,
    CHAR_PC,
    CHAR_PD,
    CHAR_PS,
    CHAR_PE,
    CHAR_PI,
    CHAR_PF,
    CHAR_PO,
    CHAR_SM,
    CHAR_SC,
    CHAR_SK,
    CHAR_SO,
    CHAR_ZS,
    CHAR_ZL,
    CHAR_ZP,
    CHAR_CC,
    CHAR_CF,
    CHAR_CS,
    CHAR_CO,
    CHAR_CN,
    CHAR_CATEGORIES
} CharCategory;

/* Grapheme_Cluster_Break, with what else grapheme clusters ask for; in the order of unicode_cluster_runs. */
typedef enum ClusterClass {
    CLUSTER_ANY,
    CLUSTER_CR,
    CLUSTER_LF,
    CLUSTER_CONTROL,
    CLUSTER_EXTEND,
    CLUSTER_ZWJ,
    CLUSTER_REGIONAL,
    CLUSTER_PREPEND,
    CLUSTER_SPACING,
    CLUSTER_L,
    CLUSTER_V,
    CLUSTER_T,
    CLUSTER_LV,
    CLUSTER_LVT,
    CLUSTER_PICTOGRAPH,
    CLUSTER_CONSONANT
} ClusterClass;

/* What the table has of a code point. Where no version is given it does not matter. */
enum {
    CHAR_CATEGORY = 31,             /* mask: a CharCategory of Unicode 16.0, as in regular expressions */
    CHAR_SPACE = 1 << 5,            /* White_Space */
    CHAR_KNOWN_9 = 1 << 6,          /* Unicode 9.0 has it: what is later has no part in normalization */
    CHAR_MARK_9 = 1 << 7,           /* a mark in 9.0 (StripAccents) */
    CHAR_NONSPACING_8 = 1 << 8,     /* Mn in 8.0 (BertNormalizer) */
    CHAR_PUNCTUATION_8 = 1 << 9,    /* P* in 8.0, or a symbol of ASCII (BertPreTokenizer, Punctuation) */
    CHAR_REMOVED_8 = 1 << 10,       /* Cc, Cf, Co in 8.0, U+FFFD, but no \t \n \r (BertNormalizer) */
    CHAR_NUMERIC_17 = 1 << 11,      /* N* in 17.0 (Digits) */
    CHAR_WORD = 1 << 12,            /* \w of added tokens and of Whitespace */
    CHAR_PATTERN_WORD = 1 << 13,    /* \w of regular expressions */
    CHAR_LOWERS = 1 << 14,          /* has another small letter, in 17.0 */
    CHAR_COMBINING = 1 << 15,       /* its canonical combining class in 9.0 is not 0 */
    CHAR_DECOMPOSES = 1 << 16,      /* has a compatibility decomposition in 9.0, perhaps a canonical one */
    CHAR_COMPOSES = 1 << 17,        /* may be the second of two that are one in 9.0 */
    CHAR_CONJUNCT_EXTEND = 1 << 18, /* Indic_Conjunct_Break, in 17.0 */
    CHAR_CONJUNCT_LINKER = 1 << 19,
    CHAR_CLUSTER_SHIFT = 20, /* 4 bits: a ClusterClass of 17.0 */
    CHAR_SCRIPT_SHIFT = 24   /* 8 bits: a number of the script, 0 for none (UnicodeScripts) */
};

enum { CHAR_BLOCK = 256, CHAR_BLOCKS = 0x110000 / CHAR_BLOCK };

struct Compositions;
typedef struct CharTable {
    uint32_t starts[CHAR_BLOCKS]; /* of the block's items in `items` */
    uint32_t *items;
    const struct Compositions *compositions; /* compose.h */
} CharTable;

/* A constant of the process: made by the first call, on whatever thread, and never freed. */
const CharTable *char_table(void);

/* The item of a code point: for those who make the table. */
static inline uint32_t *char_item(const CharTable *table, int32_t c) {
    return &table->items[table->starts[(uint32_t)c / CHAR_BLOCK] + (uint32_t)c % CHAR_BLOCK];
}

static inline uint32_t char_info(const CharTable *table, int32_t c) { return *char_item(table, c); }

static inline CharCategory char_category(const CharTable *table, int32_t c) {
    return (CharCategory)(char_info(table, c) & CHAR_CATEGORY);
}

static inline ClusterClass char_cluster(const CharTable *table, int32_t c) {
    return (ClusterClass)(char_info(table, c) >> CHAR_CLUSTER_SHIFT & 15);
}

/* The small letter, one code point. That of U+0130 has two, `i` and U+0307: the first is returned. */
int32_t char_lower(const CharTable *table, int32_t c);

/* The code point at `at` of UTF-8 that is known to be good, and how many bytes it has. */
static inline int utf8_length(char lead) {
    unsigned char byte = (unsigned char)lead;
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

static inline int utf8_read(const char *at, int32_t *c) {
    const unsigned char *b = (const unsigned char *)at;
    int length = utf8_length(*at);
    if (length == 1) *c = b[0];
    if (length == 2) *c = (b[0] & 0x1F) << 6 | (b[1] & 0x3F);
    if (length == 3) *c = (b[0] & 0x0F) << 12 | (b[1] & 0x3F) << 6 | (b[2] & 0x3F);
    if (length == 4) *c = (b[0] & 0x07) << 18 | (b[1] & 0x3F) << 12 | (b[2] & 0x3F) << 6 | (b[3] & 0x3F);
    return length;
}

/* The code point that ends before `end`, not at the beginning of the text, and how many bytes it has. */
static inline int utf8_read_back(const char *end, int32_t *c) {
    int length = 1;
    while (length < 4 && ((unsigned char)end[-length] & 0xC0) == 0x80) length++;
    utf8_read(end - length, c);
    return length;
}

/* Writes a code point, at most 4 bytes; how many. */
int utf8_write(int32_t c, char *to);

/* How many bytes from `begin` on, up to `length`, are ASCII. */
int64_t ascii_run(const char *text, int64_t begin, int64_t length);

/* How many bytes at the beginning of a text are UTF-8: `length` when all are. */
int64_t utf8_good(const char *text, int64_t length);

#endif
