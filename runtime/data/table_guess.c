/* Guess: each reading is tried. */
#include "runtime/data/table_guess.h"

#include <string.h>

#include "graph/base/pattern.h"
#include "runtime/data/table_format.h"

static bool is_json(const TableText *text) {
    static const char *const names[] = {"*.json", "*.jsonl", "*.ndjson", "*.json.gz", "*.jsonl.gz", "*.ndjson.gz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (pattern_matches(names[i], text->name)) return true;
    }
    const char *at = text->bytes, *end = at + text->size;
    for (; at < end && memchr(" \t\r\n[", *at, 5); at++) continue;
    return at < end && *at == '{';
}

/* Does a field begin with a quote? */
static bool has_quotes(const TableText *text, char separator) {
    for (size_t i = 0; i < text->size; i++) {
        bool begins = i == 0 || text->bytes[i - 1] == separator || text->bytes[i - 1] == '\n';
        if (begins && text->bytes[i] == '"') return true;
    }
    return false;
}

/* How many rows do not fit when the text is read so; more than there can be where it is no table of several columns. */
static int64_t bad_rows(const TableText *text, TableFormat format) {
    Diagnostics *unheard = diagnostics_new(); /* what is wrong is reported by whoever reads it */
    format.keeps_bad = true;
    Table *table = table_parse(text, format, NULL, 0, unheard);
    int fields = 0;
    if (table) table_header(table, &fields);
    int64_t bad = fields > 1 ? table_bad_rows(table) : INT64_MAX;
    table_free(table);
    diagnostics_free(unheard);
    return bad;
}

TableFormat table_guess(const TableText *text) {
    TableFormat best = {.word = "comma", .quoted = true};
    int count;
    const TableKind *kinds = table_kinds(&count);
    int64_t least = INT64_MAX;
    size_t next, first = line_end(text->bytes, text->size, 0, &next);
    if (is_json(text)) return (TableFormat){.word = "jsonl"};
    for (int i = 0; i < 2 * count; i++) {
        const TableKind *kind = &kinds[i / 2];
        /* Where no quotes are, tabs separate plain fields, as texts have none; commas are quoted sooner or later. */
        bool quoted = i % 2 == 0, plain = kind->separator == '\t' && !has_quotes(text, kind->separator);
        if (!kind->separator || !memchr(text->bytes, kind->separator, first) || (quoted && plain)) continue;
        TableFormat format = {.word = kind->word, .quoted = quoted};
        int64_t bad = bad_rows(text, format);
        if (bad < least) best = format, least = bad;
    }
    return best;
}
