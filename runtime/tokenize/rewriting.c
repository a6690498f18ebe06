/* Rewriting a text character by character. */
#include "runtime/tokenize/rewriting.h"

static void skip(Rewriting *r, int64_t count) {
    for (; count > 0 && r->at < r->from->length; count--) r->at += utf8_length(r->from->bytes[r->at]);
}

void rewriting_put(Rewriting *r, int32_t c, int64_t change) {
    ByteOrigin origin = {0, 0};
    if (r->to->traced) {
        int64_t last = r->from->length - 1, at = change > 0 ? r->at - 1 : r->at;
        if (at >= 0 && last >= 0) origin = view_origin(r->from, at < last ? at : last);
        if (change <= 0) skip(r, 1 - change);
    }
    buffer_char(r->to, c, origin);
}

void rewriting_keep(Rewriting *r, int64_t begin, int64_t end) {
    if (!r->to->traced || r->at == begin) {
        buffer_copy(r->to, r->from, begin, end);
        r->at += r->to->traced ? end - begin : 0;
        return;
    }
    int32_t c;
    for (int64_t at = begin; at < end;) {
        at += utf8_read(r->from->bytes + at, &c);
        rewriting_put(r, c, 0);
    }
}
