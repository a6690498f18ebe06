/* Loading: reads files, follows imports. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* realpath */
#endif
#include "frontend/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/lex.h"
#include "frontend/parse.h"
#include "graph/base/input_file.h"
#include "graph/base/memory.h"
#include "graph/base/names.h"
#include "graph/base/text.h"

enum {
    MAX_FILE_BYTES = 1 << 20, /* a model is a page or two */
    MAX_IMPORT_DEPTH = 32,
};

typedef struct Loader {
    const ProgramOptions *options;
    Arena *arena;
    Diagnostics *diags;
    Loaded *loaded;
    NameIndex done; /* real paths of files that are read, or being read */
} Loader;

/* A file being read, and those that wait for it. */
typedef struct Reading {
    Loader *loader;
    const SourceFile *file;
    const char *real;
    const struct Reading *importer; /* NULL: the main file */
    size_t copied;                  /* bytes of the file that are in the source text */
    Text source;
} Reading;

static const char *read_stream(Arena *arena, FILE *in, const char **problem) {
    char *text = arena_alloc(arena, MAX_FILE_BYTES + 1);
    size_t size = fread(text, 1, MAX_FILE_BYTES + 1, in);
    if (ferror(in))
        *problem = strerror(errno);
    else if (size > MAX_FILE_BYTES)
        *problem = "it is longer than 1 MiB, so it is not a graph file";
    else if (memchr(text, 0, size))
        *problem = "it contains zero bytes, so it is not text";
    if (*problem) return NULL;
    return strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0 ? text + strlen(BYTE_ORDER_MARK) : text;
}

/* NULL and the reason in `problem`. */
static const char *read_text(Arena *arena, const char *path, const char **problem) {
    int file = input_open(path, problem);
    if (file < 0) return NULL;
    FILE *in = fdopen(file, "rb");
    if (!in) memory_out(0);
    Arena *scratch = arena_new();
    const char *text = read_stream(scratch, in, problem);
    if (text) text = arena_strdup(arena, text);
    arena_free(scratch);
    fclose(in);
    return text;
}

static const char *beside(Arena *arena, const char *file, const char *path) {
    const char *slash = strrchr(file, '/');
    if (path[0] == '/' || !slash) return path;
    return arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}

static const char *real_path(Arena *arena, const char *path) {
    char *real = realpath(path, NULL);
    const char *copy = arena_strdup(arena, real ? real : path);
    free(real);
    return copy;
}

static void append(Reading *reading, size_t until) {
    text_add(reading->loader->arena, &reading->source, reading->file->text + reading->copied, until - reading->copied);
    reading->copied = until;
}

static bool is_cycle(const Reading *reading, const char *real, const ImportDecl *import) {
    Diagnostics *diags = reading->loader->diags;
    int depth = 0;
    for (const Reading *r = reading; r; r = r->importer) {
        depth++;
        if (strcmp(r->real, real) != 0) continue;
        diag_error(diags, "E0107", import->pos, "'%s' imports itself%s", import->path,
                   r == reading ? "" : " through other files");
        diag_hint(diags, "move what both files need into a third one");
        return true;
    }
    if (depth < MAX_IMPORT_DEPTH) return false;
    diag_error(diags, "E0107", import->pos, "imports are nested too deeply");
    return true;
}

static const char *read_file(Loader *loader, const char *path, const char *real, Pos pos, const Reading *importer);

static void import_file(void *user, const ImportDecl *import) {
    Reading *reading = user;
    Loader *loader = reading->loader;
    append(reading, import->start);
    reading->copied = import->end;
    const char *path = beside(loader->arena, reading->file->path, import->path);
    const char *real = real_path(loader->arena, path);
    if (is_cycle(reading, real, import)) {
        loader->loaded->module.incomplete = true;
        return;
    }
    if (name_index_find(&loader->done, real) >= 0) return;
    const char *source = read_file(loader, path, real, import->pos, reading);
    if (!source) return;
    text_print(loader->arena, &reading->source, "# from %s\n%s\n", import->path, source);
}

/* The source text of the file with its imports in their places; NULL and a message when it cannot
 * be read. */
static const char *read_file(Loader *loader, const char *path, const char *real, Pos pos, const Reading *importer) {
    const char *problem = NULL, *text = NULL;
    if (loader->options->open_text) text = loader->options->open_text(loader->options->user, real);
    if (!text) text = read_text(loader->arena, path, &problem);
    if (!text) {
        loader->loaded->module.incomplete = true;
        diag_error(loader->diags, "E0106", pos, "cannot read '%s': %s", path, problem);
        diag_hint(loader->diags, importer ? "the path is relative to the file that imports it"
                                          : "a relative path starts in the folder in which gradc runs");
        return NULL;
    }
    name_index_put(loader->arena, &loader->done, real, 0);
    Reading reading = {.loader = loader, .real = real, .importer = importer};
    reading.file = diagnostics_file(loader->diags, path, text);
    parse(reading.file, false, loader->arena, loader->diags, &loader->loaded->module, import_file, &reading);
    append(&reading, strlen(reading.file->text));
    return text_read(&reading.source);
}

Loaded *load_module(const char *path, const ProgramOptions *options, Arena *arena, Diagnostics *diags) {
    Loader loader = {.options = options, .arena = arena, .diags = diags, .loaded = arena_alloc(arena, sizeof(Loaded))};
    const SourceFile *prelude = diagnostics_file(diags, "prelude.graph", prelude_text);
    parse(prelude, true, arena, diags, &loader.loaded->module, NULL, NULL);
    loader.loaded->source = read_file(&loader, path, real_path(arena, path), (Pos){0}, NULL);
    return loader.loaded;
}
