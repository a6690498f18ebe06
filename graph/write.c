/* Text to a stream. */
#include "graph/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "graph/base/memory.h"

void write_int(FILE *out, int64_t value) {
    char text[24], *at = text + sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    *--at = '\0';
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    fputs(at, out);
}

static bool is_plain(unsigned char c) { return c >= 0x20 && c != 0x7F && c != '"' && c != '\\'; }

void write_quoted(FILE *out, const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    fputc('"', out);
    while (*c) {
        size_t plain = 0;
        while (c[plain] && is_plain(c[plain])) plain++;
        fwrite(c, 1, plain, out);
        c += plain;
        if (!*c) break;
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else
            fprintf(out, "\\x%02x", *c);
        c++;
    }
    fputc('"', out);
}

void write_dim(FILE *out, Dim dim, const Symbols *symbols) {
    bool is_const = dim_is_const(dim);
    if (is_const && dim.name) fputs(dim.name, out), fputs(" = ", out);
    if (is_const) {
        write_int(out, dim.offset);
        return;
    }
    if (dim.scale != 1) write_int(out, dim.scale), fputc('*', out);
    fputs(symbols->names[dim.symbol], out);
    if (dim.offset > 0) fputc('+', out);
    if (dim.offset) write_int(out, dim.offset);
}

void write_role(FILE *out, const Role *role) {
    fputs("role=", out);
    fputs(role->kind == ROLE_NONE ? "none" : role_info(role->kind)->name, out);
    if (role->of) fputs(" of=", out), write_quoted(out, role->of);
    if (role->task) fputs(" task=", out), write_quoted(out, role->task);
}

void write_type(FILE *out, const Type *type, const Symbols *symbols) {
    fputs(elem_name(type->elem), out);
    if (!dim_is(type->bound, 0)) {
        fputc('<', out);
        write_dim(out, type->bound, symbols);
        fputc('>', out);
    }
    fputc('[', out);
    for (int i = 0; i < type->rank; i++) {
        if (i) fputs(", ", out);
        write_dim(out, type->dims[i], symbols);
    }
    fputc(']', out);
}

/* What was written to a stream into memory, in the arena. */
static const char *close_text(FILE *out, char **text, Arena *arena) {
    memory_stream_end(out);
    const char *copy = arena_strdup(arena, *text);
    free(*text);
    return copy;
}

const char *role_print(Arena *arena, const Role *role) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    write_role(out, role);
    return close_text(out, &text, arena);
}

const char *dim_print(Arena *arena, Dim dim, const Symbols *symbols) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    write_dim(out, dim, symbols);
    return close_text(out, &text, arena);
}

const char *type_print(Arena *arena, const Type *type, const Symbols *symbols) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    write_type(out, type, symbols);
    return close_text(out, &text, arena);
}
