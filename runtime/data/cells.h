/* Cells: what stands in the cells of a table, as the words of a text and as labels. */
#ifndef GRADC_RUNTIME_DATA_CELLS_H
#define GRADC_RUNTIME_DATA_CELLS_H

#include "runtime/data/table_reader.h"

/* A piece of a cell: an item of a list, or a part of a text between separators. */
typedef struct Piece {
    const char *bytes;
    size_t length;
    CellKind kind; /* CELL_TEXT of a part of a text */
} Piece;

typedef struct Pieces {
    Piece *items; /* on the heap, into the table's text */
    int64_t count, capacity;
} Pieces;

/* The items of a list, or the parts of a text between any of these separators, without blanks around them; empty parts
 * are left out. `pieces` is used again and again; free it with pieces_free. */
void cell_pieces(const Table *table, int64_t row, int column, const char *separators, Pieces *pieces);
void pieces_free(Pieces *pieces);

/* Without blanks around it. */
Piece piece_trimmed(Piece piece);

/* The whole cell; a list is as if it were empty. */
Piece cell_piece(const Table *table, int64_t row, int column);

/* A label's numbers from a piece of text: `values` [label's width]. NULL, with NaN in `values` where there is no label;
 * or what is wrong, as words that do not show the text, in `arena`.
 *   class: one of the names, or a number from 0 where no name looks like a number. JSON's true and false are the
 *     classes called so, or called 1 and 0; where classes have no names 1 and 0.
 *   real: a number in the range   flags: names or numbers between '|' or ',', perhaps none
 *   numbers: one of them, or none */
const char *label_from_piece(const Label *label, Piece piece, double *values, Arena *arena);
/* Flags from a list's pieces, and one from a cell of 0 or 1. */
const char *flags_from_pieces(const Label *label, const Pieces *pieces, double *values, Arena *arena);
const char *flag_from_piece(const Label *label, Piece piece, double *value);

#endif
