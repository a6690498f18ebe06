/* Reading a file (vocabulary, configuration, table) whole, but no more than a bound: the wrong file, a device without
 * an end, or a few bytes of gzip that hold very many end in a message. */
#ifndef GRADC_RUNTIME_FILES_READ_FILE_H
#define GRADC_RUNTIME_FILES_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/base/diag.h"

/* Bounds of what a file holds once it is decompressed, in bytes. */
enum {
    READ_CONFIG = 16 << 20,
    READ_TEXT = 64 << 20, /* vocabularies, tokenizer.json, graphs as text */
};

/* The bound of a file of data where `memory` bytes may be taken, 0: as many as there is room for. It is half of
 * them, as what is made of the file takes as much again. */
size_t read_bound(size_t memory);

/* The bytes of a file, of a gzip'd one what it holds, with a NUL after them that `*size` does not count. The caller
 * frees. NULL and an error when the file cannot be read or holds more than `most` bytes; `*size` is then 0.
 * The path "-" is standard input. */
char *read_file(const char *path, size_t most, size_t *size, Diagnostics *diags);

/* Is it a folder, or a link to one? NULL: no. */
bool path_is_folder(const char *path);

#endif
