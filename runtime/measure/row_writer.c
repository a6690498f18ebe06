/* Rows: jansson writes values, tables have rules of their own. */
#include "runtime/measure/row_writer.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

RowForm row_form_of(const char *path) {
    static const char *const ends[] = {[FORM_TSV] = ".tsv", [FORM_CSV] = ".csv", [FORM_JSONL] = ".jsonl"};
    for (int i = FORM_TSV; path && i <= FORM_JSONL; i++) {
        size_t length = strlen(path), end = strlen(ends[i]);
        if (length >= end && strcmp(path + length - end, ends[i]) == 0) return (RowForm)i;
    }
    return FORM_TSV;
}

/* Would the text be another one when the table is read, with fields in quotes? In CSV a quote anywhere stands in
 * quotes, as most programs have it. */
static bool breaks_table(const RowWriter *w, const char *text, size_t length) {
    const char *breaks = w->form == FORM_CSV ? ",\"\n\r" : "\t\n\r";
    if (length && *text == '"') return true;
    for (size_t i = 0; i < length; i++) {
        if (text[i] && strchr(breaks, text[i])) return true;
    }
    return false;
}

/* RFC 4180. In a tab-separated table quotes stand only around what would otherwise break it. */
void row_bytes(const RowWriter *w, const char *text, size_t length) {
    if (!breaks_table(w, text, length)) {
        fwrite(text, 1, length, w->out);
        return;
    }
    fputc('"', w->out);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"') fputc('"', w->out);
        fputc(text[i], w->out);
    }
    fputc('"', w->out);
}

void row_text(const RowWriter *w, const char *text) { row_bytes(w, text, strlen(text)); }

/* A separator goes before all cells of a line but the first. */
void row_begin_cell(const RowWriter *w, int64_t *cells) {
    if ((*cells)++) fputc(w->form == FORM_CSV ? ',' : '\t', w->out);
}

/* The items of a list with bars between, as names of flags are read. */
void row_kept_cell(const RowWriter *w, const Dataset *data, int64_t row, int column) {
    const Table *table = data->table;
    int64_t at = data->table_rows[row], items = table_items(table, at, column);
    size_t length;
    if (items < 0) {
        const char *cell = table_cell(table, at, column, &length);
        row_bytes(w, cell, length);
        return;
    }
    char *text = NULL;
    FILE *list = memory_stream(&text, &length);
    for (int64_t i = 0; i < items; i++) {
        size_t bytes;
        const char *item = table_item(table, at, column, i, &bytes);
        if (i) fputc('|', list);
        fwrite(item, 1, bytes, list);
    }
    memory_stream_end(list);
    row_bytes(w, text, length);
    free(text);
}

static void write_json(const RowWriter *w, const json_t *value) {
    json_dumpf(value, w->out, JSON_REAL_PRECISION(9) | JSON_COMPACT | JSON_ENCODE_ANY);
}

/* What came as a number or a truth value of JSON goes as it was written. */
static void write_as_it_was(const RowWriter *w, CellKind kind, const char *text, size_t length) {
    if (kind == CELL_NUMBER || kind == CELL_TRUTH) {
        fwrite(text, 1, length, w->out);
        return;
    }
    json_t *value = kind == CELL_TEXT ? json_stringn(text, length) : NULL; /* NULL: not in UTF-8 */
    if (!value) value = json_null();
    write_json(w, value);
    json_decref(value);
}

void row_kept_value(const RowWriter *w, const Dataset *data, int64_t row, int column) {
    const Table *table = data->table;
    size_t length;
    row = data->table_rows[row];
    int64_t items = table_items(table, row, column);
    if (items < 0) {
        const char *cell = table_cell(table, row, column, &length);
        write_as_it_was(w, table_kind(table, row, column), cell, length);
        return;
    }
    fputc('[', w->out);
    for (int64_t i = 0; i < items; i++) {
        const char *item = table_item(table, row, column, i, &length);
        if (i) fputc(',', w->out);
        write_as_it_was(w, table_item_kind(table, row, column, i), item, length);
    }
    fputc(']', w->out);
}

/* `"name":`, behind a comma where it is not the first. */
void row_begin_member(const RowWriter *w, const char *name, int *members) {
    json_t *text = json_string(name);
    if ((*members)++) fputc(',', w->out);
    write_json(w, text);
    fputc(':', w->out);
    json_decref(text);
}

void row_member(const RowWriter *w, const char *name, json_t *value, int *members) {
    row_begin_member(w, name, members);
    write_json(w, value);
    json_decref(value);
}
