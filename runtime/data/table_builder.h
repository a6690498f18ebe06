/* What the files of the table reader share; nobody else includes it. Splitters (quoted fields, plain fields, JSON
 * lines, CoNLL's columns) hand fields and row ends, in the order of the file, to one builder, which finds the columns
 * in the header and keeps the wanted cells. */
#ifndef GRADC_RUNTIME_DATA_TABLE_BUILDER_H
#define GRADC_RUNTIME_DATA_TABLE_BUILDER_H

#include "runtime/data/table_reader.h"

/* Of a text: bytes [start, start + count) of the table's. Of a list: items [start, start + count). */
typedef struct Cell {
    size_t start, count;
    CellKind kind;
} Cell;

/* A row that could not be read, and why. */
typedef struct BadRow {
    int64_t row;
    const char *problem;
} BadRow;

struct Table {
    Arena *arena;             /* header and problems */
    VEC(const char *) header; /* names of all columns of the file */
    VEC(BadRow) bad;          /* in the order of the file; only where such rows are kept */
    int n_columns;
    bool item_lines; /* each item of a cell stands on a line of its own */
    int64_t n_rows, rows_capacity;
    Cell *cells; /* [n_rows, n_columns] */
    Cell *items; /* of the lists, in the order of the file; none is a list */
    size_t n_items, items_capacity;
    uint32_t *lines; /* [n_rows] */
    char *text;      /* cells and items in the order of the file, each with a NUL after it */
    size_t used, capacity;
};

typedef struct Builder {
    Table *table;
    const char *const *columns; /* the wanted ones */
    int *field_of;              /* [n_columns]: which field of a row a column is */
    const SourceFile *file;
    Diagnostics *diags;
    bool has_header, quoted, keeps_bad, failed;
    const char *problem; /* of the row being read, where bad ones are kept; NULL: none */
    int n_fields;        /* of the row being read */
    uint32_t line, next; /* lines on which this row and the next one begin */
    int last_end;        /* the character that ended the line before, when nothing came after it; quoted
                     only */
} Builder;

/* All of these do nothing once the builder has failed. */
void store_cell(Builder *builder, int column, CellKind kind, const char *bytes, size_t length);
/* A list begins; its items follow, before any other list's. */
void store_list(Builder *builder, int column);
void store_item(Builder *builder, int column, CellKind kind, const char *bytes, size_t length);
void store_row(Builder *builder);
/* The row being read is bad: an error, or a problem that `store_row` keeps with an otherwise empty row. */
void bad_row(Builder *builder, const char *code, const char *problem, const char *hint);

void fail_memory(Builder *builder);
void missing_column(Builder *builder, const char *wanted, const char *const *names, int count);
/* Looks the wanted columns up in the header. */
void find_columns(Builder *builder);
void wrong_count(Builder *builder);

void json_line(Builder *builder, const char *line, size_t length);
void read_conll(Builder *builder, const char *text, size_t size);

/* The end of the line that begins at `at`, and in `*next` where the next one begins. */
size_t line_end(const char *text, size_t size, size_t at, size_t *next);

#endif
