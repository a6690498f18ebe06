/* Bytes as characters. */
#include "runtime/tokenize/byte_level.h"

static bool is_visible(int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

void byte_alphabet_fill(ByteAlphabet *alphabet) {
    int32_t next = 0x100; /* the others follow in order */
    for (int byte = 0; byte < 256; byte++)
        alphabet->of[byte].length = (uint8_t)utf8_write(is_visible(byte) ? byte : next++, alphabet->of[byte].bytes);
}

static void put(TextBuffer *to, const char *bytes, int length, const TextView *view, int64_t at) {
    to->bytes[to->length] = bytes[0];
    to->bytes[to->length + 1] = bytes[length - 1];
    if (to->traced) to->origins[to->length] = to->origins[to->length + length - 1] = view_origin(view, at);
    to->length += length;
}

void byte_alphabet_copy(const ByteAlphabet *alphabet, TextBuffer *to, const TextView *view, int64_t begin,
                        int64_t end) {
    buffer_reserve(to, 2 * (end - begin) + 1);
    for (int64_t at = begin; at < end; at++) {
        unsigned char byte = (unsigned char)view->bytes[at];
        put(to, alphabet->of[byte].bytes, alphabet->of[byte].length, view, at);
    }
}
