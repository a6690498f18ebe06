/* Row streams: a buffer that is scanned once, byte by byte, for ends of rows.
 *
 *     [ given before | whole rows | begun ... | free ]
 *       dropped next   whole        used        capacity */
#include "runtime/data/row_stream.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files/byte_stream.h"

enum { ENOUGH = 1 << 20, LONGEST = 1 << 28 };

struct RowStream {
    ByteStream *source;
    DataKind kind;
    bool quoted, ended;
    const char *name;
    char *bytes;
    size_t given, whole, scanned, used, capacity;
    uint32_t line;         /* of the first byte */
    bool in_quotes, empty; /* at `scanned`: inside a quoted field; nothing yet on the line */
};

RowStream *row_stream_new(int descriptor, DataKind kind, bool quoted, const char *name) {
    RowStream *stream = calloc(1, sizeof *stream);
    if (!stream) abort();
    *stream = (RowStream){.source = byte_stream_new(descriptor),
                          .kind = kind,
                          .quoted = kind == DATA_TABLE && quoted,
                          .name = name,
                          .line = 1,
                          .empty = true};
    return stream;
}

void row_stream_free(RowStream *stream) {
    if (!stream) return;
    byte_stream_free(stream->source);
    free(stream->bytes);
    free(stream);
}

static void scan(RowStream *s) {
    for (; s->scanned < s->used; s->scanned++) {
        char c = s->bytes[s->scanned];
        if (c == '"' && s->quoted) s->in_quotes = !s->in_quotes;
        if (c == '\n' && !s->in_quotes && (s->kind != DATA_CONLL || s->empty)) s->whole = s->scanned + 1;
        if (c != '\r') s->empty = c == '\n';
    }
}

/* What was given is dropped. */
static void advance(RowStream *s) {
    for (size_t i = 0; i < s->given; i++) {
        bool lone = s->bytes[i] == '\r' && i + 1 < s->used && s->bytes[i + 1] != '\n';
        s->line += s->bytes[i] == '\n' || lone;
    }
    if (s->given) memmove(s->bytes, s->bytes + s->given, s->used - s->given);
    s->used -= s->given;
    s->scanned -= s->given;
    s->whole = s->given = 0;
}

static bool fail(const RowStream *s, const char *problem, Diagnostics *diags) {
    diag_error(diags, "E0801", pos_in_file(diagnostics_file(diags, s->name, NULL), s->line), "cannot read the rows: %s",
               problem);
    diag_hint(diags, "check what writes them");
    return false;
}

static bool make_room(RowStream *s) {
    if (s->capacity - s->used >= (1 << 16)) return true;
    size_t capacity = s->capacity ? 2 * s->capacity : 1 << 17;
    char *bytes = capacity <= LONGEST ? realloc(s->bytes, capacity) : NULL;
    if (!bytes) return false;
    s->bytes = bytes;
    s->capacity = capacity;
    return true;
}

static bool has_more(const RowStream *s) { return s->used < ENOUGH && byte_stream_ready(s->source); }

bool row_stream_next(RowStream *s, TableText *rows, Diagnostics *diags) {
    advance(s);
    while (!s->ended && (s->whole == 0 || has_more(s))) {
        if (!make_room(s)) return fail(s, "a row is too long", diags);
        const char *problem = NULL;
        ssize_t got = byte_stream_read(s->source, s->bytes + s->used, s->capacity - s->used, &problem);
        if (got < 0) return fail(s, problem, diags);
        s->ended = got == 0;
        s->used += (size_t)got;
        scan(s);
    }
    s->given = s->ended ? s->used : s->whole;
    *rows = (TableText){s->bytes, s->given, s->name, s->line};
    return s->given > 0;
}
