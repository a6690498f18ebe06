/* Patterns that texts are searched for: strings, and regular expressions as Oniguruma understands them (Ruby's
 * syntax), which Hugging Face's tokenizers use. Those that only run over classes of characters, as nearly all do, are
 * matched by a scanner of ours (scanner.h), ten times as fast and with the Unicode that the reference has; the rest by
 * Oniguruma. */
#ifndef GRADC_RUNTIME_TOKENIZE_TEXT_PATTERN_H
#define GRADC_RUNTIME_TOKENIZE_TEXT_PATTERN_H

#include "runtime/tokenize/component.h"

typedef struct TextPattern TextPattern;

/* Of a component with the key "pattern", {"String": ...} or {"Regex": ...}. NULL and an error: it is neither, or not a
 * regular expression. Freed with the reader's patterns. */
const TextPattern *text_pattern_read(const Component *component);
/* A regular expression of our own. */
const TextPattern *text_pattern_known(ComponentReader *reader, const char *regex);
void text_patterns_free(TextPattern *patterns); /* a reader's list */

/* Where a search stands: start with {0}, or the byte to begin at in `at`. */
typedef struct PatternSearch {
    int64_t at;
    int64_t begin, end; /* of the match that was found */
    bool found;         /* one was */
    int64_t steps;      /* that may still be done; 0: not begun, -1: none */
} PatternSearch;

/* The next match; they do not overlap, and may be empty. False: there is none any more. A search that takes too long
 * (a pattern that was made for it) ends. */
bool text_pattern_next(const TextPattern *pattern, const char *text, int64_t length, PatternSearch *search);

#endif
