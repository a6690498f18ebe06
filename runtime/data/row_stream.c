/* Row streams: a buffer in which the format's own reader finds the rows.
 *
 *     [ given before | whole rows | begun ... | free ]
 *       dropped next   reader.at    used        capacity */
#include "runtime/data/row_stream.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/table_format.h"
#include "runtime/files/byte_stream.h"

enum { ENOUGH = 1 << 20, LONGEST = 1 << 28 };

struct RowStream {
    ByteStream *source;
    RowReader reader; /* of what is in the buffer; hands on nothing */
    bool ended;
    const char *name;
    char *bytes;
    size_t given, used;
    int64_t capacity;
    size_t tried;  /* bytes of a row that was not whole when they were looked at */
    uint32_t line; /* of the first byte */
};

RowStream *row_stream_new(int descriptor, const TableFormat *format, const char *name) {
    RowStream *stream = memory_new(1, sizeof *stream);
    *stream = (RowStream){.source = byte_stream_new(descriptor), .name = name, .line = 1};
    stream->reader = (RowReader){.format = *format,
                                 .kind = table_kind_find(format->word),
                                 .line = 1,
                                 .goes_on = true,
                                 .fields = format->n_header};
    return stream;
}

bool row_stream_escaped(const RowStream *stream) { return stream->reader.format.escaped; }

void row_stream_free(RowStream *stream) {
    if (!stream) return;
    byte_stream_free(stream->source);
    free(stream->bytes);
    free(stream);
}

/* A byte order mark is no part of the first row. */
static void skip_mark(RowReader *r) {
    if (r->at == 0 && r->line == 1 && r->size >= 3 && memcmp(r->text, "\xEF\xBB\xBF", 3) == 0) r->at = 3;
}

/* A long row is not looked at again for each few bytes that come. */
static void scan(RowStream *s) {
    RowReader *r = &s->reader;
    if (s->tried > ENOUGH && s->used - r->at < s->tried + s->tried / 4) return;
    r->text = s->bytes, r->size = s->used;
    skip_mark(r);
    while (r->kind->next(r)) continue;
    s->tried = s->used - r->at;
}

/* What was given is dropped. */
static void advance(RowStream *s) {
    s->line = s->reader.line;
    if (s->given) memmove(s->bytes, s->bytes + s->given, s->used - s->given);
    s->used -= s->given;
    s->reader.at = s->given = 0;
}

static bool fail(const RowStream *s, const char *problem, Diagnostics *diags) {
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, s->name, NULL), s->line), "cannot read the rows: %s",
               problem);
    diag_hint(diags, "check what writes them");
    return false;
}

static bool make_room(RowStream *s) {
    enum { PIECE = 1 << 16 };
    if (s->used + PIECE > LONGEST) return false;
    s->bytes = memory_grow(s->bytes, &s->capacity, (int64_t)s->used + PIECE, 1);
    return true;
}

static bool has_more(const RowStream *s) { return s->used < ENOUGH && byte_stream_ready(s->source); }

bool row_stream_next(RowStream *s, TableText *rows, Diagnostics *diags) {
    advance(s);
    while (!s->ended && (s->reader.at == 0 || has_more(s))) {
        if (!make_room(s)) return fail(s, "a row is too long", diags);
        const char *problem = NULL;
        ssize_t got = byte_stream_read(s->source, s->bytes + s->used, (size_t)s->capacity - s->used, &problem);
        if (got < 0) return fail(s, problem, diags);
        s->ended = got == 0;
        s->used += (size_t)got;
        scan(s);
    }
    s->given = s->ended ? s->used : s->reader.at;
    *rows = (TableText){s->bytes, s->given, s->name, s->line};
    return s->given > 0;
}
