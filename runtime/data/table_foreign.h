/* Files that are tables to people, but no text in UTF-8: reported as what they are, with a way to make text of them. */
#ifndef GRADC_RUNTIME_DATA_TABLE_FOREIGN_H
#define GRADC_RUNTIME_DATA_TABLE_FOREIGN_H

#include "runtime/data/table_reader.h"

/* True, and an error: the file's beginning is that of another kind of file. */
bool table_is_foreign(const TableText *text, Diagnostics *diags);

#endif
