/* Models of words: from one pre-token, prepared as the model wants it, to the pieces that its vocabulary has. What the
 * section "model" of a tokenizer.json says; which kinds there are is a table in word_model.c.
 *
 * A model is read-only once made: any number of threads may use it, each with a WordModelWork of its own. */
#ifndef GRADC_RUNTIME_TOKENIZE_WORD_MODEL_H
#define GRADC_RUNTIME_TOKENIZE_WORD_MODEL_H

#include "runtime/tokenize/component.h"

typedef struct ModelPiece {
    int32_t id;
    uint32_t begin, end; /* bytes of the word; begin <= end <= length */
} ModelPiece;

/* A growing array on the heap; start with {0}. */
typedef struct PieceList {
    ModelPiece *items;
    int64_t count, capacity;
} PieceList;

typedef struct WordModel WordModel;
typedef struct WordModelWork WordModelWork; /* scratch memory, and the pieces of words that came before */

/* NULL and an error for a model of another kind, a key or a value that is not computed here (by its name), a vocabulary
 * that is damaged or lacks what the model needs. Nothing of the JSON is kept. */
WordModel *word_model_read(const Component *component);
void word_model_free(WordModel *model); /* NULL is allowed */

WordModelWork *word_model_work(const WordModel *model); /* for one thread; not to outlive the model */
void word_model_work_free(WordModelWork *work);         /* NULL is allowed */

/* Appends the pieces of a word, UTF-8 of `length` bytes, fewer than 2^31; in order. Where the model has no unknown
 * token, what it does not know is left out. A word gives the same pieces whatever came before it. */
void word_model_encode(const WordModel *model, WordModelWork *work, const char *word, size_t length, PieceList *pieces);

const char *word_model_kind(const WordModel *model);                /* "BPE", as tokenizer.json has it */
int32_t word_model_size(const WordModel *model);                    /* the largest id + 1 */
const char *word_model_token(const WordModel *model, int32_t id);   /* NULL: no token has this id */
int32_t word_model_find(const WordModel *model, const char *token); /* -1: no such token */
int32_t word_model_unknown(const WordModel *model);                 /* -1: it has none */

void piece_list_push(PieceList *list, ModelPiece piece);
void piece_list_free(PieceList *list); /* leaves {0} */

#endif
