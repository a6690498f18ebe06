/* The frozen prefix: the part of a graph that gives a row the same values whenever the row comes, whatever stands
 * beside it in the batch.
 *
 *     states = encoder(x)                    # all parameters frozen, no dropout
 *     loss   = mse(head(states[x.first]))    # the head is trained
 *
 * becomes two graphs: one with the output `kept.0` (the first rows of `states`), and the loss with an input of this
 * name in its place. The first one is evaluated once for each row of the data; what is trained comes after it.
 *
 * A value is frozen when it is computed from inputs, constants and frozen parameters, with nothing random, and is
 * row-wise (rowwise.h). */
#ifndef GRADC_PASSES_CUT_H
#define GRADC_PASSES_CUT_H

#include "passes/remark.h"

/* Canonical graphs that the caller frees. */
typedef struct FrozenCut {
    Graph *frozen; /* called NAME.frozen; outputs kept.0, kept.1, ...: f32 [S, C] or [x.T, C] */
    Graph *rest;   /* outputs as before; inputs kept.0, ... */
} FrozenCut;

/* Cuts a graph of plain nodes in two, where this spares `worth` additions and multiplications of matrix products for
 * each number that is kept: FROZEN_WORTH of them, as a layer of an encoder takes, but not a single product. `trained`:
 * [n] names of the parameters that change. False when there is nothing to spare; then nothing is to be freed. */
enum { FROZEN_WORTH = 4096 };
bool frozen_cut(const Graph *graph, const char *const *trained, int n_trained, double worth, Remarks *remarks,
                FrozenCut *cut);

#endif
