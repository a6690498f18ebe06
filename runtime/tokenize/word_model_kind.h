/* What a kind of model fills in: a row of the table in word_model.c. */
#ifndef GRADC_RUNTIME_TOKENIZE_WORD_MODEL_KIND_H
#define GRADC_RUNTIME_TOKENIZE_WORD_MODEL_KIND_H

#include "runtime/tokenize/component.h"
#include "runtime/tokenize/vocabulary.h"
#include "runtime/tokenize/word_cache.h"
#include "runtime/tokenize/word_model.h"

typedef struct WordModelKind {
    const char *name; /* as "type" has it */
    const char *sign; /* a key that shows it where there is no "type", of rows before it left out */
    const char *keys; /* all that it may have, with blanks between and around */

    /* Reads all but "type": vocabulary, unknown, self. False and an error. */
    bool (*read)(const Component *component, WordModel *model);
    /* As word_model_encode, of one chunk of a word. */
    void (*encode)(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces);
    /* Where the chunk that begins at `at` ends: what stands beyond has no bearing on its pieces. NULL: at the end. */
    size_t (*chunk_end)(const WordModel *model, const char *word, size_t at, size_t length);
    void (*release)(WordModel *model);         /* `self`; NULL: it lies in the arena */
    void (*release_work)(WordModelWork *work); /* `scratch`; NULL: it has none */
} WordModelKind;

struct WordModel {
    const WordModelKind *kind;
    Arena *arena;
    Vocabulary vocabulary;
    int32_t unknown; /* -1: none */
    void *self;      /* the kind's own */
};

struct WordModelWork {
    const WordModelKind *kind;
    WordCache *cache;
    void *scratch; /* the kind's own; NULL until it needs it */
};

/* Sets `unknown` to the id of "unk_token". False and an error: the vocabulary lacks it, or there is no such key. */
bool word_model_find_unknown(const Component *component, WordModel *model);

#endif
