/* Cells: splitting them, and reading labels. */
#include "runtime/data/cells.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/memory.h"

/* --- Pieces --- */

static void add_piece(Pieces *pieces, Piece piece) {
    pieces->items = memory_grow(pieces->items, &pieces->capacity, pieces->count + 1, sizeof *pieces->items);
    pieces->items[pieces->count++] = piece;
}

Piece piece_trimmed(Piece piece) {
    while (piece.length && *piece.bytes == ' ') piece.bytes++, piece.length--;
    while (piece.length && piece.bytes[piece.length - 1] == ' ') piece.length--;
    return piece;
}

static void split(const char *text, size_t length, const char *separators, Pieces *pieces) {
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        const char *stop = at;
        while (stop < end && !(*stop && strchr(separators, *stop))) stop++;
        Piece piece = piece_trimmed((Piece){at, (size_t)(stop - at), CELL_TEXT});
        if (piece.length) add_piece(pieces, piece);
        at = stop + 1;
    }
}

void cell_pieces(const Table *table, int64_t row, int column, const char *separators, Pieces *pieces) {
    size_t length;
    int64_t items = table_items(table, row, column);
    pieces->count = 0;
    for (int64_t i = 0; i < items; i++) {
        const char *item = table_item(table, row, column, i, &length);
        add_piece(pieces, (Piece){item, length, table_item_kind(table, row, column, i)});
    }
    if (items >= 0) return;
    const char *text = table_cell(table, row, column, &length);
    split(text, length, separators, pieces);
}

void pieces_free(Pieces *pieces) {
    free(pieces->items);
    *pieces = (Pieces){0};
}

Piece cell_piece(const Table *table, int64_t row, int column) {
    size_t length = 0;
    if (table_items(table, row, column) >= 0) return (Piece){"", 0, CELL_NULL};
    const char *text = table_cell(table, row, column, &length);
    return (Piece){text, length, table_kind(table, row, column)};
}

/* --- Labels --- */

static bool is_true(Piece piece) { return piece.length > 0 && *piece.bytes == 't'; }

/* A finite number, perhaps with blanks around it; true and false of JSON are 1 and 0. */
static bool number_from(Piece piece, double *value) {
    char text[64], *end;
    if (piece.kind == CELL_TRUTH) return *value = is_true(piece), true;
    piece = piece_trimmed(piece);
    if (piece.length == 0 || piece.length >= sizeof text || memchr(piece.bytes, 0, piece.length)) return false;
    memcpy(text, piece.bytes, piece.length);
    text[piece.length] = 0;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}

static int64_t find_name(const Label *label, Piece piece) {
    piece = piece_trimmed(piece);
    for (int64_t i = 0; label->names && i < label->classes; i++) {
        const char *name = label->names[i];
        if (strlen(name) == piece.length && memcmp(name, piece.bytes, piece.length) == 0) return i;
    }
    return -1;
}

static bool names_are_words(const Label *label) {
    double number;
    for (int64_t i = 0; label->names && i < label->classes; i++) {
        if (number_from((Piece){label->names[i], strlen(label->names[i]), CELL_TEXT}, &number)) return false;
    }
    return true;
}

static const char *class_from(const Label *label, Piece piece, double *value, Arena *arena) {
    int64_t named = find_name(label, piece);
    bool truth = label->names && piece.kind == CELL_TRUTH;
    if (named < 0 && truth) named = find_name(label, (Piece){is_true(piece) ? "1" : "0", 1, CELL_TEXT});
    if (named >= 0) return *value = (double)named, NULL;
    if (truth) return "the label is true or false, and no class is called so";
    if (label->names && !(names_are_words(label) && number_from(piece, value)))
        return "the label is not one of the declared names";
    if (!label->names && !number_from(piece, value)) return "the label is not a number";
    if (*value == floor(*value) && *value >= 0 && *value < (double)label->classes) return NULL;
    return arena_printf(arena, "the label is not a class from 0 to %" PRId64, label->classes - 1);
}

static const char *real_from(const Label *label, Piece piece, double *value, Arena *arena) {
    if (!number_from(piece, value)) return "the label is not a number";
    if (*value >= label->lowest && *value <= label->highest) return NULL;
    return arena_printf(arena, "the label is outside %g .. %g", label->lowest, label->highest);
}

const char *flags_from_pieces(const Label *label, const Pieces *pieces, double *values, Arena *arena) {
    for (int64_t i = 0; i < label->width; i++) values[i] = 0;
    for (int64_t i = 0; i < pieces->count; i++) {
        double flag;
        const char *problem = class_from(label, pieces->items[i], &flag, arena);
        if (problem) return problem;
        values[(int64_t)flag] = 1;
    }
    return NULL;
}

static const char *flags_from(const Label *label, Piece piece, double *values, Arena *arena) {
    Pieces pieces = {0};
    split(piece.bytes, piece.length, memchr(piece.bytes, '|', piece.length) ? "|" : ",", &pieces);
    const char *problem = flags_from_pieces(label, &pieces, values, arena);
    pieces_free(&pieces);
    return problem;
}

const char *flag_from_piece(const Label *label, Piece piece, double *value) {
    bool gap = label->may_lack && piece_trimmed(piece).length == 0;
    *value = NAN;
    if (gap || (number_from(piece, value) && (*value == 0 || *value == 1))) return NULL;
    return "the flag is neither 0 nor 1";
}

static const char *number_given(Piece piece, double *value) {
    if (number_from(piece, value) && fabs(*value) <= (double)FLT_MAX) return NULL;
    return *value = NAN, piece_trimmed(piece).length ? "this is not a number" : NULL;
}

const char *label_from_piece(const Label *label, Piece piece, double *values, Arena *arena) {
    if (label->kind == LABEL_FLAGS) return flags_from(label, piece, values, arena);
    if (label->kind == LABEL_NUMBERS) return number_given(piece, values);
    *values = NAN;
    if (piece.length == 0) return NULL;
    return label->kind == LABEL_REAL ? real_from(label, piece, values, arena) : class_from(label, piece, values, arena);
}
