/* A text on its way from what was given to what the model sees, step by step. Where that is wanted, each byte knows
 * its origin: the bytes of the given text that it stands for.
 *
 * Steps read a view, and write the next text into a buffer that the view does not lie in:
 *
 *     TextBuffer *to = flow_begin(flow);        ... buffer_copy(to, &flow->view, ...), buffer_char(to, ...) ...
 *     flow_end(flow);                           flow->view is what was written
 *
 * A text without a change is never copied: it is then plain, and its bytes are their own origins. */
#ifndef GRADC_RUNTIME_TOKENIZE_TRACED_TEXT_H
#define GRADC_RUNTIME_TOKENIZE_TRACED_TEXT_H

#include "runtime/tokenize/token_list.h"
#include "runtime/tokenize/unicode.h"

/* Bytes [from, to) of the given text: whole code points. */
typedef struct ByteOrigin {
    uint32_t from, to;
} ByteOrigin;

typedef struct TextView {
    const char *bytes; /* good UTF-8 */
    int64_t length;
    const ByteOrigin *origins; /* [length]; NULL: plain, or nobody wants them */
    uint32_t base;             /* of a plain text: where it begins in the given one */
} TextView;

typedef struct TextBuffer {
    char *bytes;
    int64_t length, capacity;
    ByteOrigin *origins;
    int64_t origin_capacity;
    bool traced; /* origins are kept */
} TextBuffer;

typedef struct TextFlow {
    TextView view;
    TextBuffer buffers[2];
    int next; /* the buffer that is written next */
} TextFlow;

/* From what lies in no buffer of the flow. */
void flow_start(TextFlow *flow, TextView view, bool traced);
TextBuffer *flow_begin(TextFlow *flow);
void flow_end(TextFlow *flow);
void flow_free(TextFlow *flow);

/* Of the byte at `at`; {0, 0} of a text whose origins nobody wants. */
ByteOrigin view_origin(const TextView *view, int64_t at);
/* What bytes [begin, end) stand for: from the first byte's origin to the last one's. Empty where they are none. */
TokenSpan view_span(const TextView *view, int64_t begin, int64_t end);
/* A slice, in the same memory. */
TextView view_slice(const TextView *view, int64_t begin, int64_t end);

/* Appends bytes with their origins. */
void buffer_copy(TextBuffer *buffer, const TextView *view, int64_t begin, int64_t end);
/* Appends bytes that all have one origin. */
void buffer_bytes(TextBuffer *buffer, const char *bytes, int64_t length, ByteOrigin origin);
void buffer_char(TextBuffer *buffer, int32_t c, ByteOrigin origin);
/* Room for so many bytes more. */
void buffer_reserve(TextBuffer *buffer, int64_t more);

#endif
