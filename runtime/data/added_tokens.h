/* Added tokens: texts that are one token wherever they stand, whatever the model's pieces are: [MASK], <brand>. */
#ifndef GRADC_RUNTIME_DATA_ADDED_TOKENS_H
#define GRADC_RUNTIME_DATA_ADDED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AddedToken {
    const char *content;
    int32_t id;
    bool normalized;     /* looked for in the text as the tokenizer prepares it, not as it stands */
    bool single_word;    /* not beside a letter, a digit or _ */
    bool lstrip, rstrip; /* white space beside it belongs to it */
    bool special;
} AddedToken;

/* Of those that are not normalised, the longest that begins first in [from, length) of the text. NULL: there is none.
 * `*begin` .. `*end`: its bytes. */
const AddedToken *added_token_next(const AddedToken *tokens, int count, const char *text, size_t from, size_t length,
                                   size_t *begin, size_t *end);
/* May it stand at [begin, end) of the text? */
bool added_token_stands(const AddedToken *token, const char *text, size_t length, size_t begin, size_t end);

#endif
