/* Documents: texts by their addresses, and places in them. */
#include "runtime/lsp/documents.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "graph/base/text.h"

/* --- Addresses ---------------------------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of "file:///a%20b", or of what is no address at all; on the heap. NULL: no file. */
static char *path_of(const char *uri) {
    static const char scheme[] = "file://";
    bool address = strncmp(uri, scheme, sizeof scheme - 1) == 0;
    if (!address && strstr(uri, "://")) return NULL;
    const char *from = address ? uri + sizeof scheme - 1 : uri;
    char *path = memory_text(from), *to = path;
    for (; *from; from++) {
        int high = address && *from == '%' ? hex_digit(from[1]) : -1, low = high < 0 ? -1 : hex_digit(from[2]);
        *to++ = low < 0 ? *from : (char)(16 * high + low);
        if (low >= 0) from += 2;
    }
    *to = 0;
    char *real = realpath(path, NULL);
    if (!real) return path;
    free(path);
    return memory_checked(real);
}

const char *documents_uri(const char *path, Arena *arena) {
    char *real = realpath(path, NULL);
    Text uri = {0};
    text_print(arena, &uri, "file://");
    for (const char *c = real ? real : path; *c; c++) {
        bool plain = isalnum((unsigned char)*c) || strchr("/._-~", *c);
        text_print(arena, &uri, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    free(real);
    return text_read(&uri);
}

/* --- Texts -------------------------------------------------------------------------------------------------------- */

Document *documents_find(const Documents *documents, const char *uri) {
    for (int64_t i = 0; i < documents->count; i++) {
        if (strcmp(documents->items[i].uri, uri) == 0) return &documents->items[i];
    }
    return NULL;
}

const char *documents_text(const Documents *documents, const char *real_path) {
    for (int64_t i = 0; i < documents->count; i++) {
        if (strcmp(documents->items[i].path, real_path) == 0) return documents->items[i].text;
    }
    return NULL;
}

Document *documents_open(Documents *documents, const char *uri, const char *text) {
    Document *document = documents_find(documents, uri);
    documents->edits++;
    if (document) {
        free(document->text);
        document->text = memory_text(text);
        return document;
    }
    char *path = path_of(uri);
    if (!path) return NULL;
    documents->items = memory_grow(documents->items, &documents->capacity, documents->count + 1, sizeof(Document));
    document = &documents->items[documents->count++];
    *document = (Document){memory_text(uri), path, memory_text(text)};
    return document;
}

static void free_document(Document *document) {
    free(document->uri);
    free(document->path);
    free(document->text);
}

void documents_close(Documents *documents, const char *uri) {
    Document *document = documents_find(documents, uri);
    if (!document) return;
    documents->edits++;
    free_document(document);
    *document = documents->items[--documents->count];
}

void documents_free(Documents *documents) {
    for (int64_t i = 0; i < documents->count; i++) free_document(&documents->items[i]);
    free(documents->items);
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

/* The line from 1; the text's end where it has no such line. */
static const char *line_of(const char *text, uint32_t line) {
    for (; line > 1; line--) {
        const char *end = strchr(text, '\n');
        if (!end) return text + strlen(text);
        text = end + 1;
    }
    return text;
}

/* Code units of UTF-16 that the character beginning with this byte takes; a byte that continues one takes none. */
static int units_of(const Documents *documents, unsigned char byte) {
    if (documents->counts_bytes) return 1;
    if ((byte & 0xC0) == 0x80) return 0;
    return byte >= 0xF0 ? 2 : 1;
}

uint32_t documents_column(const Documents *documents, const char *text, uint32_t line, int64_t character) {
    const char *start = line_of(text, line + 1), *at = start;
    for (int64_t units = 0; *at && *at != '\n'; at++) {
        int more = units_of(documents, (unsigned char)*at);
        if (units + more > character) break;
        units += more;
    }
    return (uint32_t)(at - start) + 1;
}

json_t *documents_position(const Documents *documents, const char *text, uint32_t line, uint32_t column) {
    const char *at = line_of(text, line);
    int64_t units = 0;
    for (uint32_t i = 1; i < column && *at && *at != '\n'; i++, at++) units += units_of(documents, (unsigned char)*at);
    json_t *position = json_object();
    json_object_set_new(position, "line", json_integer(line - 1));
    json_object_set_new(position, "character", json_integer(units));
    return position;
}

json_t *documents_range(const Documents *documents, Pos pos) {
    const char *text = pos.file && pos.file->text ? pos.file->text : "";
    uint32_t line = pos.line ? pos.line : 1, from = pos.column ? pos.column : 1;
    uint32_t to = pos.column ? from + (pos.length ? pos.length : 1) : (uint32_t)strcspn(line_of(text, line), "\n") + 1;
    json_t *range = json_object();
    json_object_set_new(range, "start", documents_position(documents, text, line, from));
    json_object_set_new(range, "end", documents_position(documents, text, line, to));
    return range;
}
