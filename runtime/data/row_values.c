/* Row values: from cells to numbers. */
#include "runtime/data/row_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/base/count_text.h"
#include "graph/base/memory.h"
#include "runtime/data/table_format.h"

int row_values_most(const Label *label) {
    return label->kind == LABEL_NUMBERS && label->n_columns == 1 ? (int)label->width : label->n_columns;
}

void row_values_place(RowValues *v, const char *format, const char **columns, int *n_columns, Arena *arena) {
    const Label *label = v->label;
    bool split = row_values_most(label) > label->n_columns && !table_kind_find(format)->has_lists;
    v->column = *n_columns;
    v->n_columns = split ? (int)label->width : label->n_columns;
    for (int i = 0; i < v->n_columns; i++)
        columns[(*n_columns)++] = split ? arena_printf(arena, "%s%d", label->columns[0], i) : label->columns[i];
}

double *row_values_add(RowValues *v) {
    int64_t width = v->label->width;
    v->values = memory_grow(v->values, &v->capacity, v->count + 1, (size_t)width * sizeof *v->values);
    double *value = v->values + v->count++ * width;
    for (int64_t i = 0; i < width; i++) value[i] = NAN;
    return value;
}

int64_t row_values_gap(const RowValues *v, int64_t line) {
    for (int64_t i = 0; i < v->label->width; i++) {
        if (isnan(v->values[line * v->label->width + i])) return i;
    }
    return -1;
}

void row_values_free(RowValues *v) {
    free(v->values);
    v->values = NULL;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* A list of all numbers, or nothing. */
static const char *numbers_from_list(const RowValues *v, const Pieces *pieces, double *value, Arena *arena) {
    const Label *label = v->label;
    if (pieces->count != label->width)
        return arena_printf(arena, "a list of %s, not of %" PRId64, count_text(pieces->count, "number").text,
                            label->width);
    for (int64_t i = 0; i < label->width; i++) {
        const char *problem = label_from_piece(label, pieces->items[i], &value[i], arena);
        if (problem) return problem;
    }
    return NULL;
}

/* A column for each number or flag. */
static const char *read_columns(const RowValues *v, const Table *table, int64_t row, double *value, int *bad,
                                Arena *arena) {
    for (int i = 0; i < v->n_columns; i++) {
        Piece piece = cell_piece(table, row, v->column + i);
        const char *problem = v->label->kind == LABEL_FLAGS ? flag_from_piece(v->label, piece, &value[i])
                                                            : label_from_piece(v->label, piece, &value[i], arena);
        *bad = i;
        if (problem) return problem;
    }
    return NULL;
}

/* A single cell. */
static const char *read_cell(const RowValues *v, const Table *table, int64_t row, double *value, Pieces *pieces,
                             Arena *arena) {
    const Label *label = v->label;
    bool is_list = table_items(table, row, v->column) >= 0;
    if (is_list) cell_pieces(table, row, v->column, "", pieces);
    if (is_list && label->kind == LABEL_FLAGS) return flags_from_pieces(label, pieces, value, arena);
    if (is_list && label->kind == LABEL_NUMBERS) return numbers_from_list(v, pieces, value, arena);
    if (is_list) return "a list cannot label a whole text";
    Piece piece = cell_piece(table, row, v->column);
    if (label->kind == LABEL_NUMBERS && label->width > 1) return piece.length ? "a list of numbers is wanted" : NULL;
    return label_from_piece(label, piece, value, arena);
}

static bool read_row(RowValues *v, const Table *table, int64_t row, Pieces *pieces, Arena *arena, CellProblem *bad) {
    double *value = row_values_add(v);
    *bad = (CellProblem){.line = table_line(table, row)};
    if (!v->n_columns) return true;
    bad->what = v->n_columns > 1 ? read_columns(v, table, row, value, &bad->column, arena)
                                 : read_cell(v, table, row, value, pieces, arena);
    return !bad->what;
}

/* One for each word; words are between blanks where the file has no lists. */
static bool read_words(RowValues *v, const Table *table, int64_t row, Pieces *pieces, Arena *arena, CellProblem *bad) {
    if (!v->n_columns) return true;
    cell_pieces(table, row, v->column, " ", pieces);
    for (int64_t i = 0; i < pieces->count; i++) {
        bad->what = label_from_piece(v->label, pieces->items[i], row_values_add(v), arena);
        bad->column = 0, bad->line = table_item_line(table, row, i);
        if (bad->what) return false;
    }
    return true;
}

bool row_values_read(RowValues *v, const Table *table, int64_t row, Pieces *pieces, Arena *arena,
                     CellProblem *problem) {
    v->count = 0;
    if (v->label->kind == LABEL_NONE || v->label->kind == LABEL_MASKED) return true;
    return v->label->of >= 0 ? read_words(v, table, row, pieces, arena, problem)
                             : read_row(v, table, row, pieces, arena, problem);
}

/* --- Storing ------------------------------------------------------------------------------------------------------ */

void row_values_store(const RowValues *v, int64_t line, int64_t word, int32_t at, Labels *to, int64_t row) {
    int64_t width = v->label->width, count = to->bounds[row + 1]++;
    int64_t values = to->capacity, ats = values, words = values;
    to->values = memory_grow(to->values, &values, count + 1, (size_t)width * sizeof *to->values);
    memcpy(to->values + count * width, v->values + line * width, (size_t)width * sizeof *to->values);
    if (word >= 0) {
        to->at = memory_grow(to->at, &ats, count + 1, sizeof *to->at);
        to->word = memory_grow(to->word, &words, count + 1, sizeof *to->word);
        to->at[count] = at;
        to->word[count] = (int32_t)word;
    }
    to->capacity = values;
}
