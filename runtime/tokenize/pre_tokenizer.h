/* Pre-tokenizers: from a text to words. A list of steps, each of which splits the words that there are, or writes them
 * anew; kinds are rows of a table in pre_tokenizer.c. */
#ifndef GRADC_RUNTIME_TOKENIZE_PRE_TOKENIZER_H
#define GRADC_RUNTIME_TOKENIZE_PRE_TOKENIZER_H

#include "runtime/tokenize/byte_level.h"
#include "runtime/tokenize/split.h"

/* Words of a text on its way; start with {0}. */
typedef struct WordFlow {
    TextFlow text;
    WordList words; /* of text.view */
    WordList next;  /* scratch: those of the next step */
} WordFlow;

typedef struct PreStep PreStep;

typedef struct PreTokenizer {
    VEC(const PreStep *) steps;
    bool needs_origins; /* a step asks where a word begins in the given text */
} PreTokenizer;

/* Null is no step: the text is one word. False and an error: it is refused. */
bool pre_tokenizer_read(const Component *component, PreTokenizer *pre_tokenizer);

/* flow->words of flow->text.view, where a slice of a text was put by flow_start. */
void pre_tokenizer_apply(const PreTokenizer *pre_tokenizer, WordFlow *flow);
void word_flow_free(WordFlow *flow);

#endif
