/* Wire: header and content of messages. */
#include "runtime/lsp/wire.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

enum { LONGEST_LINE = 256, LONGEST_CONTENT = 64 << 20 }; /* an editor sends whole files, of at most 1 MiB */

/* The bytes of the content; -1: no header, or none that says it. */
static long read_header(FILE *in) {
    static const char field[] = "Content-Length:";
    char line[LONGEST_LINE];
    long length = -1;
    while (fgets(line, sizeof line, in)) {
        if (strcmp(line, "\r\n") == 0 || strcmp(line, "\n") == 0) return length;
        if (strncasecmp(line, field, sizeof field - 1) == 0) length = strtol(line + sizeof field - 1, NULL, 10);
    }
    return -1;
}

WireStatus wire_read(FILE *in, json_t **message) {
    long length = read_header(in);
    if (length < 0 || length > LONGEST_CONTENT) return WIRE_END;
    char *content = memory_new((size_t)length + 1, 1);
    bool whole = fread(content, 1, (size_t)length, in) == (size_t)length;
    *message = whole ? json_loadb(content, (size_t)length, 0, NULL) : NULL;
    free(content);
    if (!whole) return WIRE_END;
    if (json_is_object(*message)) return WIRE_MESSAGE;
    json_decref(*message);
    return WIRE_BROKEN;
}

void wire_write(FILE *out, json_t *message) {
    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    char *content = json_dumps(message, JSON_COMPACT);
    fprintf(out, "Content-Length: %zu\r\n\r\n%s", strlen(content), content);
    fflush(out);
    free(content);
    json_decref(message);
}
