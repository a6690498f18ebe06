/* The tokens of a row: from the cells of a text input to one sequence or, in windows, several. */
#ifndef GRADC_RUNTIME_DATA_ROW_TOKENS_H
#define GRADC_RUNTIME_DATA_ROW_TOKENS_H

#include "runtime/data/cells.h"
#include "runtime/data/dataset.h"

/* Scratch memory of one thread, and what it found of the row at hand. */
typedef struct RowTokens {
    const Tokenizer *tokenizer;
    TokenizerWork *work;
    bool cut, unknown; /* a text was longer than the limit; one is the unknown token for the most part */
    int32_t *first;    /* [n_first] of each word of the labelled input: its first token's place; -1: it has none */
    int64_t n_first;

    TokenList text[2];
    TokenIds sources; /* see AssembledTokens */
    Pieces pieces;
    char *joined; /* the items of a list with blanks between */
    int64_t joined_length, joined_capacity, first_capacity;
} RowTokens;

void row_tokens_begin(RowTokens *r, const Tokenizer *tokenizer);
void row_tokens_end(RowTokens *r);

void row_tokens_next(RowTokens *r); /* another row: nothing was found of it so far */

typedef struct RowText {
    const Table *table;
    int64_t row; /* in the table */
    int column;  /* of the input's first text */
    const TextInput *input;
    bool is_labelled; /* its words have labels */
    int64_t max_length;
    bool one_segment;
} RowText;

/* Appends the sequences of one input as row `to_row` of `to`. */
void row_tokens_append(RowTokens *r, const RowText *from, int64_t to_row, Sequences *to);

/* Do `max_length` tokens, or windows of this input, hold text beside the special tokens, and do windows leave none out?
 * False and an error. */
bool row_tokens_check(const Tokenizer *tokenizer, const TextInput *input, int64_t max_length, Diagnostics *diags);

#endif
