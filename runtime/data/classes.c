/* Classes: a set of names, kept in order while it grows. */
#include "runtime/data/classes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/cells.h"

enum { MOST_CLASSES = 10000 };

typedef struct Class {
    const char *name;
    int64_t count;
} Class;

typedef struct Counter {
    const Label *label;
    Diagnostics *diags;
    const SourceFile *file;
    const Table *table;
    int column;
    bool skips_bad;
    VEC(Class) classes; /* in the order of bytes, or as declared */
} Counter;

static bool bad_label(Counter *c, uint32_t line, const char *what) {
    diag_error(c->diags, "E0851", pos_in_file(c->file, line), "column '%s': %s", c->label->columns[0], what);
    if (c->label->pos.file) diag_note(c->diags, c->label->pos, "the label is declared here");
    return false;
}

static int compare(const Class *class, Piece piece) {
    size_t length = strlen(class->name);
    int order = memcmp(class->name, piece.bytes, length < piece.length ? length : piece.length);
    return order ? order : (length > piece.length) - (length < piece.length);
}

/* Where the name is, or would be. */
static int place_of(const Counter *c, Piece piece) {
    int low = 0, high = c->classes.count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (compare(&c->classes.items[middle], piece) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool can_be_written(Piece name) {
    for (size_t i = 0; i < name.length; i++) {
        if (name.bytes[i] == '"' || (unsigned char)name.bytes[i] < ' ' || name.bytes[i] == 127) return false;
    }
    return true;
}

static bool add_name(Counter *c, Piece name, uint32_t line) {
    int at = place_of(c, name);
    if (at < c->classes.count && compare(&c->classes.items[at], name) == 0) return c->classes.items[at].count++, true;
    if (!can_be_written(name))
        return bad_label(c, line, "a class with a double quote or a control character in its name");
    if (c->classes.count == MOST_CLASSES)
        return bad_label(c, line, "more than 10000 different labels: these are not classes");
    vec_push(c->diags->arena, &c->classes, ((Class){0}));
    memmove(c->classes.items + at + 1, c->classes.items + at, (size_t)(c->classes.count - 1 - at) * sizeof(Class));
    c->classes.items[at] = (Class){arena_strndup(c->diags->arena, name.bytes, name.length), 1};
    return true;
}

static bool add_declared(Counter *c, Piece piece, uint32_t line) {
    double value;
    const char *problem = label_from_piece(c->label, piece, &value, c->diags->arena);
    if (problem) return c->skips_bad || bad_label(c, line, problem);
    if (!isnan(value)) c->classes.items[(int64_t)value].count++;
    return true;
}

/* Nothing where there is no label. */
static bool add(Counter *c, Piece piece, uint32_t line) {
    piece = piece_trimmed(piece);
    if (piece.length == 0) return true;
    return c->label->classes ? add_declared(c, piece, line) : add_name(c, piece, line);
}

static bool add_words(Counter *c, int64_t row, Pieces *pieces) {
    bool good = true;
    cell_pieces(c->table, row, c->column, " ", pieces);
    for (int64_t i = 0; good && i < pieces->count; i++)
        good = add(c, pieces->items[i], table_item_line(c->table, row, i));
    return good;
}

static bool add_rows(Counter *c) {
    Pieces pieces = {0};
    bool good = true;
    for (int64_t row = 0; good && row < table_rows(c->table); row++) {
        good = c->label->of >= 0 ? add_words(c, row, &pieces)
                                 : add(c, cell_piece(c->table, row, c->column), table_line(c->table, row));
    }
    pieces_free(&pieces);
    if (good && c->classes.count == 0) return bad_label(c, 0, "no row has a label");
    return good;
}

static void begin_with_declared(Counter *c) {
    const Label *label = c->label;
    for (int64_t i = 0; i < label->classes; i++)
        vec_push(c->diags->arena, &c->classes, ((Class){label->names ? label->names[i] : "", 0}));
}

static bool is_whole(const char *name) {
    size_t digits = strspn(name + (*name == '-'), "0123456789");
    return digits > 0 && digits < 16 && !name[digits + (*name == '-')];
}

static int by_size(const void *a, const void *b) {
    long long x = strtoll(((const Class *)a)->name, NULL, 10), y = strtoll(((const Class *)b)->name, NULL, 10);
    return (x > y) - (x < y);
}

static void order_numbers(Counter *c) {
    for (int i = 0; i < c->classes.count; i++) {
        if (!is_whole(c->classes.items[i].name)) return;
    }
    qsort(c->classes.items, (size_t)c->classes.count, sizeof(Class), by_size);
}

static const ClassCounts *as_counts(Counter *c) {
    size_t count = (size_t)c->classes.count;
    ClassCounts *result = arena_alloc(c->diags->arena, sizeof *result);
    const char **names = arena_array(c->diags->arena, count + 1, sizeof *names);
    int64_t *counts = arena_array(c->diags->arena, count + 1, sizeof *counts);
    for (size_t i = 0; i < count; i++) names[i] = c->classes.items[i].name, counts[i] = c->classes.items[i].count;
    *result = (ClassCounts){names, counts, c->classes.count};
    return result;
}

const ClassCounts *classes_of_table(const Label *label, const Table *table, int column, const SourceFile *file,
                                    bool skips_bad, Diagnostics *diags) {
    Counter c = {
        .label = label, .diags = diags, .skips_bad = skips_bad, .file = file, .table = table, .column = column};
    begin_with_declared(&c);
    if (!add_rows(&c)) return NULL;
    if (!label->classes) order_numbers(&c);
    return as_counts(&c);
}

const ClassCounts *classes_count(const Task *task, const Label *label, const DatasetOptions *options,
                                 Diagnostics *diags) {
    const char *path = table_format_check(task, diags) ? dataset_path(task, options, diags) : NULL;
    if (!path) return NULL;
    TableFormat format = dataset_format(task);
    format.keeps_bad = options->skips_bad; /* as rows of empty cells */
    Table *table = table_read(path, format, label->columns, 1, options->memory, diags);
    if (!table) return NULL;
    const ClassCounts *counts =
        classes_of_table(label, table, 0, diagnostics_file(diags, path, NULL), options->skips_bad, diags);
    table_free(table);
    return counts;
}
