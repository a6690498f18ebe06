/* Kernel name: what a kernel does, for people, and where that is written:
 *
 *     matmul_add_dx_Tx1536_over_384@output.dense:33
 *
 *     operators  its main step, then what it ends in
 *     role       none: forward; "dx": part of the gradient of a value; "dw": of a parameter
 *     shape      of its result, and after "over" what is summed
 *     place      the scope within its layer and the line of its main step
 *
 * The group of a kernel is called by all but the place, which texts of graphs say of each node; its launches by all.
 * Code and its cache know neither: kernels of one body are one. */
#ifndef GRADC_PASSES_KERNEL_NAME_H
#define GRADC_PASSES_KERNEL_NAME_H

#include "graph/graph.h"

/* Names the groups of a graph that has just been built. */
void kernel_names(Graph *grouped);

/* Where the main step of a group of these nodes is written. */
Pos kernel_pos(KernelKind kind, Node *const *nodes, int count);
/* "@output.dense:33" of a place, "" where that is in no file; in `arena`. */
const char *kernel_place(const Pos *pos, Arena *arena);

#endif
