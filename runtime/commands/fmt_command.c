/* gradc fmt: a graph file in the canonical layout, on standard output or in its place. */
#include <stdlib.h>
#include <string.h>

#include "frontend/frontend.h"
#include "runtime/commands/commands.h"
#include "runtime/files/atomic_file.h"
#include "runtime/files/read_file.h"

int command_fmt(const Options *options, Diagnostics *diags) {
    size_t size;
    char *text = read_file(options->file, READ_TEXT, &size, diags);
    if (!text) return 1;
    Arena *arena = arena_new();
    const SourceFile *file = diagnostics_file(diags, options->file, text);
    const char *formatted = source_format(file, arena, diags);
    bool good = formatted != NULL, changed = good && strcmp(formatted, text) != 0;
    if (good && !options->write) fputs(formatted, stdout);
    if (changed && options->write) good = atomic_file_put(options->file, formatted, strlen(formatted), diags);
    arena_free(arena);
    free(text);
    return good ? 0 : 1;
}
