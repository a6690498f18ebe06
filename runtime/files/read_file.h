/* Reading a small file (vocabulary, configuration, table) whole. */
#ifndef GRADC_RUNTIME_FILES_READ_FILE_H
#define GRADC_RUNTIME_FILES_READ_FILE_H

#include <stddef.h>

#include "graph/base/diag.h"

/* The bytes of a file, of a gzip'd one what it holds, with a NUL after them that `*size` does not count. The caller
 * frees. NULL and an error when the file cannot be read; `*size` is then 0.
 * The path "-" is standard input. */
char *read_file(const char *path, size_t *size, Diagnostics *diags);

#endif
