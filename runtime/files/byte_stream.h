/* Byte stream: the bytes of a pipe, a terminal or a socket as they come, inflated where they are gzip'd. */
#ifndef GRADC_RUNTIME_FILES_BYTE_STREAM_H
#define GRADC_RUNTIME_FILES_BYTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct ByteStream ByteStream;

/* Borrows the descriptor. */
ByteStream *byte_stream_new(int descriptor);
void byte_stream_free(ByteStream *stream); /* NULL is allowed */

/* Waits for bytes and takes those that are there, at most `room` (at least 2) of them; 0 at the end, -1 with `*problem`
 * when reading fails. */
ssize_t byte_stream_read(ByteStream *stream, char *to, size_t room, const char **problem);

/* Can bytes be had without waiting, or the end? */
bool byte_stream_ready(const ByteStream *stream);

#endif
