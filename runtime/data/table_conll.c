/* CoNLL's columns: a word a line, its fields between blanks (or tabs), an empty line between sentences. */
#include <string.h>

#include "runtime/data/table_builder.h"

enum { MAX_FIELDS = 64 };

typedef struct Field {
    const char *bytes;
    size_t length;
} Field;

typedef struct Line {
    Field fields[MAX_FIELDS];
    int count; /* of all, also of those beyond the most */
} Line;

static bool is_space(char c) { return c == ' ' || c == '\t'; }

static void add_field(Line *line, const char *from, const char *to) {
    if (line->count < MAX_FIELDS) line->fields[line->count] = (Field){from, (size_t)(to - from)};
    line->count++;
}

/* Where there is a tab, tabs alone separate, and a field may be empty or hold blanks. */
static void split(Line *line, const char *text, size_t length) {
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
static bool is_remark(const Builder *builder, const Line *line, int words) {
    static const char mark[] = "-DOCSTART-";
    const Field *first = &line->fields[0];
    if (first->length == strlen(mark) && memcmp(first->bytes, mark, first->length) == 0) return true;
    bool comment = first->length > 0 && first->bytes[0] == '#';
    return comment && words == 0 && line->count != builder->table->header.count;
}

/* The items of a row's columns are told column by column, so the row's lines are read once for each. */
typedef struct Row {
    VEC(Line) lines;
} Row;

static void take_row(Builder *builder, Row *row) {
    int words = row->lines.count;
    for (int column = 0; column < builder->table->n_columns && words; column++) {
        store_list(builder, column);
        for (int i = 0; i < words; i++) {
            const Field *field = &row->lines.items[i].fields[builder->field_of[column]];
            store_item(builder, column, CELL_TEXT, field->bytes, field->length);
        }
    }
    if (words || builder->problem) store_row(builder);
    row->lines.count = 0;
}

/* As many fields as declared, or, where only some are read, at least up to those: words without tags, to be predicted.
 * */
static bool is_complete(const Builder *builder, const Line *line) {
    int needed = 0;
    for (int column = 0; column < builder->table->n_columns; column++) {
        if (builder->field_of[column] >= needed) needed = builder->field_of[column] + 1;
    }
    return line->count >= needed && line->count <= builder->table->header.count && line->count <= MAX_FIELDS;
}

static void take_word(Builder *builder, Row *row, const Line *line, uint32_t number) {
    if (is_remark(builder, line, row->lines.count)) return;
    if (row->lines.count == 0) builder->line = number;
    if (!is_complete(builder, line)) {
        builder->line = number;
        builder->n_fields = line->count;
        wrong_count(builder);
        return;
    }
    vec_push(builder->table->arena, &row->lines, *line);
}

void read_conll(Builder *builder, const char *text, size_t size) {
    Row row = {0};
    Line line;
    uint32_t number = builder->line;
    for (size_t at = 0, next; at < size && !builder->failed; at = next, number++) {
        split(&line, text + at, line_end(text, size, at, &next) - at);
        bool blank = line.count == 0 || (line.count == 1 && line.fields[0].length == 0);
        if (blank)
            take_row(builder, &row);
        else
            take_word(builder, &row, &line, number);
    }
    take_row(builder, &row);
}
