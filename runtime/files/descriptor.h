/* Descriptors: open, write, read and sync with what POSIX leaves to the caller: a signal in between is no error, and a
 * write may take, and a read give, a part of what was asked for. */
#ifndef GRADC_RUNTIME_FILES_DESCRIPTOR_H
#define GRADC_RUNTIME_FILES_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* open(2), closed in programs that are started; -1 and errno. */
int descriptor_open(const char *path, int flags, mode_t mode);

/* All of the bytes, waiting where the descriptor is one that does not; false and errno, which is never 0. */
bool descriptor_write(int descriptor, const void *bytes, size_t size);

/* So many bytes; false at an error, or when the file ends before. */
bool descriptor_read(int descriptor, void *bytes, size_t size);

/* What was written is on the disk, or the descriptor is of a kind that has none; false and errno. */
bool descriptor_sync(int descriptor);

#endif
