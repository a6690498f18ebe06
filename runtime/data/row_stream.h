/* Row stream: whole rows of a pipe, a terminal or a socket as they come: waits for the first, then takes what is there
 * and waits no more. */
#ifndef GRADC_RUNTIME_DATA_ROW_STREAM_H
#define GRADC_RUNTIME_DATA_ROW_STREAM_H

#include "runtime/data/table_reader.h"

typedef struct RowStream RowStream;

/* Borrows the descriptor. Rows end where the format's reader says so, and at the end of the stream in any case. `name`
 * is for messages. */
RowStream *row_stream_new(int descriptor, const TableFormat *format, const char *name);
/* Of quoted fields: a row has come that can only be read with escapes (see TableFormat). */
bool row_stream_escaped(const RowStream *stream);
void row_stream_free(RowStream *stream); /* NULL is allowed */

/* The next rows, at most about a megabyte of them; valid until the next call. False at the end, and with an error when
 * reading fails or a row is longer than 256 MiB. */
bool row_stream_next(RowStream *stream, TableText *rows, Diagnostics *diags);

#endif
