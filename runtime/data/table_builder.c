/* The table's builder: keeps the cells that a format hands on, finds the wanted columns in the header, and decides what
 * becomes of a bad row. */
#include "runtime/data/table_builder.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"

/* --- Storage --- */

static void reserve_row(Table *table) {
    if (table->n_rows < table->rows_capacity) return;
    table->lines = memory_grow(table->lines, &table->rows_capacity, table->n_rows + 1, sizeof *table->lines);
    table->cells =
        memory_resize(table->cells, (size_t)table->rows_capacity, (size_t)table->n_columns * sizeof *table->cells);
}

/* Appends the bytes and a NUL; `cell` says where. */
static bool store_text(TableBuilder *builder, CellKind kind, const char *bytes, size_t length, Cell *cell) {
    Table *table = builder->table;
    if (builder->failed) return false;
    reserve_row(table);
    table->text = memory_grow(table->text, &table->capacity, (int64_t)(table->used + length + 1), 1);
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

/* Windows-1252 has all of Latin-1's letters and, where that has control characters, quotes and dashes. */
const char *table_utf8_hint(void) {
    return "save the file as UTF-8; one of Windows or in Latin-1: iconv -f windows-1252 -t utf-8 OLD > NEW";
}

static void check_text(TableBuilder *builder, const char *column, const char *bytes, size_t length) {
    if (builder->failed || is_utf8(bytes, length)) return;
    row_problem(builder->reader, builder->reader->row, "E0814",
                arena_printf(builder->table->arena, "%s is not UTF-8", column), table_utf8_hint());
}

static void check_cell(TableBuilder *builder, int column, const char *bytes, size_t length) {
    if (is_utf8(bytes, length)) return;
    check_text(builder, arena_printf(builder->table->arena, "column '%s'", builder->reader->columns[column]), bytes,
               length);
}

static void store_cell(TableBuilder *builder, int column, CellKind kind, const char *bytes, size_t length) {
    Table *table = builder->table;
    Cell cell;
    check_cell(builder, column, bytes, length);
    if (!store_text(builder, kind, bytes, length, &cell)) return;
    table->cells[table->n_rows * table->n_columns + column] = cell;
}

void row_cell(RowReader *reader, int column, CellKind kind, const char *bytes, size_t length) {
    if (reader->to) store_cell(reader->to, column, kind, bytes, length);
}

void row_list(RowReader *reader, int column) {
    TableBuilder *builder = reader->to;
    if (!builder || builder->failed) return;
    Table *table = builder->table;
    reserve_row(table);
    table->cells[table->n_rows * table->n_columns + column] = (Cell){(size_t)table->n_items, 0, CELL_LIST};
}

void row_item(RowReader *reader, int column, CellKind kind, const char *bytes, size_t length) {
    TableBuilder *builder = reader->to;
    Cell item;
    if (builder) check_cell(builder, column, bytes, length);
    if (!builder || !store_text(builder, kind, bytes, length, &item)) return;
    Table *table = builder->table;
    table->items = memory_grow(table->items, &table->items_capacity, table->n_items + 1, sizeof *table->items);
    table->items[table->n_items++] = item;
    table->cells[table->n_rows * table->n_columns + column].count++;
}

static void store_row(TableBuilder *builder) {
    Table *table = builder->table;
    if (builder->problem)
        vec_push(table->arena, &table->bad, ((BadRow){table->n_rows, builder->code, builder->problem}));
    for (int column = 0; builder->problem && column < table->n_columns; column++)
        store_cell(builder, column, CELL_TEXT, "", 0);
    builder->problem = NULL;
    if (builder->failed) return;
    reserve_row(table);
    table->lines[table->n_rows++] = builder->reader->row;
}

/* --- Problems --- */

Arena *row_arena(const RowReader *reader) { return reader->to->table->arena; }

bool row_is_bad(const RowReader *reader) { return reader->to && (reader->to->failed || reader->to->problem); }

void row_problem(RowReader *reader, uint32_t line, const char *code, const char *problem, const char *hint) {
    TableBuilder *builder = reader->to;
    bool keeps = reader->format.keeps_bad && (builder->has_header || !reader->kind->has_header);
    if (row_is_bad(reader)) return;
    if (keeps) {
        builder->code = code, builder->problem = problem;
        return;
    }
    diag_error(builder->diags, code, pos_in_file(builder->file, line), "%s", problem);
    diag_hint(builder->diags, "%s", hint);
    builder->failed = true;
}

bool text_problem(RowReader *reader, const char *problem, const char *hint) {
    TableBuilder *builder = reader->to;
    diag_error(builder->diags, "E0815", pos_in_file(builder->file, 0), "%s", problem);
    diag_hint(builder->diags, "%s", hint);
    builder->failed = true;
    return false;
}

/* "'id', 'sentence', ..." for messages. Names are cut short: without a header they would be the
 * first row's text. */
static const char *name_list(Arena *arena, const char *const *names, int count) {
    const char *list = "";
    for (int i = 0; i < count && i < 20; i++) {
        list = arena_printf(arena, "%s%s'%.24s'", list, i ? ", " : "", names[i]);
    }
    return count > 20 ? arena_printf(arena, "%s, ...", list) : list;
}

/* A header of one column may be that of another format. */
static void hint_separator(TableBuilder *builder, const char *name) {
    int count;
    const TableKind *kinds = table_kinds(&count);
    for (int i = 0; i < count; i++) {
        if (!kinds[i].separator || !strchr(name, kinds[i].separator)) continue;
        diag_hint(builder->diags, "the header has %s: say %s in the data line", kinds[i].about, kinds[i].word);
        return;
    }
    if (strchr(name, '|'))
        diag_hint(builder->diags,
                  "fields between bars are not read; convert them: python3 -c \"import pandas; pandas.read_csv('%s', "
                  "sep='|').to_csv('NEW.csv', index=False)\"",
                  builder->file->path);
}

static void missing_column(TableBuilder *builder, const char *wanted, const char *const *names, int count) {
    Diagnostics *diags = builder->diags;
    diag_error(diags, "E0810", pos_in_file(builder->file, builder->reader->row), "there is no column '%s'", wanted);
    diag_hint_nearest(diags, wanted, names, count);
    diag_note(diags, (Pos){0}, "the columns are: %s", name_list(builder->table->arena, names, count));
    if (count == 1) hint_separator(builder, names[0]);
    builder->failed = true;
}

void row_lacks(RowReader *reader, int column, const char *const *names, int count) {
    TableBuilder *builder = reader->to;
    if (reader->format.keeps_bad)
        row_problem(reader, reader->row, "E0810",
                    arena_printf(builder->table->arena, "there is no column '%s'", reader->columns[column]), "");
    else
        missing_column(builder, reader->columns[column], names, count);
}

/* --- The header --- */

static bool called_twice(TableBuilder *builder, const char *name) {
    diag_error(builder->diags, "E0816", pos_in_file(builder->file, builder->reader->row), "two columns are called '%s'",
               name);
    diag_hint(builder->diags, "give one of them another name in the file's header");
    builder->failed = true;
    return false;
}

/* A column may be wanted more than once; the file is to have it once. */
static bool find_column(TableBuilder *builder, int column) {
    const char *const *names = builder->table->header.items, *wanted = builder->reader->columns[column];
    int count = builder->table->header.count, found = 0;
    for (int field = count - 1; field >= 0; field--) {
        if (strcmp(names[field], wanted) != 0) continue;
        builder->field_of[column] = field;
        found++;
    }
    if (found > 1) return called_twice(builder, wanted);
    if (found == 0) missing_column(builder, wanted, names, count);
    return found == 1;
}

static void find_columns(TableBuilder *builder) {
    builder->has_header = true;
    for (int column = 0; column < builder->table->n_columns && !builder->failed; column++) find_column(builder, column);
}

/* Each line is a text: there is one column, which is called as anybody likes. */
static void one_column(TableBuilder *builder) {
    const char *const *columns = builder->reader->columns;
    for (int i = 1; i < builder->table->n_columns && !builder->failed; i++) {
        if (strcmp(columns[i], columns[0]) == 0) continue;
        diag_error(builder->diags, "E0810", pos_in_file(builder->file, 0),
                   "there is no column '%s': each line is a text", columns[i]);
        diag_hint(builder->diags, "where lines have several fields, say tab or comma");
        builder->failed = true;
    }
}

void builder_begin(TableBuilder *builder) {
    const RowReader *reader = builder->reader;
    for (int i = 0; i < reader->format.n_header; i++)
        vec_push(builder->table->arena, &builder->table->header, reader->format.header[i]);
    if (reader->kind->has_header && reader->format.n_header) find_columns(builder);
    if (reader->kind->one_text) one_column(builder);
}

/* --- Rows --- */

static void name_column(TableBuilder *builder, const char *bytes, size_t length) {
    check_text(builder, "the header", bytes, length);
    vec_push(builder->table->arena, &builder->table->header, arena_strndup(builder->table->arena, bytes, length));
}

/* Fields of the first row that are what the columns were said to be called. */
static void compare_name(TableBuilder *builder, int field, const char *bytes, size_t length) {
    const char *name = field < builder->table->header.count ? builder->table->header.items[field] : NULL;
    builder->same += name && strlen(name) == length && memcmp(name, bytes, length) == 0;
}

void row_field(RowReader *reader, int field, const char *bytes, size_t length) {
    TableBuilder *builder = reader->to;
    if (!builder || builder->failed) return;
    builder->n_fields++;
    if (!builder->has_header) {
        name_column(builder, bytes, length);
        return;
    }
    if (builder->begins) compare_name(builder, field, bytes, length);
    for (int column = 0; column < reader->n_columns && !builder->failed; column++) {
        if (builder->field_of[column] == field) store_cell(builder, column, CELL_TEXT, bytes, length);
    }
}

static bool is_header_again(const TableBuilder *builder) {
    int names = builder->table->header.count;
    return builder->begins && names && builder->same == names && builder->n_fields == names;
}

/* Of a format that hands on fields: every wanted one has its cell. */
static void check_fields(TableBuilder *builder) {
    RowReader *reader = builder->reader;
    int count = builder->table->header.count;
    if (!builder->has_header || !builder->n_fields || builder->n_fields == count || row_is_bad(reader)) return;
    row_problem(reader, reader->row, "E0811",
                arena_printf(builder->table->arena, "this row has %s, the header has %d",
                             count_text(builder->n_fields, "field").text, count),
                "each row has as many fields as the header");
}

static void end_row(TableBuilder *builder) {
    bool again = is_header_again(builder);
    check_fields(builder);
    if (builder->failed) return;
    if (again)
        diag_warning(builder->diags, "E0817", pos_in_file(builder->file, builder->reader->row),
                     "the first row has the names of the columns: it is taken for a header");
    else if (builder->has_header || !builder->reader->kind->has_header)
        store_row(builder);
    else
        find_columns(builder);
    builder->begins = false;
    builder->n_fields = 0;
}

void builder_read(TableBuilder *builder) {
    RowReader *reader = builder->reader;
    if (builder->failed || (reader->kind->open && !reader->kind->open(reader))) return;
    while (!builder->failed && reader->kind->next(reader)) end_row(builder);
    if (builder->failed || builder->has_header || !reader->kind->has_header) return;
    diag_error(builder->diags, "E0810", pos_in_file(builder->file, 0), "the file is empty: there is no header row");
    diag_hint(builder->diags, "the first line names the columns");
    builder->failed = true;
}
