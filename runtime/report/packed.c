/* Packed: zlib, then base 64 (RFC 4648). */
#include "runtime/report/packed.h"

#include <stdlib.h>
#include <zlib.h>

#include "graph/base/memory.h"

static void put_base64(FILE *out, const unsigned char *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        size_t rest = count - i;
        unsigned three = (unsigned)bytes[i] << 16 | (rest > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (rest > 2 ? (unsigned)bytes[i + 2] : 0);
        fputc(digits[three >> 18], out);
        fputc(digits[three >> 12 & 63], out);
        fputc(rest > 1 ? digits[three >> 6 & 63] : '=', out);
        fputc(rest > 2 ? digits[three & 63] : '=', out);
    }
}

void packed_write(FILE *out, const char *text, size_t length) {
    uLongf size = compressBound(length);
    unsigned char *bytes = memory_new(size + 1, 1);
    compress2(bytes, &size, (const unsigned char *)text, length,
              Z_DEFAULT_COMPRESSION); /* fails for lack of room alone */
    put_base64(out, bytes, size);
    free(bytes);
}
