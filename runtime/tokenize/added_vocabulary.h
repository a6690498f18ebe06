/* Added tokens: strings that are one token wherever they stand. Some are looked for in the text as it was given, the
 * rest ("normalized") in the text as the normalizer leaves it; of those that begin at a place the longest is taken. */
#ifndef GRADC_RUNTIME_TOKENIZE_ADDED_VOCABULARY_H
#define GRADC_RUNTIME_TOKENIZE_ADDED_VOCABULARY_H

#include "runtime/tokenize/normalizer.h"
#include "runtime/tokenize/trie.h"

typedef struct AddedEntry {
    const char *content;
    int32_t id;
    bool normalized;
    bool single_word;    /* only where no letter or digit stands beside it */
    bool lstrip, rstrip; /* with the white space beside it */
    bool special;        /* for those who ask; it changes nothing here */
} AddedEntry;

/* Entries to be found in one kind of text. */
typedef struct AddedFinder {
    Trie trie; /* of what is looked for, to the number of the entry */
    bool any;
    uint8_t firsts[256];      /* bytes that one begins with */
    uint8_t pairs[65536 / 8]; /* and with which byte behind it */
} AddedFinder;

typedef struct AddedVocabulary {
    VEC(AddedEntry) entries;
    const CharTable *chars;
    AddedFinder given, normalized;
} AddedVocabulary;

/* Readies entries to be found. */
void added_vocabulary_end(AddedVocabulary *added, const CharTable *chars, const Normalizer *normalizer);
void added_vocabulary_free(AddedVocabulary *added); /* leaves the entries, which lie in an arena */

/* A search from the beginning of a text: start with {0}. */
typedef struct AddedSearch {
    int64_t at;               /* where it goes on */
    int64_t from, begin, end; /* what is before the token: [from, begin), perhaps nothing; the token: [begin, end) */
    const AddedEntry *entry;
} AddedSearch;

/* The next token. False: there is none any more; what is left of the text begins at search->end. */
bool added_next(const AddedVocabulary *added, const AddedFinder *finder, const TextView *view, AddedSearch *search);

#endif
