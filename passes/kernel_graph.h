/* The distinct kernels of a list as one graph: a group for each, over inputs and outputs of its own. So a list of
 * kernels is written, read back and verified like any graph. */
#ifndef GRADC_PASSES_KERNEL_GRAPH_H
#define GRADC_PASSES_KERNEL_GRAPH_H

#include "graph/kernel.h"

/* Kernel K reads inputs "K.0", "K.1", ... and gives outputs "K.0", ..., numbered as a launch of it numbers them. Its
 * nodes are those of its first launch, with their places and symbols. Its group is called as that launch's, with the
 * number of launches: "matmul_add_Tx384_over_384, called 36 times". The caller frees the graph. */
Graph *kernel_graph(const KernelList *list);

#endif
