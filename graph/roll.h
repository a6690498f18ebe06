/* Rolling: a graph's text in which stretches of lines that repeat (layers, their gradients, their kernels) are written
 * once:
 *
 *     repeat i in 0..11 { # 11 times 45 lines
 *       %110+45i = param{name="encoder.layer.{1+i}.dense.bias"} : f32[768] @0:32:9:4
 *       %111+45i = add(%109+45i, %110+45i) : ...
 *     }
 *
 * Numbers of nodes and kernels, and numbers within strings, may differ from round to round by a fixed step; all else is
 * equal. A `{` that belongs to a string is written \x7b there. The reader (read.c) takes such text: it is a second
 * spelling of the same graph. */
#ifndef GRADC_GRAPH_ROLL_H
#define GRADC_GRAPH_ROLL_H

#include "graph/graph.h"

/* Lines start .. start + times * period of a text, counted from 0: `times` stretches that are alike. */
typedef struct Repeat {
    int start, period, times;
} Repeat;

typedef VEC(Repeat) Repeats;

/* The repeats of a text that graph_print made, in order and apart from each other; in the arena. */
Repeats find_repeats(const char *text, Arena *arena);

/* The rolled form of such a text. Caller frees with `free`. */
char *roll_text(const char *text);

/* graph_print, rolled: `graph_read` of it prints as `graph` does. Caller frees with `free`. */
char *graph_print_rolled(const Graph *graph, bool positions);

#endif
