/* Embedded: the evaluation graph of a task as a function of what its tokens are embedded to, and its derivative.
 *
 *     h = gather(W, x.ids)           h = input "embedded" : f32[x.T, C]
 *     score = head(encoder(h))  is   score = head(encoder(h))
 *                                    loss = sum(chosen * score)
 *
 * `chosen`, of score's type, is an input too: it says which numbers of the score are meant, so that one graph serves
 * every class and row. */
#ifndef GRADC_PASSES_EMBEDDED_H
#define GRADC_PASSES_EMBEDDED_H

#include "graph/graph.h"

typedef struct Embedded {
    Graph *graph;      /* outputs "score" and "loss", inputs "embedded" and "chosen", beside those of `eval`; wants
                          "embedded", which is an output as well */
    const char *table; /* the parameter W */
    Type type;         /* of the score */
} Embedded;

/* What decides the output: the first value compared on the way to it that depends on the tokens, otherwise the output
 * itself. The caller frees the graph, in whose arena `table` lies. False: tokens are not embedded by just one gather
 * from a parameter, or the score is no matrix of f32. */
bool embedded_graph(const Graph *eval, const char *output, Embedded *embedded);

#endif
