/* Tables of text. Three splitters (quoted fields by libcsv, plain fields, JSON lines) hand fields
 * and row ends, in the order of the file, to one builder, which finds the columns in the header and
 * keeps the wanted cells. */
#include "runtime/table_reader.h"

#include <csv.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/read_file.h"

typedef struct Cell {
    size_t offset, length; /* in the table's text */
} Cell;

struct Table {
    int n_columns;
    int64_t n_rows, rows_capacity;
    Cell *cells;     /* [n_rows, n_columns] */
    uint32_t *lines; /* [n_rows] */
    char *text;      /* the cells in the order of the file, each with a NUL after it */
    size_t used, capacity;
};

typedef struct Builder {
    Table *table;
    const char *const *columns; /* the wanted ones */
    int *field_of;              /* [n_columns]: which field of a row a column is */
    const SourceFile *file;
    Diagnostics *diags;
    Arena *arena;             /* for the header */
    VEC(const char *) header; /* names of all columns of the file */
    bool has_header, quoted, failed;
    int n_fields;        /* of the row being read */
    uint32_t line, next; /* lines on which this row and the next one begin */
    int last_end; /* the character that ended the line before, when nothing came after it; quoted
                     only */
} Builder;

/* --- Storage
 * ------------------------------------------------------------------------------------------------------
 */

static void fail_memory(Builder *builder) {
    diag_error(builder->diags, "E0801", pos_in_file(builder->file, builder->line),
               "no memory for the table");
    diag_hint(builder->diags, "take fewer rows, or a machine with more memory");
    builder->failed = true;
}

static bool reserve_text(Table *table, size_t bytes) {
    if (table->capacity - table->used >= bytes) return true;
    size_t capacity = table->capacity ? table->capacity : 4096;
    while (capacity - table->used < bytes) {
        if (capacity > SIZE_MAX / 2) return false;
        capacity *= 2;
    }
    char *text = realloc(table->text, capacity);
    if (!text) return false;
    table->text = text;
    table->capacity = capacity;
    return true;
}

static bool reserve_row(Table *table) {
    if (table->n_rows < table->rows_capacity) return true;
    int64_t rows = table->rows_capacity ? 2 * table->rows_capacity : 256;
    Cell *cells = realloc(table->cells, (size_t)(rows * table->n_columns) * sizeof *cells + 1);
    if (cells) table->cells = cells;
    uint32_t *lines = realloc(table->lines, (size_t)rows * sizeof *lines);
    if (lines) table->lines = lines;
    if (!cells || !lines) return false;
    table->rows_capacity = rows;
    return true;
}

static void store_cell(Builder *builder, int column, const char *bytes, size_t length) {
    Table *table = builder->table;
    if (!reserve_text(table, length + 1) || !reserve_row(table)) {
        fail_memory(builder);
        return;
    }
    table->cells[table->n_rows * table->n_columns + column] = (Cell){table->used, length};
    if (length) memcpy(table->text + table->used, bytes, length);
    table->text[table->used + length] = '\0';
    table->used += length + 1;
}

static void store_row(Builder *builder) {
    Table *table = builder->table;
    if (!reserve_row(table)) {
        fail_memory(builder);
        return;
    }
    table->lines[table->n_rows++] = builder->line;
}

/* --- Rows
 * ---------------------------------------------------------------------------------------------------------
 */

/* "'id', 'sentence', ..." for messages. Names are cut short: without a header they would be the
 * first row's text. */
static const char *name_list(Arena *arena, const char *const *names, int count) {
    const char *list = "";
    for (int i = 0; i < count && i < 20; i++) {
        list = arena_printf(arena, "%s%s'%.24s'", list, i ? ", " : "", names[i]);
    }
    return count > 20 ? arena_printf(arena, "%s, ...", list) : list;
}

static void missing_column(Builder *builder, const char *wanted, const char *const *names,
                           int count) {
    Diagnostics *diags = builder->diags;
    diag_error(diags, "E0810", pos_in_file(builder->file, builder->line),
               "no column is called '%s'", wanted);
    const char *nearest = nearest_name(wanted, names, count);
    if (nearest) diag_hint(diags, "did you mean '%.24s'?", nearest);
    diag_note(diags, (Pos){0}, "the columns are: %s", name_list(builder->arena, names, count));
    if (count < 2)
        diag_hint(diags,
                  "a single column often means that the separator is another one (tab, comma)");
    builder->failed = true;
}

static void find_columns(Builder *builder) {
    for (int column = 0; column < builder->table->n_columns; column++) {
        int field = 0;
        while (field < builder->header.count &&
               strcmp(builder->header.items[field], builder->columns[column]))
            field++;
        builder->field_of[column] = field;
        if (field == builder->header.count) {
            missing_column(builder, builder->columns[column], builder->header.items,
                           builder->header.count);
        }
    }
}

static void take_field(Builder *builder, const char *bytes, size_t length) {
    int field = builder->n_fields++;
    if (!builder->has_header) {
        vec_push(builder->arena, &builder->header,
                 arena_strndup(builder->arena, bytes ? bytes : "", length));
        return;
    }
    for (int column = 0; column < builder->table->n_columns && !builder->failed; column++) {
        if (builder->field_of[column] == field) store_cell(builder, column, bytes, length);
    }
}

static void wrong_count(Builder *builder) {
    diag_error(builder->diags, "E0811", pos_in_file(builder->file, builder->line),
               "this row has %d fields, the header has %d", builder->n_fields,
               builder->header.count);
    diag_hint(builder->diags,
              builder->quoted
                  ? "if the quotes in this file are plain characters, say that it is unquoted"
                  : "if fields stand in double quotes in this file, say that it is quoted");
    builder->failed = true;
}

/* A row ends; one without fields is a blank line. */
static void take_row(Builder *builder) {
    if (builder->n_fields && !builder->has_header) {
        builder->has_header = true;
        find_columns(builder);
    } else if (builder->n_fields && builder->n_fields != builder->header.count) {
        wrong_count(builder);
    } else if (builder->n_fields) {
        store_row(builder);
    }
    builder->n_fields = 0;
}

/* --- Quoted fields
 * ------------------------------------------------------------------------------------------------
 */

/* libcsv calls back for a field and, when told to, for every line end outside of quotes. Lines are
 * counted from these and from the line ends inside the fields. */
static uint32_t count_line_ends(const char *bytes, size_t length) {
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count +=
            bytes[i] == '\n' || (bytes[i] == '\r' && !(i + 1 < length && bytes[i + 1] == '\n'));
    }
    return count;
}

static void quoted_field(void *bytes, size_t length, void *data) {
    Builder *builder = data;
    if (builder->failed) return;
    take_field(builder, bytes, length);
    builder->next += count_line_ends(bytes, length);
    builder->last_end = 0;
}

static void quoted_end(int end, void *data) {
    Builder *builder = data;
    if (builder->failed) return;
    if (end == '\n' && builder->last_end == '\r') { /* the second half of \r\n */
        builder->last_end = 0;
        return;
    }
    take_row(builder);
    builder->last_end = end;
    builder->line = ++builder->next;
}

static int is_never_space(unsigned char c) {
    (void)c; /* blanks around a field belong to it */
    return 0;
}

static void read_quoted(Builder *builder, char separator, const char *text, size_t size) {
    struct csv_parser parser;
    if (csv_init(&parser, CSV_REPALL_NL)) {
        fail_memory(builder);
        return;
    }
    csv_set_delim(&parser, (unsigned char)separator);
    csv_set_space_func(&parser, is_never_space);
    csv_set_blk_size(&parser, 1 << 16);
    if (csv_parse(&parser, text, size, quoted_field, quoted_end, builder) != size &&
        !builder->failed) {
        fail_memory(builder);
    }
    csv_set_opts(&parser, CSV_REPALL_NL | CSV_STRICT |
                              CSV_STRICT_FINI); /* only now: quotes inside plain fields are fine */
    if (csv_fini(&parser, quoted_field, quoted_end, builder) && !builder->failed) {
        diag_error(builder->diags, "E0812", pos_in_file(builder->file, builder->line),
                   "a field of the row that begins here opens a quote that is never closed");
        diag_hint(builder->diags, "close it, or say that the file is unquoted");
        builder->failed = true;
    }
    csv_free(&parser);
}

/* --- Plain fields and JSON lines
 * ---------------------------------------------------------------------------------- */

static void plain_line(Builder *builder, char separator, const char *line, size_t length) {
    const char *end = line + length;
    for (const char *field = line; length;) {
        const char *stop = memchr(field, separator, (size_t)(end - field));
        take_field(builder, field, (size_t)((stop ? stop : end) - field));
        if (!stop) break;
        field = stop + 1;
    }
    take_row(builder);
}

static void bad_json(Builder *builder, const char *problem) {
    diag_error(builder->diags, "E0813", pos_in_file(builder->file, builder->line), "%s", problem);
    diag_hint(
        builder->diags,
        "each line is to be one object with texts, numbers or truth values: {\"text\": \"...\"}");
    builder->failed = true;
}

/* The parser's own message is not passed on: it quotes the text. */
static void json_cell(Builder *builder, int column, json_t *value) {
    char number[64] = "";
    if (json_is_string(value)) {
        store_cell(builder, column, json_string_value(value), json_string_length(value));
        return;
    }
    if (json_is_object(value) || json_is_array(value)) {
        bad_json(builder, arena_printf(builder->arena, "the value of '%s' is an object or a list",
                                       builder->columns[column]));
        return;
    }
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) snprintf(number, sizeof number, "%.17g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(number, sizeof number, "%d", json_is_true(value));
    store_cell(builder, column, number, strlen(number));
}

static void missing_member(Builder *builder, json_t *object, const char *wanted) {
    VEC(const char *) names = {0};
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
        vec_push(builder->arena, &names, arena_strdup(builder->arena, key));
    missing_column(builder, wanted, names.items, names.count);
}

static void json_line(Builder *builder, const char *line, size_t length) {
    if (strspn(line, " \t") >= length) return;
    json_error_t error;
    json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, &error);
    if (!json_is_object(object)) bad_json(builder, "this line is not a JSON object in UTF-8");
    for (int column = 0; column < builder->table->n_columns && !builder->failed; column++) {
        json_t *value = json_object_get(object, builder->columns[column]);
        if (value)
            json_cell(builder, column, value);
        else
            missing_member(builder, object, builder->columns[column]);
    }
    if (!builder->failed) store_row(builder);
    json_decref(object);
}

static void read_lines(Builder *builder, TableFormat format, const char *text, size_t size) {
    for (size_t at = 0; at < size && !builder->failed; builder->line++) {
        size_t end = at;
        while (end < size && text[end] != '\n' && text[end] != '\r') end++;
        if (format.json_lines)
            json_line(builder, text + at, end - at);
        else
            plain_line(builder, format.separator, text + at, end - at);
        at = end + (end + 1 < size && text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1);
    }
}

/* --- The door
 * -----------------------------------------------------------------------------------------------------
 */

static void read_text(Builder *builder, TableFormat format, const char *text, size_t size) {
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
        text += 3;
        size -= 3;
    }
    if (format.quoted && !format.json_lines)
        read_quoted(builder, format.separator, text, size);
    else
        read_lines(builder, format, text, size);
    if (builder->failed || builder->has_header || format.json_lines) return;
    diag_error(builder->diags, "E0810", pos_in_file(builder->file, 0),
               "the file is empty: there is no header row");
    diag_hint(builder->diags, "the first line names the columns");
    builder->failed = true;
}

Table *table_read(const char *path, TableFormat format, const char *const *columns, int n_columns,
                  Diagnostics *diags) {
    size_t size;
    char *text = read_file(path, &size, diags);
    if (!text) return NULL;
    Table *table = calloc(1, sizeof *table);
    if (!table) abort();
    table->n_columns = n_columns;
    Builder builder = {.table = table,
                       .columns = columns,
                       .diags = diags,
                       .arena = arena_new(),
                       .line = 1,
                       .next = 1,
                       .quoted = format.quoted,
                       .file = diagnostics_file(diags, path, NULL)};
    builder.field_of = arena_array(builder.arena, (size_t)n_columns, sizeof *builder.field_of);
    read_text(&builder, format, text, size);
    arena_free(builder.arena);
    free(text);
    if (!builder.failed) return table;
    table_free(table);
    return NULL;
}

void table_free(Table *table) {
    if (!table) return;
    free(table->cells);
    free(table->lines);
    free(table->text);
    free(table);
}

int64_t table_rows(const Table *table) { return table->n_rows; }
uint32_t table_line(const Table *table, int64_t row) { return table->lines[row]; }

const char *table_cell(const Table *table, int64_t row, int column, size_t *length) {
    const Cell *cell = &table->cells[row * table->n_columns + column];
    if (length) *length = cell->length;
    return table->text + cell->offset;
}
