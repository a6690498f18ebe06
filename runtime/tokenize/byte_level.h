/* Bytes as characters, as GPT-2 has them: each byte of UTF-8 becomes a visible character, itself where it is one, so
 * that a vocabulary of 256 characters spells any text. A space is U+0120. */
#ifndef GRADC_RUNTIME_TOKENIZE_BYTE_LEVEL_H
#define GRADC_RUNTIME_TOKENIZE_BYTE_LEVEL_H

#include "runtime/tokenize/traced_text.h"

typedef struct ByteAlphabet {
    struct {
        char bytes[2];
        uint16_t length; /* 1 or 2 */
    } of[256];
} ByteAlphabet;

void byte_alphabet_fill(ByteAlphabet *alphabet);

/* Appends bytes [begin, end) of the view as characters, each with the origin of its byte. */
void byte_alphabet_copy(const ByteAlphabet *alphabet, TextBuffer *to, const TextView *view, int64_t begin, int64_t end);

#endif
