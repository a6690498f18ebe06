/* Decomposition and composition of characters as Unicode 9.0 has them. utf8proc knows a later version; what is known
 * to 9.0 was never changed, and the rest is left as it is. */
#ifndef GRADC_RUNTIME_TOKENIZE_COMPOSE_H
#define GRADC_RUNTIME_TOKENIZE_COMPOSE_H

#include "runtime/tokenize/unicode.h"

typedef struct Compositions Compositions;

/* Reads CHAR_KNOWN_9 of the table, and sets CHAR_COMBINING, CHAR_DECOMPOSES and CHAR_COMPOSES. On the heap,
 * as the table is. */
const Compositions *compositions_new(CharTable *table);

enum { MAX_DECOMPOSED = 32 }; /* code points; U+FDFA has 18 */

/* The full decomposition of a code point, not put into order; how many. Itself where it has none. */
int char_decompose(const CharTable *table, int32_t c, bool compatible, int32_t out[MAX_DECOMPOSED]);
/* The character that two are together; -1: there is none. */
int32_t char_compose(const CharTable *table, int32_t first, int32_t second);
/* The canonical combining class. */
int char_combining_class(const CharTable *table, int32_t c);

#endif
