/* Words: ranges of a text, and how a text is split into them where something matches. */
#ifndef GRADC_RUNTIME_TOKENIZE_SPLIT_H
#define GRADC_RUNTIME_TOKENIZE_SPLIT_H

#include "runtime/tokenize/text_pattern.h"

typedef struct WordRange {
    int64_t begin, end; /* bytes */
} WordRange;

/* A growing array on the heap; start with {0}. */
typedef struct WordList {
    WordRange *items;
    int64_t count, capacity;
} WordList;

/* Empty words are left out. */
void word_list_push(WordList *words, int64_t begin, int64_t end);

/* What becomes of the matches: the-final--countdown at "-" */
typedef enum SplitBehavior {
    SPLIT_REMOVED,              /* the final countdown */
    SPLIT_ISOLATED,             /* the - final - - countdown */
    SPLIT_MERGED_WITH_PREVIOUS, /* the- final- - countdown */
    SPLIT_MERGED_WITH_NEXT,     /* the -final - -countdown */
    SPLIT_CONTIGUOUS            /* the - final -- countdown */
} SplitBehavior;

/* False and an error: the value of "behavior" is none of these. Without one, as it is. */
bool split_behavior_read(const Component *component, SplitBehavior *behavior);

/* Takes the ranges of a text in order, matches and what is between, together all of it. */
typedef struct Splitter {
    WordList *words;
    SplitBehavior behavior;
    bool inverted; /* what does not match counts as a match */
    WordRange held;
    bool holds, matched; /* a range is held; the last one was a match */
} Splitter;

void splitter_add(Splitter *splitter, int64_t begin, int64_t end, bool match);
void splitter_end(Splitter *splitter); /* ready for another text */

/* Splits a word at a pattern, and at each character that has one of the traits. The pattern sees the word alone. */
void split_at_pattern(Splitter *splitter, const TextPattern *pattern, const char *text, WordRange word);
void split_at_traits(Splitter *splitter, const CharTable *chars, uint32_t traits, const char *text, WordRange word);

#endif
