/* Answers: what a look at a document shows. */
#include "runtime/lsp/answers.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"
#include "graph/base/text.h"

/* --- A document, looked at ---------------------------------------------------------------------------------------- */

static const char *open_text(void *user, const char *real_path) { return documents_text(user, real_path); }

/* Classes that only data can name: an editor has none at hand, and any will do to see whether the text is right. */
static const ClassCounts *some_classes(void *user, const Task *task, const Label *label) {
    static const char *const names[] = {"a", "b"};
    static const int64_t counts[] = {1, 1};
    static const ClassCounts classes = {names, counts, 2};
    (void)user, (void)task, (void)label;
    return &classes;
}

void look_away(Look *look) {
    if (!look->path) return;
    free(look->path);
    source_names_free(look->names);
    diagnostics_free(look->diags);
    *look = (Look){0};
}

static void look_at(Look *look, const Documents *documents, const Document *document) {
    if (look->path && look->edits == documents->edits && strcmp(look->path, document->path) == 0) return;
    look_away(look);
    *look = (Look){memory_text(document->path), documents->edits, diagnostics_new(), source_names_new()};
    ProgramOptions options = {.open_text = open_text,
                              .names = look->names,
                              .count_classes = some_classes,
                              .user = (void *)documents,
                              .dropout = -1};
    program_free(program_load(document->path, &options, look->diags));
}

/* --- Diagnostics -------------------------------------------------------------------------------------------------- */

/* The addresses of the files that an answer speaks of: the document's is as the editor wrote it, those of others are
 * looked up once. */
typedef struct FileUri {
    const SourceFile *file;
    const char *uri;
} FileUri;

typedef struct FileUris {
    const Document *document;
    Arena *arena;
    VEC(FileUri) list;
} FileUris;

/* NULL stands for the document. */
static const char *uri_of(FileUris *uris, const SourceFile *file) {
    if (!file) return uris->document->uri;
    for (int i = 0; i < uris->list.count; i++) {
        if (uris->list.items[i].file == file) return uris->list.items[i].uri;
    }
    const char *uri = documents_uri(file->path, uris->arena);
    if (strcmp(uri, documents_uri(uris->document->path, uris->arena)) == 0) uri = uris->document->uri;
    vec_push(uris->arena, &uris->list, ((FileUri){file, uri}));
    return uri;
}

/* The diagnostics of a file, added when there are none yet. */
static json_t *list_of(json_t *files, FileUris *uris, Pos pos) {
    const char *uri = uri_of(uris, pos.file);
    json_t *list = json_object_get(files, uri);
    if (!list) json_object_set_new(files, uri, list = json_array());
    return list;
}

/* The hints behind a diagnostic, under its message. */
static const char *whole_message(const Diagnostics *diags, int index, Arena *arena) {
    Text text = {0};
    text_print(arena, &text, "%s", diags->list.items[index].message);
    for (int i = index + 1; i < diags->list.count && diags->list.items[i].severity >= SEVERITY_NOTE; i++) {
        const Diagnostic *more = &diags->list.items[i];
        if (more->severity == SEVERITY_NOTE && more->pos.file) continue;
        text_print(arena, &text, "\n%s: %s", more->severity == SEVERITY_HINT ? "hint" : "note", more->message);
    }
    return text_read(&text);
}

static json_t *location(const Documents *documents, FileUris *uris, Pos pos) {
    json_t *place = json_object();
    json_object_set_new(place, "uri", json_string(uri_of(uris, pos.file)));
    json_object_set_new(place, "range", documents_range(documents, pos));
    return place;
}

/* The other half of a conflict. */
static json_t *related(const Documents *documents, const Diagnostics *diags, int index, FileUris *uris) {
    json_t *list = json_array();
    for (int i = index + 1; i < diags->list.count && diags->list.items[i].severity >= SEVERITY_NOTE; i++) {
        const Diagnostic *note = &diags->list.items[i];
        if (note->severity != SEVERITY_NOTE || !note->pos.file) continue;
        json_t *entry = json_object();
        json_object_set_new(entry, "location", location(documents, uris, note->pos));
        json_object_set_new(entry, "message", json_string(note->message));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *diagnostic(const Documents *documents, const Diagnostics *diags, int index, FileUris *uris) {
    enum { ERROR = 1, WARNING = 2 }; /* of the protocol */
    const Diagnostic *diag = &diags->list.items[index];
    json_t *entry = json_object();
    json_object_set_new(entry, "range", documents_range(documents, diag->pos));
    json_object_set_new(entry, "severity", json_integer(diag->severity == SEVERITY_ERROR ? ERROR : WARNING));
    json_object_set_new(entry, "code", json_string(diag->code));
    json_object_set_new(entry, "source", json_string("gradc"));
    json_object_set_new(entry, "message", json_string(whole_message(diags, index, uris->arena)));
    json_object_set_new(entry, "relatedInformation", related(documents, diags, index, uris));
    return entry;
}

json_t *answer_diagnostics(Look *look, const Documents *documents, const Document *document) {
    Arena *arena = arena_new();
    FileUris uris = {.document = document, .arena = arena};
    look_at(look, documents, document);
    json_t *files = json_object();
    list_of(files, &uris, (Pos){0});
    for (int i = 0; i < look->diags->list.count; i++) {
        const Diagnostic *diag = &look->diags->list.items[i];
        if (diag->severity >= SEVERITY_NOTE) continue;
        json_t *list = list_of(files, &uris, diag->pos);
        json_array_append_new(list, diagnostic(documents, look->diags, i, &uris));
    }
    arena_free(arena);
    return files;
}

/* --- Names -------------------------------------------------------------------------------------------------------- */

/* The first name at a position, or NULL; its place in `at`. */
static const SourceName *find_name(const Documents *documents, const Document *document, const json_t *position,
                                   const Look *look, Pos *at) {
    json_int_t line = json_integer_value(json_object_get(position, "line"));
    json_int_t character = json_integer_value(json_object_get(position, "character"));
    if (line < 0 || line >= INT32_MAX) return NULL;
    at->line = (uint32_t)line + 1;
    at->column = documents_column(documents, document->text, (uint32_t)line, character);
    return source_name_at(look->names, document->path, at->line, at->column, NULL);
}

/* Each type once, and no more than a few: a definition may be called with many. */
static const char *describe(const Look *look, const Document *document, const SourceName *first, Pos at, Arena *arena) {
    enum { MOST = 4 };
    int shown = 0;
    Text text = {0};
    for (const SourceName *name = first; name;
         name = source_name_at(look->names, document->path, at.line, at.column, name)) {
        if (!name->is || shown == MOST) continue;
        bool definition = strncmp(name->is, "def ", 4) == 0;
        text_print(arena, &text, shown++ ? "\n%s%s%s" : "%s%s%s", definition ? "" : name->word, definition ? "" : ": ",
                   name->is);
    }
    return shown ? text_read(&text) : NULL;
}

json_t *answer_hover(Look *look, const Documents *documents, const Document *document, const json_t *position) {
    Arena *arena = arena_new();
    look_at(look, documents, document);
    Pos at = {0};
    const SourceName *name = find_name(documents, document, position, look, &at);
    const char *text = name ? describe(look, document, name, at, arena) : NULL;
    json_t *hover = text ? json_object() : json_null();
    if (text) {
        json_t *contents = json_object();
        json_object_set_new(contents, "kind", json_string("markdown"));
        json_object_set_new(contents, "value", json_string(arena_printf(arena, "```gradc\n%s\n```", text)));
        json_object_set_new(hover, "contents", contents);
        json_object_set_new(hover, "range", documents_range(documents, name->pos));
    }
    arena_free(arena);
    return hover;
}

json_t *answer_definition(Look *look, const Documents *documents, const Document *document, const json_t *position) {
    Arena *arena = arena_new();
    look_at(look, documents, document);
    Pos at = {0}, declared = {0};
    const SourceName *name = find_name(documents, document, position, look, &at);
    for (; name && !declared.file; name = source_name_at(look->names, document->path, at.line, at.column, name))
        declared = source_name_declaration(look->names, name);
    FileUris uris = {.document = document, .arena = arena};
    json_t *answer = declared.file ? location(documents, &uris, declared) : json_null();
    arena_free(arena);
    return answer;
}

/* --- Layout ------------------------------------------------------------------------------------------------------- */

static json_t *whole_text(const char *text, const char *replacement) {
    json_int_t lines = 0;
    for (const char *c = text; (c = strchr(c, '\n')); c++) lines++;
    json_t *edit = json_pack("{s:{s:{s:i, s:i}, s:{s:I, s:i}}, s:s}", "range", "start", "line", 0, "character", 0,
                             "end", "line", lines + 1, "character", 0, "newText", replacement);
    return edit;
}

json_t *answer_formatting(const Document *document) {
    Arena *arena = arena_new();
    Diagnostics *diags = diagnostics_new();
    const SourceFile *file = diagnostics_file(diags, document->path, document->text);
    const char *text = source_format(file, arena, diags);
    json_t *edits = text ? json_array() : json_null();
    if (text && strcmp(text, document->text) != 0) json_array_append_new(edits, whole_text(document->text, text));
    diagnostics_free(diags);
    arena_free(arena);
    return edits;
}
