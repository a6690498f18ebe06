/* Fields between separators, plain or quoted.
 *
 * A quoted field is read as RFC 4180 has it, "a ""b"" c", blanks behind the closing quote left out; or as Spark and
 * pandas write it with an escape character, "a \"b\" c". Which of the two a text is in is certain when some row can
 * only be read the one way and none only the other. A quote that then neither closes its field nor is doubled, one that
 * is never closed, and one whose field goes on over lines that are rows by themselves were not meant as quotes: such a
 * row is bad, and reading goes on with the next line, so that no row is ever glued to another.
 *
 * Which lines are rows by themselves: those with as many fields as the row, the quotes being plain characters. Where
 * tabs separate that is enough, as texts have none; where commas do, every line of the text has to be one, and no comma
 * may have a blank behind it, as those of sentences have. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/data/table_format.h"

typedef enum RowState {
    ROW_WHOLE,
    ROW_ODD,  /* a quote is where none can be */
    ROW_OPEN, /* the text ends inside of quotes */
} RowState;

typedef struct RowScan {
    RowState state;
    size_t next; /* where the next row begins */
    int fields, lines;
} RowScan;

/* What a field says, where that is not what stands there. */
typedef struct Bytes {
    char *items; /* NULL: not asked for */
    size_t count;
} Bytes;

static void put(Bytes *to, char c) {
    if (to->items) to->items[to->count] = c;
    to->count++;
}

static bool ends_line(char c) { return c == '\n' || c == '\r'; }

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* --- One row ------------------------------------------------------------------------------------------------------ */

static bool is_escape(const RowReader *r, size_t at) {
    return r->text[at] == '\\' && at + 1 < r->size && (r->text[at + 1] == '"' || r->text[at + 1] == '\\');
}

/* From behind the opening quote; where what ends the field stands. */
static size_t scan_quoted(const RowReader *r, size_t at, bool escaped, Bytes *to, RowState *state) {
    for (;; at++) {
        if (at == r->size) return *state = ROW_OPEN, at;
        bool doubled = r->text[at] == '"' && at + 1 < r->size && r->text[at + 1] == '"';
        if (doubled || (escaped && is_escape(r, at)))
            at++;
        else if (r->text[at] == '"')
            break;
        put(to, r->text[at]);
    }
    at++;
    while (at < r->size && is_blank(r->text[at]) && r->text[at] != r->kind->separator) at++;
    if (at == r->size)
        *state = r->goes_on ? ROW_OPEN : ROW_WHOLE;
    else if (r->text[at] != r->kind->separator && !ends_line(r->text[at]))
        *state = ROW_ODD;
    return at;
}

/* Quotes inside of it are plain characters. */
static size_t scan_plain(const RowReader *r, size_t at, bool escaped, Bytes *to) {
    for (; at < r->size && r->text[at] != r->kind->separator && !ends_line(r->text[at]); at++) {
        if (escaped && is_escape(r, at) && r->text[at + 1] == '"') at++;
        put(to, r->text[at]);
    }
    return at;
}

static size_t behind_line_end(const RowReader *r, size_t at) {
    if (at == r->size) return at;
    return at + 1 + (r->text[at] == '\r' && at + 1 < r->size && r->text[at + 1] == '\n');
}

static int count_lines(const RowReader *r, size_t from, size_t to) {
    int lines = 0;
    for (size_t next; from < to; from = next) line_end(r->text, r->size, from, &next), lines++;
    return lines;
}

/* The row at `at`; where `buffer` [size of the row] is given, its fields are handed on. */
static RowScan scan_row(RowReader *r, bool escaped, char *buffer) {
    RowScan row = {.state = ROW_WHOLE};
    size_t at = r->at;
    for (;;) {
        Bytes to = {.items = buffer};
        bool quoted = at < r->size && r->text[at] == '"';
        at = quoted ? scan_quoted(r, at + 1, escaped, &to, &row.state) : scan_plain(r, at, escaped, &to);
        if (row.state != ROW_WHOLE) return row;
        if (buffer) row_field(r, row.fields, buffer, to.count);
        row.fields++;
        if (at == r->size || ends_line(r->text[at])) break;
        at++;
    }
    row.next = behind_line_end(r, at);
    if (at == r->size && r->goes_on) row.state = ROW_OPEN;
    return row;
}

static int count_plain(const char *line, size_t length, char separator) {
    int count = 1;
    for (const char *at = line, *end = line + length; (at = memchr(at, separator, (size_t)(end - at))); at++) count++;
    return count;
}

/* --- How quotes are written --------------------------------------------------------------------------------------- */

static bool fits(const RowReader *r, const RowScan *row) {
    return row->state == ROW_WHOLE && (!r->fields || row->fields == r->fields);
}

/* Rows that can only be read with escapes, and only without. */
typedef struct Evidence {
    int64_t escaped, doubled, over_lines;
} Evidence;

/* Of the row at `at`, which has a quote in its first line; moves behind it. */
static void weigh_row(RowReader *r, Evidence *evidence) {
    size_t next;
    RowScan doubled = scan_row(r, false, NULL), escaped = scan_row(r, true, NULL);
    bool one = fits(r, &doubled), other = fits(r, &escaped);
    evidence->escaped += !one && other;
    evidence->doubled += one && (!other || escaped.next != doubled.next);
    line_end(r->text, r->size, r->at, &next);
    evidence->over_lines += one && doubled.next > next;
    if (!r->fields && doubled.state == ROW_WHOLE) r->fields = doubled.fields;
    r->at = one ? doubled.next : other ? escaped.next : next;
}

static Evidence weigh(RowReader r) {
    Evidence evidence = {0};
    for (size_t next; r.at < r.size;) {
        size_t end = line_end(r.text, r.size, r.at, &next), length = end - r.at;
        if (length && memchr(r.text + r.at, '"', length)) {
            weigh_row(&r, &evidence);
            continue;
        }
        if (!r.fields && length) r.fields = count_plain(r.text + r.at, length, r.kind->separator);
        r.at = next;
    }
    return evidence;
}

/* Is the line a row by itself? A comma with a blank behind it is one of a sentence. */
static bool is_row(const RowReader *r, const char *line, size_t length, int fields) {
    char separator = r->kind->separator;
    for (const char *at = line, *end = line + length; (at = memchr(at, separator, (size_t)(end - at))); at++) {
        if (separator != '\t' && at + 1 < end && at[1] == ' ') return false;
    }
    return count_plain(line, length, separator) == fields;
}

/* Is each line a row as the first is, quotes being plain characters? */
static bool lines_are_rows(const RowReader *r) {
    int fields = r->format.n_header;
    for (size_t at = 0, next; at < r->size; at = next) {
        size_t length = line_end(r->text, r->size, at, &next) - at;
        if (length && !fields) fields = count_plain(r->text + at, length, r->kind->separator);
        if (length && !is_row(r, r->text + at, length, fields)) return false;
    }
    return true;
}

bool fields_open(RowReader *reader) {
    if (!reader->format.quoted || reader->goes_on || !memchr(reader->text, '"', reader->size)) return true;
    Evidence evidence = weigh(*reader);
    if (evidence.escaped && !evidence.doubled) reader->format.escaped = true;
    reader->lines_are_rows = evidence.over_lines && lines_are_rows(reader);
    return true;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static void wrong_count(RowReader *r, int fields) {
    if (!r->to) return;
    row_problem(
        r, r->row, "E0811",
        arena_printf(row_arena(r), "this row has %s, the header has %d", count_text(fields, "field").text, r->fields),
        !r->format.quoted               ? "if fields stand in double quotes in this file, say that it is quoted"
        : memchr(r->text, '"', r->size) ? "if the quotes in this file are plain characters, say that it is unquoted"
                                        : "a field that holds the separator has to stand in double quotes");
}

static void check_count(RowReader *r, int fields) {
    if (!r->fields)
        r->fields = fields;
    else if (fields != r->fields)
        wrong_count(r, fields);
}

static void take_plain(RowReader *r, const char *line, size_t length) {
    int fields = 0;
    for (const char *at = line, *end = line + length;;) {
        const char *stop = memchr(at, r->kind->separator, (size_t)(end - at));
        row_field(r, fields++, at, (size_t)((stop ? stop : end) - at));
        if (!stop) break;
        at = stop + 1;
    }
    check_count(r, fields);
}

/* Does the row's quote make one row of several lines that are rows by themselves? */
static bool glues_rows(const RowReader *r, const RowScan *row) {
    if (row->lines < 2 || r->fields < 2 || !(r->kind->separator == '\t' || r->lines_are_rows)) return false;
    for (size_t at = r->at, next; at < row->next; at = next) {
        size_t length = line_end(r->text, r->size, at, &next) - at;
        if (!is_row(r, r->text + at, length, r->fields)) return false;
    }
    return true;
}

static void bad_quotes(RowReader *r, const RowScan *row) {
    if (!r->to) return;
    static const char *const problems[] = {
        [ROW_ODD] = "a quote inside of a quoted field of this row neither closes the field nor is doubled",
        [ROW_OPEN] = "a field of the row that begins here opens a quote that is never closed"};
    const char *glued =
        row->state == ROW_WHOLE
            ? arena_printf(row_arena(r), "a field of this row opens a quote that closes %s on, and %s by %s",
                           count_text(row->lines - 1, "line").text,
                           count_form(row->lines - 1, "this line is a row", "these lines are rows"),
                           count_form(row->lines - 1, "itself", "themselves"))
            : problems[row->state];
    row_problem(r, r->row, "E0812", glued,
                row->state == ROW_OPEN ? "close it, or say that the file is unquoted"
                                       : "where quotes are plain characters in this file, say that it is unquoted; "
                                         "inside of quotes a quote is written twice");
}

static void take_quoted(RowReader *r, const RowScan *row) {
    char *buffer = r->to ? memory_resize(NULL, row->next - r->at + 1, 1) : NULL;
    if (buffer) scan_row(r, r->format.escaped, buffer);
    check_count(r, row->fields);
    free(buffer);
}

static RowScan find_row(RowReader *r) {
    RowScan row = scan_row(r, r->format.escaped, NULL);
    if (row.state == ROW_ODD && r->goes_on && !r->format.escaped) { /* of a stream: what has come so far decides */
        RowScan other = scan_row(r, true, NULL);
        if (fits(r, &other)) r->format.escaped = true, row = other;
    }
    if (row.state == ROW_WHOLE) row.lines = count_lines(r, r->at, row.next);
    return row;
}

/* A row whose first line, which ends at `next`, has a quote. False: it is not whole yet. */
static bool read_quoted(RowReader *r, size_t next) {
    RowScan row = find_row(r);
    if (row.state == ROW_OPEN && r->goes_on) return false;
    bool odd = row.state != ROW_WHOLE || glues_rows(r, &row);
    bool over = row.lines > 1 && r->fields && row.fields != r->fields; /* which lines are its own is not certain */
    if (odd)
        bad_quotes(r, &row);
    else if (over)
        wrong_count(r, row.fields);
    else
        take_quoted(r, &row), next = row.next;
    r->line += (uint32_t)count_lines(r, r->at, next);
    r->at = next;
    return true;
}

bool fields_next(RowReader *r) {
    const char *line;
    size_t length, at;
    do {
        at = r->at;
        r->row = r->line;
        if (!next_line(r, &line, &length)) return false;
    } while (length == 0 && !(r->format.keeps_blank && r->fields == 1));
    bool quoted = length && r->format.quoted && memchr(line, '"', length);
    if (!quoted) {
        take_plain(r, line, length);
        return true;
    }
    size_t next = r->at;
    r->at = at, r->line = r->row;
    return read_quoted(r, next);
}
