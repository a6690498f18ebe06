/* The prelude as text: a definition with the comment above it, for people. The file is in the layout of `gradc fmt`: a
 * definition begins its line, and ends on that line or at the next brace that begins one. */
#include <string.h>

#include "frontend/frontend.h"
#include "frontend/load.h"

static const char *line_before(const char *line) {
    do line--;
    while (line > prelude_text && line[-1] != '\n');
    return line;
}

static const char *line_end(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end : line + strlen(line);
}

static const char *find_definition(const char *name, Arena *arena) {
    const char *begin = arena_printf(arena, "\ndef %s(", name), *found = strstr(prelude_text, begin);
    return found ? found + 1 : NULL;
}

static bool is_comment(const char *line) { return line[0] == '#' && strncmp(line, "# ----", 6) != 0; }

const char *prelude_definition(const char *name, Arena *arena) {
    const char *from = find_definition(name, arena);
    if (!from) return NULL;
    const char *end = line_end(from);
    if (end[-1] != '}') end = line_end(strstr(end, "\n}") + 1);
    while (from > prelude_text && is_comment(line_before(from))) from = line_before(from);
    return arena_printf(arena, "%.*s", (int)(end - from), from);
}
