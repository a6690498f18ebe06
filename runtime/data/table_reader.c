/* Tables of text: the builder, the splitters of delimited files, and the door. */
#include <assert.h>
#include <csv.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "runtime/data/table_builder.h"
#include "runtime/files/read_file.h"

static bool is_blank(const char *line, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (line[i] != ' ' && line[i] != '\t') return false;
    }
    return true;
}

/* --- Storage --- */

void fail_memory(Builder *builder) {
    diag_error(builder->diags, "E0801", pos_in_file(builder->file, builder->line), "no memory for the table");
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

static bool reserve_item(Table *table) {
    if (table->n_items < table->items_capacity) return true;
    size_t capacity = table->items_capacity ? 2 * table->items_capacity : 1024;
    Cell *items = realloc(table->items, capacity * sizeof *items);
    if (!items) return false;
    table->items = items;
    table->items_capacity = capacity;
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

/* Appends the bytes and a NUL; `cell` says where. */
static bool store_text(Builder *builder, CellKind kind, const char *bytes, size_t length, Cell *cell) {
    Table *table = builder->table;
    if (builder->failed) return false;
    if (!reserve_text(table, length + 1) || !reserve_row(table) || !reserve_item(table)) {
        fail_memory(builder);
        return false;
    }
    *cell = (Cell){table->used, length, kind};
    if (length) memcpy(table->text + table->used, bytes, length);
    table->text[table->used + length] = '\0';
    table->used += length + 1;
    return true;
}

static bool is_utf8(const char *bytes, size_t length) {
    for (size_t i = 0; i < length;) {
        utf8proc_int32_t c;
        if ((signed char)bytes[i] >= 0) {
            i++;
            continue;
        }
        utf8proc_ssize_t got =
            utf8proc_iterate((const utf8proc_uint8_t *)bytes + i, (utf8proc_ssize_t)(length - i), &c);
        if (got <= 0) return false;
        i += (size_t)got;
    }
    return true;
}

static void check_text(Builder *builder, int column, const char *bytes, size_t length) {
    if (builder->failed || is_utf8(bytes, length)) return;
    bad_row(builder, "E0814", arena_printf(builder->table->arena, "column '%s' is not UTF-8", builder->columns[column]),
            "save the file as UTF-8, as in: iconv -f latin1 -t utf8 old.csv > new.csv");
}

void store_cell(Builder *builder, int column, CellKind kind, const char *bytes, size_t length) {
    Table *table = builder->table;
    Cell cell;
    check_text(builder, column, bytes, length);
    if (!store_text(builder, kind, bytes, length, &cell)) return;
    table->cells[table->n_rows * table->n_columns + column] = cell;
}

void store_list(Builder *builder, int column) {
    Table *table = builder->table;
    if (builder->failed) return;
    if (!reserve_row(table)) {
        fail_memory(builder);
        return;
    }
    table->cells[table->n_rows * table->n_columns + column] = (Cell){table->n_items, 0, CELL_LIST};
}

void store_item(Builder *builder, int column, CellKind kind, const char *bytes, size_t length) {
    Table *table = builder->table;
    Cell item;
    check_text(builder, column, bytes, length);
    if (!store_text(builder, kind, bytes, length, &item)) return;
    table->items[table->n_items++] = item;
    table->cells[table->n_rows * table->n_columns + column].count++;
}

static void end_row(Builder *builder) {
    Table *table = builder->table;
    if (builder->failed) return;
    if (!reserve_row(table)) {
        fail_memory(builder);
        return;
    }
    table->lines[table->n_rows++] = builder->line;
}

void store_row(Builder *builder) {
    Table *table = builder->table;
    if (builder->problem) vec_push(table->arena, &table->bad, ((BadRow){table->n_rows, builder->problem}));
    for (int column = 0; builder->problem && column < table->n_columns; column++)
        store_cell(builder, column, CELL_TEXT, "", 0);
    builder->problem = NULL;
    end_row(builder);
}

void bad_row(Builder *builder, const char *code, const char *problem, const char *hint) {
    if (builder->keeps_bad) {
        builder->problem = problem;
        return;
    }
    diag_error(builder->diags, code, pos_in_file(builder->file, builder->line), "%s", problem);
    diag_hint(builder->diags, "%s", hint);
    builder->failed = true;
}

/* --- Rows --- */

/* "'id', 'sentence', ..." for messages. Names are cut short: without a header they would be the
 * first row's text. */
static const char *name_list(Arena *arena, const char *const *names, int count) {
    const char *list = "";
    for (int i = 0; i < count && i < 20; i++) {
        list = arena_printf(arena, "%s%s'%.24s'", list, i ? ", " : "", names[i]);
    }
    return count > 20 ? arena_printf(arena, "%s, ...", list) : list;
}

void missing_column(Builder *builder, const char *wanted, const char *const *names, int count) {
    Diagnostics *diags = builder->diags;
    diag_error(diags, "E0810", pos_in_file(builder->file, builder->line), "there is no column '%s'", wanted);
    const char *nearest = nearest_name(wanted, names, count);
    if (nearest) diag_hint(diags, "did you mean '%.24s'?", nearest);
    diag_note(diags, (Pos){0}, "the columns are: %s", name_list(builder->table->arena, names, count));
    if (count < 2) diag_hint(diags, "a single column often means that the separator is another one (tab, comma)");
    builder->failed = true;
}

void find_columns(Builder *builder) {
    for (int column = 0; column < builder->table->n_columns; column++) {
        int field = 0;
        while (field < builder->table->header.count &&
               strcmp(builder->table->header.items[field], builder->columns[column]))
            field++;
        builder->field_of[column] = field;
        if (field == builder->table->header.count) {
            missing_column(builder, builder->columns[column], builder->table->header.items,
                           builder->table->header.count);
        }
    }
}

static void take_field(Builder *builder, const char *bytes, size_t length) {
    int field = builder->n_fields++;
    if (!builder->has_header) {
        vec_push(builder->table->arena, &builder->table->header,
                 arena_strndup(builder->table->arena, bytes ? bytes : "", length));
        return;
    }
    for (int column = 0; column < builder->table->n_columns && !builder->failed; column++) {
        if (builder->field_of[column] == field) store_cell(builder, column, CELL_TEXT, bytes, length);
    }
}

void wrong_count(Builder *builder) {
    bad_row(builder, "E0811",
            arena_printf(builder->table->arena, "this row has %d fields, the header has %d", builder->n_fields,
                         builder->table->header.count),
            builder->quoted ? "if the quotes in this file are plain characters, say that it is unquoted"
                            : "if fields stand in double quotes in this file, say that it is quoted");
}

/* A row ends; one without fields is a blank line. */
static void take_row(Builder *builder) {
    if (builder->n_fields && !builder->has_header) {
        builder->has_header = true;
        find_columns(builder);
    } else if (builder->n_fields) {
        if (builder->n_fields != builder->table->header.count) wrong_count(builder);
        store_row(builder);
    }
    builder->n_fields = 0;
}

/* --- Quoted fields --- */

/* libcsv calls back for a field and, when told to, for every line end outside of quotes. Lines are
 * counted from these and from the line ends inside the fields. */
static uint32_t count_line_ends(const char *bytes, size_t length) {
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += bytes[i] == '\n' || (bytes[i] == '\r' && !(i + 1 < length && bytes[i + 1] == '\n'));
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
    if (csv_parse(&parser, text, size, quoted_field, quoted_end, builder) != size && !builder->failed) {
        fail_memory(builder);
    }
    csv_set_opts(&parser,
                 CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI); /* only now: quotes inside plain fields are fine */
    if (csv_fini(&parser, quoted_field, quoted_end, builder) && !builder->failed) {
        bad_row(builder, "E0812", "a field of the row that begins here opens a quote that is never closed",
                "close it, or say that the file is unquoted");
        if (builder->problem) store_row(builder);
    }
    csv_free(&parser);
}

/* --- Plain fields
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

size_t line_end(const char *text, size_t size, size_t at, size_t *next) {
    size_t end = at;
    while (end < size && text[end] != '\n' && text[end] != '\r') end++;
    *next = end + (end + 1 < size && text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1);
    return end;
}

/* A text that is a row by itself. */
static void whole_line(Builder *builder, const char *line, size_t length) {
    if (is_blank(line, length)) return;
    for (int column = 0; column < builder->table->n_columns; column++)
        store_cell(builder, column, CELL_TEXT, line, length);
    store_row(builder);
}

static void read_lines(Builder *builder, TableFormat format, const char *text, size_t size) {
    for (size_t at = 0, next; at < size && !builder->failed; builder->line++, at = next) {
        size_t length = line_end(text, size, at, &next) - at;
        if (format.kind == DATA_JSONL)
            json_line(builder, text + at, length);
        else if (format.kind == DATA_LINES)
            whole_line(builder, text + at, length);
        else
            plain_line(builder, format.separator, text + at, length);
    }
}

/* --- The door --- */

/* The header as declared, and a file of plain lines' own. */
static void give_header(Builder *builder, TableFormat format) {
    for (int i = 0; i < format.n_header; i++)
        vec_push(builder->table->arena, &builder->table->header, format.header[i]);
    if (format.kind == DATA_JSONL || format.kind == DATA_LINES) return;
    builder->has_header = format.n_header > 0;
    if (builder->has_header) find_columns(builder);
}

static void one_column(Builder *builder) {
    for (int i = 1; i < builder->table->n_columns && !builder->failed; i++) {
        if (strcmp(builder->columns[i], builder->columns[0]) == 0) continue;
        diag_error(builder->diags, "E0810", pos_in_file(builder->file, 0),
                   "there is no column '%s': each line is a text", builder->columns[i]);
        diag_hint(builder->diags, "where lines have several fields, say tab or comma");
        builder->failed = true;
    }
}

static void read_text(Builder *builder, TableFormat format, const char *text, size_t size) {
    if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
        text += 3;
        size -= 3;
    }
    give_header(builder, format);
    if (format.kind == DATA_LINES) one_column(builder);
    if (builder->failed) return;
    if (format.kind == DATA_CONLL)
        read_conll(builder, text, size);
    else if (format.kind == DATA_TABLE && format.quoted)
        read_quoted(builder, format.separator, text, size);
    else
        read_lines(builder, format, text, size);
    if (builder->failed || builder->has_header || format.kind != DATA_TABLE) return;
    diag_error(builder->diags, "E0810", pos_in_file(builder->file, 0), "the file is empty: there is no header row");
    diag_hint(builder->diags, "the first line names the columns");
    builder->failed = true;
}

Table *table_parse(const TableText *text, TableFormat format, const char *const *columns, int n_columns,
                   Diagnostics *diags) {
    Table *table = calloc(1, sizeof *table);
    if (!table) abort();
    table->arena = arena_new();
    table->n_columns = n_columns;
    table->item_lines = format.kind == DATA_CONLL;
    Builder builder = {.table = table,
                       .columns = columns,
                       .diags = diags,
                       .line = text->line,
                       .next = text->line,
                       .quoted = format.quoted,
                       .keeps_bad = format.keeps_bad,
                       .file = diagnostics_file(diags, text->name, NULL)};
    builder.field_of = arena_array(table->arena, (size_t)n_columns, sizeof *builder.field_of);
    read_text(&builder, format, text->bytes, text->size);
    if (!builder.failed) return table;
    table_free(table);
    return NULL;
}

Table *table_read(const char *path, TableFormat format, const char *const *columns, int n_columns, Diagnostics *diags) {
    TableText text = {.name = path, .line = 1};
    char *bytes = read_file(path, &text.size, diags);
    if (!bytes) return NULL;
    text.bytes = bytes;
    Table *table = table_parse(&text, format, columns, n_columns, diags);
    free(bytes);
    return table;
}

void table_free(Table *table) {
    if (!table) return;
    arena_free(table->arena);
    free(table->cells);
    free(table->items);
    free(table->lines);
    free(table->text);
    free(table);
}

int64_t table_rows(const Table *table) { return table->n_rows; }
uint32_t table_line(const Table *table, int64_t row) { return table->lines[row]; }

const char *const *table_header(const Table *table, int *count) {
    *count = table->header.count;
    return table->header.items;
}

const char *table_problem(const Table *table, int64_t row) {
    int from = 0, to = table->bad.count;
    while (from < to) {
        int middle = (from + to) / 2;
        if (table->bad.items[middle].row < row)
            from = middle + 1;
        else
            to = middle;
    }
    return from < table->bad.count && table->bad.items[from].row == row ? table->bad.items[from].problem : NULL;
}

static const Cell *cell_at(const Table *table, int64_t row, int column) {
    return &table->cells[row * table->n_columns + column];
}

static const char *cell_text(const Table *table, const Cell *cell, size_t *length) {
    if (length) *length = cell->count;
    return table->text + cell->start;
}

const char *table_cell(const Table *table, int64_t row, int column, size_t *length) {
    const Cell *cell = cell_at(table, row, column);
    assert(cell->kind != CELL_LIST);
    return cell_text(table, cell, length);
}

CellKind table_kind(const Table *table, int64_t row, int column) { return cell_at(table, row, column)->kind; }

CellKind table_item_kind(const Table *table, int64_t row, int column, int64_t item) {
    return table->items[cell_at(table, row, column)->start + (size_t)item].kind;
}

int64_t table_items(const Table *table, int64_t row, int column) {
    const Cell *cell = cell_at(table, row, column);
    return cell->kind == CELL_LIST ? (int64_t)cell->count : -1;
}

const char *table_item(const Table *table, int64_t row, int column, int64_t item, size_t *length) {
    const Cell *cell = cell_at(table, row, column);
    assert(cell->kind == CELL_LIST && item >= 0 && (size_t)item < cell->count);
    return cell_text(table, &table->items[cell->start + (size_t)item], length);
}

uint32_t table_item_line(const Table *table, int64_t row, int64_t item) {
    return table->lines[row] + (table->item_lines ? (uint32_t)item : 0);
}
