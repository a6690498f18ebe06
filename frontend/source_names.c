/* Source names: what each name of a text stands for, noted while it is elaborated, for those who look at the text. */
#include <string.h>

#include "frontend/elaborate.h"
#include "graph/base/hash.h"

SourceNames *source_names_new(void) {
    Arena *arena = arena_new();
    SourceNames *names = arena_alloc(arena, sizeof *names);
    names->arena = arena;
    return names;
}

void source_names_free(SourceNames *names) {
    if (names) arena_free(names->arena);
}

static bool is_new(SourceNames *names, const char *key) {
    if (name_index_find(&names->seen, key) >= 0) return false;
    name_index_put(names->arena, &names->seen, arena_strdup(names->arena, key), 0);
    return true;
}

/* A layer that is elaborated twelve times says the same twelve times in a graph: printing a value takes longer than
 * to see that it has been printed. Symbols are of a graph, so it belongs to what a value is. */
static bool is_new_in_graph(Elab *e, Pos pos, bool declares, Value value) {
    struct {
        Graph *graph;
        const SourceFile *file;
        uint32_t line, column;
        int64_t declares, kind;
        double number;
        const char *name, *text;
        const TokensValue *tokens;
        Dim dim;
        Type type;
    } said;
    memset(&said, 0, sizeof said); /* bytes between the fields too */
    said.graph = e->graph, said.file = pos.file, said.line = pos.line, said.column = pos.column;
    said.declares = declares, said.kind = value.kind, said.number = value.number;
    said.name = value.name, said.text = value.text, said.tokens = value.tokens, said.dim = value.dim;
    if (value.kind == VALUE_TENSOR) said.type = value.node->type;
    char key[HASH_DIGITS + 1];
    return is_new(e->options->names, hash_write(XXH3_128bits(&said, sizeof said), key));
}

static void note(Elab *e, SourceName name) {
    SourceNames *names = e->options->names;
    const char *key = arena_printf(e->arena, "%s %u %u %d %s", name.pos.file->path, name.pos.line, name.pos.column,
                                   name.declares, name.is ? name.is : "");
    if (!is_new(names, key)) return; /* in another graph */
    name.word = arena_strdup(names->arena, name.word);
    if (name.is) name.is = arena_strdup(names->arena, name.is);
    vec_push(names->arena, &names->list, name);
}

static bool is_first_sight(Elab *e, Pos pos, bool declares, Value value) {
    return e->options->names && pos.file && !e->prelude_depth && is_new_in_graph(e, pos, declares, value);
}

/* NULL: only a call knows it. */
static const char *describe(Elab *e, Value value) { return value.kind == VALUE_ERROR ? NULL : value_print(e, value); }

void note_declaration(Elab *e, const char *name, Value value, Pos pos) {
    if (!is_first_sight(e, pos, true, value)) return;
    note(e, (SourceName){.word = name, .pos = pos, .is = describe(e, value), .declares = true});
}

void note_use(Elab *e, const Expr *expr, Value value) {
    if (!is_first_sight(e, expr->pos, false, value)) return;
    SourceName name = {.word = expr->text, .pos = expr->pos, .is = describe(e, value)};
    int config = find_local(e->frame, expr->text) ? -1 : name_index_find(&e->configs, expr->text);
    if (config >= 0) name.declared = e->program->configs.items[config].pos;
    note(e, name);
}

/* "def dense(h: f32[R, I], O) -> f32[R, O]", as it is written. */
static const char *header(Elab *e, const Def *def) {
    const char *line = def->pos.file->text;
    for (uint32_t i = 1; i < def->pos.line; i++) line = strchr(line, '\n') + 1;
    size_t length = strcspn(line, "{");
    const char *body = strstr(line, ") = ");
    if (body && (size_t)(body - line) < length) length = (size_t)(body + 1 - line);
    while (length && line[length - 1] == ' ') length--;
    return arena_printf(e->arena, "%.*s", (int)length, line);
}

void note_call(Elab *e, const Expr *expr, const Def *def, Value value) {
    if (!is_first_sight(e, expr->pos, false, value)) return;
    SourceName name = {.word = expr->text, .pos = expr->pos, .is = describe(e, value)};
    note(e, name);
    if (!def) return;
    if (!def->prelude) name.declared = def->pos;
    name.is = header(e, def);
    note(e, name);
}

/* --- Reading them ------------------------------------------------------------------------------------------------- */

static bool is_at(const SourceName *name, const char *path, uint32_t line, uint32_t column) {
    bool here = name->pos.line == line && name->pos.column <= column && column <= name->pos.column + strlen(name->word);
    return here && strcmp(name->pos.file->path, path) == 0;
}

const SourceName *source_name_at(const SourceNames *names, const char *path, uint32_t line, uint32_t column,
                                 const SourceName *after) {
    const SourceName *end = names->list.items + names->list.count;
    for (const SourceName *name = after ? after + 1 : names->list.items; name < end; name++) {
        if (is_at(name, path, line, column)) return name;
    }
    return NULL;
}

static bool is_before(Pos a, Pos b) { return a.line < b.line || (a.line == b.line && a.column < b.column); }

/* The nearest declaration above: a name is visible after its assignment in the same body. */
static Pos nearest_declaration(const SourceNames *names, const SourceName *use) {
    Pos nearest = {0};
    for (int i = 0; i < names->list.count; i++) {
        const SourceName *other = &names->list.items[i];
        bool same = other->declares && strcmp(other->word, use->word) == 0;
        if (!same || strcmp(other->pos.file->path, use->pos.file->path) != 0) continue;
        if (is_before(other->pos, use->pos) && (!nearest.file || is_before(nearest, other->pos))) nearest = other->pos;
    }
    return nearest;
}

Pos source_name_declaration(const SourceNames *names, const SourceName *name) {
    if (name->declares) return name->pos;
    return name->declared.file ? name->declared : nearest_declaration(names, name);
}
