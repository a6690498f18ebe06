/* Tables of text: from a file or a piece of one to a table, and what is in it. */
#include "runtime/data/table_reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "runtime/data/table_builder.h"
#include "runtime/data/table_foreign.h"
#include "runtime/files/read_file.h"

/* --- Lines, for the formats --- */

size_t line_end(const char *text, size_t size, size_t at, size_t *next) {
    size_t end = at;
    while (end < size && text[end] != '\n' && text[end] != '\r') end++;
    *next = end + (end + 1 < size && text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1);
    if (*next > size) *next = size;
    return end;
}

bool next_line(RowReader *reader, const char **line, size_t *length) {
    size_t next;
    if (reader->at >= reader->size) return false;
    size_t end = line_end(reader->text, reader->size, reader->at, &next);
    bool cut = end == reader->size || (reader->text[end] == '\r' && next == reader->size);
    if (cut && reader->goes_on) return false;
    *line = reader->text + reader->at;
    *length = end - reader->at;
    reader->at = next;
    reader->line++;
    return true;
}

bool line_is_blank(const char *line, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (line[i] != ' ' && line[i] != '\t') return false;
    }
    return true;
}

/* --- Formats --- */

static bool bad_format(const Task *task, const char *problem, const char *hint, Diagnostics *diags) {
    diag_error(diags, "E0818", task->format_pos, "%s", problem);
    diag_hint(diags, "%s", hint);
    return false;
}

static bool unknown_format(const Task *task, Diagnostics *diags) {
    int count;
    const TableKind *kinds = table_kinds(&count);
    const char **words = arena_array(diags->arena, (size_t)count, sizeof *words), *list = "";
    for (int i = 0; i < count; i++) {
        words[i] = kinds[i].word;
        list = arena_printf(diags->arena, "%s%s%s (%s)", list, i ? ", " : "", kinds[i].word, kinds[i].about);
    }
    bad_format(task, arena_printf(diags->arena, "'%s' is no format of tables", task->data_format),
               arena_printf(diags->arena, "the formats are %s", list), diags);
    diag_hint_nearest(diags, task->data_format, words, count);
    return false;
}

bool table_format_check(const Task *task, Diagnostics *diags) {
    const TableKind *kind = table_kind_find(task->data_format);
    if (!kind) return unknown_format(task, diags);
    if (kind->says_quotes && task->quoting == QUOTING_UNSAID)
        return bad_format(
            task, arena_printf(diags->arena, "'%s' is followed by 'quoted' or 'unquoted'", kind->word),
            "quoted: a field in double quotes may hold separators and line ends; unquoted: quotes are plain characters",
            diags);
    if (!kind->says_quotes && task->quoting != QUOTING_UNSAID)
        return bad_format(task, arena_printf(diags->arena, "'%s' has no quoted fields", kind->word),
                          "leave 'quoted' or 'unquoted' out", diags);
    if (kind->needs_columns && !task->n_data_columns)
        return bad_format(task, arena_printf(diags->arena, "the columns of '%s' have no names", kind->word),
                          arena_printf(diags->arena, "say them: %s columns(word, tag)", kind->word), diags);
    return true;
}

/* --- Reading --- */

Table *table_parse(const TableText *text, TableFormat format, const char *const *columns, int n_columns,
                   Diagnostics *diags) {
    static const char mark[] = "\xEF\xBB\xBF";
    Table *table = memory_new(1, sizeof *table);
    table->arena = arena_new();
    table->n_columns = n_columns;
    RowReader reader = {.text = text->bytes,
                        .size = text->size,
                        .line = text->line,
                        .row = text->line,
                        .fields = format.n_header,
                        .format = format,
                        .kind = table_kind_find(format.word),
                        .columns = columns,
                        .n_columns = n_columns};
    TableBuilder builder = {.table = table,
                            .reader = &reader,
                            .diags = diags,
                            .file = diagnostics_file(diags, text->name, NULL),
                            .begins = text->line == 1 && format.n_header};
    assert(reader.kind);
    table->item_lines = reader.kind->item_lines;
    reader.field_of = builder.field_of = arena_array(table->arena, (size_t)n_columns + 1, sizeof *builder.field_of);
    reader.to = &builder;
    if (text->line == 1 && text->size >= 3 && !memcmp(text->bytes, mark, 3)) reader.text += 3, reader.size -= 3;
    builder.failed = text->line == 1 && table_is_foreign(text, diags);
    if (!builder.failed) builder_begin(&builder);
    builder_read(&builder);
    if (!builder.failed) return table;
    table_free(table);
    return NULL;
}

Table *table_read(const char *path, TableFormat format, const char *const *columns, int n_columns, size_t memory,
                  Diagnostics *diags) {
    TableText text = {.name = path, .line = 1};
    char *bytes = read_file(path, read_bound(memory), &text.size, diags);
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

static const BadRow *bad_row(const Table *table, int64_t row) {
    int from = 0, to = table->bad.count;
    while (from < to) {
        int middle = (from + to) / 2;
        if (table->bad.items[middle].row < row)
            from = middle + 1;
        else
            to = middle;
    }
    return from < table->bad.count && table->bad.items[from].row == row ? &table->bad.items[from] : NULL;
}

const char *table_problem(const Table *table, int64_t row) {
    const BadRow *bad = bad_row(table, row);
    return bad ? bad->problem : NULL;
}

const char *table_problem_code(const Table *table, int64_t row) {
    const BadRow *bad = bad_row(table, row);
    return bad ? bad->code : NULL;
}

void table_add_problem(Table *table, int64_t row, const char *code, const char *problem) {
    if (bad_row(table, row)) return;
    vec_push(table->arena, &table->bad, ((BadRow){row, code, problem}));
    for (int i = table->bad.count - 1; i > 0 && table->bad.items[i - 1].row > row; i--) {
        BadRow later = table->bad.items[i - 1];
        table->bad.items[i - 1] = table->bad.items[i];
        table->bad.items[i] = later;
    }
}

Arena *table_arena(Table *table) { return table->arena; }

int64_t table_bad_rows(const Table *table) { return table->bad.count; }

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
