/* A format of tables: what a new one fills in, in a file table_NAME.c of its own, and with a row in table_formats.c.
 *
 * It finds the rows of a text, one after the other, and hands their cells on. Which cells are wanted, where they are
 * kept and what becomes of a bad row is not its business. */
#ifndef GRADC_RUNTIME_DATA_TABLE_FORMAT_H
#define GRADC_RUNTIME_DATA_TABLE_FORMAT_H

#include "runtime/data/table_reader.h"

typedef struct TableBuilder TableBuilder;
typedef struct TableKind TableKind;

typedef struct RowReader RowReader;
typedef bool ReadFunction(RowReader *reader);

struct RowReader {
    const char *text; /* [size], of which `at` bytes are read */
    size_t size, at;
    uint32_t line; /* of text[at] */
    bool goes_on;  /* more may follow: a row that the text's end may have cut is not read yet */
    uint32_t row;  /* the line on which the row begins that was read last */
    int fields;    /* that each row has, where the format has fields; 0: not known yet */
    TableFormat format;
    const TableKind *kind;
    const char *const *columns; /* [n_columns]: those that are wanted */
    const int *field_of;        /* [n_columns]: which field of a row each is, once there is a header */
    int n_columns;
    bool lines_are_rows; /* of quoted fields: see table_fields.c */
    TableBuilder *to;    /* NULL: rows are to be found, not taken */
};

struct TableKind {
    const char *word, *about; /* as the data line of a task has it; for people */
    char separator;           /* between fields; 0: it has none */
    bool says_quotes;         /* the data line says `quoted` or `unquoted` */
    bool needs_columns;       /* the data line names the columns */
    bool one_text;            /* a row is one text: there is but one column */
    bool has_lists;           /* a cell may be a list of values */
    bool item_lines;          /* a row has several lines, one for each item of its lists */
    bool has_header;          /* the first row names the columns, unless the data line does */
    /* Looks at the text before the first row; NULL where there is nothing to look at. False after text_problem. */
    ReadFunction *open;
    /* Reads the next row: sets `row`, hands its cells on, moves `at` and `line` behind it. False: no more rows, with
     * `at` where a row begins that is not whole. A bad row is a row, handed on by row_problem. */
    ReadFunction *next;
};

/* All formats, for messages; the one of this word, NULL: none. */
const TableKind *table_kinds(int *count);
const TableKind *table_kind_find(const char *word);

/* What a format hands on; nothing happens where there is no `to`. A cell goes to a column that is wanted, by its
 * number; a field is found by its place in the row; a list is followed by its items. */
void row_cell(RowReader *reader, int column, CellKind kind, const char *bytes, size_t length);
void row_field(RowReader *reader, int field, const char *bytes, size_t length);
void row_list(RowReader *reader, int column);
void row_item(RowReader *reader, int column, CellKind kind, const char *bytes, size_t length);

/* The row is bad: an error at `line`, or, where bad rows are kept, a row of empty cells with this problem. */
void row_problem(RowReader *reader, uint32_t line, const char *code, const char *problem, const char *hint);
/* The same: it lacks a wanted column, and has these. */
void row_lacks(RowReader *reader, int column, const char *const *names, int count);
/* The text as a whole is not of this format. False. */
bool text_problem(RowReader *reader, const char *problem, const char *hint);
/* Of the table, for what is said of it; only where there is a `to`. */
Arena *row_arena(const RowReader *reader);
/* It has failed, or the row has a problem already. */
bool row_is_bad(const RowReader *reader);

/* The end of the line that begins at `at`, and in `*next` where the next one begins. */
size_t line_end(const char *text, size_t size, size_t at, size_t *next);
/* The next line, which is skipped: false at the end, or where its end is still to come. */
bool next_line(RowReader *reader, const char **line, size_t *length);
bool line_is_blank(const char *line, size_t length);

#endif
