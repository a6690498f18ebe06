/* Row-wise values: those of which each row, a row for each sequence, for each token or for each row of windows (symbols
 * with the roles `sequences`, `tokens` and `rows`), is computed from the rows of its own sequence. */
#ifndef GRADC_PASSES_ROWWISE_H
#define GRADC_PASSES_ROWWISE_H

#include "graph/graph.h"

typedef struct RowRules {
    const char *const *excluded; /* [n_excluded]: parameters; what is computed from them is mixed */
    int n_excluded;
    bool steady; /* a row is to be the same whenever it comes: nothing random, nor its place in the update */
} RowRules;

enum {
    ROWS_MIXED = -2,
    ROWS_NONE = -1
}; /* not row-wise; the same for all rows; or else the symbol that a node's rows count */

typedef struct RowWise {
    int *rows;   /* [nodes]: see above */
    bool *works; /* [nodes]: row-wise, and computed by a product or attention */
} RowWise;

/* Of a graph of plain nodes; in `arena`. */
RowWise rowwise_find(const Graph *graph, const RowRules *rules, Arena *arena);

/* [nodes], in `arena`: where what is computed otherwise reads row-wise values that work, f32 [rows, C]; only of those
 * `within` (NULL: all). */
bool *rowwise_border(const Graph *graph, const RowWise *of, const bool *within, Arena *arena);

#endif
