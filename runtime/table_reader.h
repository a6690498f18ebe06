/* Tables of text: delimited files with a header row (TSV, CSV) and JSON lines. Columns are found by
 * name.
 *
 * The content of a table may be private: diagnostics cite file, line and column names, never a
 * cell. */
#ifndef GRADC_RUNTIME_TABLE_READER_H
#define GRADC_RUNTIME_TABLE_READER_H

#include "graph/diag.h"

typedef struct TableFormat {
    bool json_lines; /* one object a line; the members below are not used */
    char separator;  /* '\t' or ',' */
    bool quoted; /* RFC 4180: a field in double quotes may hold separators, line ends and "" for a
                    quote */
} TableFormat;

typedef struct Table Table;

/* Reads the named columns of a file, all rows. Line ends are \n, \r\n or \r; a byte order mark,
 * blank lines and a missing last line end are fine. NULL and errors for: no such file, no header, a
 * missing column, a row with more or fewer fields than the header, a quoted field that is never
 * closed, a line that is not JSON. Of JSON values, strings are taken as they are, true and false as
 * 1 and 0, null as the empty text, numbers as printed. */
Table *table_read(const char *path, TableFormat format, const char *const *columns, int n_columns,
                  Diagnostics *diags);
void table_free(Table *table); /* NULL is allowed */

int64_t table_rows(const Table *table);
/* A cell: NUL-terminated, of `*length` bytes (`length` may be NULL; the bytes may include NUL and
 * need not be UTF-8). `row` counts from 0, `column` is an index into `columns`. Lives as long as
 * the table. */
const char *table_cell(const Table *table, int64_t row, int column, size_t *length);
/* The line, from 1, on which a row begins. */
uint32_t table_line(const Table *table, int64_t row);

#endif
