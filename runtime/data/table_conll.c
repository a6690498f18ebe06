/* CoNLL's columns: a word a line, its fields between blanks (or tabs), an empty line between sentences. */
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/data/table_format.h"

enum { MAX_FIELDS = 64 };

typedef struct Field {
    const char *bytes;
    size_t length;
} Field;

typedef struct ConllLine {
    Field fields[MAX_FIELDS];
    int count; /* of all, also of those beyond the most */
} ConllLine;

static bool is_space(char c) { return c == ' ' || c == '\t'; }

static void add_field(ConllLine *line, const char *from, const char *to) {
    if (line->count < MAX_FIELDS) line->fields[line->count] = (Field){from, (size_t)(to - from)};
    line->count++;
}

/* Where there is a tab, tabs alone separate, and a field may be empty or hold blanks. */
static void split(ConllLine *line, const char *text, size_t length) {
    const char *end = text + length, *at = text;
    bool tabs = memchr(text, '\t', length) != NULL;
    line->count = 0;
    while (tabs && at <= end) {
        const char *stop = memchr(at, '\t', (size_t)(end - at));
        add_field(line, at, stop ? stop : end);
        at = stop ? stop + 1 : end + 1;
    }
    while (!tabs) {
        while (at < end && is_space(*at)) at++;
        if (at == end) return;
        const char *from = at;
        while (at < end && !is_space(*at)) at++;
        add_field(line, from, at);
    }
}

/* No word: the mark of a new document, or a comment before the sentence. */
static bool is_remark(const RowReader *reader, const ConllLine *line, int64_t words) {
    static const char mark[] = "-DOCSTART-";
    const Field *first = &line->fields[0];
    if (first->length == strlen(mark) && memcmp(first->bytes, mark, first->length) == 0) return true;
    bool comment = first->length > 0 && first->bytes[0] == '#';
    return comment && words == 0 && line->count != reader->fields;
}

/* As many fields as declared, or, where only some are read, at least up to those: words without tags, to be predicted.
 * */
static bool is_complete(const RowReader *reader, const ConllLine *line) {
    int needed = 0;
    for (int column = 0; column < reader->n_columns; column++) {
        if (reader->field_of[column] >= needed) needed = reader->field_of[column] + 1;
    }
    return line->count >= needed && line->count <= reader->fields && line->count <= MAX_FIELDS;
}

/* The items of a row's columns are handed on column by column, so its lines are kept until then. */
typedef struct Words {
    Field *lines;
    int64_t count, capacity;
} Words;

static void add_word(Words *words, Field line) {
    words->lines = memory_grow(words->lines, &words->capacity, words->count + 1, sizeof *words->lines);
    words->lines[words->count++] = line;
}

static void take_word(RowReader *reader, Words *words, const ConllLine *line, Field text, uint32_t number) {
    if (is_remark(reader, line, words->count)) return;
    if (words->count == 0) reader->row = number;
    if (is_complete(reader, line))
        add_word(words, text);
    else
        row_problem(reader, number, "E0811",
                    arena_printf(row_arena(reader), "this row has %s, the header has %d",
                                 count_text(line->count, "field").text, reader->fields),
                    "the columns that the data line names are those of each word");
}

static void take_row(RowReader *reader, const Words *words) {
    for (int column = 0; column < reader->n_columns && words->count; column++) {
        row_list(reader, column);
        for (int i = 0; i < words->count; i++) {
            ConllLine line;
            split(&line, words->lines[i].bytes, words->lines[i].length);
            const Field *field = &line.fields[reader->field_of[column]];
            row_item(reader, column, CELL_TEXT, field->bytes, field->length);
        }
    }
}

/* The lines up to an empty one; of lines that are not to be taken only their ends count. */
static bool read_words(RowReader *reader, Words *words) {
    ConllLine line;
    const char *text;
    size_t length;
    bool begun = false;
    for (uint32_t number = reader->line; next_line(reader, &text, &length); number = reader->line) {
        split(&line, text, length);
        bool blank = line.count == 0 || (line.count == 1 && line.fields[0].length == 0);
        if (blank && begun) return true;
        if (blank) continue;
        if (reader->to) take_word(reader, words, &line, (Field){text, length}, number);
        begun = !reader->to || words->count || row_is_bad(reader);
    }
    return begun && !reader->goes_on;
}

bool conll_next(RowReader *reader) {
    Words words = {0};
    RowReader before = *reader;
    bool good = read_words(reader, &words);
    if (good)
        take_row(reader, &words);
    else
        reader->at = before.at, reader->line = before.line;
    free(words.lines);
    return good;
}
