/* Plain lines: each is a text, and the cell of the one column, whatever that is called. */
#include "runtime/data/table_format.h"

bool lines_next(RowReader *reader) {
    const char *line;
    size_t length;
    do {
        reader->row = reader->line;
        if (!next_line(reader, &line, &length)) return false;
    } while (!reader->format.keeps_blank && line_is_blank(line, length));
    for (int column = 0; column < reader->n_columns; column++) row_cell(reader, column, CELL_TEXT, line, length);
    return true;
}
