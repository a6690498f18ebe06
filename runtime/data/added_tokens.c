/* Added tokens: finding them. */
#include "runtime/data/added_tokens.h"

#include <string.h>
#include <utf8proc.h>

static bool is_word_char(int32_t c) {
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC: return true;
    default: return false;
    }
}

static bool word_begins(const char *text, size_t at, size_t length) {
    int32_t c = 0;
    utf8proc_ssize_t left = length - at < 4 ? (utf8proc_ssize_t)(length - at) : 4;
    return at < length && utf8proc_iterate((const utf8proc_uint8_t *)text + at, left, &c) > 0 && is_word_char(c);
}

static bool word_ends(const char *text, size_t at, size_t length) {
    size_t begin = at;
    while (begin > 0 && at - begin < 4 && ((unsigned char)text[--begin] & 0xC0) == 0x80) continue;
    return begin < at && word_begins(text, begin, length);
}

bool added_token_stands(const AddedToken *token, const char *text, size_t length, size_t begin, size_t end) {
    return !token->single_word || (!word_ends(text, begin, length) && !word_begins(text, end, length));
}

static const AddedToken *token_at(const AddedToken *tokens, int count, const char *text, size_t at, size_t length,
                                  size_t *end) {
    const AddedToken *best = NULL;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(tokens[i].content);
        if (tokens[i].normalized || size > length - at || memcmp(text + at, tokens[i].content, size) != 0) continue;
        if (best && at + size <= *end) continue;
        if (!added_token_stands(&tokens[i], text, length, at, at + size)) continue;
        best = &tokens[i];
        *end = at + size;
    }
    return best;
}

const AddedToken *added_token_next(const AddedToken *tokens, int count, const char *text, size_t from, size_t length,
                                   size_t *begin, size_t *end) {
    bool starts[256] = {false};
    for (int i = 0; i < count; i++) starts[(unsigned char)tokens[i].content[0]] |= !tokens[i].normalized;
    for (size_t at = from; at < length; at++) {
        const AddedToken *found =
            starts[(unsigned char)text[at]] ? token_at(tokens, count, text, at, length, end) : NULL;
        *begin = at;
        if (found) return found;
    }
    return NULL;
}
