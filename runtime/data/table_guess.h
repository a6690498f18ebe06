/* Guess: which format a table is in, by what is in it. */
#ifndef GRADC_RUNTIME_DATA_TABLE_GUESS_H
#define GRADC_RUNTIME_DATA_TABLE_GUESS_H

#include "runtime/data/table_reader.h"

/* JSON lines by the name or the first bytes; otherwise fields: of the separators that the first line has, quoted and
 * not, what leaves the fewest bad rows. */
TableFormat table_guess(const TableText *text);

#endif
