/* Tables of text: delimited files (TSV, CSV), JSON lines, plain lines, and CoNLL's columns. Columns are found by name.
 *
 * The content of a table may be private: diagnostics cite file, line and column names, never a
 * cell. */
#ifndef GRADC_RUNTIME_DATA_TABLE_READER_H
#define GRADC_RUNTIME_DATA_TABLE_READER_H

#include "frontend/program.h"

typedef struct TableFormat {
    const char *word;          /* "tab", "jsonl": a row of table_formats.c */
    bool quoted;               /* of fields: those in double quotes may hold separators and line ends */
    bool escaped;              /* of quoted ones: \" is a quote too; found by the reader where it is not said */
    const char *const *header; /* [n_header]: what the columns are called; NULL: the first row says it */
    int n_header;
    bool keeps_bad;   /* a row that cannot be read is a row of empty cells: see table_problem */
    bool keeps_blank; /* where a row is one text, an empty line is a row too */
} TableFormat;

/* A piece of a file that is at hand already: whole rows, the first of them on `line`. */
typedef struct TableText {
    const char *bytes;
    size_t size;
    const char *name; /* for messages */
    uint32_t line;    /* from 1 */
} TableText;

typedef struct Table Table;

/* Is what the data line of a task says a format, with what that needs? False and an error with a way out. */
bool table_format_check(const Task *task, Diagnostics *diags);

/* Reads the named columns of a file, all rows, which may take `memory` (see read_bound). Line ends are \n, \r\n or
 * \r; a byte order mark, blank lines and a missing last line end are fine. Cells are what was written: a number keeps
 * its digits. NULL and errors for: no such file, a file of another kind (UTF-16, Parquet, a workbook), no header, a
 * missing column or two of its name, a row with more or fewer fields than the header, quotes that do not fit (see
 * table_fields.c), a cell that is not UTF-8, a line that is not JSON. Where columns are declared and the first row has
 * just these names, it is taken for a header, with a warning.
 *
 * JSON lines: texts are decoded, null is the empty text; a list of such values is a cell of items.
 * Plain lines: every line is the cell of the one column, whatever it is called.
 * CoNLL: the lines up to an empty one are a row, each of its cells a list of items, one a line. Fields
 * stand between blanks, or between tabs where a line has one. Lines of a -DOCSTART- and comments
 * ("# ..." before the first word) are no words; fields after the last wanted one may be
 * missing. */
Table *table_read(const char *path, TableFormat format, const char *const *columns, int n_columns, size_t memory,
                  Diagnostics *diags);
/* The same of a text. */
Table *table_parse(const TableText *text, TableFormat format, const char *const *columns, int n_columns,
                   Diagnostics *diags);
void table_free(Table *table); /* NULL is allowed */

/* What the columns of a delimited file are called, wanted or not: by its first row, or as given. */
const char *const *table_header(const Table *table, int *count);
/* What is wrong with a row that was kept nevertheless, without its content, and the code; NULL: nothing. */
const char *table_problem(const Table *table, int64_t row);
const char *table_problem_code(const Table *table, int64_t row);
int64_t table_bad_rows(const Table *table);
/* A row of a table that keeps bad ones has turned out to be one; `problem` lives as long as the table. What was wrong
 * with it before counts. */
void table_add_problem(Table *table, int64_t row, const char *code, const char *problem);
Arena *table_arena(Table *table);

/* What a cell, or an item of a list, was in the file; all but lists have a text. */
typedef enum CellKind {
    CELL_TEXT,
    CELL_NUMBER, /* of JSON, as it is written; NaN and Infinity too */
    CELL_TRUTH,  /* "true" or "false" */
    CELL_NULL,   /* "" */
    CELL_LIST,
} CellKind;

int64_t table_rows(const Table *table);
/* A cell: NUL-terminated UTF-8 of `*length` bytes (`length` may be NULL; the bytes may include NUL). `row` counts from
 * 0, `column` is an index into `columns`. Lives as long as the table. */
const char *table_cell(const Table *table, int64_t row, int column, size_t *length);
CellKind table_kind(const Table *table, int64_t row, int column);
CellKind table_item_kind(const Table *table, int64_t row, int column, int64_t item);
/* How many items a cell has; -1 of a cell that is no list. */
int64_t table_items(const Table *table, int64_t row, int column);
const char *table_item(const Table *table, int64_t row, int column, int64_t item, size_t *length);
/* The lines, from 1, on which a row begins, and an item of it. */
uint32_t table_line(const Table *table, int64_t row);
uint32_t table_item_line(const Table *table, int64_t row, int64_t item);

/* What to do about text that is not UTF-8. */
const char *table_utf8_hint(void);

#endif
