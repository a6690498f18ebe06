/* Open values for tests of attention: a few ranges of keys and scores, as nodes and as formulas. */
#ifndef GRADC_TESTS_OPEN_VALUES_H
#define GRADC_TESTS_OPEN_VALUES_H

#include "graph/pair.h"

typedef enum OpenKind {
    OPEN_PLAIN,
    OPEN_CAUSAL, /* keys 0 .. q + 1 */
    OPEN_WINDOW, /* keys q - 70 .. q + 6 */
    OPEN_NEARBY, /* score s - 0.1 |q - k| (h + 1) */
    OPEN_BENT,   /* score tanh(s) + 0.5 s, keys as of OPEN_WINDOW */
    OPEN_TABLE,  /* score s + table[q - k + 3, h], the nearest in 7 rows and 2 columns */
    OPEN_KINDS
} OpenKind;

/* The operands first, end and score; then, `more` of them, the score's slope and the slope's. */
void open_operands(Graph *graph, OpenKind kind, int more, Node **operands);

/* The score of OPEN_TABLE with this table in place of a computed one: f32[N, C]. */
Node *open_by_table(Graph *graph, Node *score, Node *table);

/* s + cell(query, k - q + 1) - 0.5 s cell(key, q - k + 2): rows of both are read, to the nearest column. */
Node *open_by_cells(Graph *graph, Node *score);

/* Is key `k` seen by query `q`? The score of their product, and its slope. */
bool open_sees(OpenKind kind, int q, int k);
double open_score(OpenKind kind, double product, int q, int k, int head);
double open_slope(OpenKind kind, double product);

#endif
