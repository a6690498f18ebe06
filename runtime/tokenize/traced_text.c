/* Texts whose bytes know where they come from. */
#include "runtime/tokenize/traced_text.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* --- Views -------------------------------------------------------------------------------------------------------- */

static ByteOrigin plain_origin(const TextView *view, int64_t at) {
    int64_t begin = at;
    while (begin > 0 && ((unsigned char)view->bytes[begin] & 0xC0) == 0x80) begin--;
    uint32_t from = view->base + (uint32_t)begin;
    return (ByteOrigin){from, from + (uint32_t)utf8_length(view->bytes[begin])};
}

ByteOrigin view_origin(const TextView *view, int64_t at) {
    return view->origins ? view->origins[at] : plain_origin(view, at);
}

TokenSpan view_span(const TextView *view, int64_t begin, int64_t end) {
    if (view->length == 0) return (TokenSpan){view->base, view->base};
    ByteOrigin first = view_origin(view, begin < view->length ? begin : view->length - 1);
    if (begin >= end) return (TokenSpan){first.from, first.from};
    return (TokenSpan){first.from, view_origin(view, end - 1).to};
}

TextView view_slice(const TextView *view, int64_t begin, int64_t end) {
    return (TextView){.bytes = view->bytes + begin,
                      .length = end - begin,
                      .origins = view->origins ? view->origins + begin : NULL,
                      .base = view->base + (uint32_t)begin};
}

/* --- Buffers ------------------------------------------------------------------------------------------------------ */

void buffer_reserve(TextBuffer *buffer, int64_t more) {
    int64_t needed = buffer->length + more;
    if (needed > buffer->capacity) buffer->bytes = memory_grow(buffer->bytes, &buffer->capacity, needed, 1);
    if (buffer->traced && needed > buffer->origin_capacity)
        buffer->origins = memory_grow(buffer->origins, &buffer->origin_capacity, needed, sizeof(ByteOrigin));
}

static void copy_origins(ByteOrigin *to, const TextView *view, int64_t begin, int64_t end) {
    if (view->origins) {
        memcpy(to, view->origins + begin, (size_t)(end - begin) * sizeof *to);
        return;
    }
    for (int64_t at = begin; at < end;) {
        ByteOrigin origin = plain_origin(view, at);
        for (; at < end && view->base + at < origin.to; at++) *to++ = origin;
    }
}

void buffer_copy(TextBuffer *buffer, const TextView *view, int64_t begin, int64_t end) {
    if (end <= begin) return;
    buffer_reserve(buffer, end - begin);
    memcpy(buffer->bytes + buffer->length, view->bytes + begin, (size_t)(end - begin));
    if (buffer->traced) copy_origins(buffer->origins + buffer->length, view, begin, end);
    buffer->length += end - begin;
}

void buffer_bytes(TextBuffer *buffer, const char *bytes, int64_t length, ByteOrigin origin) {
    buffer_reserve(buffer, length + 1);
    memcpy(buffer->bytes + buffer->length, bytes, (size_t)length);
    for (int64_t i = 0; buffer->traced && i < length; i++) buffer->origins[buffer->length + i] = origin;
    buffer->length += length;
}

void buffer_char(TextBuffer *buffer, int32_t c, ByteOrigin origin) {
    char bytes[4];
    buffer_bytes(buffer, bytes, utf8_write(c, bytes), origin);
}

/* --- Flows -------------------------------------------------------------------------------------------------------- */

void flow_start(TextFlow *flow, TextView view, bool traced) {
    flow->view = view;
    for (int i = 0; i < 2; i++) flow->buffers[i].traced = traced;
}

TextBuffer *flow_begin(TextFlow *flow) {
    TextBuffer *buffer = &flow->buffers[flow->next];
    buffer->length = 0;
    return buffer;
}

void flow_end(TextFlow *flow) {
    const TextBuffer *buffer = &flow->buffers[flow->next];
    flow->view = (TextView){.bytes = buffer->bytes ? buffer->bytes : "",
                            .length = buffer->length,
                            .origins = buffer->traced ? buffer->origins : NULL};
    flow->next ^= 1;
}

void flow_free(TextFlow *flow) {
    for (int i = 0; i < 2; i++) {
        free(flow->buffers[i].bytes);
        free(flow->buffers[i].origins);
    }
    *flow = (TextFlow){0};
}
