/* Rewriting a text character by character, with origins as the reference's NormalizedString has them: what is written
 * either takes the place of the next character of the text, or is added behind what was taken last. */
#ifndef GRADC_RUNTIME_TOKENIZE_REWRITING_H
#define GRADC_RUNTIME_TOKENIZE_REWRITING_H

#include "runtime/tokenize/traced_text.h"

typedef struct Rewriting {
    const TextView *from;
    TextBuffer *to;
    int64_t at; /* what was taken so far; not moved where origins are not wanted */
} Rewriting;

/* Writes a character. `change` 0: in the place of the next one; -n: in that of the next one and n more; 1: added. */
void rewriting_put(Rewriting *rewriting, int32_t c, int64_t change);
/* Writes bytes [begin, end) of the text, each character in its own place. */
void rewriting_keep(Rewriting *rewriting, int64_t begin, int64_t end);

#endif
