/* Documentation of the operators, for `gradc explain` and docs/language.md: what the table ops.def cannot say by
 * itself.
 *
 * What depends on the shape rule alone, the result's type and what operands must fulfil, is written once for each rule
 * of the column `shape`; a row whose rule has no text does not compile. */
#ifndef GRADC_GRAPH_OP_DOCS_H
#define GRADC_GRAPH_OP_DOCS_H

#include "graph/graph.h"

enum { MAX_CONSTRAINTS = 13 };

typedef struct ShapeDoc {
    const char *result;                       /* its type */
    const char *constraints[MAX_CONSTRAINTS]; /* of operands and attributes, numbered from 1; NULL after the last */
} ShapeDoc;

typedef struct OpDoc {
    const char *does;     /* y is the result; a, b, c or names that it gives are the operands */
    const char *gradient; /* cotangents of the operands from that of the result, dy */
    /* a definition `example` of the language whose graph has the operator, perhaps once grads are expanded */
    const char *example;
} OpDoc;

const ShapeDoc *op_shape_doc(Op op);
const OpDoc *op_doc(Op op); /* members NULL: the row has no text yet, which a test finds */

#endif
