/* What the table's two files share: how it is kept, and who fills it. */
#ifndef GRADC_RUNTIME_DATA_TABLE_BUILDER_H
#define GRADC_RUNTIME_DATA_TABLE_BUILDER_H

#include "runtime/data/table_format.h"

/* Of a text: bytes [start, start + count) of the table's. Of a list: items [start, start + count). */
typedef struct Cell {
    size_t start, count;
    CellKind kind;
} Cell;

/* A row that could not be read, and why. */
typedef struct BadRow {
    int64_t row;
    const char *code, *problem;
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
    int64_t n_items, items_capacity;
    uint32_t *lines; /* [n_rows] */
    char *text;      /* cells and items in the order of the file, each with a NUL after it */
    size_t used;
    int64_t capacity;
};

struct TableBuilder {
    Table *table;
    RowReader *reader;
    int *field_of; /* [n_columns]: the reader's */
    const SourceFile *file;
    Diagnostics *diags;
    bool has_header, failed;
    bool begins;                /* no row is read yet, of the file's beginning */
    const char *code, *problem; /* of the row being read, where bad ones are kept; NULL: none */
    int n_fields;               /* of the row being read */
    int same;                   /* of these, from the first on, those that are called as the columns are */
};

/* The columns as declared: `names` is what the file says, NULL: nothing. */
void builder_begin(TableBuilder *builder);
/* Reads rows until the text ends, or the builder has failed. */
void builder_read(TableBuilder *builder);

#endif
