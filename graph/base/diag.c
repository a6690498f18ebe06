/* Diagnostics: collecting and printing them. */
#include "graph/base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"

Diagnostics *diagnostics_new(void) {
    Arena *arena = arena_new();
    Diagnostics *diags = arena_alloc(arena, sizeof *diags);
    diags->arena = arena;
    return diags;
}

void diagnostics_free(Diagnostics *diags) {
    if (diags) arena_free(diags->arena);
}

const SourceFile *diagnostics_file(Diagnostics *diags, const char *path, const char *text) {
    SourceFile *file = arena_alloc(diags->arena, sizeof *file);
    file->path = arena_strdup(diags->arena, path);
    file->text = text ? arena_strdup(diags->arena, text) : NULL;
    return file;
}

bool diag_is_full(const Diagnostics *diags) { return diags->errors >= MAX_LISTED_ERRORS; }

/* The last error that is listed keeps its notes and hints. */
static bool is_listed(const Diagnostics *diags, Severity severity) {
    bool belongs = severity == SEVERITY_NOTE || severity == SEVERITY_HINT;
    return !diag_is_full(diags) || (belongs && diags->errors == MAX_LISTED_ERRORS);
}

static void add(Diagnostics *diags, Severity severity, const char *code, Pos pos, const char *format, va_list args) {
    Diagnostic diag = {.severity = severity, .code = code, .pos = pos};
    if (is_listed(diags, severity)) {
        diag.message = arena_vprintf(diags->arena, format, args);
        vec_push(diags->arena, &diags->list, diag);
    }
    diags->errors += severity == SEVERITY_ERROR;
}

bool diag_error(Diagnostics *diags, const char *code, Pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(diags, SEVERITY_ERROR, code, pos, format, args);
    va_end(args);
    return false;
}

void diag_warning(Diagnostics *diags, const char *code, Pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(diags, SEVERITY_WARNING, code, pos, format, args);
    va_end(args);
}

/* Notes stand before the hints of the same error. */
void diag_note(Diagnostics *diags, Pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(diags, SEVERITY_NOTE, NULL, pos, format, args);
    va_end(args);
    if (!is_listed(diags, SEVERITY_NOTE)) return;
    Diagnostic *items = diags->list.items, note = items[diags->list.count - 1];
    int i = diags->list.count - 1;
    for (; i > 0 && items[i - 1].severity == SEVERITY_HINT; i--) items[i] = items[i - 1];
    items[i] = note;
}

void diag_hint(Diagnostics *diags, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(diags, SEVERITY_HINT, NULL, (Pos){0}, format, args);
    va_end(args);
}

Pos pos_in_file(const SourceFile *file, uint32_t line) { return (Pos){.file = file, .line = line}; }

/* How many bytes the character has that begins here, and can be shown: a tab, or UTF-8 and no control character. 0: it
 * cannot. */
static size_t visible_bytes(const char *text, size_t length) {
    unsigned char c = (unsigned char)text[0];
    if (c < 0x80) return c == '\t' || (c >= ' ' && c != 127);
    size_t bytes = c >= 0xF0 && c < 0xF5 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
    if (bytes == 0 || bytes > length || c >= 0xF5) return 0;
    for (size_t i = 1; i < bytes; i++) {
        if (((unsigned char)text[i] & 0xC0) != 0x80) return 0;
    }
    bool is_control = c == 0xC2 && (unsigned char)text[1] < 0xA0;
    return is_control ? 0 : bytes;
}

void print_visible(const char *text, size_t length, FILE *out) {
    size_t shown = 0;
    for (size_t i = 0, bytes; i < length; i += bytes) {
        bytes = visible_bytes(text + i, length - i);
        if (bytes) continue;
        fwrite(text + shown, 1, i - shown, out);
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)text[i]);
        bytes = 1;
        shown = i + 1;
    }
    fwrite(text + shown, 1, length - shown, out);
}

static void print_place(Pos pos, FILE *out) {
    print_visible(pos.file->path, strlen(pos.file->path), out);
    if (pos.line) fprintf(out, ":%u", pos.line);
    if (pos.line && pos.column) fprintf(out, ":%u", pos.column);
}

/* The start of line `number` (from 1) in `text`, or NULL when there is none. */
static const char *line_start(const char *text, uint32_t number) {
    while (--number) {
        text = strchr(text, '\n');
        if (!text) return NULL;
        text++;
    }
    return text;
}

/* The bytes of a line that are shown. */
typedef struct Excerpt {
    size_t from, to;
    bool is_cut;
} Excerpt;

static bool continues_character(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* All of a line as people write them; of a longer one what is around the place. */
static Excerpt find_excerpt(const char *line, Pos pos) {
    enum { LONGEST = 400, BEFORE = 100 };
    Excerpt shown = {0, strcspn(line, "\r\n"), false};
    if (shown.to <= LONGEST) return shown;
    shown.is_cut = true;
    if (pos.column > BEFORE && pos.column <= shown.to) shown.from = pos.column - BEFORE;
    if (shown.to - shown.from > LONGEST) shown.to = shown.from + LONGEST;
    while (shown.from < shown.to && continues_character(line[shown.from])) shown.from++;
    while (shown.to > shown.from && continues_character(line[shown.to])) shown.to--;
    return shown;
}

/* Tabs before the caret are repeated so that it stands under its column; bytes that continue a UTF-8 character take no
 * column. */
static void print_caret(const char *line, Excerpt shown, Pos pos, FILE *out) {
    fputs("      | ", out);
    if (shown.from) fputs("... ", out);
    for (size_t i = shown.from; i + 1 < pos.column && i < shown.to; i++) {
        if (!continues_character(line[i])) fputc(line[i] == '\t' ? '\t' : ' ', out);
    }
    fputc('^', out);
    size_t end = pos.column - 1 + (size_t)pos.length;
    for (size_t i = pos.column; i < end && (i < shown.to || !shown.is_cut); i++) fputc('~', out);
    fputc('\n', out);
}

static void print_source(Pos pos, FILE *out) {
    if (!pos.file || !pos.file->text || !pos.line || !pos.column) return;
    const char *line = line_start(pos.file->text, pos.line);
    if (!line) return;
    fprintf(out, "%5u | ", pos.line);
    Excerpt shown = find_excerpt(line, pos);
    if (shown.from) fputs("... ", out);
    print_visible(line + shown.from, shown.to - shown.from, out);
    fputc('\n', out);
    print_caret(line, shown, pos, out);
}

void pos_print(Pos pos, FILE *out) {
    if (!pos.file) return;
    print_place(pos, out);
    fputc('\n', out);
    print_source(pos, out);
}

static void print_message(const char *message, FILE *out) {
    print_visible(message, strlen(message), out);
    fputc('\n', out);
}

/* "error[E0204]", with colours bold and in the severity's own (ECMA-48, select graphic rendition). */
static void print_severity(const Diagnostic *diag, bool colours, FILE *out) {
    static const char *const words[] = {"error", "warning", "note", "hint"};
    static const int colour[] = {31, 35, 36, 32}; /* red, magenta, cyan, green */
    if (colours) fprintf(out, "\x1b[1;%dm", colour[diag->severity]);
    fputs(words[diag->severity], out);
    if (diag->code) fprintf(out, "[%s]", diag->code);
    if (colours) fputs("\x1b[0m", out);
    fputs(": ", out);
}

static void print_one(const Diagnostic *diag, bool colours, FILE *out) {
    bool aside = diag->severity == SEVERITY_HINT || (diag->severity == SEVERITY_NOTE && !diag->pos.file);
    if (aside) fputs("      = ", out);
    if (!aside && diag->pos.file) print_place(diag->pos, out), fputs(": ", out);
    print_severity(diag, colours, out);
    print_message(diag->message, out);
    if (!aside) print_source(diag->pos, out);
}

static bool belongs_to_another(const Diagnostic *diag) {
    return diag->severity == SEVERITY_NOTE || diag->severity == SEVERITY_HINT;
}

/* Was the warning given before? A file that is read twice gives it twice. */
static bool is_repeated(const Diagnostics *diags, int index) {
    const Diagnostic *diag = &diags->list.items[index];
    const char *path = diag->pos.file ? diag->pos.file->path : "";
    for (int i = 0; i < index && diag->severity == SEVERITY_WARNING; i++) {
        const Diagnostic *other = &diags->list.items[i];
        const char *other_path = other->pos.file ? other->pos.file->path : "";
        bool same = other->severity == diag->severity && other->pos.line == diag->pos.line &&
                    other->pos.column == diag->pos.column && strcmp(other->message, diag->message) == 0;
        if (same && strcmp(path, other_path) == 0) return true;
    }
    return false;
}

void diagnostics_print(const Diagnostics *diags, FILE *out) {
    bool hidden = false;
    for (int i = 0; i < diags->list.count; i++) {
        const Diagnostic *diag = &diags->list.items[i];
        if (!belongs_to_another(diag)) hidden = is_repeated(diags, i);
        if (!hidden) print_one(diag, diags->colours, out);
    }
    if (diags->errors > MAX_LISTED_ERRORS)
        fprintf(out, "      = note: only the first %s are shown\n", count_text(MAX_LISTED_ERRORS, "error").text);
}

/* Levenshtein distance of two names shorter than 64 bytes, by rows of the usual table. */
static int edit_distance(const char *a, const char *b) {
    int row[64], n = (int)strlen(b);
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *nearest_name(const char *name, const char *const *candidates, int count) {
    const char *nearest = NULL;
    int length = (int)strlen(name), best = length / 3 + 2; /* further away is no help */
    if (best > length) best = length;                      /* a name of one letter is like no other */
    for (int i = 0; i < count; i++) {
        if (strlen(name) > 63 || strlen(candidates[i]) > 63) continue;
        int distance = edit_distance(name, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

void diag_hint_name(Diagnostics *diags, const char *name) { diag_hint(diags, "did you mean '%s'?", name); }

bool diag_hint_nearest(Diagnostics *diags, const char *name, const char *const *candidates, int count) {
    const char *nearest = nearest_name(name, candidates, count);
    if (nearest) diag_hint_name(diags, nearest);
    return nearest != NULL;
}
