/* Byte streams: the first two bytes tell what they are. */
#include "runtime/files/byte_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "graph/base/memory.h"

enum { RAW_BYTES = 1 << 16 };
static const unsigned char gzip_begins[2] = {0x1f, 0x8b};

struct ByteStream {
    int descriptor;
    bool begun, is_gzip;
    bool ended; /* the last member is whole */
    bool over;  /* behind it stands no other, but padding or the like */
    z_stream inflater;
    unsigned char raw[RAW_BYTES];
};

ByteStream *byte_stream_new(int descriptor) {
    ByteStream *stream = memory_new(1, sizeof *stream);
    stream->descriptor = descriptor;
    return stream;
}

void byte_stream_free(ByteStream *stream) {
    if (stream && stream->is_gzip) inflateEnd(&stream->inflater);
    free(stream);
}

static ssize_t read_raw(const ByteStream *s, void *to, size_t room, const char **problem) {
    ssize_t got;
    while ((got = read(s->descriptor, to, room)) < 0 && errno == EINTR) continue;
    if (got < 0) *problem = strerror(errno);
    return got;
}

/* One byte alone may be the first of either kind. */
static ssize_t begin(ByteStream *s, char *to, const char **problem) {
    enum { WINDOW = 15, GZIP = 16 }; /* see inflateInit2 */
    ssize_t count = 0, got;
    while (count < 2 && (got = read_raw(s, s->raw + count, 2 - (size_t)count, problem)) != 0) {
        if (got < 0) return -1;
        count += got;
    }
    s->begun = true;
    s->is_gzip = count == 2 && memcmp(s->raw, gzip_begins, 2) == 0;
    if (!s->is_gzip) memcpy(to, s->raw, (size_t)count);
    if (!s->is_gzip) return count;
    s->inflater.next_in = s->raw;
    s->inflater.avail_in = 2;
    if (inflateInit2(&s->inflater, WINDOW + GZIP) != Z_OK) memory_out(0);
    return 0;
}

static ssize_t damaged(const char **problem) {
    *problem = "it is compressed with gzip, but damaged or cut off";
    return -1;
}

/* Members follow one another. */
static ssize_t inflate_some(ByteStream *s, char *to, size_t room, const char **problem) {
    z_stream *z = &s->inflater;
    z->next_out = (unsigned char *)to;
    z->avail_out = room < RAW_BYTES ? (unsigned)room : RAW_BYTES;
    unsigned asked = z->avail_out;
    while (!s->over && z->avail_out == asked) {
        if (z->avail_in == 0) {
            ssize_t got = read_raw(s, s->raw, RAW_BYTES, problem);
            if (got < 0) return -1;
            if (got == 0) return s->ended ? 0 : damaged(problem);
            z->next_in = s->raw, z->avail_in = (unsigned)got;
        }
        s->over = s->ended && *z->next_in != gzip_begins[0];
        if (s->over) break;
        if (s->ended && inflateReset(z) != Z_OK) return damaged(problem);
        s->ended = false;
        int status = inflate(z, Z_SYNC_FLUSH);
        s->ended = status == Z_STREAM_END;
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return damaged(problem);
    }
    return (ssize_t)(asked - z->avail_out);
}

ssize_t byte_stream_read(ByteStream *s, char *to, size_t room, const char **problem) {
    ssize_t first = s->begun ? 0 : begin(s, to, problem);
    if (first != 0) return first;
    return s->is_gzip ? inflate_some(s, to, room, problem) : read_raw(s, to, room, problem);
}

bool byte_stream_ready(const ByteStream *s) {
    struct pollfd poll_of = {.fd = s->descriptor, .events = POLLIN};
    return (s->is_gzip && s->inflater.avail_in > 0) || poll(&poll_of, 1, 0) > 0;
}
