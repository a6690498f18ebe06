/* Remarks: what a pass did to which line of the source, and what it could not do and why. For people: the passes
 * record, the command line prints.
 *
 * Layers that repeat have the same lines, so the same remark at the same place is kept once and counted. A sink of NULL
 * takes nothing and costs nothing: the text is not made. */
#ifndef GRADC_PASSES_REMARK_H
#define GRADC_PASSES_REMARK_H

#include "graph/graph.h"

typedef struct Remark {
    const char *pass;
    Pos pos;          /* of the node, where it has one */
    const char *text; /* begins with the node's number in the graph that the pass was given, where it has no place */
    int times;
} Remark;

typedef struct Remarks {
    Arena *arena;
    const char *pass; /* the one that runs: the driver says */
    VEC(Remark) list; /* in the order of their first time */
} Remarks;

Remarks *remarks_new(void);
void remarks_free(Remarks *remarks); /* NULL is allowed */

void remark(Remarks *remarks, const Node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One line each: "bert.graph:55:3: remark[fuse]: add is stored: ... (12 times)". */
void remarks_print(const Remarks *remarks, FILE *out);

#endif
