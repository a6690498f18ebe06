/* Bytes as characters. */
#include "runtime/tokenize/byte_level.h"

#include <string.h>

static bool is_visible(int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

void byte_alphabet_fill(ByteAlphabet *alphabet) {
    int32_t next = 0x100; /* the others follow in order */
    for (int byte = 0; byte < 256; byte++)
        alphabet->of[byte].length = (uint16_t)utf8_write(is_visible(byte) ? byte : next++, alphabet->of[byte].bytes);
}

void byte_alphabet_copy(const ByteAlphabet *alphabet, TextBuffer *to, const TextView *view, int64_t begin,
                        int64_t end) {
    buffer_reserve(to, 2 * (end - begin) + 1);
    char *out = to->bytes + to->length;
    const unsigned char *bytes = (const unsigned char *)view->bytes;
    for (int64_t at = begin; at < end; at++) {
        memcpy(out, alphabet->of[bytes[at]].bytes, 2); /* there is room for one more */
        out += alphabet->of[bytes[at]].length;
    }
    ByteOrigin *origin = to->traced ? to->origins + to->length : NULL;
    for (int64_t at = begin; origin && at < end; at++) {
        ByteOrigin own = view_origin(view, at);
        for (int i = alphabet->of[(unsigned char)view->bytes[at]].length; i > 0; i--) *origin++ = own;
    }
    to->length = out - to->bytes;
}
