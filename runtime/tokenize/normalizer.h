/* Normalizers: from a text to the text that is taken apart. A list of steps; kinds are a table in normalizer.c. */
#ifndef GRADC_RUNTIME_TOKENIZE_NORMALIZER_H
#define GRADC_RUNTIME_TOKENIZE_NORMALIZER_H

#include "runtime/tokenize/byte_level.h"
#include "runtime/tokenize/text_pattern.h"

typedef struct NormalStep NormalStep;

typedef struct NormalKind {
    const char *type;
    const char *keys;                                           /* that it may have, with blanks around */
    bool (*read)(const Component *component, NormalStep *step); /* NULL: it has no values */
    /* From flow->view to the next view; where nothing changes it is left. */
    void (*apply)(const NormalStep *step, TextFlow *flow);
} NormalKind;

struct NormalStep {
    const NormalKind *kind;
    const CharTable *chars;
    /* Replace, Prepend */
    const TextPattern *pattern;
    const char *content;
    /* Strip */
    bool strips_left, strips_right;
    /* BertNormalizer */
    bool cleans, isolates_cjk, strips_accents, lowers;
    char ascii[0x80];                 /* what becomes of a character, 0: it is removed */
    ByteAlphabet alphabet;            /* ByteLevel */
    const struct CharsMap *chars_map; /* Precompiled */
};

typedef struct Normalizer {
    VEC(const NormalStep *) steps;
} Normalizer;

/* Null is no step. False and an error: it is refused. */
bool normalizer_read(const Component *component, Normalizer *normalizer);
void normalizer_apply(const Normalizer *normalizer, TextFlow *flow);

/* Writes what one character becomes; all of it has the origin of the character. */
typedef void PutChar(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin);
/* A step that takes one character after the other. */
void normalize_chars(const NormalStep *step, TextFlow *flow, PutChar *put);
void put_lower(const NormalStep *step, TextBuffer *to, int32_t c, ByteOrigin origin);

/* Steps that have a file of their own. */
void normalize_nfc(const NormalStep *step, TextFlow *flow);
void normalize_nfd(const NormalStep *step, TextFlow *flow);
void normalize_nfkc(const NormalStep *step, TextFlow *flow);
void normalize_nfkd(const NormalStep *step, TextFlow *flow);
bool normalize_precompiled_read(const Component *component, NormalStep *step);
void normalize_precompiled(const NormalStep *step, TextFlow *flow);
bool normalize_basic_read(const Component *component, NormalStep *step);
void normalize_basic(const NormalStep *step, TextFlow *flow);

#endif
